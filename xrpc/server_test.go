package xrpc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/xrpc"
)

const method = "com.example.doIt"

// TestMain fails if a test leaves goroutines behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	fuzzing := flag.Lookup("test.fuzz").Value.String() != "" // which has goroutines of its own
	for start := time.Now(); code == 0 && !fuzzing && runtime.NumGoroutine() > before; time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			stacks := make([]byte, 1<<20)
			fmt.Printf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
			code = 1
		}
	}
	os.Exit(code)
}

// A server keeps what it was asked.
type server struct {
	*httptest.Server
	client *xrpc.Client

	mu   sync.Mutex
	seen []*seen
}

// seen is a request, with its body.
type seen struct {
	*http.Request
	body string
}

func newServer(t testing.TB, o *xrpc.Options, handle http.HandlerFunc) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.seen = append(s.seen, &seen{r, string(body)})
		s.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	s.client = newClient(t, s.URL, o)
	return s
}

func newClient(t testing.TB, host string, o *xrpc.Options) *xrpc.Client {
	var opts xrpc.Options
	if o != nil {
		opts = *o
	}
	opts.Development = true
	c, err := xrpc.New(host, &opts)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func (s *server) requests() []*seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func (s *server) last(t testing.TB) *seen {
	all := s.requests()
	require.NotEmpty(t, all)
	return all[len(all)-1]
}

// answer answers with a status, headers ("Name: value") and a body.
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// raw is an output as it came.
type raw []byte

func (r *raw) UnmarshalJSON(b []byte) error {
	if !json.Valid(b) {
		return fmt.Errorf("not JSON")
	}
	*r = bytes.Clone(b)
	return nil
}

// text is an input as it is.
type text string

func (s text) AppendJSON(dst []byte) ([]byte, error) { return append(dst, s...), nil }

// query calls method and returns its output.
func query(t testing.TB, c xrpc.Caller, o xrpc.CallOptions) (string, error) {
	var out raw
	_, err := c.Call(t.Context(), &xrpc.Call{NSID: method, Output: &out, Options: o})
	return string(out), err
}

// A tripper is a transport that is a function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// respond makes a response without a network.
func respond(r *http.Request, status int, body string, headers ...string) *http.Response {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	w := httptest.NewRecorder()
	answer(status, body, headers...)(w, r)
	res := w.Result()
	res.Request = r
	return res
}

// fakeClient is a client without a network.
func fakeClient(t testing.TB, o xrpc.Options, f tripper) *xrpc.Client {
	o.HTTPClient = &http.Client{Transport: f}
	c, err := xrpc.New("https://pds.example.com", &o)
	require.NoError(t, err)
	return c
}

// An authFunc is an Auth that is a function.
type authFunc func(*http.Request) error

func (f authFunc) Authorize(_ context.Context, r *http.Request) error { return f(r) }
