package ledger_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
)

func TestCoverageIsCurrent(t *testing.T) {
	root, err := fixtures.ModuleRoot()
	require.NoError(t, err)
	report, err := ledger.Scan(os.DirFS(root))
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	got, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(ledger.CoverageFile)))
	require.NoError(t, err)
	if string(got) != string(report.Markdown()) {
		t.Fatalf("%s is out of date: run go generate ./internal/ledger", ledger.CoverageFile)
	}
}

const requirements = `
| ID | Requirement | Level |
|---|---|---|
| AAA-001 | one | MUST |
| AAA-002 | two | SHOULD* |
| AAA-003 | three | MUST* |
| BBB-001 | four | MAY |
`

// module returns a module with requirements and the given files: path, Go
// source without package clause and import of the ledger, and so on.
func module(pathSource ...string) fstest.MapFS {
	fsys := files("core", requirements)
	fsys["go.mod"] = &fstest.MapFile{Data: []byte("module github.com/linnet-at/linnet\n")}
	for i := 0; i < len(pathSource); i += 2 {
		src := pathSource[i+1]
		if !strings.Contains(src, "package ") {
			src = "package p\nimport (\"testing\"; \"github.com/linnet-at/linnet/internal/ledger\")\n" + src
		}
		fsys[pathSource[i]] = &fstest.MapFile{Data: []byte(src)}
	}
	return fsys
}

func scan(t *testing.T, fsys fstest.MapFS) *ledger.Report {
	t.Helper()
	report, err := ledger.Scan(fsys)
	require.NoError(t, err)
	return report
}

func TestScan(t *testing.T) {
	report := scan(t, module(
		"root_test.go", `func TestRoot(t *testing.T) { ledger.Covers(t, "AAA-001") }`,
		"a/a_test.go", `
			func TestTwo(t *testing.T) { ledger.Covers(t, "AAA-001", `+"`AAA-002`"+`, "AAA-001") }
			func TestSub(t *testing.T) {
				t.Run("sub", func(t *testing.T) { (ledger.Covers)(t, "AAA-002") })
			}
			func Test(t *testing.T) { ledger.Covers(t, "BBB-001") }
			func Test_x(t *testing.T) { ledger.Covers(t, "BBB-001") }`,
		"a/b/tagged_test.go", "//go:build never\n\npackage b_test\nimport l \"github.com/linnet-at/linnet/internal/ledger\"\n"+`
			func FuzzX(f *testing.F) { l.Covers(f, "AAA-002") }
			func BenchmarkX(b *testing.B) { l.Covers(b, "AAA-002") }
			func ExampleX() { l.Covers(nil, "AAA-002") }
			func other() { ledger.Covers(nil, "not ours") }`,
		"a/unrelated_test.go", "package a\nfunc TestNothing() { ledger.Covers() }",
	))
	require.Empty(t, report.Problems)
	require.Equal(t, map[string][]string{
		"AAA-001": {"a.TestTwo", "linnet.TestRoot"},
		"AAA-002": {"a.TestSub", "a.TestTwo", "a/b.BenchmarkX", "a/b.ExampleX", "a/b.FuzzX"},
		"BBB-001": {"a.Test", "a.Test_x"},
	}, report.Tests)
	require.Len(t, report.Rows, 4)
}

