package plc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// serve returns a client of a server with the given handler.
func serve(t testing.TB, h http.Handler) *plc.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true})
	require.NoError(t, err)
	return c
}

// directory returns a directory whose clock shows the epoch, and a client.
func directory(t testing.TB, o *plctest.Options) (*plctest.Directory, *plctest.Clock, *plc.Client) {
	t.Helper()
	clock := plctest.NewClock(epoch)
	opts := plctest.Options{}
	if o != nil {
		opts = *o
	}
	opts.Now = clock.Now
	d := plctest.New(&opts)
	return d, clock, serve(t, d)
}

// answer serves one answer to all requests.
func answer(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestClient(t *testing.T) {
	ledger.Covers(t, "PLC-025", "PLC-026", "PLC-043", "PLC-044", "PLC-049")
	dir, clock, c := directory(t, nil)
	k := keys(t, 3)
	ctx := t.Context()
	id, genesis, err := c.Create(ctx, dataOf(t, k[0], k[1]), k[1])
	require.NoError(t, err)
	clock.Advance(time.Hour)
	update, err := c.Update(ctx, id, func(d *plc.Data) error { d.SetHandle(syntax.MustParseHandle("bob.example.com")); return nil }, k[1])
	require.NoError(t, err)

	require.Equal(t, []*plc.Operation{genesis, update}, dir.State(id).Operations())
	doc, err := c.Document(ctx, id)
	require.NoError(t, err)
	handle, _ := doc.ClaimedHandle()
	require.Equal(t, "bob.example.com", handle.String())
	data, err := c.Data(ctx, id)
	require.NoError(t, err)
	require.Equal(t, update.Data(), data)
	ops, err := c.Log(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []*plc.Operation{genesis, update}, ops)
	_, err = plc.VerifyChain(id, ops, nil)
	require.NoError(t, err)
	log, err := c.AuditLog(ctx, id)
	require.NoError(t, err)
	require.Equal(t, dir.Log(id), log)
	last, err := c.Last(ctx, id)
	require.NoError(t, err)
	require.Equal(t, update, last)
	state, err := c.State(ctx, id)
	require.NoError(t, err)
	require.Equal(t, update.Data(), state.Data())
	version, err := c.Health(ctx)
	require.NoError(t, err)
	require.Equal(t, "plctest", version)

	same, err := c.Update(ctx, id, func(*plc.Data) error { return nil }, k[1])
	require.NoError(t, err)
	require.Equal(t, update.CID(), same.CID(), "nothing to change, nothing to submit")
	errMine := errors.New("mine")
	_, err = c.Update(ctx, id, func(*plc.Data) error { return errMine }, k[1])
	require.ErrorIs(t, err, errMine)
	_, err = c.Update(ctx, id, func(d *plc.Data) error { d.AlsoKnownAs = nil; return nil }, k[2])
	require.ErrorIs(t, err, plc.ErrNoSigner)
	_, _, err = c.Create(ctx, dataOf(t, k[0]), k[2])
	require.ErrorIs(t, err, plc.ErrNoSigner)

	end, err := c.Tombstone(ctx, id, k[0])
	require.NoError(t, err)
	require.True(t, end.IsTombstone())
	for _, ask := range []func() error{
		func() error { _, err := c.Document(ctx, id); return err },
		func() error { _, err := c.Data(ctx, id); return err },
		func() error { _, err := c.Tombstone(ctx, id, k[0]); return err },
		func() error { _, err := c.Update(ctx, id, nil, k[0]); return err },
	} {
		require.ErrorIs(t, ask(), plc.ErrDeactivated)
	}
	last, err = c.Last(ctx, id)
	require.NoError(t, err)
	require.Equal(t, end, last)
}

// The paths and what is sent to them.
func TestClientRequests(t *testing.T) {
	ledger.Covers(t, "PLC-049", "PLC-052")
	const id = "did:plc:wghxv3hb3bije6agwuqxkrtv"
	var got []string
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "linnet", r.UserAgent())
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %s %.14s", r.Method, r.RequestURI, r.Header.Get("Content-Type"), body))
		w.WriteHeader(http.StatusTeapot)
	}))
	did := syntax.MustParseDID(id)
	ctx := t.Context()
	op, err := plc.ParseOperation([]byte(tombstone))
	require.NoError(t, err)
	_, err = c.Document(ctx, did)
	require.EqualError(t, err, "plc: directory answers 418 I'm a teapot to /"+id)
	_, _ = c.Data(ctx, did)
	_, _ = c.Log(ctx, did)
	_, _ = c.AuditLog(ctx, did)
	_, _ = c.Last(ctx, did)
	_, _ = c.Health(ctx)
	_ = c.Submit(ctx, did, op)
	for range c.Export(ctx, 0, nil) {
	}
	for range c.Export(ctx, 5, &plc.ExportOptions{PageSize: 7}) {
	}
	for range c.ExportSince(ctx, time.Time{}, nil) {
	}
	for range c.ExportSince(ctx, epoch, nil) {
	}
	for range c.Stream(ctx, 9, nil) {
	}
	for range c.Stream(ctx, plc.LiveOnly, nil) {
	}
	require.Equal(t, []string{
		"GET /" + id + "  ", "GET /" + id + "/data  ", "GET /" + id + "/log  ", "GET /" + id + "/log/audit  ", "GET /" + id + "/log/last  ",
		"GET /_health  ", "POST /" + id + ` application/json {"sig":"S","pr`,
		"GET /export?after=0&count=1000  ", "GET /export?after=5&count=7  ",
		"GET /export?count=1000  ", "GET /export?after=2024-01-01T00%3A00%3A00.000Z&count=1000  ",
		"GET /export/stream?cursor=9  ", "GET /export/stream  ",
	}, got)
	got = nil
	for _, bad := range []syntax.DID{{}, syntax.MustParseDID("did:web:example.com"), syntax.MustParseDID("did:plc:abc")} {
		_, err := c.Document(ctx, bad)
		require.ErrorContains(t, err, "plc: not a did:plc: ")
		require.ErrorContains(t, c.Submit(ctx, bad, op), "plc: not a did:plc: ")
	}
	require.Empty(t, got, "nothing is asked")
}

