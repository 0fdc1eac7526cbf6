package xrpc_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

func TestParseRateLimit(t *testing.T) {
	ledger.Covers(t, "XRPC-046")
	none := xrpc.RateLimit{Limit: -1, Remaining: -1}
	with := func(f func(*xrpc.RateLimit)) xrpc.RateLimit { l := none; f(&l); return l }
	for _, tt := range []struct {
		limit, remaining, reset, policy string
		want                            xrpc.RateLimit
	}{
		{"", "", "", "", none},
		{"3000", "2999", "1795348800", "3000;w=300", xrpc.RateLimit{Limit: 3000, Remaining: 2999, Reset: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Window: 5 * time.Minute, Policy: "3000;w=300"}},
		{"0", "0", "0", "", xrpc.RateLimit{Reset: time.Unix(0, 0).UTC()}},
		{"lots", "-1", "tomorrow", "", none},
		{"1e3", "+1", "1.5", "", none},
		{"99999999999999999999", "1", "9999999999999", "", with(func(l *xrpc.RateLimit) { l.Remaining = 1 })},
		{"", " 7\t", "", "", with(func(l *xrpc.RateLimit) { l.Remaining = 7 })},
		{"", "", "", "100; w=60, 1000;w=3600", with(func(l *xrpc.RateLimit) { l.Policy, l.Window = "100; w=60, 1000;w=3600", time.Minute })},
		{"", "", "", "100;w=x", with(func(l *xrpc.RateLimit) { l.Policy = "100;w=x" })},
		{"", "", "", "100;w=99999999999", with(func(l *xrpc.RateLimit) { l.Policy = "100;w=99999999999" })},
	} {
		h := http.Header{}
		for name, v := range map[string]string{"RateLimit-Limit": tt.limit, "RateLimit-Remaining": tt.remaining, "RateLimit-Reset": tt.reset, "RateLimit-Policy": tt.policy} {
			if v != "" {
				h.Set(name, v)
			}
		}
		got, ok := xrpc.ParseRateLimit(h)
		require.Equal(t, tt.want, got)
		require.Equal(t, tt.want != none, ok)
		e, ok := (&xrpc.Error{Header: h}).RateLimit()
		require.Equal(t, got, e)
		require.Equal(t, tt.want != none, ok)
	}
}

// TestRateLimits: they can be had from success and from failure.
func TestRateLimits(t *testing.T) {
	ledger.Covers(t, "XRPC-046")
	for _, status := range []int{200, 400} {
		s := newServer(t, nil, answer(status, `{}`, "ratelimit-remaining: 41"))
		res, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Output: new(raw)})
		limit, ok := res.RateLimit()
		if e, failed := errors.AsType[*xrpc.Error](err); failed {
			limit, ok = e.RateLimit()
		}
		require.True(t, ok)
		require.Equal(t, int64(41), limit.Remaining)
	}
}
