package lexicon

import (
	"fmt"
	"math"
)

const (
	maxInt32 = math.MaxInt32
	maxInt64 = math.MaxInt64
)

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
