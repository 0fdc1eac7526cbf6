package xrpc_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

func TestMediaTypes(t *testing.T) {
	ledger.Covers(t, "XRPC-020", "XRPC-021", "XRPC-029")
	for _, tt := range []struct {
		accept, got string
		ok          bool
	}{
		{"", "application/json", true},
		{"", "application/json; charset=utf-8", true},
		{"", "Application/JSON ;charset=utf-8", true},
		{"", "text/html", false},
		{"", "text/plain; charset=utf-8", false},
		{"", "application/jsonl", false},
		{"", "application/ld+json", false},
		{"", "", false},
		{"application/vnd.ipld.car", "application/vnd.ipld.car; version=1", true},
		{"application/vnd.ipld.car", "application/json", false},
		{"image/*", "image/png", true},
		{"image/*", "IMAGE/svg+xml", true},
		{"image/*", "image", false},
		{"image/*", "image/", false},
		{"image/*", "images/png", false},
		{"image/*", "text/image/png", false},
		{"*/*", "text/html", true},
		{"*/*", "", true},
	} {
		s := newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{tt.got}
			if tt.got == "" {
				w.Header()["Content-Type"] = nil
			}
			fmt.Fprint(w, "<p>"+strings.Repeat("x", 5000))
		})
		call := &xrpc.Call{NSID: method, Accept: tt.accept, Stream: tt.accept != ""}
		if tt.accept == "" {
			call.Output = new(anything)
		}
		res, err := s.client.Call(t.Context(), call)
		require.Equal(t, tt.ok, err == nil, "%+v: %v", tt, err)
		if res.Body != nil {
			res.Body.Close()
		}
		if !tt.ok {
			e, ok := errors.AsType[*xrpc.InvalidResponseError](err)
			require.True(t, ok)
			require.Equal(t, 200, e.Status)
			require.Equal(t, 4096, len(e.Body))
			require.Equal(t, tt.got, e.Header.Get("Content-Type"))
			require.Contains(t, err.Error(), "xrpc: com.example.doIt: invalid response: media type")
		}
	}
}

// anything is an output that takes what comes.
type anything struct{}

func (*anything) UnmarshalJSON([]byte) error { return nil }

func TestNoOutput(t *testing.T) {
	ledger.Covers(t, "XRPC-028")
	for name, handle := range map[string]http.HandlerFunc{
		"HTML":  answer(200, "<html>", "Content-Type: text/html"),
		"empty": answer(204, ""),
		"endless": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		},
		"JSON": answer(200, `{"error":"Odd"}`),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, nil, handle)
			_, err := xrpc.Procedure[struct{}](t.Context(), s.client, method, nil)
			require.NoError(t, err)
		})
	}
}

func TestOutputLimit(t *testing.T) {
	ledger.Covers(t, "XRPC-031")
	body := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	for _, declared := range []bool{true, false} {
		for _, tt := range []struct {
			size  int
			limit int64
			ok    bool
		}{
			{xrpc.DefaultMaxOutput, 0, true},
			{xrpc.DefaultMaxOutput + 1, 0, false},
			{100, 100, true},
			{101, 100, false},
			{xrpc.DefaultMaxOutput + 1, -1, true},
		} {
			s := newServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if declared {
					w.Header().Set("Content-Length", fmt.Sprint(tt.size))
				}
				fmt.Fprint(w, body(tt.size))
			})
			out, err := query(t, s.client, xrpc.CallOptions{MaxOutput: tt.limit})
			if tt.ok {
				require.NoError(t, err)
				require.Equal(t, tt.size, len(out))
				continue
			}
			e, ok := errors.AsType[*xrpc.LimitError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, "xrpc: response body", e.Name)
			require.Len(t, s.requests(), 1, "it is not tried again")
		}
	}
}

// TestGzipBomb: the limit is one of what comes out.
func TestGzipBomb(t *testing.T) {
	ledger.Covers(t, "XRPC-031")
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, err := io.CopyN(z, zeros{}, 16<<20)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	s := newServer(t, nil, answer(200, bomb.String(), "Content-Encoding: gzip"))
	_, err = query(t, s.client, xrpc.CallOptions{})
	e, ok := errors.AsType[*xrpc.LimitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, int64(xrpc.DefaultMaxOutput), e.Limit)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestStream(t *testing.T) {
	content := strings.Repeat("stream", 100_000)
	s := newServer(t, nil, answer(200, content, "Content-Type: application/vnd.ipld.car"))
	for _, tt := range []struct {
		limit int64
		want  int
	}{{0, len(content)}, {int64(len(content)), len(content)}, {int64(len(content)) - 1, len(content) - 1}, {10, 10}} {
		res, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Stream: true, Accept: "application/vnd.ipld.car", Options: xrpc.CallOptions{MaxOutput: tt.limit}})
		require.NoError(t, err)
		got, err := io.ReadAll(res.Body)
		require.Equal(t, content[:tt.want], string(got))
		require.NoError(t, res.Body.Close())
		if tt.want == len(content) {
			require.NoError(t, err)
			continue
		}
		e, ok := errors.AsType[*xrpc.LimitError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, tt.limit, e.Limit)
		_, again := res.Body.Read(make([]byte, 1))
		require.Equal(t, err, again)
	}
	res, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Stream: true})
	require.NoError(t, err)
	require.NoError(t, res.Body.Close(), "it need not be read")
	require.NoError(t, res.Body.Close())
}

