package syntax_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// An identifier is what all identifier types have in common.
type identifier interface {
	comparable
	fmt.Stringer
	encoding.TextAppender
	encoding.TextMarshaler
	driver.Valuer
	IsZero() bool
}

// A pointer is a pointer to an identifier.
type pointer[T any] interface {
	*T
	encoding.TextUnmarshaler
	sql.Scanner
}

// A grammar is an identifier type in tests that treat all types alike.
type grammar struct {
	kind    string // as in syntax.Error
	limit   int    // maximum length in bytes
	parse   func(string) (fmt.Stringer, error)
	ref     func(string) bool
	valid   func(testing.TB) []string
	invalid func(testing.TB) []string
	check   func(t *testing.T, valid, invalid []string)
	alloc   func(s string) float64 // allocations of one successful parse
}

func newGrammar[T identifier, P pointer[T]](kind string, limit int, parse func(string) (T, error), ref func(string) bool) grammar {
	return grammar{
		kind: kind, limit: limit, ref: ref,
		parse: func(s string) (fmt.Stringer, error) {
			v, err := parse(s)
			if err != nil && !v.IsZero() {
				return v, errors.New("value is not zero though there is an error")
			}
			return v, err
		},
		check: func(t *testing.T, valid, invalid []string) {
			for _, s := range valid {
				checkValid[T, P](t, s, parse)
			}
			for _, s := range invalid {
				checkInvalid[T, P](t, s, valid[0], parse)
			}
			checkZero[T](t, kind)
			checkSQL[T, P](t, kind, valid[0], invalid[0])
		},
		alloc: func(s string) float64 {
			return testing.AllocsPerRun(10, func() { parse(s) })
		},
	}
}

func (g grammar) vectors(valid, invalid func(testing.TB) []string) grammar {
	g.valid, g.invalid = valid, invalid
	return g
}

// interop returns a loader of official vectors.
func interop(rel string) func(testing.TB) []string {
	return func(t testing.TB) []string {
		lines := fixtures.InteropLines(t, rel)
		require.NotEmpty(t, lines)
		return lines
	}
}

// both returns a loader of all that two loaders return.
func both(a, b func(testing.TB) []string) func(testing.TB) []string {
	return func(t testing.TB) []string { return slices.Concat(a(t), b(t)) }
}

func lines(l ...string) func(testing.TB) []string {
	return func(testing.TB) []string { return l }
}

