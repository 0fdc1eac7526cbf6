// Package ledger ties the tests of the module to the requirements that they
// prove.
//
// The requirements are the rows of the tables in docs/requirements, one checkable
// rule of the protocol each, with an ID such as SYN-001. A test that would go red
// if a rule were broken says so in its first line, with string literals:
//
//	func TestParse(t *testing.T) {
//		ledger.Covers(t, "SYN-006", "SYN-007")
//
// [Covers] fails the test on an ID that no row has. [Scan] reads the same calls
// from the source, without running it, and reports the calls that it cannot read.
// [Report.Markdown] turns the result into docs/requirements/coverage.md, the map
// from rows to tests; a test of this package fails when that file is out of date,
// and
//
//	go generate ./internal/ledger
//
// writes it anew. Nested modules and this package itself are not scanned.
//
// All functions may be called concurrently.
package ledger

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/linnet-at/linnet/internal/fixtures"
)

//go:generate go run ./coverage

// Dir is the slash-separated directory of the requirements and of the coverage
// file, relative to the module root.
const Dir = "docs/requirements"

// A Row is one requirement.
type Row struct {
	ID    string // area and number, such as "SYN-001"
	Text  string // the rule, in Markdown
	Level string // MUST, SHOULD or MAY, with "*" if no specification says so
}

// Area returns the part of the ID before the number, such as "SYN".
func (r Row) Area() string {
	area, _, _ := strings.Cut(r.ID, "-")
	return area
}

// Must reports whether the row's level is MUST or MUST*.
func (r Row) Must() bool { return strings.HasPrefix(r.Level, "MUST") }

// Covers declares that the test t proves the requirements with the given IDs,
// which must be string literals. It fails t if there are none, or if one is
// unknown.
func Covers(t testing.TB, ids ...string) {
	t.Helper()
	known, err := knownIDs()
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) == 0 {
		t.Fatalf("ledger: no requirement named")
	}
	for _, id := range ids {
		if !known[id] {
			t.Fatalf("ledger: unknown requirement %q", id)
		}
	}
}

var knownIDs = sync.OnceValues(func() (map[string]bool, error) {
	root, err := fixtures.ModuleRoot()
	if err != nil {
		return nil, err
	}
	rows, err := Rows(os.DirFS(root))
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(rows))
	for _, r := range rows {
		known[r.ID] = true
	}
	return known, nil
})

// Rows returns the requirements of the module whose root directory is fsys, in
// the order of file names and lines. IDs are unique.
func Rows(fsys fs.FS) ([]Row, error) {
	files, err := fs.Glob(fsys, path.Join(Dir, "*.md"))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, cmp.Compare)
	var rows []Row
	seen := make(map[string]string) // ID to file
	for _, name := range files {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		table, err := ParseRows(data)
		if err != nil {
			return nil, fmt.Errorf("ledger: %s: %v", name, err)
		}
		for _, r := range table {
			if first, dup := seen[r.ID]; dup {
				return nil, fmt.Errorf("ledger: requirement %s in %s is already in %s", r.ID, name, first)
			}
			seen[r.ID] = name
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("ledger: no requirements in %s", Dir)
	}
	return rows, nil
}

var (
	idRE    = regexp.MustCompile(`^[A-Z]{3,5}-[0-9]{3}$`)
	levelRE = regexp.MustCompile(`^(MUST|SHOULD|MAY)\*?$`)
)

// ParseRows returns the rows of the tables in a Markdown file whose header
// begins with ID, Requirement and Level. Other tables are passed over.
func ParseRows(data []byte) ([]Row, error) {
	var rows []Row
	in := false // whether the current table holds requirements
	n := 0
	for line := range bytes.Lines(data) {
		n++
		c := cells(string(line))
		switch {
		case c == nil:
			in = false
		case len(c) >= 3 && c[0] == "ID" && c[1] == "Requirement" && c[2] == "Level":
			in = true
		case !in || strings.Trim(strings.Join(c, ""), "-:") == "":
			// another table, or the line below the header
		case len(c) < 3 || !idRE.MatchString(c[0]) || !levelRE.MatchString(c[2]):
			return nil, fmt.Errorf("line %d is not a requirement: %.60q", n, line)
		default:
			rows = append(rows, Row{ID: c[0], Text: c[1], Level: c[2]})
		}
	}
	return rows, nil
}

// cells returns the trimmed cells of a Markdown table line, nil for other lines.
// A vertical bar after a backslash is part of its cell.
func cells(line string) []string {
	line, ok := strings.CutPrefix(strings.TrimSpace(line), "|")
	if !ok {
		return nil
	}
	line = strings.TrimSuffix(line, "|")
	var out []string
	start := 0
	for i := range len(line) {
		if line[i] == '|' && (i == 0 || line[i-1] != '\\') {
			out = append(out, strings.TrimSpace(line[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(line[start:]))
}
