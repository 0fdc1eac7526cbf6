package ledger_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
)

// recorder is a testing.TB that records its failure instead of ending the test.
type recorder struct {
	testing.TB
}

func (recorder) Helper()                           {}
func (recorder) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func TestCovers(t *testing.T) {
	ledger.Covers(t, "SYN-001", "PLC-062", "LEX-001", "SPACE-086")
	for _, tc := range []struct {
		ids  []string
		want string
	}{
		{nil, "ledger: no requirement named"},
		{[]string{"SYN-000"}, `ledger: unknown requirement "SYN-000"`},
		{[]string{"SYN-001", "syn-001"}, `ledger: unknown requirement "syn-001"`},
		{[]string{""}, `ledger: unknown requirement ""`},
	} {
		require.PanicsWithValue(t, tc.want, func() { ledger.Covers(recorder{t}, tc.ids...) })
	}
}

func moduleRows(t *testing.T) []ledger.Row {
	t.Helper()
	root, err := fixtures.ModuleRoot()
	require.NoError(t, err)
	rows, err := ledger.Rows(os.DirFS(root))
	require.NoError(t, err)
	return rows
}

// TestRowsAreComplete checks that no row was lost: the areas and the number of
// their rows, counted without gaps.
func TestRowsAreComplete(t *testing.T) {
	want := []struct {
		area string
		rows int
	}{
		{"SYN", 90}, {"CRY", 28}, {"CID", 15}, {"CBR", 24}, {"DAT", 26}, {"BLB", 16},
		{"CAR", 25}, {"MST", 45}, {"REP", 42}, {"SNC", 128}, {"DID", 56}, {"PLC", 62},
		{"LEX", 172}, {"XRPC", 128}, {"BLOB", 26}, {"EVT", 66}, {"OAUTH", 138}, {"PERM", 45},
		{"LABEL", 43}, {"ACCT", 22}, {"SPACE", 86},
	}
	rows := moduleRows(t)
	require.Len(t, rows, 1283)
	for _, w := range want {
		for n := 1; n <= w.rows; n++ {
			require.Equal(t, fmt.Sprintf("%s-%03d", w.area, n), rows[0].ID)
			require.NotEmpty(t, rows[0].Text)
			rows = rows[1:]
		}
	}
	require.Empty(t, rows, "an area is missing in the list of this test")
}

func TestParseRows(t *testing.T) {
	rows, err := ledger.ParseRows([]byte(`# Title
| Name | Value |
|---|---|
| SYN-900 | not a requirement | MUST |

| ID | Requirement | Level | Spec |
|:---|---|:-:|---|
| SYN-001 | one \| two | MUST | did: Syntax |
|SYN-002|three|SHOULD*||

| AMB-01 | text | x |
`))
	require.NoError(t, err)
	require.Equal(t, []ledger.Row{{"SYN-001", `one \| two`, "MUST"}, {"SYN-002", "three", "SHOULD*"}}, rows)
	require.Equal(t, "SYN", rows[0].Area())
	require.True(t, rows[0].Must())
	require.False(t, rows[1].Must())
}

func TestParseRowsMalformed(t *testing.T) {
	for _, line := range []string{"| SYN-1 | text | MUST |", "| SYN-001 | text |", "| SYN-001 | text | must |", "| SYN-001 | a | b | MUST |"} {
		_, err := ledger.ParseRows([]byte("\n| ID | Requirement | Level |\n|---|---|---|\n" + line + "\n"))
		require.ErrorContains(t, err, "line 4 is not a requirement: \"| SYN-", line)
	}
}

func TestRowsErrors(t *testing.T) {
	table := "| ID | Requirement | Level |\n|---|---|---|\n"
	for _, tc := range []struct {
		fsys fstest.MapFS
		want string
	}{
		{fstest.MapFS{}, "ledger: no requirements in docs/requirements"},
		{files("a", table), "ledger: no requirements in docs/requirements"},
		{files("a", table+"| x | y | z |"), "ledger: docs/requirements/a.md: line 3 is not a requirement: \"| x | y | z |\""},
		{files("a", table+"| SYN-001 | x | MAY |", "b", table+"| SYN-001 | y | MAY |"),
			"ledger: requirement SYN-001 in docs/requirements/b.md is already in docs/requirements/a.md"},
	} {
		_, err := ledger.Rows(tc.fsys)
		require.EqualError(t, err, tc.want)
	}
}

// files returns a module with the given requirement files: name, text, name, text.
func files(nameText ...string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for i := 0; i < len(nameText); i += 2 {
		fsys[ledger.Dir+"/"+nameText[i]+".md"] = &fstest.MapFile{Data: []byte(strings.TrimSpace(nameText[i+1]))}
	}
	return fsys
}
