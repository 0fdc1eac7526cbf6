package safehttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/ledger"
)

// sized answers with as many bytes as the query says: at once, in chunks, or
// compressed.
func sized(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.FormValue("n"))
	body := bytes.Repeat([]byte("x"), n)
	switch r.FormValue("how") {
	case "chunks":
		w.(http.Flusher).Flush()
	case "gzip":
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(body)
		z.Close()
		return
	default:
		w.Header().Set("Content-Length", strconv.Itoa(n))
	}
	w.Write(body)
}

func TestBodyLimit(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	leaktest.Check(t)
	const limit = 1000
	both(t, func(t *testing.T, h2 bool) {
		s := newServer(t, h2, sized)
		client := s.newPublic(t, safehttp.Options{MaxBody: limit})
		unlimited := s.newPublic(t, safehttp.Options{MaxBody: -1})
		for _, how := range []string{"plain", "chunks", "gzip"} {
			for _, n := range []int{0, 1, limit - 1, limit, limit + 1, 2 * limit, safehttp.DefaultMaxBody + 1} {
				rawURL := fmt.Sprintf("https://example.com/?n=%d&how=%s", n, how)
				body, err := get(t, client, rawURL)
				require.Len(t, body, min(n, limit))
				viaGet, getErr := safehttp.Get(t.Context(), unlimited, rawURL, &safehttp.GetOptions{MaxBody: limit})
				require.Equal(t, body, string(viaGet))
				if n <= limit {
					require.NoError(t, err)
					require.NoError(t, getErr)
				} else {
					got := int64(limit + 1)
					if how == "plain" {
						got = int64(n)
					}
					want := &safehttp.LimitError{Name: "safehttp: response body", Limit: limit, Got: got, Offset: -1}
					require.Equal(t, want, err)
					require.Equal(t, want, getErr)
				}
				body, err = get(t, unlimited, rawURL)
				require.NoError(t, err)
				require.Len(t, body, n)
			}
		}
	})
}

// TestDefaultBodyLimit has limits where none were named.
func TestDefaultBodyLimit(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	s := newServer(t, false, sized)
	client := s.newPublic(t, safehttp.Options{})
	for n, ok := range map[int]bool{safehttp.DefaultMaxBody: true, safehttp.DefaultMaxBody + 1: false} {
		rawURL := fmt.Sprintf("https://example.com/?n=%d", n)
		_, err := get(t, client, rawURL)
		require.Equal(t, ok, err == nil, "%v", err)
		_, err = safehttp.Get(t.Context(), s.newPublic(t, safehttp.Options{MaxBody: -1}), rawURL, nil)
		require.Equal(t, ok, err == nil, "%v", err)
	}
}

// TestEndlessBody has a server that sends a GiB, or as much of it as it gets
// rid of, plain and compressed.
func TestEndlessBody(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	leaktest.Check(t)
	both(t, func(t *testing.T, h2 bool) {
		for encoding, size := range map[string]int64{"": 1 << 30, "gzip": 16 << 20} {
			var sent atomic.Int64
			s := newServer(t, h2, func(w http.ResponseWriter, _ *http.Request) {
				out := io.Writer(w)
				if encoding != "" {
					w.Header().Set("Content-Encoding", encoding)
					z := gzip.NewWriter(w)
					defer z.Close()
					out = z
				}
				for chunk := make([]byte, 1<<16); sent.Load() < size; {
					n, err := out.Write(chunk)
					if sent.Add(int64(n)); err != nil {
						return
					}
				}
			})
			client := s.newPublic(t, safehttp.Options{Timeout: ample})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			body, err := get(t, client, "https://example.com/")
			runtime.ReadMemStats(&after)
			limit, ok := errors.AsType[*safehttp.LimitError](err)
			require.True(t, ok, "%v", err)
			require.EqualValues(t, safehttp.DefaultMaxBody, limit.Limit)
			require.Len(t, body, safehttp.DefaultMaxBody)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32<<20))
			if encoding == "" {
				require.Less(t, sent.Load(), size)
			}
		}
	})
}

