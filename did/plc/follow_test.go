package plc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// fill creates n accounts, a second apart, and returns the entries in order.
func fill(t testing.TB, d *plctest.Directory, clock *plctest.Clock, n int) []plc.Entry {
	t.Helper()
	k := keys(t, 1)[0]
	var list []plc.Entry
	start, _ := d.Len()
	for i := range n {
		clock.Advance(time.Second)
		data := dataOf(t, k)
		data.AlsoKnownAs = []string{fmt.Sprintf("at://%d.example", start+i)}
		id, op, err := plc.Create(t.Context(), data, k)
		require.NoError(t, err)
		require.NoError(t, d.Submit(id, op))
		e := d.Log(id)[0]
		_, e.Seq = d.Len()
		list = append(list, e)
	}
	return list
}

func seqs(list []plc.Entry) (s []int64) {
	for _, e := range list {
		s = append(s, e.Seq)
	}
	return s
}

// collect returns what an iteration yields, and how it ends.
func collect(it func(func(plc.Entry, error) bool)) (list []plc.Entry, err error) {
	for e, x := range it {
		if x != nil {
			return list, x
		}
		list = append(list, e)
	}
	return list, nil
}

func TestExport(t *testing.T) {
	ledger.Covers(t, "PLC-051", "PLC-053", "PLC-054")
	dir, clock, c := directory(t, &plctest.Options{FirstSeq: 40})
	want := fill(t, dir, clock, 12)
	require.Equal(t, int64(40), want[0].Seq)
	for _, size := range []int{0, 1, 5, 12, 13} {
		got, err := collect(c.Export(t.Context(), 0, &plc.ExportOptions{PageSize: size}))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	got, err := collect(c.Export(t.Context(), 45, nil))
	require.NoError(t, err)
	require.Equal(t, want[6:], got)
	for e, err := range c.Export(t.Context(), 0, &plc.ExportOptions{PageSize: 2}) {
		require.NoError(t, err)
		if e.Seq == 43 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = collect(c.Export(ctx, 0, nil))
	require.ErrorIs(t, err, context.Canceled)
}

// pages serves pages of an export, one after the other, and remembers what was
// asked for.
func pages(t testing.TB, asked *[]string, bodies ...string) *plc.Client {
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Query().Get("after"))
		if n := len(*asked); n <= len(bodies) {
			_, _ = io.WriteString(w, bodies[n-1])
		}
	}))
}

func jsonLines(t testing.TB, list ...plc.Entry) string {
	t.Helper()
	var b strings.Builder
	for _, e := range list {
		line, err := json.Marshal(e)
		require.NoError(t, err)
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// Short pages, entries of other types, repetitions, and what makes no sense.
func TestExportPages(t *testing.T) {
	ledger.Covers(t, "PLC-053", "PLC-057")
	dir, clock, _ := directory(t, nil)
	list := fill(t, dir, clock, 4)
	other := `{"type":"other","seq":3}` + "\n"
	var asked []string
	got, err := collect(pages(t, &asked, jsonLines(t, list[0]), jsonLines(t, list[:2]...)+other, other+`{"type":"more"}`+"\n"+jsonLines(t, list[3])).Export(t.Context(), 0, nil))
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 4}, seqs(got))
	require.Equal(t, []string{"0", "1", "3", "4"}, asked, "until a page is empty")

	for _, body := range []string{jsonLines(t, list[0]), `{"type":"other"}`, `{"type":"other","seq":1}`} {
		asked = nil
		_, err = collect(pages(t, &asked, body, body).Export(t.Context(), 1, nil))
		require.EqualError(t, err, "plc: export does not advance beyond 1")
	}
	asked = nil
	audit, _, _ := lines(t)
	_, err = collect(pages(t, &asked, audit).Export(t.Context(), 0, nil))
	require.EqualError(t, err, "plc: directory does not number its export, see Client.ExportSince")

	// What is invalid ends it, unless the caller says otherwise.
	bad := strings.Replace(jsonLines(t, list[1]), `"did"`, `"dud"`, 1)
	body := jsonLines(t, list[0]) + bad + "nonsense\n" + jsonLines(t, list[2])
	asked = nil
	got, err = collect(pages(t, &asked, body).Export(t.Context(), 0, nil))
	require.EqualError(t, err, "plc: entry lacks its did, operation, cid or createdAt")
	require.Len(t, got, 1)
	asked = nil
	var faults []string
	got, err = collect(pages(t, &asked, body).Export(t.Context(), 0, &plc.ExportOptions{OnInvalid: func(line []byte, err error) error {
		faults = append(faults, fmt.Sprintf("%.8s: %v", line, err))
		return nil
	}}))
	require.NoError(t, err)
	require.Equal(t, []int64{1, 3}, seqs(got))
	require.Len(t, faults, 2)
	require.Contains(t, faults[1], "nonsense: plc: invalid json")
}