func TestStatusErrors(t *testing.T) {
	ledger.Covers(t, "PLC-050", "PLC-023")
	all := []error{plc.ErrNotFound, plc.ErrDeactivated, plc.ErrInvalidOperation, plc.ErrConflict, plc.ErrRateLimited}
	id := syntax.MustParseDID("did:plc:wghxv3hb3bije6agwuqxkrtv")
	for _, c := range []struct {
		status    int
		header    map[string]string
		body      string
		want      error
		message   string
		wait      time.Duration
		temporary bool
	}{
		{404, nil, `{"message":"DID not registered: did:plc:x"}`, plc.ErrNotFound, "DID not registered: did:plc:x", 0, false},
		{404, nil, `{"message":"DID not available: did:plc:x"}`, plc.ErrDeactivated, "DID not available: did:plc:x", 0, false},
		{404, nil, "<html>", plc.ErrNotFound, "", 0, false},
		{410, nil, "", plc.ErrDeactivated, "", 0, false},
		{400, nil, `{"message":"Invalid Signature"}`, plc.ErrInvalidOperation, "Invalid Signature", 0, false},
		{400, nil, `{"message":"To many operations within last hour (max 10)"}`, plc.ErrRateLimited, "To many operations within last hour (max 10)", 0, true},
		{409, nil, `{"message":"x"}`, plc.ErrConflict, "x", 0, false},
		{429, map[string]string{"Retry-After": "120"}, `{"error":"slow"}`, plc.ErrRateLimited, "slow", 2 * time.Minute, true},
		{429, map[string]string{"Retry-After": "99999999999999"}, ``, plc.ErrRateLimited, "", time.Hour, true},
		{429, map[string]string{"Retry-After": "-5"}, ``, plc.ErrRateLimited, "", 0, true},
		{429, map[string]string{"Retry-After": "soon"}, ``, plc.ErrRateLimited, "", 0, true},
		{429, map[string]string{"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, ``, plc.ErrRateLimited, "", time.Hour, true},
		{429, map[string]string{"Retry-After": "Fri, 01 Jan 1999 00:00:00 GMT"}, ``, plc.ErrRateLimited, "", 0, true},
		{429, map[string]string{"RateLimit-Reset": "30"}, ``, plc.ErrRateLimited, "", 30 * time.Second, true},
		{503, map[string]string{"Retry-After": "1"}, strings.Repeat("x", 1<<20), nil, "", time.Second, true},
		{500, nil, `{"message":"` + strings.Repeat("x", 2000) + `"}`, nil, strings.Repeat("x", 300), 0, true},
		{301, map[string]string{"Location": "/elsewhere"}, "", nil, "", 0, false},
		{204, nil, "", nil, "", 0, false},
	} {
		client := serve(t, answer(c.status, c.header, c.body))
		_, err := client.Document(t.Context(), id)
		e, ok := errors.AsType[*plc.StatusError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, &plc.StatusError{Status: c.status, Message: c.message, Path: "/" + id.String(), RetryAfter: c.wait}, e)
		require.Equal(t, c.temporary, e.Temporary(), "%d", c.status)
		for _, target := range all {
			require.Equal(t, target == c.want, errors.Is(err, target), "%d %v", c.status, target)
		}
	}
	reset := fmt.Sprint(time.Now().Add(10 * time.Minute).Unix())
	_, err := serve(t, answer(429, map[string]string{"RateLimit-Reset": reset}, "")).Health(t.Context())
	e, _ := errors.AsType[*plc.StatusError](err)
	require.Greater(t, e.RetryAfter, 5*time.Minute)
}

func TestClientLimits(t *testing.T) {
	id := syntax.MustParseDID("did:plc:wghxv3hb3bije6agwuqxkrtv")
	endless := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat(" ", 1<<16))
		for range 1 << 14 { // a gigabyte
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	ctx := t.Context()
	for _, ask := range []func() error{
		func() error { _, err := endless.Document(ctx, id); return err },
		func() error { _, err := endless.Data(ctx, id); return err },
		func() error { _, err := endless.AuditLog(ctx, id); return err },
		func() error { _, err := endless.Last(ctx, id); return err },
		func() error { _, err := endless.Health(ctx); return err },
		func() error {
			for _, err := range endless.Export(ctx, 0, nil) {
				return err
			}
			return nil
		},
	} {
		limit, ok := errors.AsType[*plc.LimitError](ask())
		require.True(t, ok)
		require.Equal(t, "plc: size of an answer", limit.Name)
	}
	for _, body := range []string{"", "[]", `{"did":"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}`, `{"did":1}`, `{"did":"x","did":"y"}`, "<html>"} {
		c := serve(t, answer(200, nil, body))
		_, err := c.Data(ctx, id)
		require.Error(t, err)
		_, err = c.Document(ctx, id)
		require.Error(t, err)
		_, err = c.Last(ctx, id)
		require.Error(t, err)
		if body != "[]" {
			_, err = c.Log(ctx, id)
			require.Error(t, err)
		}
	}
	_, err := serve(t, answer(200, nil, `{"id":"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}`)).Document(ctx, id)
	require.ErrorIs(t, err, did.ErrIDMismatch)
}

func TestClientTimeout(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler) // an answer could still arrive, and be taken
	}))
	defer srv.Close()
	defer close(release)
	id := syntax.MustParseDID("did:plc:wghxv3hb3bije6agwuqxkrtv")
	c, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true, Timeout: 20 * time.Millisecond})
	require.NoError(t, err)
	_, err = c.Document(t.Context(), id)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err = plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true, Timeout: -1})
	require.NoError(t, err)
	_, err = c.Document(ctx, id)
	require.ErrorIs(t, err, context.Canceled)
}

