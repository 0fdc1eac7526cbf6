package difftest_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/difftest"
	"github.com/linnet-at/linnet/internal/fixtures"
)

func TestJSON(t *testing.T) {
	strict := &data.Options{MaxDepth: -1, MaxKey: -1}
	functions := map[string]function{
		"json.decode": {ours: func(args [][]byte) ([]byte, error) { return data.FromJSON(args[0], strict) }},
		"json.encode": {
			ours: func(args [][]byte) ([]byte, error) { return data.ToJSON(args[0], strict) },
			// Spelling and order are free; what matters is that the text
			// reads back as the same value.
			same: func(args [][]byte, ours, theirs []byte) bool {
				a, err := data.FromJSON(ours, strict)
				b, err2 := data.FromJSON(theirs, strict)
				return err == nil && err2 == nil && bytes.Equal(a, args[0]) && bytes.Equal(b, args[0])
			},
		},
	}
	seeds := []string{}
	for _, name := range []string{"fixtures", "valid", "invalid"} {
		for _, v := range fixtures.JSON[[]struct{ JSON jsonText }](t, fixtures.Interop(t, "data-model/data-model-"+name+".json")) {
			seeds = append(seeds, string(v.JSON))
		}
	}
	compare(t, functions, 1, func(r *rand.Rand) difftest.Request {
		if chance(r, 20) {
			b, err := data.Marshal(randomValue(r, r.IntN(6)), strict)
			if err == nil {
				return difftest.Request{Func: "json.encode", Args: [][]byte{b}}
			}
		}
		w := looseWriter{r: r}
		if chance(r, 50) {
			w.defects = 1 + r.IntN(6)
		}
		w.value(randomValue(r, r.IntN(5)))
		text := w.String()
		if chance(r, 10) {
			text = pick(r, seeds)
		}
		b := []byte(text)
		switch r.IntN(4) {
		case 0:
			b = mutateBytes(r, b)
		case 1:
			b = []byte(mutate(r, text))
		}
		return difftest.Request{Func: "json.decode", Args: [][]byte{b}}
	})
}

// A jsonText is JSON as it stands in a file.
type jsonText []byte

func (j *jsonText) UnmarshalJSON(b []byte) error {
	*j = slices.Clone(b)
	return nil
}

// A looseWriter spells a tree as JSON in any of the possible ways, and, in about
// one of a hundred places for each of the defects, in a way that is wrong or
// on an edge.
type looseWriter struct {
	strings.Builder
	r       *rand.Rand
	defects int
}

func (w *looseWriter) value(v any) {
	w.space()
	if chance(w.r, w.defects) {
		w.WriteString(pick(w.r, looseJSON))
		return
	}
	switch v := v.(type) {
	case nil:
		w.WriteString("null")
	case bool:
		fmt.Fprint(w, v)
	case int64:
		w.WriteString(w.number(v))
	case string:
		w.text(v)
	case []byte:
		encoding := base64.RawStdEncoding
		if chance(w.r, 30) {
			encoding = base64.StdEncoding
		}
		w.special("$bytes", encoding.EncodeToString(v))
	case dagcbor.CID:
		w.special("$link", v.String())
	case []any:
		w.WriteByte('[')
		for i, e := range v {
			w.comma(i)
			w.value(e)
		}
		w.WriteByte(']')
	case map[string]any:
		if chance(w.r, 5) {
			w.blob()
			return
		}
		w.object(v)
	}
	w.space()
}

func (w *looseWriter) object(m map[string]any) {
	keys := slices.Sorted(maps.Keys(m))
	w.r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	if len(keys) > 0 && chance(w.r, 3*w.defects) {
		keys = append(keys, keys[0])
	}
	w.WriteByte('{')
	for i, k := range keys {
		w.comma(i)
		w.space()
		w.text(k)
		w.space()
		w.WriteByte(':')
		w.value(m[k])
	}
	w.WriteByte('}')
}

// special writes a link or a byte string.
func (w *looseWriter) special(key, text string) {
	if chance(w.r, 4*w.defects) {
		text = mutate(w.r, text)
	} else if chance(w.r, 4*w.defects) && text != "" { // other bits after the last byte
		text = text[:len(text)-1] + letters(w.r, "abcdefghijklmnopqrstuvwxyz234567", 1, 1)
	}
	w.WriteByte('{')
	w.text(key)
	w.WriteByte(':')
	w.text(text)
	if chance(w.r, w.defects) {
		w.WriteString(`,"a":1`)
	}
	w.WriteByte('}')
}

