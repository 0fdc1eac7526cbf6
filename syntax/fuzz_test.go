package syntax_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

// fuzzGrammar compares a parser with its reference, and checks that what it
// accepts comes out again and that errors point into the input.
func fuzzGrammar(f *testing.F, kind string, seeds ...string) {
	var g grammar
	for _, g = range grammars() {
		if g.kind == kind {
			break
		}
	}
	for _, list := range [][]string{seeds, g.valid(f), g.invalid(f)} {
		for _, s := range list {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := g.parse(s)
		if (err == nil) != g.ref(s) {
			t.Fatalf("%q: got %v, reference says valid is %t", s, err, g.ref(s))
		}
		if err == nil {
			if v.String() != s {
				t.Fatalf("%q came out as %q", s, v)
			}
			return
		}
		e := requireError(t, err)
		if e.Kind != kind || e.Input != s || e.Msg == "" || e.Offset < 0 || e.Offset > min(len(s), g.limit) {
			t.Fatalf("%q: bad error %#v", s, e)
		}
		if len(e.Error()) > 512 || strings.ContainsAny(e.Error(), "\n\x00") {
			t.Fatalf("%q: bad error text %q", s, e)
		}
	})
}

func FuzzParseDID(f *testing.F) {
	fuzzGrammar(f, "DID", "did:m:"+strings.Repeat("v", 2042), "did:m:"+strings.Repeat("v", 2043), "did:plc:\xff", "did:plc:z72i7hdynmk6r22z27h6tvur",
		"did:plc:z72i7hdynmk6r22z27h6tvu\xf2", "did:plc:{72i7hdynmk6r22z27h6tvur", "did:web:"+strings.Repeat("v", 2041), "did:web:a%")
}

func FuzzParseHandle(f *testing.F) {
	fuzzGrammar(f, "handle", handleOfLen(253), handleOfLen(254), strings.Repeat("a", 64)+".a")
}

func FuzzParseNSID(f *testing.F) {
	fuzzGrammar(f, "NSID", strings.Repeat("a.", 158)+"a", strings.Repeat("a.", 158)+"aa", "a.b."+strings.Repeat("c", 64))
}

func FuzzParseNSIDPattern(f *testing.F) { fuzzGrammar(f, "NSID pattern", "a-.*", ".*", "*.*") }

func FuzzParseRecordKey(f *testing.F) {
	fuzzGrammar(f, "record key", strings.Repeat(".", 512), strings.Repeat(".", 513))
}

func FuzzParseRecordKeyType(f *testing.F) { fuzzGrammar(f, "record key type", "literal:literal:") }

func FuzzParseRepoPath(f *testing.F) { fuzzGrammar(f, "repo path", "a.b.c/d/e", "/a.b.c/d") }

func FuzzParseAtIdentifier(f *testing.F) {
	fuzzGrammar(f, "at-identifier", handleOfLen(253), handleOfLen(254), "did:m:"+strings.Repeat("v", 2043))
}

func FuzzParseATURI(f *testing.F) {
	fuzzGrammar(f, "AT-URI", "at://did:m:"+strings.Repeat("v", 2043)+"/a.b.c", "at://a.b/a.b.c/"+strings.Repeat("o", 513), "at://did:m:v/a.b.c/\xff")
}

func FuzzParseFullATURI(f *testing.F) {
	fuzzGrammar(f, "full AT-URI", "at://a.b/%zz/../%41?%41#/%4", "at://a.b?#/", "at://a.b/%2e%2e//")
}

func FuzzParseSpaceRef(f *testing.F) {
	fuzzGrammar(f, "space reference", "at://did:m:v/space/a.b.c/..", "at://did:m:v/space/space/space")
}

func FuzzParseSpaceRecordURI(f *testing.F) {
	fuzzGrammar(f, "space record URI", "at://did:m:v/space/a.b.c/d/did:m:v/space/a.b.c/d")
}

