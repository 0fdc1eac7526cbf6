// Package check holds the checks of single values that a catalog makes at run
// time and generated code makes too, so that their verdicts and their messages
// are the same: formats of strings, graphemes, and what stands for an integer in
// the query of a URL.
package check

import (
	"fmt"
	"math"
)

// Bounds says what sizes are allowed, for an error.
func Bounds(lo, hi int64) string {
	switch {
	case lo <= 0:
		return fmt.Sprintf("at most %d are allowed", hi)
	case hi == math.MaxInt64:
		return fmt.Sprintf("at least %d are required", lo)
	case lo == hi:
		return fmt.Sprintf("%d are required", lo)
	}
	return fmt.Sprintf("%d to %d are allowed", lo, hi)
}