// TestCutOff: an output that ends too early is an error, in a stream and when it
// is decoded.
func TestCutOff(t *testing.T) {
	s := newServer(t, &xrpc.Options{Retry: &xrpc.Retry{Max: 1, Backoff: -1}}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"a":"`)
	})
	res, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method, Stream: true})
	require.NoError(t, err)
	require.Equal(t, int64(100), res.Size)
	_, err = io.ReadAll(res.Body)
	e, ok := errors.AsType[*xrpc.NetworkError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.True(t, e.Sent)
	res.Body.Close()

	before := len(s.requests())
	_, err = query(t, s.client, xrpc.CallOptions{})
	e, ok = errors.AsType[*xrpc.NetworkError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 2, e.Attempts)
	require.Len(t, s.requests(), before+2, "a query is tried again")

	_, err = xrpc.Procedure[any](t.Context(), s.client, method, nil)
	require.Error(t, err)
	require.Len(t, s.requests(), before+3, "a procedure is not: it was carried out")
}

func TestResponseHeaders(t *testing.T) {
	ledger.Covers(t, "XRPC-053")
	s := newServer(t, nil, answer(200, `{}`, "Atproto-Repo-Rev: 3kqtm5wqrkk2x", "Atproto-Content-Labelers: did:web:a.example.com;redact, did:plc:ewvi7nxzyoun6zhxrhs64oiz", "Content-Language: cy"))
	res, err := s.client.Call(t.Context(), &xrpc.Call{NSID: method})
	require.NoError(t, err)
	rev, ok := res.RepoRev()
	require.True(t, ok)
	require.Equal(t, "3kqtm5wqrkk2x", rev.String())
	labelers, err := res.ContentLabelers()
	require.NoError(t, err)
	require.Len(t, labelers, 2)
	require.True(t, labelers[0].Redact)
	require.Equal(t, "cy", res.Header.Get("Content-Language"))
	_, ok = xrpc.Response{Header: http.Header{"Atproto-Repo-Rev": {"x"}}}.RepoRev()
	require.False(t, ok)
}

func TestQueryOutputs(t *testing.T) {
	ledger.Covers(t, "XRPC-025")
	c := dagcbor.Sum(dagcbor.Raw, nil)
	s := newServer(t, nil, answer(200, `{"n":1,"link":{"$link":"`+c.String()+`"},"bytes":{"$bytes":"aGk"},"blob":{"$type":"blob","ref":{"$link":"`+c.String()+`"},"mimeType":"a/b","size":0}}`))
	tree, err := xrpc.Query[map[string]any](t.Context(), s.client, method, nil)
	require.NoError(t, err)
	file := data.Blob{Ref: c, MimeType: "a/b"}
	want := map[string]any{"n": int64(1), "link": c, "bytes": []byte("hi"), "blob": file.Map()}
	require.Equal(t, want, tree)
	anyTree, err := xrpc.Query[any](t.Context(), s.client, method, nil)
	require.NoError(t, err)
	require.Equal(t, any(want), anyTree)
	type out struct{ N int }
	typed, err := xrpc.Query[out](t.Context(), s.client, method, nil)
	require.NoError(t, err)
	require.Equal(t, out{1}, typed)
	pointer, err := xrpc.Query[*out](t.Context(), s.client, method, nil)
	require.NoError(t, err)
	require.Equal(t, &out{1}, pointer)
	self, err := xrpc.Query[raw](t.Context(), s.client, method, nil)
	require.NoError(t, err)
	require.Contains(t, string(self), `"n":1`)

	for text, want := range map[string]map[string]any{ // what is no link and no byte string is a map
		`{"$link":"nonsense"}`:                 {"$link": "nonsense"},
		`{"$link":"` + c.String() + `","x":1}`: {"$link": c.String(), "x": int64(1)},
		`{"$bytes":"a=b"}`:                     {"$bytes": "a=b"},
		`{"$bytes":1}`:                         {"$bytes": int64(1)},
	} {
		s := newServer(t, nil, answer(200, `{"odd":`+text+`,"n":1}`))
		tree, err := xrpc.Query[map[string]any](t.Context(), s.client, method, nil)
		require.NoError(t, err)
		require.Equal(t, map[string]any{"odd": want, "n": int64(1)}, tree)
	}
	for _, bad := range []string{`{"a":1,"a":2}`, `{"a":1.5}`, `[]`, `{`, ``, `{} {}`, "{\"a\":\"\xff\"}"} {
		s := newServer(t, nil, answer(200, bad))
		_, err := xrpc.Query[map[string]any](t.Context(), s.client, method, nil)
		e, ok := errors.AsType[*xrpc.InvalidResponseError](err)
		require.True(t, ok, "%q: %v", bad, err)
		require.Equal(t, bad, string(e.Body))
	}
	for _, bad := range []string{`{"N":1,"N":2}`, `{`, ``, `{"N":"x"}`, `[]`, `null`, " null\n"} {
		s := newServer(t, nil, answer(200, bad))
		v, err := xrpc.Query[out](t.Context(), s.client, method, nil)
		_, ok := errors.AsType[*xrpc.InvalidResponseError](err)
		require.True(t, ok, "%q: %v", bad, err)
		require.Zero(t, v)
	}
	// Threads are deep.
	deep := strings.Repeat(`{"a":`, 900) + `1` + strings.Repeat(`}`, 900)
	d := newServer(t, nil, answer(200, deep))
	_, err = xrpc.Query[any](t.Context(), d.client, method, nil)
	require.NoError(t, err)
}

