package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// CoverageFile is the slash-separated path of the coverage file, relative to the
// module root.
const CoverageFile = Dir + "/coverage.md"

// Markdown returns the text of the coverage file: totals by area, then for each
// area its rows with their tests and the rows without tests. Equal reports give
// equal text.
func (r *Report) Markdown() []byte {
	var b strings.Builder
	b.WriteString(`# Coverage of the requirements

Written by ` + "`go generate ./internal/ledger`" + ` from the calls of ` + "`ledger.Covers`" + ` in the tests; do not edit.

| Area | Rows | Covered | Percent | MUST rows | MUST covered | Percent |
|---|--:|--:|--:|--:|--:|--:|
`)
	var areas []string // in the order of the ledger
	for _, row := range r.Rows {
		if !slices.Contains(areas, row.Area()) {
			areas = append(areas, row.Area())
		}
	}
	for _, area := range areas {
		r.total(area, func(row Row) bool { return row.Area() == area }).write(&b)
	}
	r.total("**total**", func(Row) bool { return true }).write(&b)
	for _, area := range areas {
		r.area(&b, area)
	}
	return []byte(b.String())
}

// area writes the section of one area.
func (r *Report) area(b *strings.Builder, area string) {
	fmt.Fprintf(b, "\n## %s\n", area)
	var without []string
	header := "\n| ID | Level | Tests |\n|---|---|---|\n"
	for _, row := range r.Rows {
		if row.Area() != area {
			continue
		}
		tests := r.Tests[row.ID]
		if len(tests) == 0 {
			without = append(without, row.ID+" ("+row.Level+")")
			continue
		}
		fmt.Fprintf(b, "%s| %s | %s | %s |\n", header, row.ID, row.Level, strings.Join(tests, ", "))
		header = ""
	}
	if len(without) > 0 {
		fmt.Fprintf(b, "\nWithout a test: %s.\n", strings.Join(without, ", "))
	}
}

// totals is one line of the table of totals.
type totals struct {
	name                              string
	rows, covered, must, mustsCovered int
}

// total counts the rows that match.
func (r *Report) total(name string, match func(Row) bool) totals {
	t := totals{name: name}
	for _, row := range r.Rows {
		if !match(row) {
			continue
		}
		covered := 0
		if len(r.Tests[row.ID]) > 0 {
			covered = 1
		}
		t.rows++
		t.covered += covered
		if row.Must() {
			t.must++
			t.mustsCovered += covered
		}
	}
	return t
}

func (t totals) write(b *strings.Builder) {
	fmt.Fprintf(b, "| %s | %d | %d | %s | %d | %d | %s |\n", t.name,
		t.rows, t.covered, percent(t.covered, t.rows), t.must, t.mustsCovered, percent(t.mustsCovered, t.must))
}

// percent returns the share of n in all, rounded down so that 100 means all.
func percent(n, all int) string {
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%d", n*100/all)
}