func TestHeaderLimit(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	both(t, func(t *testing.T, h2 bool) {
		s := newServer(t, h2, func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.FormValue("n"))
			for i := range n {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
		})
		for _, limit := range []int64{0, 10_000} {
			client := s.newPublic(t, safehttp.Options{MaxHeader: limit})
			if limit == 0 {
				limit = safehttp.DefaultMaxHeader
			}
			_, err := get(t, client, fmt.Sprintf("https://example.com/?n=%d", limit/1100-2))
			require.NoError(t, err)
			_, err = get(t, client, fmt.Sprintf("https://example.com/?n=%d", limit/1000+1))
			over, ok := errors.AsType[*safehttp.LimitError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, &safehttp.LimitError{Name: "safehttp: response header", Limit: limit, Got: limit + 1, Offset: -1}, over)
		}
	})
}

// TestSlow has servers that take their time in various places. None of them
// comes to an end before the client does.
func TestSlow(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	leaktest.Check(t)
	handlers := map[string]http.HandlerFunc{
		"header": func(_ http.ResponseWriter, r *http.Request) { hang(r) },
		"body": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, "x")
				w.(http.Flusher).Flush()
				time.Sleep(10 * time.Millisecond)
			}
			hang(r)
		},
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Millisecond)
			http.Redirect(w, r, "/", http.StatusFound)
		},
	}
	const short = 300 * time.Millisecond
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h2 bool) {
				s := newServer(t, h2, handler)
				options := []safehttp.Options{{Timeout: short, HeaderTimeout: -1}}
				if name == "header" {
					options = append(options, safehttp.Options{Timeout: -1, HeaderTimeout: short})
				}
				for _, o := range options {
					o.MaxRedirects = 1 << 30
					_, err := get(t, s.newPublic(t, o), "https://example.com/")
					requireTimeout(t, err)
				}
			})
		})
	}
}

// TestSlowHandshake has a server that accepts connections and says nothing.
func TestSlowHandshake(t *testing.T) {
	ledger.Covers(t, "OAUTH-130")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	for _, o := range []safehttp.Options{{Timeout: 100 * time.Millisecond}, {Timeout: -1, HeaderTimeout: -1}} { // that for TLS is always there
		transport := safehttp.NewTransport(&o)
		transport.Route("example.com:443", l.Addr().String())
		_, err = get(t, &http.Client{Transport: transport}, "https://example.com/")
		requireTimeout(t, err)
		require.Zero(t, transport.Hosts())
	}
}

func requireTimeout(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, context.DeadlineExceeded)
	if e, ok := errors.AsType[*url.Error](err); ok {
		require.True(t, e.Timeout(), "%v", err)
	}
}

// TestCancel ends requests with the contexts of their callers.
func TestCancel(t *testing.T) {
	leaktest.Check(t)
	both(t, func(t *testing.T, h2 bool) {
		ctx, cancel := context.WithCancel(t.Context())
		s := newServer(t, h2, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			hang(r)
		})
		_, err := safehttp.Get(ctx, s.newPublic(t, safehttp.Options{}), "https://example.com/", nil)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestReadBody(t *testing.T) {
	broken := errors.New("broken")
	for _, length := range []int64{-1, 0, 3, 5, 1 << 40} { // what the header promises is not believed
		res := func(r io.Reader) *http.Response {
			return &http.Response{ContentLength: length, Body: io.NopCloser(r)}
		}
		for _, limit := range []int64{-1, 5, 6} {
			body, err := safehttp.ReadBody(res(strings.NewReader("hello")), limit)
			require.NoError(t, err)
			require.Equal(t, "hello", string(body))
		}
		for _, limit := range []int64{0, 1, 4} {
			body, err := safehttp.ReadBody(res(strings.NewReader("hello")), limit)
			require.Equal(t, &safehttp.LimitError{Name: "safehttp: response body", Limit: limit, Got: max(limit+1, length), Offset: -1}, err)
			require.Equal(t, "hello"[:limit], string(body))
		}
		body, err := safehttp.ReadBody(res(io.MultiReader(strings.NewReader("he"), iotest.ErrReader(broken))), 10)
		require.ErrorIs(t, err, broken)
		require.Equal(t, "he", string(body))
	}
}
