package difftest_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/syntax"
)

// A row is a disagreement that is expected. The package comment says why, under
// the same ID.
type row struct {
	id      string
	fn      string // or several, with a space between them
	peer    string // "" for both
	expects func(*finding) bool
}

const (
	atproto = "@atproto"
	atcute  = "@atcute"
)

var rows = []row{
	{"at-uri-fragment", "at-uri", "", all(weRefuse("invalid character"), fragment)},
	{"at-uri-record-key", "at-uri", "", weRefuse("record key: longer than 512 bytes")},
	{"cid-string-form", "cid-string", "", theyRefuse(not(blessed))},
	{"cid-string-v0", "cid-string", atproto, weRefuse("version 0")},
	{"cid-string-base58", "cid-string", atproto, all(weRefuse("invalid character"), matches(`[^\x00-\x7f]`))},
	{"datetime-day", "datetime", "", weRefuse("no such day in the month")},
	{"datetime-fraction", "datetime", atproto, differ(matches(`\.[0-9]{10,}`))},
	{"datetime-year-0", "datetime", atcute, theyRefuse(matches(`^0000-`))},
	{"datetime-year-9999", "datetime", atcute, weRefuse("after the year 9999 in UTC")},
	{"language-primary", "language", "", weRefuse("language must be two or three lower-case letters")},
	{"language-length", "language", "", weRefuse("longer than 128 bytes")},
	{"language-private-x", "language", "", theyRefuse(matches(`(^|-)X-`))},
	{"tid-bit-63", "tid", atcute, differ(matches(`^[c-j]`))},
	{"uri-length", "uri", atproto, weRefuse("longer than 8192 bytes")},
	{"uri-scheme-length", "uri", "", weRefuse("scheme longer than 81 bytes")},
	{"uri-scheme-word", "uri", "", all(weRefuse("scheme"), matches(`^([0-9_]|\w+_\w*:)`))},
	{"uri-scheme-marks", "uri", "", theyRefuse(matches(`^[^:]*[+.-][^:]*:`))},
	{"uri-control", "uri", "", all(weRefuse("control character"), matches(`[\x00-\x1f\x7f]`))},
	{"uri-slash", "uri", "", theyRefuse(matches(`^[^:]*:(//)?/`))},

	{"cbor-float", "cbor.decode", "", weRefuse("floating-point number")},
	{"cbor-undefined", "cbor.decode", atproto, weRefuse("undefined")},
	{"cbor-key-order", "cbor.decode", atproto, weRefuse("map keys are out of order")},
	{"cbor-int64", "cbor.decode", atproto, weRefuse("integer does not fit in 64 bits")},
	{"cbor-utf8", "cbor.decode", atproto, weRefuse("text is not valid UTF-8")},
	{"cbor-link", "cbor.decode", atproto, weRefuse("link is not a CID of the blessed form")},
	{"cbor-byte-order-mark", "cbor.decode json.encode", atproto, differ(contains("\xef\xbb\xbf"))},
	{"cbor-proto", "cbor.decode json.encode", atproto, all(contains("\x69__proto__"), either(weAccept, weRefuse("map key occurs twice")))},
	{"cbor-unsafe-integer", "cbor.decode cbor.encode", atcute, theyRefuse(unsafeInteger)},
	{"cbor-json-key", "cbor.encode", atcute, all(weAccept, either(hasText("$link"), hasText("$bytes")))},
	{"cbor-constructor", "cbor.encode json.decode", atcute, theyRefuse(hasText("constructor"))},

	{"json-unsafe-integer", "json.decode json.encode", "", theyRefuse(unsafeInteger)},
	{"json-utf8", "json.decode", atproto, weRefuse("invalid UTF-8")},
	{"json-surrogate", "json.decode", "", weRefuse("unpaired surrogate escape")},
	{"json-empty-key", "json.decode", "", weRefuse("empty map key")},
	{"json-duplicate", "json.decode", "", all(weRefuse(""), duplicateName)},
	{"json-number", "json.decode", "", weRefuse("number is not an integer")},
	{"json-proto", "json.decode", atproto, theyRefuse(hasText("__proto__"))},
	{"json-type", "json.decode", atcute, weRefuse("$type is not a string")},
	{"json-blob", "json.decode", atcute, weRefuse("data: blob ")},
	{"json-blob-mime", "json.decode", atproto, theyRefuse(mimeTypeWithoutSlash)},
	{"json-special-keys", "json.decode", atcute, theyKeep("\x65$link", "\x66$bytes")},
	{"json-link", "json.decode", atproto, weRefuse("data: $link ")},
	{"json-base64-url", "json.decode", atproto, all(weRefuse("data: $bytes "), bytesMatch(`[-_]`))},
	{"json-base64-foreign", "json.decode", atproto, all(weRefuse("data: $bytes "), bytesMatch(`[^\x00-\x7f]`))},
	{"json-base64-padding", "json.decode", atproto, all(weRefuse("data: $bytes "), bytesMatch(`^(....)*..=$`))},
	{"json-base64-bits", "json.decode", atcute, theyRefuse(theirReason("invalid base64 string"))},

	{"cid-padding", "cid.text", atproto, all(weRefuse("not 59 characters"), matches(`=$`))},
	{"key-base58", "did:key multikey", atproto, all(weRefuse("not base58btc"), matches(`[^\x00-\x7f]`))},
	{"key-length", "did:key multikey", atcute, all(weRefuse("secp256k1: got "), weRefuse("bytes, want 33"))},
	{"private-key-length", "private-key", atcute, all(weRefuse("bytes, want 32"), longer(32))},
	{"private-key-range", "private-key", atcute, all(weRefuse("secp256k1"), weRefuse("not in the range 1 to n-1"))},
	{"signature-der", "verify-malleable", atproto, all(weRefuse("bytes, want 64"), matches(`^\x30`))},
}