func TestExportSince(t *testing.T) {
	ledger.Covers(t, "PLC-051", "PLC-054")
	dir, clock, c := directory(t, nil)
	k := keys(t, 1)[0]
	// Five seconds with 4 operations each.
	var want []syntax.DID
	for i := range 20 {
		if i%4 == 0 {
			clock.Advance(time.Second)
		}
		data := dataOf(t, k)
		data.AlsoKnownAs = []string{fmt.Sprint(i)}
		id, op, err := plc.Create(t.Context(), data, k)
		require.NoError(t, err)
		require.NoError(t, dir.Submit(id, op))
		want = append(want, id)
	}
	for _, size := range []int{0, 6, 7, 20} { // none of them may lose the rest of a second
		got, err := collect(c.ExportSince(t.Context(), time.Time{}, &plc.ExportOptions{PageSize: size}))
		require.NoError(t, err)
		var ids []syntax.DID
		for _, e := range got {
			ids = append(ids, e.DID)
			require.Zero(t, e.Seq)
		}
		require.ElementsMatch(t, want, ids, "%d", size)
	}
	got, err := collect(c.ExportSince(t.Context(), epoch.Add(2*time.Second), nil))
	require.NoError(t, err)
	require.Len(t, got, 12)
	got, err = collect(c.ExportSince(t.Context(), epoch.Add(time.Hour), nil))
	require.NoError(t, err)
	require.Empty(t, got)
	// A page that is all of one time, and full: there is no way but on.
	got, err = collect(c.ExportSince(t.Context(), time.Time{}, &plc.ExportOptions{PageSize: 3}))
	require.NoError(t, err)
	require.Len(t, got, 15)
	for range c.ExportSince(t.Context(), time.Time{}, nil) {
		break
	}
	var asked []string
	_, err = collect(pages(t, &asked, "{}").ExportSince(t.Context(), time.Time{}, nil))
	require.Error(t, err)
	asked = nil
	_, err = collect(pages(t, &asked, "{}").ExportSince(t.Context(), time.Time{}, &plc.ExportOptions{OnInvalid: func([]byte, error) error { return nil }}))
	require.EqualError(t, err, "plc: export does not advance beyond its first page")
}

func TestStream(t *testing.T) {
	ledger.Covers(t, "PLC-055")
	dir, clock, c := directory(t, nil)
	want := fill(t, dir, clock, 5)
	var got []plc.Entry
	for e, err := range c.Stream(t.Context(), 2, nil) {
		require.NoError(t, err)
		got = append(got, e)
		if len(got) == 3 {
			want = append(want, fill(t, dir, clock, 2)...)
		}
		if len(got) == 5 {
			break
		}
	}
	require.Equal(t, want[2:], got)

	// Without a cursor, what comes from now on.
	started := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		dir.ServeHTTP(w, r)
	}))
	defer srv.Close()
	c, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true})
	require.NoError(t, err)
	go func() {
		<-started
		for range 200 { // the stream begins some time after the request came in
			if dir.Streams() > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		fill(t, dir, clock, 1)
	}()
	for e, err := range c.Stream(t.Context(), plc.LiveOnly, nil) {
		require.NoError(t, err)
		require.Equal(t, int64(8), e.Seq)
		break
	}
}

func TestStreamCloseReasons(t *testing.T) {
	ledger.Covers(t, "PLC-056")
	dir, clock, c := directory(t, nil)
	end := func(cursor int64) error {
		_, err := collect(c.Stream(t.Context(), cursor, nil))
		return err
	}
	require.ErrorIs(t, end(1), plc.ErrFutureCursor)
	fill(t, dir, clock, 3)
	require.ErrorIs(t, end(4), plc.ErrFutureCursor)
	clock.Advance(8 * 24 * time.Hour)
	fill(t, dir, clock, 1)
	require.ErrorIs(t, end(0), plc.ErrOutdatedCursor)
	require.ErrorIs(t, end(2), plc.ErrOutdatedCursor)
	for e, err := range c.Stream(t.Context(), 3, nil) {
		require.NoError(t, err)
		require.Equal(t, int64(4), e.Seq)
		dir.DropStreams("ConsumerTooSlow")
		break
	}
	n := 0
	_, err := collect(func(yield func(plc.Entry, error) bool) {
		for e, err := range c.Stream(t.Context(), 3, nil) {
			if n++; n == 1 {
				dir.DropStreams("ConsumerTooSlow")
			}
			if !yield(e, err) {
				return
			}
		}
	})
	require.ErrorIs(t, err, plc.ErrConsumerTooSlow)
	for _, err := range c.Stream(t.Context(), 3, nil) {
		if err == nil {
			dir.DropStreams("")
			continue
		}
		require.ErrorContains(t, err, "plc: stream ended: ")
	}
	_, err = collect(serve(t, answer(404, nil, `{"message":"no"}`)).Stream(t.Context(), 0, nil))
	e, ok := errors.AsType[*plc.StatusError](err)
	require.True(t, ok)
	require.Equal(t, &plc.StatusError{Status: 404, Message: "no", Path: "/export/stream?cursor=0"}, e)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = collect(c.Stream(ctx, 0, nil))
	require.ErrorIs(t, err, context.Canceled)
}

