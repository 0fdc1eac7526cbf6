// Bench measures linnet beside another Go SDK, a CBOR library, and the physical
// floors, and prints the ratios:
//
//	cd bench && go run .                    writes RESULTS.md
//	cd bench && go run . -check             prints a line a row, exits with 1 if a row falls short
//	cd bench && go run . -rows 'json|cbor'  only the rows whose names match
//
// Absolute times differ from machine to machine and from minute to minute; what
// is asked of a row is a ratio in one run. All of a row's contestants run in
// turn, round after round, and medians are compared. Before anything is timed
// they have to agree on the results.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
)

func main() {
	check := flag.Bool("check", false, "print a line a row and exit with 1 if a row falls short")
	pattern := flag.String("rows", "", "measure only the rows whose names match this `REGEXP`")
	rounds := flag.Int("rounds", 7, "how often each contestant is timed")
	out := flag.String("o", "RESULTS.md", "`FILE` to write the table to, without -check")
	flag.Parse()
	code, err := run(*check, *pattern, *rounds, *out, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	os.Exit(code)
}

func run(check bool, pattern string, rounds int, out string, stdout io.Writer) (int, error) {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return 0, err
	}
	rows, err := allRows(wanted)
	if err != nil {
		return 0, err
	}
	runtime.GOMAXPROCS(1) // every figure is that of one core
	results := make([]result, 0, len(rows))
	short := 0
	for _, r := range rows {
		res, err := r.measure(rounds)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintln(stdout, res.line())
		if !res.met() {
			short++
		}
		results = append(results, res)
	}
	if check {
		if short > 0 {
			fmt.Fprintf(stdout, "%d of %d rows fall short\n", short, len(rows))
			return 1, nil
		}
		return 0, nil
	}
	return 0, os.WriteFile(out, []byte(table(results)), 0o644)
}

// allRows makes the rows whose names match.
func allRows(wanted *regexp.Regexp) ([]row, error) {
	var rows []row
	for _, group := range []func(func(string) bool) ([]row, error){cborRows, jsonRows, syntaxRows, keyRows, mstRows, repoRows, commitRows, xrpcRows, typedRows, lexiconRows} {
		more, err := group(wanted.MatchString)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}