func grammars() []grammar {
	const space = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/space/com.example.forum/self"
	return []grammar{
		newGrammar("DID", 2048, syntax.ParseDID, refDID).
			vectors(interop("syntax/did_syntax_valid.txt"), interop("syntax/did_syntax_invalid.txt")),
		newGrammar("handle", 253, syntax.ParseHandle, refHandle).
			vectors(interop("syntax/handle_syntax_valid.txt"), interop("syntax/handle_syntax_invalid.txt")),
		newGrammar("NSID", 317, syntax.ParseNSID, refNSID).
			vectors(interop("syntax/nsid_syntax_valid.txt"), interop("syntax/nsid_syntax_invalid.txt")),
		newGrammar("NSID pattern", 317, syntax.ParseNSIDPattern, refNSIDPattern).
			vectors(lines("com.atproto.*", "*", "com.*", "a.b.c"), lines("", "com.ex*", "*.com", "com.*.foo", "a.b")),
		newGrammar("record key", 512, syntax.ParseRecordKey, refRecordKey).
			vectors(interop("syntax/recordkey_syntax_valid.txt"), interop("syntax/recordkey_syntax_invalid.txt")),
		newGrammar("record key type", len("literal:")+512, syntax.ParseRecordKeyType, refRecordKeyType).
			vectors(lines("tid", "nsid", "any", "literal:self"), lines("", "TID", "literal:", "literal:..", "self")),
		newGrammar("repo path", 830, syntax.ParseRepoPath, refRepoPath).
			vectors(lines("app.bsky.feed.post/3jzfcijpj2z2a", "a.b.c/pre:fix", "A.b.c/~"),
				lines("", "/", "a.b.c", "a.b.c/", "/self", "/a.b.c/self", "a.b.c/self/", "a.b.c//self", "a.b/self", "a.b.c/..")),
		newGrammar("TID", 13, syntax.ParseTID, refTID).
			vectors(interop("syntax/tid_syntax_valid.txt"), interop("syntax/tid_syntax_invalid.txt")),
		newGrammar("at-identifier", 2048, syntax.ParseAtIdentifier, refAtIdentifier).
			vectors(interop("syntax/atidentifier_syntax_valid.txt"), interop("syntax/atidentifier_syntax_invalid.txt")),
		newGrammar("AT-URI", 8192, syntax.ParseATURI, refATURI).
			vectors(interop("syntax/aturi_syntax_valid.txt"), interop("syntax/aturi_syntax_invalid.txt")),
		newGrammar("full AT-URI", 8192, syntax.ParseFullATURI, refFullATURI).
			vectors(both(interop("syntax/aturi_syntax_valid.txt"), lines("at://foo.com/example/123", "at://foo.com/", "at://a.b?#/", "at://a.b/%zz?q#/c[0]")),
				lines("", "at://", "AT://a.b", "at:///a", "at://a", "at://a.b/a b", "at://a.b#frag", "at://a.b#/a#/b", "at://a.b?é", "at://a@b.c/")),
		newGrammar("space reference", 8192, syntax.ParseSpaceRef, refSpaceRef).
			vectors(lines(space, "at://did:web:a.b/space/a.b.c/3jzfcijpj2z2a"),
				lines("", "at://a.b/space/a.b.c/self", space+"/", space+"/did:m:v", space+"#/a", "at://did:m:v/a.b.c/self", "at://did:m:v/space/a.b.c")),
		newGrammar("space record URI", 8192, syntax.ParseSpaceRecordURI, refSpaceRecordURI).
			vectors(lines(space+"/did:plc:44ybard66vv44zksje25o7dz/com.example.post/3jzfcijpj2z2a", space+"/did:m:v/a.b.c/~"),
				lines("", space, space+"/", space+"/did:m:v", space+"/did:m:v/a.b.c", space+"/did:m:v/a.b.c/", space+"/did:m:v/a.b.c/self/",
					space+"/a.b/a.b.c/self", space+"/did:m:v/a.b.c/self#/a", space+"/did:m:v/a.b.c/self?q")),
		newGrammar("datetime", 64, syntax.ParseDatetime, refDatetime).
			vectors(interop("syntax/datetime_syntax_valid.txt"),
				both(interop("syntax/datetime_syntax_invalid.txt"), interop("syntax/datetime_parse_invalid.txt"))),
		newGrammar("language tag", 128, syntax.ParseLanguage, refLanguage).
			vectors(both(interop("syntax/language_syntax_valid.txt"), interop("syntax/language_parse_invalid.txt")),
				interop("syntax/language_syntax_invalid.txt")),
		newGrammar("URI", 8192, syntax.ParseURI, refURI).
			vectors(interop("syntax/uri_syntax_valid.txt"), interop("syntax/uri_syntax_invalid.txt")),
		newGrammar("CID string", 256, syntax.ParseCIDString, refCIDString).
			vectors(interop("syntax/cid_syntax_valid.txt"), interop("syntax/cid_syntax_invalid.txt")),
		newGrammar("service reference", 2561, syntax.ParseServiceRef, refServiceRef).
			vectors(lines("did:web:api.bsky.app#bsky_appview", "did:plc:111#a/?%20"),
				lines("", "did:web:x.com", "did:web:x.com#", "#svc", "did:web%23svc", "x.com#svc", "did:web:x.com#a#b", "did:web:x.com#a%2", "did:web:x.com#[")),
	}
}

func eachGrammar(t *testing.T, f func(t *testing.T, g grammar)) {
	for _, g := range grammars() {
		t.Run(g.kind, func(t *testing.T) { f(t, g) })
	}
}