func TestNewClient(t *testing.T) {
	for u, local := range map[string]int{ // 0: always, 1: with AllowLoopback, 2: never
		"":                              0,
		"https://plc.example.com":       0,
		"https://plc.example.com:8443/": 0,
		"https://example.com/plc":       0,
		"http://plc.example.com":        2,
		"http://localhost:2582":         1,
		"https://a.localhost":           1,
		"http://127.0.0.1:2582":         1,
		"http://[::1]:2582":             1,
		"https://[::ffff:127.0.0.1]":    1,
		"ftp://plc.example.com":         2,
		"plc.example.com":               2,
		"https://":                      2,
		"https://u@plc.example.com":     2,
		"https://plc.example.com?x=1":   2,
		"https://plc.example.com?":      2,
		"https://plc.example.com#x":     2,
		"https://plc.example.com/%zz":   2,
	} {
		_, err := plc.NewClient(&plc.ClientOptions{URL: u})
		require.Equal(t, local == 0, err == nil, "%s: %v", u, err)
		_, err = plc.NewClient(&plc.ClientOptions{URL: u, AllowLoopback: true})
		require.Equal(t, local < 2, err == nil, "%s: %v", u, err)
	}
	_, err := plc.NewClient(nil)
	require.NoError(t, err)
	_, err = plc.NewClient(&plc.ClientOptions{URL: "http://plc:2582", AllowHTTP: true})
	require.NoError(t, err)
	_, err = plc.NewClient(&plc.ClientOptions{URL: "http://localhost:2582", AllowHTTP: true})
	require.EqualError(t, err, `plc: directory on this machine, which needs AllowLoopback: "http://localhost:2582"`)
}