// TestRows checks that the package comment and the rows say the same.
func TestRows(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	require.NoError(t, err)
	var documented, expected []string
	for _, m := range regexp.MustCompile(`(?m)^  - ([a-z0-9-]+):`).FindAllStringSubmatch(file.Doc.Text(), -1) {
		documented = append(documented, m[1])
	}
	for _, r := range rows {
		expected = append(expected, r.id)
	}
	require.Equal(t, documented, expected)
}

// rowOf returns the row that expects the disagreement, or nil.
func rowOf(f *finding) *row {
	for i := range rows {
		r := &rows[i]
		if slices.Contains(strings.Fields(r.fn), f.Func) && (r.peer == "" || r.peer == f.peer) && r.expects(f) {
			return r
		}
	}
	return nil
}

type condition = func(*finding) bool

// weRefuse expects that the peer accepts what we refuse for one of the reasons.
func weRefuse(reasons ...string) condition {
	return func(f *finding) bool {
		return f.theirs.Accepted() && slices.ContainsFunc(reasons, func(r string) bool {
			return strings.Contains(string(f.ours.Text), r)
		})
	}
}

// theyRefuse expects that the peer refuses what we accept.
func theyRefuse(when condition) condition {
	return func(f *finding) bool { return f.ours.Accepted() && !f.theirs.Accepted() && when(f) }
}

// differ expects that both accept, with different results.
func differ(when condition) condition {
	return func(f *finding) bool { return f.ours.Accepted() && f.theirs.Accepted() && when(f) }
}

func weAccept(f *finding) bool { return f.ours.Accepted() }

func all(conditions ...condition) condition {
	return func(f *finding) bool {
		return !slices.ContainsFunc(conditions, func(c condition) bool { return !c(f) })
	}
}

func either(a, b condition) condition {
	return func(f *finding) bool { return a(f) || b(f) }
}

func not(c condition) condition {
	return func(f *finding) bool { return !c(f) }
}

// fragment reports whether the input is an AT-URI and a fragment.
func fragment(f *finding) bool {
	uri, rest, _ := strings.Cut(string(f.input()), "#")
	_, err := syntax.ParseATURI(uri)
	return err == nil && strings.HasPrefix(rest, "/")
}