func TestScanProblems(t *testing.T) {
	for _, tc := range []struct {
		name, src string
		want      []string
	}{
		{"no literal", `const id = "AAA-001"; func TestX(t *testing.T) { ledger.Covers(t, id) }`,
			[]string{"a_test.go:3: requirement is not a string literal"}},
		{"concatenation", `func TestX(t *testing.T) { ledger.Covers(t, "AAA-"+"001") }`,
			[]string{"a_test.go:3: requirement is not a string literal"}},
		{"slice", "func TestX(t *testing.T) {\nledger.Covers(t, []string{\"AAA-001\"}...) }",
			[]string{"a_test.go:4: requirement is not a string literal"}},
		{"number", `func TestX(t *testing.T) { ledger.Covers(t, 1) }`,
			[]string{"a_test.go:3: requirement is not a string literal"}},
		{"unknown", `func TestX(t *testing.T) { ledger.Covers(t, "AAA-009", "AAA-001", "bbb-001") }`,
			[]string{`a_test.go:3: unknown requirement "AAA-009"`, `a_test.go:3: unknown requirement "bbb-001"`}},
		{"none", `func TestX(t *testing.T) { ledger.Covers(t) }`,
			[]string{"a_test.go:3: no requirement named"}},
		{"helper", `func check(t *testing.T) { ledger.Covers(t, "AAA-001") }`,
			[]string{"a_test.go:3: Covers is called outside of a test"}},
		{"lower case", `func Testing(t *testing.T) { ledger.Covers(t, "AAA-001") }`,
			[]string{"a_test.go:3: Covers is called outside of a test"}},
		{"method", `func (s suite) TestX(t *testing.T) { ledger.Covers(t, "AAA-001") }`,
			[]string{"a_test.go:3: Covers is called outside of a test"}},
		{"variable", `var check = func(t *testing.T) { ledger.Covers(t, "AAA-001") }`,
			[]string{"a_test.go:3: Covers is called outside of a test"}},
		{"value", `func TestX(t *testing.T) { f := ledger.Covers; f(t, "AAA-001") }`,
			[]string{"a_test.go:3: Covers is not called here"}},
		{"dot import", "package p\n\nimport . \"github.com/linnet-at/linnet/internal/ledger\"\n",
			[]string{"a_test.go:3: dot import of the ledger"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			report := scan(t, module("a_test.go", tc.src))
			require.Equal(t, tc.want, report.Problems)
			if tc.name != "unknown" {
				require.Empty(t, report.Tests)
			}
		})
	}
}

func TestScanSkips(t *testing.T) {
	const bad = `func helper() { ledger.Covers(nil, "nonsense") }`
	fsys := module(
		"bench/x/a_test.go", bad,
		"testdata/a_test.go", bad,
		"a/testdata/b/a_test.go", bad,
		"vendor/a_test.go", bad,
		".hidden/a_test.go", bad,
		"_old/a_test.go", bad,
		"internal/ledger/a_test.go", bad,
		"a/a.go", bad,
	)
	fsys["bench/go.mod"] = &fstest.MapFile{Data: []byte("module github.com/linnet-at/linnet/bench\n")}
	report := scan(t, fsys)
	require.Empty(t, report.Problems)
	require.Empty(t, report.Tests)
}

func TestScanErrors(t *testing.T) {
	_, err := ledger.Scan(module("a/a_test.go", "package p func"))
	require.ErrorContains(t, err, "ledger: a/a_test.go:1:")
	_, err = ledger.Scan(fstest.MapFS{})
	require.EqualError(t, err, "ledger: no requirements in docs/requirements")
}

func TestMarkdown(t *testing.T) {
	report := scan(t, module("a/a_test.go", `
		func TestB(t *testing.T) { ledger.Covers(t, "AAA-003") }
		func TestA(t *testing.T) { ledger.Covers(t, "AAA-003", "AAA-002") }`))
	want := "# Coverage of the requirements\n\n" +
		"Written by `go generate ./internal/ledger` from the calls of `ledger.Covers` in the tests; do not edit.\n" + `
| Area | Rows | Covered | Percent | MUST rows | MUST covered | Percent |
|---|--:|--:|--:|--:|--:|--:|
| AAA | 3 | 2 | 66 | 2 | 1 | 50 |
| BBB | 1 | 0 | 0 | 0 | 0 | - |
| **total** | 4 | 2 | 50 | 2 | 1 | 50 |

## AAA

| ID | Level | Tests |
|---|---|---|
| AAA-002 | SHOULD* | a.TestA |
| AAA-003 | MUST* | a.TestA, a.TestB |

Without a test: AAA-001 (MUST).

## BBB

Without a test: BBB-001 (MAY).
`
	require.Equal(t, want, string(report.Markdown()))
}
