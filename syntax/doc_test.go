package syntax_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// packageDoc returns the documentation of package syntax.
func packageDoc(t *testing.T) *doc.Package {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, e.Name(), nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, "github.com/linnet-at/linnet/syntax")
	require.NoError(t, err)
	return p
}

// docOf returns the documentation of a type or, as in "TID.Time", of a method,
// on one line.
func docOf(t *testing.T, p *doc.Package, name string) string {
	t.Helper()
	typ, method, _ := strings.Cut(name, ".")
	for _, dt := range p.Types {
		if dt.Name != typ {
			continue
		}
		if method == "" {
			return strings.Join(strings.Fields(dt.Doc), " ")
		}
		for _, m := range dt.Methods {
			if m.Name == method {
				return strings.Join(strings.Fields(m.Doc), " ")
			}
		}
	}
	require.Fail(t, "no documentation", name)
	return ""
}

// requireNoMethod checks that no value of v's type has such a method.
func requireNoMethod(t *testing.T, v any, names ...string) {
	t.Helper()
	for _, name := range names {
		_, ok := reflect.PointerTo(reflect.TypeOf(v)).MethodByName(name)
		require.False(t, ok, "%T has method %s", v, name)
	}
}

// The time in a TID was chosen by whoever wrote it, and two writers may choose
// the same.
func TestTIDIsNoProof(t *testing.T) {
	ledger.Covers(t, "SYN-054")
	p := packageDoc(t)
	require.Contains(t, docOf(t, p, "TID"), "Its time is no proof of when something was made, and two writers may use the same one.")
	require.Contains(t, docOf(t, p, "TID.Time"), "which need not be true")
	require.Contains(t, strings.Join(strings.Fields(p.Doc), " "), "a TID's or record's time was chosen by whoever wrote it")
	requireNoMethod(t, syntax.TID{}, "CreatedAt", "Created", "ID", "UUID")

	// A time from before TIDs, and one to come, are as good as any.
	require.Equal(t, 1970, syntax.MustParseTID("2222222222222").Time().Year())
	require.Equal(t, 2255, syntax.MustParseTID("bzzzzzzzzzzzz").Time().Year())
}

// Record keys are opaque, and unique together with collection and DID alone.
func TestRecordKeyIsOpaque(t *testing.T) {
	ledger.Covers(t, "SYN-059")
	text := docOf(t, packageDoc(t), "RecordKey")
	require.Contains(t, text, "It is opaque and case-sensitive")
	require.Contains(t, text, "A record is identified by DID, collection and key together.")
	requireNoMethod(t, syntax.RecordKey{}, "Time", "TID", "Integer", "ClockID", "Normalize", "EqualFold")

	seen := make(map[syntax.ATURI]bool)
	for _, did := range []string{"did:m:a", "did:m:b"} {
		for _, path := range []string{"a.b.c/3jzfcijpj2z2a", "a.b.d/3jzfcijpj2z2a", "a.b.c/3JZFCIJPJ2Z2A", "a.b.c/self", "a.b.c/zzzzzzzzzzzzz"} {
			d, err := syntax.ParseDID(did)
			require.NoError(t, err)
			r, err := syntax.ParseRepoPath(path)
			require.NoError(t, err)
			uri := syntax.RecordURI(d, r)
			require.False(t, seen[uri])
			seen[uri] = true
			key, _ := uri.RecordKey()
			require.Equal(t, r.RecordKey(), key)
		}
	}
}

// The authority of an AT-URI says whose data is meant, not where it is.
func TestAuthorityIsNoHost(t *testing.T) {
	ledger.Covers(t, "SYN-078")
	p := packageDoc(t)
	require.Contains(t, docOf(t, p, "ATURI"), "The authority says whose data is meant, not where it is: it is resolved to find the host, and never contacted as one.")
	require.Contains(t, strings.Join(strings.Fields(p.Doc), " "), "the authority of an AT-URI is not a host to connect to")
	for _, v := range []any{syntax.ATURI{}, syntax.FullATURI{}, syntax.AtIdentifier{}, syntax.SpaceRef{}, syntax.SpaceRecordURI{}, syntax.DID{}, syntax.Handle{}} {
		requireNoMethod(t, v, "Host", "Hostname", "Port", "Address", "URL", "Endpoint", "Domain")
	}
	for _, imp := range p.Imports {
		require.False(t, imp == "net" || strings.HasPrefix(imp, "net/"), imp)
	}
}

// Everything exported says what it is.
func TestDocumented(t *testing.T) {
	p := packageDoc(t)
	for _, typ := range p.Types {
		require.NotEmpty(t, typ.Doc, typ.Name)
		for _, f := range append(typ.Funcs, typ.Methods...) {
			require.NotEmpty(t, f.Doc, "%s.%s", typ.Name, f.Name)
		}
	}
	for _, f := range p.Funcs {
		require.NotEmpty(t, f.Doc, f.Name)
	}
}
