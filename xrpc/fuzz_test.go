package xrpc_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/xrpc"
)

// FuzzErrorBody: whatever comes is an error with a name, and that of the body if
// encoding/json finds one there.
func FuzzErrorBody(f *testing.F) {
	for _, s := range []string{
		``, `{`, `{"error":"InvalidSwap","message":"m"}`, `{"error":"A","error":"B"}`, `<html>`, `{"error":{"a":[1,{"b":2}]},"message":null}`,
		`{"error":"Bad name"}`, "{\"r\x8cr\":\"A\",\"error\":\"B\"}", `{"error":"\u0041"}`, `[[[[`, "\xff", `{"error":"A","message":"` + strings.Repeat("x", 70_000),
	} {
		f.Add([]byte(s), 400)
		f.Add([]byte(s), 200)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		if status != 200 {
			status = 400 + (status%200+200)%200
		}
		c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) { return respond(r, status, string(body)), nil })
		_, err := c.Call(t.Context(), &xrpc.Call{NSID: method, Output: new(anything)})
		e, ok := errors.AsType[*xrpc.Error](err)
		if status == 200 && err == nil {
			return
		}
		require.True(t, ok, "%v", err)
		require.NotEmpty(t, e.Name)
		require.NotContains(t, e.Error(), "\n")
		require.Less(t, len(e.Error()), 2000)
		require.LessOrEqual(t, len(e.Body), 4096)
		for _, c := range e.Name {
			require.True(t, c > ' ' && c <= '~')
		}
		var slow struct {
			Error   string `json:"error"`
			Message string `json:"message"`
		}
		plain := utf8.Valid(body) && json.Unmarshal(body, &slow) == nil && strings.Count(strings.ToLower(string(body)), "error") == 1 &&
			strings.Count(strings.ToLower(string(body)), "message") <= 1 && !strings.Contains(string(body), `\`)
		if plain && strings.Contains(string(body), `"error"`) && slow.Error != "" && len(slow.Error) < 100 && !strings.ContainsFunc(slow.Error, func(r rune) bool { return r <= ' ' || r > '~' }) && json.Valid(body) && strings.Count(string(body), "{") < 30 && strings.Count(string(body), "[") < 30 {
			require.Equal(t, slow.Error, e.Name)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "5", "-1", "1e9", "99999999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT", "Sat, 01 Jan 9999 00:00:00 GMT", "soon"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, after, reset string) {
		e := &xrpc.Error{Status: 429, Header: http.Header{"Retry-After": {after}, "Ratelimit-Reset": {reset}}}
		d := e.RetryAfter(time.Unix(1_795_348_800, 0))
		require.GreaterOrEqual(t, d, time.Duration(0))
		require.LessOrEqual(t, d, 24*time.Hour)
	})
}

func FuzzRateLimit(f *testing.F) {
	f.Add("3000", "1", "1795348800", "3000;w=300")
	f.Add("-1", "99999999999999999999", "9999999999999", "1;w=99999999999, ;;w=")
	f.Fuzz(func(t *testing.T, limit, remaining, reset, policy string) {
		l, _ := xrpc.ParseRateLimit(http.Header{"Ratelimit-Limit": {limit}, "Ratelimit-Remaining": {remaining}, "Ratelimit-Reset": {reset}, "Ratelimit-Policy": {policy}})
		require.GreaterOrEqual(t, l.Limit, int64(-1))
		require.GreaterOrEqual(t, l.Remaining, int64(-1))
		require.GreaterOrEqual(t, l.Window, time.Duration(0))
		require.Less(t, l.Reset.Year(), 10_000)
	})
}

// FuzzParams: what was appended is what net/url reads.
func FuzzParams(f *testing.F) {
	f.Add("a", "b", "c", "")
	f.Add("q", "a b+c&d=e%20#f;", "ü", "\x00\xff")
	f.Fuzz(func(t *testing.T, name, value, name2, value2 string) {
		v := xrpc.Values{name: {value, value2}}
		v[name2] = append(v[name2], value)
		q := string(v.AppendQuery(nil))
		got, err := url.ParseQuery(q)
		require.NoError(t, err)
		require.Equal(t, url.Values(v), got)
		require.Equal(t, q, string(v.AppendQuery(nil)))
		require.NotContains(t, q, "+")
		u, err := url.Parse("https://x/?" + q)
		require.NoError(t, err)
		require.Equal(t, q, u.RawQuery)
	})
}

func FuzzLabelers(f *testing.F) {
	f.Add("did:web:a.b;redact, did:plc:c")
	f.Add("did:web:a.b;redact=?1;x,did:web:a.b")
	f.Add(",;=?")
	f.Fuzz(func(t *testing.T, value string) {
		all, err := xrpc.ParseLabelers([]string{value})
		if err != nil {
			return
		}
		// What was read can be sent, and read again.
		var sent string
		c := fakeClient(t, xrpc.Options{}, func(r *http.Request) (*http.Response, error) {
			sent = r.Header.Get("Atproto-Accept-Labelers")
			return respond(r, 200, ""), nil
		})
		if all == nil {
			all = []xrpc.Labeler{}
		}
		_, err = c.Call(t.Context(), &xrpc.Call{NSID: method, Options: xrpc.CallOptions{Labelers: all}})
		require.NoError(t, err)
		again, err := xrpc.ParseLabelers([]string{sent})
		require.NoError(t, err)
		require.ElementsMatch(t, all, again)
	})
}