// TestNullOutput: null is no output, and above all not an empty one.
func TestNullOutput(t *testing.T) {
	ledger.Covers(t, "XRPC-025")
	for body, want := range map[string]string{"null": "null, expected an object", " null ": "null, expected an object", "[]": "an array, expected an object"} {
		s := newServer(t, nil, answer(200, body))
		out, err := atproto.SyncListRepos(t.Context(), s.client, &atproto.SyncListReposParams{})
		e, ok := errors.AsType[*xrpc.InvalidResponseError](err)
		require.True(t, ok, "%q: %v", body, err)
		require.ErrorContains(t, err, want)
		require.Equal(t, body, string(e.Body))
		require.Nil(t, out)
		pointer, err := xrpc.Query[*struct{ N int }](t.Context(), s.client, method, nil)
		require.Error(t, err)
		require.Nil(t, pointer)
		_, err = xrpc.Query[map[string]any](t.Context(), s.client, method, nil)
		require.Error(t, err)
	}
}

func TestProcedureInputs(t *testing.T) {
	ledger.Covers(t, "XRPC-025")
	s := newServer(t, nil, answer(200, `{}`))
	c := dagcbor.Sum(dagcbor.Raw, nil)
	for _, tt := range []struct {
		in         any
		want, mime string
	}{
		{nil, "", ""},
		{map[string]any{"link": c, "n": 1}, `{"n":1,"link":{"$link":"` + c.String() + `"}}`, "application/json"},
		{map[string]any{"b": []byte("hi")}, `{"b":{"$bytes":"aGk"}}`, "application/json"},
		{map[string]any{"f": data.Blob{Ref: c, MimeType: "a/b"}}, `{"f":{"ref":{"$link":"` + c.String() + `"},"size":0,"$type":"blob","mimeType":"a/b"}}`, "application/json"},
		{struct {
			A string `json:"a"`
		}{"x"}, `{"a":"x"}`, "application/json"},
		{text(`{"t":1}`), `{"t":1}`, "application/json"},
		{xrpc.NewBody("text/plain", strings.NewReader("hello"), -1), "hello", "text/plain"},
		{xrpc.NewBody("", nil, -1), "", "application/octet-stream"},
	} {
		_, err := xrpc.Procedure[any](t.Context(), s.client, method, tt.in)
		require.NoError(t, err)
		require.Equal(t, tt.want, s.last(t).body)
		require.Equal(t, tt.mime, s.last(t).Header.Get("Content-Type"))
		require.Equal(t, int64(len(tt.want)), s.last(t).ContentLength)
	}
	before := s.last(t)
	for name, bad := range map[string]any{"float": 1.5, "text": "\xff", "null link": dagcbor.CID{}, "type": map[string]any{"$type": 1}, "link": map[string]any{"$link": "nonsense"}} {
		_, err := xrpc.Procedure[any](t.Context(), s.client, method, map[string]any{"x": bad})
		require.ErrorContains(t, err, "xrpc: com.example.doIt: input:", name)
	}
	require.Same(t, before, s.last(t), "nothing was sent")
}