// The caller's HTTP client is used, but follows no redirect, and is not changed.
func TestClientOfCaller(t *testing.T) {
	var hits int
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_health", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) })
	mux.HandleFunc("GET /other", func(http.ResponseWriter, *http.Request) { hits++ })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	mine := &http.Client{Transport: transport{t}}
	c, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL + "/", AllowLoopback: true, HTTPClient: mine, UserAgent: "me"})
	require.NoError(t, err)
	_, err = c.Health(t.Context())
	e, ok := errors.AsType[*plc.StatusError](err)
	require.True(t, ok)
	require.Equal(t, http.StatusFound, e.Status)
	require.Zero(t, hits)
	require.Nil(t, mine.CheckRedirect)
}

type transport struct{ t testing.TB }

func (tr transport) RoundTrip(r *http.Request) (*http.Response, error) {
	require.Equal(tr.t, "me", r.UserAgent())
	return http.DefaultTransport.RoundTrip(r)
}

// When another update is faster, change is asked again.
func TestUpdateRace(t *testing.T) {
	ledger.Covers(t, "PLC-026", "PLC-050")
	dir, clock, c := directory(t, nil)
	k := keys(t, 2)
	ctx := t.Context()
	id, _, err := c.Create(ctx, dataOf(t, k[0], k[1]), k[0])
	require.NoError(t, err)
	calls := 0
	other := func(handle string) {
		clock.Advance(time.Minute)
		d := dir.State(id).Data()
		d.AlsoKnownAs = append(d.AlsoKnownAs, handle)
		op, err := plc.Update(ctx, dir.State(id).Head(), d, k[0])
		require.NoError(t, err)
		require.NoError(t, dir.Submit(id, op))
	}
	_, err = c.Update(ctx, id, func(d *plc.Data) error {
		if calls++; calls <= 2 {
			other(fmt.Sprint(calls))
		}
		d.AlsoKnownAs = append(d.AlsoKnownAs, "mine")
		return nil
	}, k[1])
	require.NoError(t, err)
	require.Equal(t, []string{"at://alice.example.com", "1", "2", "mine"}, dir.State(id).Data().AlsoKnownAs)
	_, err = c.Update(ctx, id, func(d *plc.Data) error {
		calls++
		other(fmt.Sprint("x", calls))
		d.AlsoKnownAs = nil
		return nil
	}, k[1])
	require.ErrorIs(t, err, plc.ErrConflict)
}

