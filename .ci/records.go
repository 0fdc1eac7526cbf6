// Records compares the output of verify-repo -json on its standard input, one
// {"path", "cid", "value"} per line, with a list of records, a JSON array of
// [path, cid], in the file that its argument names.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
)

type record struct {
	Path  string         `json:"path"`
	CID   string         `json:"cid"`
	Value map[string]any `json:"value"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func run(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var want [][2]string
	if err := json.Unmarshal(data, &want); err != nil {
		return err
	}
	var got [][2]string
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("line %d: %v", len(got)+1, err)
		}
		if r.Value == nil {
			return fmt.Errorf("line %d: no value", len(got)+1)
		}
		got = append(got, [2]string{r.Path, r.CID})
	}
	if err := lines.Err(); err != nil {
		return err
	}
	byPath := func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }
	if !slices.IsSortedFunc(got, byPath) {
		return errors.New("listed records are not in the order of their paths")
	}
	slices.SortFunc(want, byPath)
	if len(want) == 0 || !slices.Equal(got, want) {
		return fmt.Errorf("listed %d records, want %d, and the same ones", len(got), len(want))
	}
	fmt.Printf("%s: %d records\n", name, len(got))
	return nil
}
