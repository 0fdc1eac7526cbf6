package xrpc

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A RateLimit is what a server says of a limit on requests. Any of it may be
// missing: servers send what they like.
type RateLimit struct {
	Limit     int64         // requests in a window; -1 if not known
	Remaining int64         // requests left in this window; -1 if not known
	Reset     time.Time     // when the next window begins; zero if not known
	Window    time.Duration // the length of a window, as the policy says; zero if not known
	Policy    string        // as the server sent it, such as "3000;w=300"
}

// ParseRateLimit reads the headers RateLimit-Limit, RateLimit-Remaining,
// RateLimit-Reset, in seconds since 1970, and RateLimit-Policy, and reports
// whether one of them is there and valid. Those that are not are left out.
//
// https://docs.bsky.app/docs/advanced-guides/rate-limits,
// https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-07.html
func ParseRateLimit(h http.Header) (RateLimit, bool) {
	l := RateLimit{Limit: -1, Remaining: -1}
	found := false
	if n, ok := headerInt(h, "Ratelimit-Limit"); ok {
		l.Limit, found = n, true
	}
	if n, ok := headerInt(h, "Ratelimit-Remaining"); ok {
		l.Remaining, found = n, true
	}
	if n, ok := headerInt(h, "Ratelimit-Reset"); ok && n <= maxUnix {
		l.Reset, found = time.Unix(n, 0).UTC(), true
	}
	if p := h.Get("Ratelimit-Policy"); p != "" {
		l.Policy, l.Window, found = p, policyWindow(p), true
	}
	return l, found
}

// maxUnix is the last second of the year 9999.
const maxUnix = 253_402_300_799

// headerInt reads a header that is a number without a sign.
func headerInt(h http.Header, name string) (int64, bool) {
	s := strings.Trim(h.Get(name), " \t")
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// policyWindow returns the window of the first policy in a list, or zero.
func policyWindow(policy string) time.Duration {
	first, _, _ := strings.Cut(policy, ",")
	for param := range strings.SplitSeq(first, ";") {
		seconds, ok := strings.CutPrefix(strings.Trim(param, " \t"), "w=")
		if n, err := strconv.ParseUint(seconds, 10, 31); ok && err == nil {
			return time.Duration(n) * time.Second
		}
	}
	return 0
}
