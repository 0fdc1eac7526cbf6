package safehttp

import (
	"net/http"
	"strings"
	"time"
)

// maxRetryAfter is the longest wait that a server can ask for.
const maxRetryAfter = 24 * time.Hour

// RetryAfter returns how long to wait from now on before asking again, as a
// server has it in the header Retry-After, in seconds or as a date. It is zero
// if there is no such header, it is not valid or its date is past, and at most
// 24 hours.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func RetryAfter(h http.Header, now time.Time) time.Duration {
	s := strings.Trim(h.Get("Retry-After"), " \t")
	if s == "" {
		return 0
	}
	if strings.Trim(s, "0123456789") == "" {
		return parseSeconds(s)
	}
	date, err := http.ParseTime(s)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), maxRetryAfter)
}

// parseSeconds returns the seconds that s, which is all digits, stands for.
func parseSeconds(s string) time.Duration {
	var seconds time.Duration
	for _, digit := range []byte(s) {
		seconds = min(seconds*10+time.Duration(digit-'0'), maxRetryAfter/time.Second)
	}
	return seconds * time.Second
}