// socket serves messages on a WebSocket, and then waits for the end.
func socket(messages ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		for _, m := range messages {
			if conn.Write(r.Context(), websocket.MessageText, []byte(m)) != nil {
				return
			}
		}
		_, _, _ = conn.Read(r.Context())
	}
}

func TestStreamMessages(t *testing.T) {
	ledger.Covers(t, "PLC-055", "PLC-057")
	_, sequenced, e := lines(t)
	e.Seq = 7
	list, err := collect(serve(t, socket(`{"type":"new"}`, sequenced, sequenced, "?")).Stream(t.Context(), 0, nil))
	require.Equal(t, []plc.Entry{e}, list)
	require.EqualError(t, err, "plc: invalid json: unexpected \"?\", expected a value at offset 0")
	_, err = collect(serve(t, socket(sequenced+strings.Repeat(" ", 70_000))).Stream(t.Context(), 0, nil))
	limit, ok := errors.AsType[*plc.LimitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "plc: length of a message in a stream", limit.Name)
}

// A pipes is a listener whose connections exist in memory alone, so that time
// in a test bubble goes on while they wait.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p <- server
	return client, nil
}

// inBubble runs f with a client of a server that has the given handler, in time
// that is not real.
func inBubble(t *testing.T, h http.HandlerFunc, f func(*testing.T, *plc.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := make(pipes)
		srv := &http.Server{Handler: h}
		done := make(chan struct{})
		go func() { _ = srv.Serve(p); close(done) }()
		tr := &http.Transport{DialContext: p.dial}
		c, err := plc.NewClient(&plc.ClientOptions{URL: "http://localhost", AllowLoopback: true, HTTPClient: &http.Client{Transport: tr}})
		require.NoError(t, err)
		f(t, c)
		tr.CloseIdleConnections()
		require.NoError(t, srv.Close())
		<-done
	})
}

// A connection on which nobody is, is given up; one whose consumer is slow is
// not.
func TestStreamPings(t *testing.T) {
	_, sequenced, _ := lines(t)
	second := strings.Replace(sequenced, `"seq":7`, `"seq":8`, 1)
	for interval, want := range map[time.Duration]time.Duration{0: 2 * time.Minute, time.Second: 4 * time.Second} {
		release := make(chan struct{})
		hung := func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer conn.CloseNow()
			_ = conn.Write(r.Context(), websocket.MessageText, []byte(sequenced))
			<-release // and reads nothing, so that no ping is answered
		}
		inBubble(t, hung, func(t *testing.T, c *plc.Client) {
			release = make(chan struct{}) // of this bubble
			start := time.Now()
			list, err := collect(c.Stream(t.Context(), 0, &plc.ExportOptions{PingInterval: interval}))
			require.EqualError(t, err, "plc: stream does not answer")
			require.Len(t, list, 1)
			require.LessOrEqual(t, time.Since(start), want)
			close(release)
		})
	}
	inBubble(t, socket(sequenced, second), func(t *testing.T, c *plc.Client) {
		var got []int64
		for e, err := range c.Stream(t.Context(), 0, nil) {
			require.NoError(t, err)
			time.Sleep(time.Hour) // many pings long
			if got = append(got, e.Seq); len(got) == 2 {
				break
			}
		}
		require.Equal(t, []int64{7, 8}, got)
	})
	silent := func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		ctx := conn.CloseRead(r.Context())
		select {
		case <-time.After(time.Hour):
			_ = conn.Write(ctx, websocket.MessageText, []byte(sequenced))
		case <-ctx.Done():
		}
	}
	inBubble(t, silent, func(t *testing.T, c *plc.Client) {
		for _, err := range c.Stream(t.Context(), 0, nil) {
			require.NoError(t, err, "it has answered all pings")
			break
		}
	})
}

