package syntax_test

import (
	"strings"
	"testing"
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
	fuzzGrammar(f, "DID", "did:m:"+strings.Repeat("v", 2042), "did:m:"+strings.Repeat("v", 2043), "did:plc:\xff")
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

func FuzzParseTID(f *testing.F) { fuzzGrammar(f, "TID", "jzzzzzzzzzzzz", "c222222222222") }