func FuzzParseDatetime(f *testing.F) {
	fuzzGrammar(f, "datetime", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01", "2024-02-29T00:00:00."+strings.Repeat("0", 44)+"Z")
}

func FuzzParseLanguage(f *testing.F) {
	fuzzGrammar(f, "language tag", "zh-aaa-bbb-ccc-Latn-419-1abc-a-bb-x-c", "aa"+strings.Repeat("-abcdefgh", 15), "x-x", "i-i")
}

func FuzzParseURI(f *testing.F) {
	fuzzGrammar(f, "URI", "a:\u2028", "a:\xed\xa0\x80", strings.Repeat("a", 82)+":b", "a:"+strings.Repeat("x", 8191))
}

func FuzzParseCIDString(f *testing.F) {
	fuzzGrammar(f, "CID string", "Qmb45678", "Qma45678", strings.Repeat("b", 257))
}

func FuzzParseServiceRef(f *testing.F) {
	fuzzGrammar(f, "service reference", "did:m:v#%4", "did:m:v#"+strings.Repeat("a", 2560), "did:m:v#a[0]")
}

// FuzzNormalize normalises whatever is valid, which must be valid still, and
// normal.
func FuzzNormalize(f *testing.F) {
	for _, g := range grammars() {
		for _, s := range g.valid(f) {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkNormalize(t, s, syntax.ParseATURI, syntax.ATURI.Normalize)
		checkNormalize(t, s, syntax.ParseAtIdentifier, syntax.AtIdentifier.Normalize)
		checkNormalize(t, s, syntax.ParseFullATURI, syntax.FullATURI.Normalize)
		checkNormalize(t, s, syntax.ParseLanguage, syntax.Language.Normalize)
		checkNormalize(t, s, syntax.ParseNSID, syntax.NSID.Normalize)
		if u, err := syntax.ParseATURI(s); err == nil {
			full, err := syntax.ParseFullATURI(s)
			if err != nil || full.Normalize().String() != u.Normalize().String() {
				t.Fatalf("%q is another in the general form: %v, %v", s, full.Normalize(), err)
			}
		}
		if l, err := syntax.ParseLanguage(s); err == nil && l.HasRepeatedSubtags() != refRepeats(s) {
			t.Fatalf("%q: reference says that subtags are repeated is %t", s, refRepeats(s))
		}
	})
}

func checkNormalize[T identifier](t *testing.T, s string, parse func(string) (T, error), normalize func(T) T) {
	t.Helper()
	v, err := parse(s)
	if err != nil {
		return
	}
	n := normalize(v)
	again, err := parse(n.String())
	if err != nil || again != n || normalize(n) != n || v.String() != s {
		t.Fatalf("%q normalised is %q: %v", s, n, err)
	}
}

// FuzzParseDatetimeLenient compares the lenient parser with package time.
func FuzzParseDatetimeLenient(f *testing.F) {
	for _, list := range [][]string{
		interop("syntax/datetime_syntax_valid.txt")(f), interop("syntax/datetime_syntax_invalid.txt")(f),
		{"1985-04-12 23:20:50.123", "1985-04-12t23:20:50-0000", "1985-04-12T23:20:50.5+01"},
	} {
		for _, s := range list {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := syntax.ParseDatetimeLenient(s)
		strict := refDatetimeLenient(s)
		if (err == nil) != (strict != "") {
			t.Fatalf("%q: got %v, reference has %q", s, err, strict)
		}
		if err != nil {
			return
		}
		want, err := time.Parse(time.RFC3339Nano, strict)
		if err != nil || !want.Equal(got) {
			t.Fatalf("%q: got %v, want %v, %v", s, got, want, err)
		}
		d, err := syntax.NewDatetime(got)
		if err != nil || !d.Time().Equal(got.Truncate(time.Millisecond)) || !refDatetime(d.String()) {
			t.Fatalf("%q: %v became %v, %v", s, got, d, err)
		}
		if d, err := syntax.ParseDatetime(s); err == nil && !d.Time().Equal(got) {
			t.Fatalf("%q: %v is not %v", s, d.Time(), got)
		}
	})
}

func FuzzParseTID(f *testing.F) { fuzzGrammar(f, "TID", "jzzzzzzzzzzzz", "c222222222222") }