func TestResolveVerified(t *testing.T) {
	ledger.Covers(t, "PLC-046")
	dir, _, c := directory(t, nil)
	k := keys(t, 3)
	ctx := t.Context()
	data := dataOf(t, k[0])
	data.VerificationMethods["label"] = ed25519
	data.Services["other"] = plc.Service{Type: "x", Endpoint: "y"}
	id, _, err := c.Create(ctx, data, k[0])
	require.NoError(t, err)
	doc, state, err := c.ResolveVerified(ctx, id)
	require.NoError(t, err)
	require.Equal(t, data.Document(id).Services, doc.Services)
	require.Equal(t, dir.State(id).Head(), state.Head())

	// A directory that tells another story in its document, or in its log.
	good := string(data.AppendDocument(nil, id))
	mallory := k[2].PublicKey().Multikey()
	alice := strings.TrimPrefix(data.VerificationMethods["atproto"], "did:key:")
	for _, change := range [][2]string{
		{alice, mallory},
		{"at://alice.example.com", "at://mallory.example.com"},
		{`["at://alice.example.com"]`, `[]`},
		{"https://pds.example.com", "https://evil.example.com"},
		{"AtprotoPersonalDataServer", "Other"},
		{`"#atproto_pds"`, `"#atproto_pds2"`},
		{`"#other"`, `"#atproto_pds"`},
		{id.String() + "#label", id.String() + "#atproto"},
		{id.String() + "#atproto", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#atproto"},
		{`"controller":"` + id.String(), `"controller":"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa`},
		{`"service":[`, `"service":[{"id":"#more","type":"x","serviceEndpoint":"y"},`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		require.NotEqual(t, good, bad)
		_, _, err := serve(t, tamper(dir, id, "", bad)).ResolveVerified(ctx, id)
		require.ErrorIs(t, err, plc.ErrDocumentMismatch, "%v", change)
	}
	log, err := json.Marshal(dir.Log(id))
	require.NoError(t, err)
	_, _, err = serve(t, tamper(dir, id, "/log/audit", strings.Replace(string(log), "alice", "malic", 1))).ResolveVerified(ctx, id)
	requireReason(t, err, plc.ReasonCID, 0)
	var many []plc.Entry
	for range 1000 {
		many = append(many, dir.Log(id)...)
	}
	log, err = json.Marshal(many)
	require.NoError(t, err)
	_, err = serve(t, tamper(dir, id, "/log/audit", string(log))).State(ctx, id)
	requireReason(t, err, plc.ReasonDuplicate, 1)

	// The same in another form is the same.
	for _, same := range []string{
		strings.ReplaceAll(good, id.String()+"#", "#"),
		strings.ReplaceAll(good, `"#`, `"`+id.String()+`#`),
	} {
		_, _, err := serve(t, tamper(dir, id, "", same)).ResolveVerified(ctx, id)
		require.NoError(t, err)
	}

	_, err = c.Tombstone(ctx, id, k[0])
	require.NoError(t, err)
	doc, state, err = c.ResolveVerified(ctx, id)
	require.ErrorIs(t, err, plc.ErrDeactivated)
	require.Nil(t, doc)
	require.True(t, state.Deactivated())
	_, _, err = serve(t, tamper(dir, id, "", good)).ResolveVerified(ctx, id)
	require.ErrorIs(t, err, plc.ErrDocumentMismatch)
	_, _, err = c.ResolveVerified(ctx, syntax.MustParseDID("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"))
	require.ErrorIs(t, err, plc.ErrNotFound)
}

// tamper is a directory that answers something of its own to one question.
func tamper(h http.Handler, id syntax.DID, what, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+id.String()+what {
			_, _ = io.WriteString(w, body)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// A directory that loses the newest operation between two questions is asked
// again.
func TestResolveDuringUpdate(t *testing.T) {
	dir, _, c := directory(t, nil)
	k := keys(t, 1)[0]
	id, _, err := c.Create(t.Context(), dataOf(t, k), k)
	require.NoError(t, err)
	old := string(dir.State(id).Data().AppendDocument(nil, id))
	_, err = c.Update(t.Context(), id, func(d *plc.Data) error { d.AlsoKnownAs = nil; return nil }, k)
	require.NoError(t, err)
	asked := 0
	late := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/"+id.String() {
			if asked++; asked == 1 {
				_, _ = io.WriteString(w, old)
				return
			}
		}
		dir.ServeHTTP(w, r)
	}))
	doc, _, err := late.ResolveVerified(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, doc.AlsoKnownAs)
	require.Equal(t, 2, asked)
}