func checkValid[T identifier, P pointer[T]](t *testing.T, s string, parse func(string) (T, error)) {
	t.Helper()
	v, err := parse(s)
	require.NoError(t, err)
	require.Equal(t, s, v.String())
	require.False(t, v.IsZero())

	text, err := v.MarshalText()
	require.NoError(t, err)
	require.Equal(t, s, string(text))
	text, err = v.AppendText([]byte("prefix "))
	require.NoError(t, err)
	require.Equal(t, "prefix "+s, string(text))

	var u T
	require.NoError(t, P(&u).UnmarshalText([]byte(s)))
	require.Equal(t, v, u)

	type doc struct {
		Value T          `json:"value"`
		List  []T        `json:"list"`
		Keys  map[T]bool `json:"keys"`
		Zero  T          `json:"zero,omitzero"`
	}
	in := doc{Value: v, List: []T{v}, Keys: map[T]bool{v: true}}
	data, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, fmt.Sprintf(`{"value":%q,"list":[%q],"keys":{%q:true}}`, s, s, s), string(data))
	var out doc
	require.NoError(t, json.Unmarshal(data, &out))
	require.Equal(t, in, out)
}

func checkInvalid[T identifier, P pointer[T]](t *testing.T, s, other string, parse func(string) (T, error)) {
	t.Helper()
	before, err := parse(other)
	require.NoError(t, err)
	v := before
	err = P(&v).UnmarshalText([]byte(s))
	e, ok := errors.AsType[*syntax.Error](err)
	require.True(t, ok, "%q: %v", s, err)
	require.Equal(t, s, e.Input)
	require.Equal(t, before, v, "receiver changed by %q", s)
}

func checkZero[T identifier](t *testing.T, kind string) {
	t.Helper()
	var zero T
	require.True(t, zero.IsZero())
	require.Empty(t, zero.String())
	want := &syntax.Error{Kind: kind, Msg: "zero value has no text"}
	_, err := zero.MarshalText()
	require.Equal(t, want, err)
	b, err := zero.AppendText([]byte("kept"))
	require.Equal(t, want, err)
	require.Equal(t, "kept", string(b))
	_, err = json.Marshal(zero)
	require.Error(t, err)
	_, err = json.Marshal(map[T]int{zero: 1})
	require.Error(t, err)
}

func checkSQL[T identifier, P pointer[T]](t *testing.T, kind, valid, invalid string) {
	t.Helper()
	var v, zero T
	require.NoError(t, P(&v).Scan([]byte(valid)))
	require.Equal(t, valid, v.String())

	// As database/sql does it.
	arg, err := driver.DefaultParameterConverter.ConvertValue(v)
	require.NoError(t, err)
	require.Equal(t, valid, arg)
	var col sql.Null[T]
	require.NoError(t, col.Scan(arg))
	require.Equal(t, sql.Null[T]{V: v, Valid: true}, col)

	arg, err = driver.DefaultParameterConverter.ConvertValue(zero)
	require.NoError(t, err)
	require.Nil(t, arg)
	null := v
	require.NoError(t, P(&null).Scan(nil))
	require.Equal(t, zero, null)

	kept := v
	for _, src := range []any{"", []byte{}, invalid, []byte(invalid)} {
		e, ok := errors.AsType[*syntax.Error](P(&kept).Scan(src))
		require.True(t, ok, "%q", src)
		require.Equal(t, kind, e.Kind)
	}
	require.EqualError(t, P(&kept).Scan(int64(1)), "syntax: "+kind+" from a database column of type int64, not text")
	require.EqualError(t, P(&kept).Scan(time.Time{}), "syntax: "+kind+" from a database column of type time.Time, not text")
	require.Equal(t, v, kept)

	buf := []byte(valid) // belongs to the driver
	require.NoError(t, P(&kept).Scan(buf))
	clear(buf)
	require.Equal(t, v, kept)
}