// blob writes a reference to a blob, which may lack or have too much of
// something.
func (w *looseWriter) blob() {
	c := randomCID(w.r)
	if chance(w.r, 90) {
		c = dagcbor.CIDFromDigest(dagcbor.Raw, c.Digest())
	}
	m := map[string]any{"$type": "blob", "ref": c, "mimeType": pick(w.r, []string{"image/png", "*/*", "text", "a/b"}), "size": w.r.Int64N(1e6)}
	if chance(w.r, 5*w.defects) {
		key := pick(w.r, []string{"$type", "ref", "mimeType", "size", "extra"})
		if delete(m, key); chance(w.r, 60) {
			m[key] = randomValue(w.r, 1)
		}
	}
	w.object(m)
}

func (w *looseWriter) number(n int64) string {
	s := strconv.FormatInt(n, 10)
	switch {
	case chance(w.r, 92):
		return s
	case chance(w.r, 40):
		return s + pick(w.r, []string{".0", ".000", "e0", "E+0", "e-0", ".0e0"})
	case len(s) > 3 && strings.HasSuffix(s, "00"):
		return s[:len(s)-2] + pick(w.r, []string{"e2", "E2", ".0e+2", "e02"})
	case chance(w.r, 50):
		return s + pick(w.r, []string{"e1", "0e-1", "000E-3", ".5", ".50e1", "e-1", "e400", "00000000000000000000e-20"})
	default:
		return "0" + s
	}
}

// text writes a string, with any of its characters escaped.
func (w *looseWriter) text(s string) {
	w.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			w.WriteString(`\` + string(c))
		case c == '/' && chance(w.r, 20):
			w.WriteString(`\/`)
		case c < 0x20 && !chance(w.r, w.defects) || c < 0x10000 && chance(w.r, 3):
			format := `\u%04x`
			if chance(w.r, 50) {
				format = `\u%04X`
			}
			fmt.Fprintf(w, format, c)
		case c >= 0x10000 && chance(w.r, 30):
			fmt.Fprintf(w, `\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		default:
			w.WriteRune(c)
		}
	}
	if chance(w.r, w.defects) {
		w.WriteString(pick(w.r, []string{`\ud800`, `\udc00`, `\ud800\ud800`, `\udc00\ud800`, `\x41`, `\`, `\u12`, `\u00zz`, "\xff", "\xed\xa0\x80", "\n", `\0`, `\'`, `\b\f\n\r\t`}))
	}
	w.WriteByte('"')
}

func (w *looseWriter) comma(i int) {
	if i > 0 != chance(w.r, w.defects/4) {
		w.WriteByte(',')
	}
}

func (w *looseWriter) space() {
	if chance(w.r, 10) {
		w.WriteString(letters(w.r, " \t\r\n", 1, 3))
	}
	if chance(w.r, w.defects/5) {
		w.WriteString(pick(w.r, []string{"\u00a0", "\ufeff", "\v", "\f", "/**/", "//\n", "\u2028", "\x00"}))
	}
}

// looseJSON are values outside of the data model, and on its edges.
var looseJSON = []string{
	"1.5", "-0", "-0.0", "0e5", "1e3", "123.0", "1e400", "-1e-400", "9007199254740993", "9223372036854775807", "9223372036854775808",
	"-9223372036854775808", "-9223372036854775809", "9223372036854775807.0", "1e18", "1e19", "01", "+1", ".5", "1.", "0x1", "NaN", "Infinity",
	"undefined", "True", "nul", "''", "[1,]", "{,}", `{"a":1,}`, `{a:1}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"":1}`,
	`{"$link":"."}`, `{"$link":1}`, `{"$link":""}`, `{"$link":null}`, `{"$bytes":1}`, `{"$bytes":""}`, `{"$bytes":"="}`, `{"$bytes":"a"}`, `{"$bytes":"aGk=="}`,
	`{"$bytes":"nFE"}`, `{"$bytes":"nFE="}`, `{"$bytes":"nFF="}`, `{"$bytes":"n FE="}`, `{"$bytes":"-_-_"}`, `{"$bytes":"nF=E"}`, `{"$bytes":"aa\n=="}`, `{"$bytes":"AA\nAA"}`, `{"$bytes":"AAA\r"}`,
	`{"$type":null}`, `{"$type":""}`, `{"$type":1}`, `{"$type":"a"}`, `{"$type":"blob"}`, `{"$foo":1}`, `{"__proto__":1}`, `{"__proto__":{}}`,
	`{"$link":"bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku","$bytes":""}`,
	`{"$link":"bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"}`, `{"$link":"QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"}`,
}
