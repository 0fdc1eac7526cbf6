package safehttp_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/safehttp"
)

var quiet = log.New(io.Discard, "", 0)

func TestGetAccept(t *testing.T) {
	s := newServer(t, true, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%q", r.Header["Accept"]) })
	client := s.newPublic(t, safehttp.Options{})
	body, err := safehttp.Get(t.Context(), client, "https://example.com/", &safehttp.GetOptions{Accept: "a/b, c/d"})
	require.NoError(t, err)
	require.Equal(t, `["a/b, c/d"]`, string(body))
	body, err = safehttp.Get(t.Context(), client, "https://example.com/", nil)
	require.NoError(t, err)
	require.Equal(t, `[]`, string(body))
	_, err = safehttp.Get(t.Context(), client, "https://exa mple.com/", nil)
	require.ErrorContains(t, err, "invalid character")
}

// TestGetRedirects has a client that would follow more redirects.
func TestGetRedirects(t *testing.T) {
	s := newServer(t, true, redirector)
	generous := s.newPublic(t, safehttp.Options{MaxRedirects: 10})
	strict := s.newPublic(t, safehttp.Options{MaxRedirects: 1})
	for _, limit := range []int{0, 1, 2} {
		o := &safehttp.GetOptions{MaxRedirects: limit}
		for n := range 4 {
			rawURL := fmt.Sprintf("https://example.com/?n=%d", n)
			_, err := safehttp.Get(t.Context(), generous, rawURL, o)
			_, refused := errors.AsType[*safehttp.RedirectError](err)
			require.Equal(t, n > limit, refused)
			_, err = safehttp.Get(t.Context(), strict, rawURL, o)
			_, refused = errors.AsType[*safehttp.RedirectError](err)
			require.Equal(t, n > min(limit, 1), refused)
		}
	}
	_, err := safehttp.Get(t.Context(), generous, "https://example.com/?to=http://example.com/", &safehttp.GetOptions{MaxRedirects: 1})
	require.EqualError(t, err, `safehttp: refused redirect from "https://example.com/?to=http://example.com/" to "http://example.com/": another scheme`)
	_, err = get(t, generous, "https://example.com/?to=http://user:secret@example.com/")
	refused, ok := errors.AsType[*safehttp.RedirectError](err)
	require.True(t, ok)
	require.Equal(t, "http://user:xxxxx@example.com/", refused.To)
}

func TestGetStatus(t *testing.T) {
	s := newServer(t, false, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.FormValue("status"))
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		if status != http.StatusNoContent && status != http.StatusNotModified {
			fmt.Fprint(w, strings.Repeat("x", 5000))
		}
	})
	client := s.newPublic(t, safehttp.Options{})
	for status, temporary := range map[int]bool{
		304: false, 400: false, 401: false, 404: false, 408: true, 410: false, 425: true, 429: true, 500: true, 501: false, 502: true, 503: true, 504: true, 505: false, 520: true,
	} {
		rawURL := fmt.Sprintf("https://example.com/?status=%d", status)
		body, err := safehttp.Get(t.Context(), client, rawURL, nil)
		require.Empty(t, body)
		e, ok := errors.AsType[*safehttp.StatusError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, status, e.Status)
		require.Equal(t, rawURL, e.URL)
		require.Equal(t, temporary, e.Temporary(), "%d", status)
		require.Equal(t, 7*time.Second, e.RetryAfter(time.Now()))
		if status != http.StatusNotModified {
			require.Len(t, e.Body, 4096)
		}
	}
	for _, status := range []int{200, 201, 299} {
		_, err := safehttp.Get(t.Context(), client, fmt.Sprintf("https://example.com/?status=%d", status), nil)
		require.NoError(t, err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, " ": 0, "0": 0, "1": time.Second, " 120 ": 2 * time.Minute, "86400": 24 * time.Hour, "86401": 24 * time.Hour,
		"99999999999999999999999999": 24 * time.Hour, "18446744073709551617": 24 * time.Hour, "-1": 0, "1.5": 0, "1e3": 0, "soon": 0, "+5": 0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2026 03:04:04 GMT": 0, "Fri, 02 Jan 2099 03:05:05 GMT": 24 * time.Hour,
		"Friday, 02-Jan-26 03:04:06 GMT": time.Second, "Fri Jan  2 03:04:06 2026": time.Second, "2026-01-02T03:05:05Z": 0,
	} {
		require.Equal(t, want, safehttp.RetryAfter(http.Header{"Retry-After": {value}}, now), "%q", value)
	}
	require.Zero(t, safehttp.RetryAfter(nil, now))
}