// TestVectors runs the official vectors, and ours where there are none,
// through Parse, String, text, JSON and database values.
func TestVectors(t *testing.T) {
	ledger.Covers(t, "SYN-002", "SYN-006", "SYN-019", "SYN-033", "SYN-045", "SYN-056", "SYN-065", "SYN-079", "SYN-080", "SYN-087", "SYN-088")
	eachGrammar(t, func(t *testing.T, g grammar) {
		valid, invalid := g.valid(t), g.invalid(t)
		for _, s := range invalid {
			_, err := g.parse(s)
			require.Error(t, err, "%q", s)
			require.False(t, g.ref(s), "%q", s)
		}
		for _, s := range valid {
			require.True(t, g.ref(s), "%q", s)
		}
		g.check(t, valid, invalid)
	})
}

func TestParseAllocatesNothing(t *testing.T) {
	eachGrammar(t, func(t *testing.T, g grammar) {
		for _, s := range g.valid(t) {
			require.Zero(t, g.alloc(s), "%q", s)
		}
	})
}

// TestTakenAsGiven surrounds valid identifiers with what a lenient parser
// would trim, and puts into them what it would fold or decode.
func TestTakenAsGiven(t *testing.T) {
	ledger.Covers(t, "SYN-001")
	junk := []string{" ", "\t", "\n", "\r\n", "\v", "\x00", "\x01", "\x7f", "\x80", "\u0085", "\u00a0", "\u2028", "\ufeff", "\xff"}
	other := []string{"@", "\"", "K", "\u212a", "ａ", "%41", "+"} // fit into some
	eachGrammar(t, func(t *testing.T, g grammar) {
		for _, s := range g.valid(t) {
			for i, j := range slices.Concat(junk, other) {
				for _, in := range []string{j + s, s + j, s[:len(s)/2] + j + s[len(s)/2:]} {
					want := g.ref(in)
					require.False(t, want && i < len(junk), "%q", in)
					v, err := g.parse(in)
					require.Equal(t, want, err == nil, "%q", in)
					require.True(t, err != nil || v.String() == in)
				}
			}
		}
		_, err := g.parse("")
		require.Error(t, err)
	})
}

// TestLengthFirst gives too long inputs that are also wrong at the start: the
// length must have been looked at before.
func TestLengthFirst(t *testing.T) {
	ledger.Covers(t, "SYN-004")
	eachGrammar(t, func(t *testing.T, g grammar) {
		if g.kind == "record key type" {
			t.Skip("its limit is that of the record key in it")
		}
		for _, size := range []int{g.limit + 1, 1 << 20} {
			_, err := g.parse("!" + strings.Repeat(".", size-1))
			e, ok := errors.AsType[*syntax.Error](err)
			require.True(t, ok)
			require.Equal(t, g.limit, e.Offset)
			require.Less(t, len(err.Error()), 200)
		}
	})
}

// TestAllShortStrings compares every parser with its reference on all short
// strings over the bytes that matter to it.
func TestAllShortStrings(t *testing.T) {
	alphabets := map[string]struct {
		prefix, bytes string
		n             int
	}{
		"DID":             {"did:", "aB2:%-./ ", 5},
		"handle":          {"", "a2-._", 6},
		"NSID":            {"", "a2-.B", 7},
		"NSID pattern":    {"", "a2-.*", 6},
		"record key":      {"", "aB2:~._-%/", 4},
		"record key type": {"literal", ":a./", 4},
		"repo path":       {"a.b", "./c2-~", 6},
		"TID":             {"222222222", "2zaj1A", 5},

		"at-identifier":     {"di", "d:.a-", 6},
		"AT-URI":            {"at://a.b/a.b", "/.c-~", 6},
		"full AT-URI":       {"at://a.b", "/?#%a[", 5},
		"space reference":   {"at://did:a:b/space/a.b", "/.c-~", 6},
		"space record URI":  {"at://did:a:b/space/a.b.c/k/did:a:b/a.b", "/.c-~", 5},
		"datetime":          {"2024-02-29T23:59:5", "09.Z+-:", 5},
		"language tag":      {"", "aX1-", 7},
		"URI":               {"a", "a:+ \xc3\xa9\n", 5},
		"CID string":        {"Q", "mba+", 7},
		"service reference": {"did:a:b", "#%aA/?", 5},
	}
	eachGrammar(t, func(t *testing.T, g grammar) {
		a := alphabets[g.kind]
		buf := []byte(a.prefix)
		var rec func(n int)
		rec = func(n int) {
			s := string(buf)
			_, err := g.parse(s)
			if (err == nil) != g.ref(s) {
				t.Fatalf("%q: got %v, reference says valid is %t", s, err, g.ref(s))
			}
			if n == 0 {
				return
			}
			for i := range len(a.bytes) {
				buf = append(buf, a.bytes[i])
				rec(n - 1)
				buf = buf[:len(buf)-1]
			}
		}
		rec(a.n)
	})
}

