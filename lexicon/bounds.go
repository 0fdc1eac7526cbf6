package lexicon

import (
	"fmt"
	"math"
)

const (
	maxInt32 = math.MaxInt32
	maxInt64 = math.MaxInt64
)

// bounds says what sizes are allowed, for an error.
func bounds(lo, hi int64) string {
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

// quoted returns a value as it stands in JSON, shortened, for an error.
func quoted(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%.64q", s)
	}
	return fmt.Sprint(v)
}

// compareKeys orders a key of a schema and one of the data canonically: the
// shorter first, then byte by byte.
func compareKeys(a string, b []byte) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	for i := range len(a) {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return 0
}