func longer(n int) condition {
	return func(f *finding) bool { return len(f.input()) > n }
}

// blessed reports whether the input is a CID of the form for all data.
func blessed(f *finding) bool {
	_, err := dagcbor.ParseCID(string(f.input()))
	return err == nil
}

func matches(expr string) condition {
	re := regexp.MustCompile(expr)
	return func(f *finding) bool { return re.Match(f.input()) }
}

func contains(s string) condition {
	return func(f *finding) bool { return bytes.Contains(f.input(), []byte(s)) }
}

func theirReason(s string) condition {
	return func(f *finding) bool { return strings.Contains(string(f.theirs.Text), s) }
}

// theyKeep expects that the peer accepts what we refuse, and that one of the
// pieces is in its result.
func theyKeep(pieces ...string) condition {
	return func(f *finding) bool {
		return !f.ours.Accepted() && f.theirs.Accepted() && slices.ContainsFunc(pieces, func(p string) bool {
			return bytes.Contains(f.theirs.Text, []byte(p))
		})
	}
}

// value returns the notation of the value that we accepted.
func (f *finding) value() []byte {
	switch f.Func {
	case "cbor.decode":
		return f.ours.Text
	case "cbor.encode":
		return f.input()
	case "json.encode":
		return decoded(f.input())
	default:
		return decoded(f.ours.Text)
	}
}

func decoded(b []byte) []byte {
	text, err := decodeCBOR(b)
	if err != nil {
		return nil
	}
	return text
}

// hasText reports whether s is a text or a key in the value.
func hasText(s string) condition {
	return func(f *finding) bool { return bytes.Contains(f.value(), fmt.Appendf(nil, "t%x;", s)) }
}

var (
	integerWord = regexp.MustCompile(`i(-?[0-9]{16,});`)
	mimeWord    = regexp.MustCompile(fmt.Sprintf("t%x;t([0-9a-f]*);", "mimeType"))
)

// unsafeInteger reports whether there is an integer beyond 2^53-1 in the value.
func unsafeInteger(f *finding) bool {
	for _, word := range integerWord.FindAllSubmatch(f.value(), -1) {
		n, _ := new(big.Int).SetString(string(word[1]), 10)
		if n.CmpAbs(big.NewInt(data.MaxSafeInteger)) > 0 {
			return true
		}
	}
	return false
}

// mimeTypeWithoutSlash reports whether there is one in the value.
func mimeTypeWithoutSlash(f *finding) bool {
	for _, word := range mimeWord.FindAllSubmatch(f.value(), -1) {
		if text, err := hex.DecodeString(string(word[1])); err == nil && !bytes.ContainsRune(text, '/') {
			return true
		}
	}
	return false
}

// bytesMatch reports whether a byte string in the JSON text matches.
func bytesMatch(expr string) condition {
	re := regexp.MustCompile(expr)
	var found func(any) bool
	found = func(v any) bool {
		switch v := v.(type) {
		case []any:
			return slices.ContainsFunc(v, found)
		case map[string]any:
			text, _ := v["$bytes"].(string)
			return re.MatchString(text) || slices.ContainsFunc(slices.Collect(maps.Values(v)), found)
		}
		return false
	}
	return func(f *finding) bool {
		var v any
		d := json.NewDecoder(bytes.NewReader(f.input()))
		d.UseNumber()
		return d.Decode(&v) == nil && found(v)
	}
}

// duplicateName reports whether an object in the JSON text has a name twice.
func duplicateName(f *finding) bool {
	type object struct {
		names map[any]bool // nil in an array
		value bool         // a value is next, not a name
	}
	var open []object
	d := json.NewDecoder(bytes.NewReader(f.input()))
	d.UseNumber() // which may be too large for a float64
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].names != nil {
			o := &open[n-1]
			if o.value = !o.value; o.value {
				if o.names[token] {
					return true
				}
				o.names[token] = true
			}
		}
		switch token {
		case json.Delim('{'):
			open = append(open, object{names: map[any]bool{}})
		case json.Delim('['):
			open = append(open, object{})
		}
	}
}