// TestEveryByte puts every byte at every place of some valid identifiers.
func TestEveryByte(t *testing.T) {
	eachGrammar(t, func(t *testing.T, g grammar) {
		valid := slices.DeleteFunc(g.valid(t), func(s string) bool { return len(s) > 40 })
		for _, s := range valid[:min(len(valid), 6)] {
			for i := range len(s) {
				for c := range 256 {
					in := s[:i] + string([]byte{byte(c)}) + s[i+1:]
					_, err := g.parse(in)
					if (err == nil) != g.ref(in) {
						t.Fatalf("%q: got %v, reference says valid is %t", in, err, g.ref(in))
					}
				}
			}
		}
	})
}

func TestMustParsePanics(t *testing.T) {
	require.Panics(t, func() { syntax.MustParseDID("") })
	require.Panics(t, func() { syntax.MustParseHandle("org") })
	require.Panics(t, func() { syntax.MustParseNSID("com.example") })
	require.Panics(t, func() { syntax.MustParseNSIDPattern("com.ex*") })
	require.Panics(t, func() { syntax.MustParseRecordKey(".") })
	require.Panics(t, func() { syntax.MustParseRecordKeyType("rkey") })
	require.Panics(t, func() { syntax.MustParseRepoPath("a.b.c") })
	require.Panics(t, func() { syntax.MustParseTID("222") })
	require.Panics(t, func() { syntax.MustParseAtIdentifier("a") })
	require.Panics(t, func() { syntax.MustParseATURI("at://a") })
	require.Panics(t, func() { syntax.MustParseFullATURI("at://a") })
	require.Panics(t, func() { syntax.MustParseSpaceRef("at://did:m:v") })
	require.Panics(t, func() { syntax.MustParseSpaceRecordURI("at://did:m:v") })
	require.Panics(t, func() { syntax.MustParseDatetime("2023") })
	require.Panics(t, func() { syntax.MustParseLanguage("j") })
	require.Panics(t, func() { syntax.MustParseURI("a") })
	require.Panics(t, func() { syntax.MustParseCIDString("a") })
	require.Panics(t, func() { syntax.MustParseServiceRef("did:m:v") })
	require.NotPanics(t, func() { syntax.MustParseRepoPath("a.b.c/self") })
}

