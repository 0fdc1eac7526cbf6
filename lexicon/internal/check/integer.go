package check

import (
	"strconv"
	"strings"
)

// Integer parses a parameter: decimal digits, with a minus sign or not.
func Integer(s string) (int64, bool) {
	if strings.Trim(strings.TrimPrefix(s, "-"), "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