// quick has waits that are none.
func quick(onRetry func(error)) *plc.ExportOptions {
	return &plc.ExportOptions{PageSize: 4, PollInterval: time.Millisecond, MinBackoff: time.Millisecond, MaxBackoff: 2 * time.Millisecond, OnRetry: func(err error, _ time.Duration) {
		if onRetry != nil {
			onRetry(err)
		}
	}}
}

// From the first page to the stream, in which the connection is cut, the
// consumer is called slow, and the server fails: all comes once and in order.
func TestFollow(t *testing.T) {
	ledger.Covers(t, "PLC-053", "PLC-055", "PLC-056")
	dir, clock, _ := directory(t, nil)
	var fails atomic.Int32
	paths := make(chan string, 1000)
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths <- r.URL.Path
		if fails.Add(-1) >= 0 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		dir.ServeHTTP(w, r)
	}))
	want := fill(t, dir, clock, 10)
	clock.Set(time.Now().Add(-time.Minute)) // what was is older than the stream
	var retries []error
	var got []plc.Entry
	for e, err := range c.Follow(t.Context(), 3, quick(func(err error) { retries = append(retries, err) })) {
		require.NoError(t, err)
		got = append(got, e)
		switch len(got) {
		case 7: // all there is
			want = append(want, fill(t, dir, clock, 5)...)
		case 9:
			dir.DropStreams("")
		case 11:
			dir.DropStreams("ConsumerTooSlow")
			fails.Store(3)
		case 12:
			want = append(want, fill(t, dir, clock, 3)...)
		}
		if len(got) == 15 {
			break
		}
	}
	require.Equal(t, seqs(want[3:]), seqs(got))
	require.Equal(t, want[3:], got)
	require.NotEmpty(t, retries)
	require.Equal(t, "/export/stream", <-paths, "the stream first")
	require.Equal(t, "/export", <-paths, "which does not go back that far")
}

// Old directories have no stream.
func TestFollowWithoutStream(t *testing.T) {
	ledger.Covers(t, "PLC-053", "PLC-056")
	dir, clock, _ := directory(t, nil)
	for _, status := range []int{400, 404, 426, 501, 502} {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/export/stream" {
				w.WriteHeader(status)
				return
			}
			dir.ServeHTTP(w, r)
		}))
		before, _ := dir.Len()
		fill(t, dir, clock, 6)
		n := 0
		for e, err := range c.Follow(t.Context(), int64(before), quick(nil)) {
			require.NoError(t, err)
			n++
			require.Equal(t, int64(before+n), e.Seq)
			if n == 6 {
				fill(t, dir, clock, 3)
			}
			if n == 9 {
				break
			}
		}
	}
}

// What does not pass ends it.
func TestFollowEnds(t *testing.T) {
	ledger.Covers(t, "PLC-056")
	dir, clock, c := directory(t, nil)
	fill(t, dir, clock, 1)
	end := func(c *plc.Client, cursor int64) error {
		_, err := collect(c.Follow(t.Context(), cursor, quick(nil)))
		return err
	}
	require.ErrorIs(t, end(c, 2), plc.ErrFutureCursor)
	require.ErrorIs(t, end(serve(t, answer(404, nil, "")), 0), plc.ErrNotFound)
	audit, _, _ := lines(t)
	require.ErrorContains(t, end(serve(t, socket("?")), 0), "plc: invalid json")
	require.ErrorContains(t, end(serve(t, socket(audit)), 0), "plc: directory does not number its export")
	_, err := collect(serve(t, socket(audit+strings.Repeat(" ", 70_000))).Follow(t.Context(), 0, quick(nil)))
	_, ok := errors.AsType[*plc.LimitError](err)
	require.True(t, ok)

	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	list, err := collect(func(yield func(plc.Entry, error) bool) {
		for e, err := range c.Follow(ctx, 0, quick(nil)) {
			if n++; n == 1 {
				time.AfterFunc(5*time.Millisecond, cancel) // while it waits
			}
			if !yield(e, err) {
				return
			}
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, list, 1)
	ctx, cancel = context.WithCancel(t.Context())
	opts := quick(func(error) { cancel() })
	opts.MinBackoff, opts.MaxBackoff = time.Hour, time.Hour
	_, err = collect(serve(t, answer(503, nil, "")).Follow(ctx, 0, opts))
	require.ErrorIs(t, err, context.Canceled)
}