func TestCompare(t *testing.T) {
	dids := []syntax.DID{syntax.MustParseDID("did:a:b"), syntax.MustParseDID("did:a:B"), {}}
	slices.SortFunc(dids, syntax.DID.Compare)
	require.Equal(t, []syntax.DID{{}, syntax.MustParseDID("did:a:B"), syntax.MustParseDID("did:a:b")}, dids)

	require.Negative(t, syntax.MustParseHandle("b.B").Compare(syntax.MustParseHandle("b.a")))
	require.Negative(t, syntax.MustParseNSID("a.b.c").Compare(syntax.MustParseNSID("a.b.c.d")))
	require.Positive(t, syntax.MustParseRecordKey("~").Compare(syntax.MustParseRecordKey("z")))
	require.Negative(t, syntax.MustParseRepoPath("a.b.c/z").Compare(syntax.MustParseRepoPath("a.b.cc/a")))
	require.Zero(t, syntax.MustParseRepoPath("a.b.c/z").Compare(syntax.MustParseRepoPath("a.b.c/z")))
	require.Negative(t, syntax.MustParseAtIdentifier("a.b").Compare(syntax.MustParseAtIdentifier("did:m:v")))
	require.Positive(t, syntax.MustParseATURI("at://a.b/a.b.d").Compare(syntax.MustParseATURI("at://a.b/a.b.c/d")))
	require.Negative(t, syntax.MustParseFullATURI("at://a.b#/").Compare(syntax.MustParseFullATURI("at://a.b/")))
	require.Negative(t, syntax.SpaceRef{}.Compare(syntax.MustParseSpaceRef("at://did:m:v/space/a.b.c/d")))
	require.Negative(t, syntax.SpaceRecordURI{}.Compare(syntax.MustParseSpaceRecordURI("at://did:m:v/space/a.b.c/d/did:m:v/a.b.c/d")))
	require.Negative(t, syntax.MustParseLanguage("en").Compare(syntax.MustParseLanguage("en-GB")))
	require.Negative(t, syntax.MustParseURI("a:B").Compare(syntax.MustParseURI("a:b")))
	require.Negative(t, syntax.MustParseCIDString("bafyreia").Compare(syntax.MustParseCIDString("bafyreib")))
	require.Positive(t, syntax.MustParseServiceRef("did:m:v#b").Compare(syntax.MustParseServiceRef("did:m:v#a")))
}

// TestZeroValues calls every accessor of the zero values.
func TestZeroValues(t *testing.T) {
	var d syntax.DID
	require.Equal(t, "", d.Method()+d.Identifier())
	require.False(t, d.IsPLC() || d.IsRecommended())

	var h syntax.Handle
	require.Equal(t, "", h.TLD())
	require.True(t, h.Normalize().IsZero())
	require.False(t, h.IsInvalid() || h.HasReservedTLD() || h.HasTestTLD() || h.FitsDNS())

	var n syntax.NSID
	require.Equal(t, "", n.Authority()+n.Name()+n.Group())
	require.True(t, n.Normalize().IsZero())

	var k syntax.RecordKey
	require.False(t, k.IsRecommended())

	var p syntax.RepoPath
	require.True(t, p.Collection().IsZero() && p.RecordKey().IsZero())

	var id syntax.TID
	require.True(t, id.Time().IsZero() && id.RecordKey().IsZero())
	require.Zero(t, id.Integer())
	require.Zero(t, id.ClockID())

	var a syntax.AtIdentifier
	_, isDID := a.DID()
	_, isHandle := a.Handle()
	require.False(t, isDID || isHandle)
	require.True(t, a.Normalize().IsZero() && d.AtIdentifier().IsZero() && h.AtIdentifier().IsZero())

	var u syntax.ATURI
	_, hasCollection := u.Collection()
	_, hasKey := u.RecordKey()
	_, hasPath := u.RepoPath()
	require.False(t, hasCollection || hasKey || hasPath || u.IsRecordRef())
	require.True(t, u.Authority().IsZero() && u.Normalize().IsZero())

	var f syntax.FullATURI
	_, hasQuery := f.Query()
	_, hasFragment := f.Fragment()
	_, isATURI := f.ATURI()
	require.False(t, hasQuery || hasFragment || isATURI)
	require.True(t, f.Authority().IsZero() && f.Path() == "" && f.Normalize().IsZero())

	var r syntax.SpaceRef
	require.True(t, r.Authority().IsZero() && r.Type().IsZero() && r.Key().IsZero())
	var s syntax.SpaceRecordURI
	require.True(t, s.Space().IsZero() && s.Author().IsZero() && s.RepoPath().IsZero())

	var dt syntax.Datetime
	require.True(t, dt.Time().IsZero())

	var l syntax.Language
	require.Equal(t, "", l.Primary()+l.Script()+l.Region())
	require.False(t, l.HasRepeatedSubtags())
	require.True(t, l.Normalize().IsZero())

	var svc syntax.ServiceRef
	require.True(t, svc.DID().IsZero() && svc.Fragment() == "" && syntax.URI{}.Scheme() == "")
}
