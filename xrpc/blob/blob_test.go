package blob_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/blob"
)

var alice = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")

// A server stores and serves blobs.
type server struct {
	client *xrpc.Client

	mu    sync.Mutex
	fail  []http.HandlerFunc // what it does first, instead
	ref   func(data.Blob) data.Blob
	seen  []*http.Request
	last  []byte
	serve http.HandlerFunc
}

func newServer(t testing.TB) *server {
	s := &server{}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	var err error
	s.client, err = xrpc.New(h.URL, &xrpc.Options{Development: true, Auth: xrpc.BearerAuth("secret"), Retry: &xrpc.Retry{Backoff: -1}})
	require.NoError(t, err)
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r)
	if len(s.fail) > 0 {
		f := s.fail[0]
		s.fail = s.fail[1:]
		f(w, r)
		return
	}
	if s.serve != nil {
		s.serve(w, r)
		return
	}
	s.last, _ = io.ReadAll(r.Body)
	b := data.NewBlob(s.last, r.Header.Get("Content-Type"))
	if s.ref != nil {
		b = s.ref(b)
	}
	text, err := b.MarshalJSON()
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		text = []byte("null")
	}
	fmt.Fprintf(w, `{"blob":%s}`, text)
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

func TestUpload(t *testing.T) {
	ledger.Covers(t, "BLOB-001", "BLOB-004", "BLOB-005", "BLOB-006", "BLOB-007", "BLB-013")
	s := newServer(t)
	large := make([]byte, 1<<20)
	_, _ = rand.Read(large)
	for _, tt := range []struct {
		content    string
		mime, sent string
		cid        string
	}{
		{"", "image/png", "image/png", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"},
		{"hello world", "text/plain", "text/plain", "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"},
		{"hello world", "", "application/octet-stream", "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"},
		{string(large), "video/mp4", "video/mp4", dagcbor.Sum(dagcbor.Raw, large).String()},
	} {
		for kind, content := range map[string]io.Reader{
			"bytes": bytes.NewReader([]byte(tt.content)), "buffer": bytes.NewBufferString(tt.content), "stream": io.MultiReader(strings.NewReader(tt.content)),
			"pieces": iotest.HalfReader(strings.NewReader(tt.content)),
		} {
			ref, err := blob.Upload(t.Context(), s.client, tt.mime, content, nil)
			require.NoError(t, err)
			require.Equal(t, tt.cid, ref.Ref.String())
			require.Equal(t, int64(len(tt.content)), ref.Size)
			require.Equal(t, tt.sent, ref.MimeType)
			require.Equal(t, tt.content, string(s.last))
			r := s.seen[len(s.seen)-1]
			require.Equal(t, "POST /xrpc/com.atproto.repo.uploadBlob", r.Method+" "+r.RequestURI)
			require.Equal(t, tt.sent, r.Header.Get("Content-Type"))
			require.Equal(t, "Bearer secret", r.Header.Get("Authorization"))
			if kind == "bytes" || kind == "buffer" {
				require.Equal(t, int64(len(tt.content)), r.ContentLength)
			}
		}
	}
	_, err := blob.Upload(t.Context(), s.client, "", nil, nil)
	require.NoError(t, err)
	_, err = blob.Upload(t.Context(), s.client, "", strings.NewReader("hello world"), &blob.UploadOptions{Size: 5})
	require.NoError(t, err)
	require.Equal(t, "hello", string(s.last))
}

// TestUploadReference: what comes back is what counts, if it is of the content.
func TestUploadReference(t *testing.T) {
	ledger.Covers(t, "BLOB-002", "BLOB-004")
	s := newServer(t)
	for name, tt := range map[string]struct {
		ref func(data.Blob) data.Blob
		ok  bool
	}{
		"other media type": {func(b data.Blob) data.Blob { b.MimeType = "image/webp"; return b }, true},
		"other size":       {func(b data.Blob) data.Blob { b.Size++; return b }, false},
		"other content":    {func(b data.Blob) data.Blob { b.Ref = dagcbor.Sum(dagcbor.Raw, []byte("x")); return b }, false},
		"legacy":           {func(b data.Blob) data.Blob { b.Size = -1; return b }, false},
	} {
		s.ref = tt.ref
		want := tt.ref(data.NewBlob([]byte("content"), "image/png"))
		got, err := blob.Upload(t.Context(), s.client, "image/png", strings.NewReader("content"), nil)
		require.Equal(t, want, got, name)
		require.Equal(t, tt.ok, err == nil, "%s: %v", name, err)
		if !tt.ok {
			require.ErrorIs(t, err, blob.ErrMismatch)
		}
	}
	for _, body := range []string{`{}`, `{"blob":{}}`, `{"blob":null}`, `[]`, `{"blob":1}`, ``, `{"blob":{},"blob":{}}`} {
		s.fail = []http.HandlerFunc{status(200, body)}
		_, err := blob.Upload(t.Context(), s.client, "image/png", strings.NewReader("content"), nil)
		_, ok := errors.AsType[*xrpc.InvalidResponseError](err)
		require.True(t, ok, "%s: %v", body, err)
	}
}

func TestUploadRetries(t *testing.T) {
	ledger.Covers(t, "BLOB-004", "XRPC-044")
	s := newServer(t)
	content := make([]byte, 200_000)
	_, _ = rand.Read(content)
	s.fail = []http.HandlerFunc{status(502, ""), reset, status(429, "")}
	var told []int64
	var mu sync.Mutex
	ref, err := blob.Upload(t.Context(), xrpc.With(s.client, xrpc.CallOptions{NoProxy: true}), "", bytes.NewReader(content), &blob.UploadOptions{Progress: func(n int64) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, n)
	}})
	require.NoError(t, err)
	require.NoError(t, ref.Check(content))
	require.Equal(t, content, s.last)
	mu.Lock()
	require.Equal(t, int64(200_000), told[len(told)-1])
	mu.Unlock()

	// What can be read once is sent once, and so is what nobody wants repeated.
	for _, tt := range []struct {
		content io.Reader
		retry   *xrpc.Retry
	}{{io.MultiReader(bytes.NewReader(content)), nil}, {bytes.NewReader(content), &xrpc.Retry{Max: -1}}} {
		s.last = nil
		caller := xrpc.With(s.client, xrpc.CallOptions{Retry: tt.retry})
		s.fail = []http.HandlerFunc{status(502, "")}
		_, err = blob.Upload(t.Context(), caller, "", tt.content, nil)
		require.True(t, xrpc.Is(err, xrpc.UpstreamFailure), "%v", err)
		require.Nil(t, s.last, "no empty blob in its place")
	}

	// It is not tried for ever, and not when that does not help.
	for code, want := range map[int]int{503: 1 + xrpc.DefaultMaxRetries, 413: 1} {
		n := len(s.seen)
		s.fail = slices.Repeat([]http.HandlerFunc{status(code, "")}, 10)
		_, err = blob.Upload(t.Context(), s.client, "", bytes.NewReader(content), nil)
		require.Error(t, err)
		require.Equal(t, n+want, len(s.seen))
	}
}

// reset ends the connection in the middle of the upload.
func reset(w http.ResponseWriter, r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, 100_000)
	panic(http.ErrAbortHandler)
}

// TestUploadSize: a size is how much is sent, or an error.
func TestUploadSize(t *testing.T) {
	s := newServer(t)
	for size, want := range map[int64]string{0: "hello", 4: "hell", 5: "hello", 6: ""} {
		for _, content := range []io.Reader{strings.NewReader("hello"), bytes.NewBufferString("hello"), io.MultiReader(strings.NewReader("hello"))} {
			ref, err := blob.Upload(t.Context(), s.client, "", content, &blob.UploadOptions{Size: size})
			if want == "" {
				require.Error(t, err)
				require.Zero(t, ref)
				if _, ok := content.(io.Seeker); ok {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				}
				continue
			}
			require.NoError(t, err)
			require.NoError(t, ref.Check([]byte(want)))
		}
	}
}

func TestPrepare(t *testing.T) {
	ledger.Covers(t, "BLOB-009")
	s := newServer(t)
	ref, err := blob.Upload(t.Context(), s.client, "image/jpeg", strings.NewReader("place:home picture"), &blob.UploadOptions{
		Prepare: func(mediaType string, r io.Reader) (io.Reader, error) {
			require.Equal(t, "image/jpeg", mediaType)
			b, err := io.ReadAll(r)
			_, rest, _ := bytes.Cut(b, []byte(" "))
			return bytes.NewReader(rest), err
		},
	})
	require.NoError(t, err)
	require.NoError(t, ref.Check([]byte("picture")))
	broken := errors.New("not a picture")
	_, err = blob.Upload(t.Context(), s.client, "image/jpeg", nil, &blob.UploadOptions{Prepare: func(string, io.Reader) (io.Reader, error) { return nil, broken }})
	require.ErrorIs(t, err, broken)
}

func TestDownload(t *testing.T) {
	ledger.Covers(t, "BLOB-017", "BLOB-018")
	s := newServer(t)
	large := make([]byte, 300_000)
	_, _ = rand.Read(large)
	for _, content := range []string{"", "x", "xy", "hello world", string(large)} {
		cid := dagcbor.Sum(dagcbor.Raw, []byte(content))
		s.serve = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, content)
		}
		body, err := blob.Download(t.Context(), s.client, alice, cid, nil)
		require.NoError(t, err)
		require.NoError(t, iotest.TestReader(body, []byte(content)))
		require.NoError(t, body.Close())
		require.Equal(t, "/xrpc/com.atproto.sync.getBlob?did=did:plc:ewvi7nxzyoun6zhxrhs64oiz&cid="+cid.String(), s.seen[len(s.seen)-1].RequestURI)

		got, err := blob.Get(t.Context(), s.client, alice, cid, nil)
		require.NoError(t, err)
		require.Equal(t, content, string(got))
		for _, bad := range []string{content + "x", strings.Replace(content, "l", "L", 1), content[:max(len(content)-1, 0)], "other"} {
			if bad == content {
				continue
			}
			s.serve = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, bad) }
			got, err := blob.Get(t.Context(), s.client, alice, cid, nil)
			require.ErrorIs(t, err, blob.ErrMismatch)
			require.Nil(t, got)
			for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader, func(r io.Reader) io.Reader { return r }} {
				body, err := blob.Download(t.Context(), s.client, alice, cid, nil)
				require.NoError(t, err)
				part, err := io.ReadAll(wrap(body))
				require.ErrorIs(t, err, blob.ErrMismatch)
				require.Less(t, len(part), max(len(bad), 1), "the last byte is held back")
				require.True(t, strings.HasPrefix(bad, string(part)))
				_, again := body.Read(make([]byte, 1))
				require.Equal(t, err, again)
				body.Close()
			}
		}
	}
}

func TestDownloadErrors(t *testing.T) {
	ledger.Covers(t, "BLOB-017")
	s := newServer(t)
	cid := dagcbor.Sum(dagcbor.Raw, []byte("x"))
	for _, name := range []string{xrpc.BlobNotFound, xrpc.RepoNotFound, xrpc.RepoTakendown, xrpc.RepoSuspended, xrpc.RepoDeactivated} {
		s.serve = status(400, `{"error":"`+name+`"}`)
		_, err := blob.Get(t.Context(), s.client, alice, cid, nil)
		require.True(t, xrpc.Is(err, name), "%v", err)
	}
	_, err := blob.Get(t.Context(), s.client, alice, dagcbor.Sum(dagcbor.DAGCBOR, nil), nil)
	require.ErrorContains(t, err, "is not the CID of a blob")
	_, err = blob.Get(t.Context(), s.client, alice, dagcbor.CID{}, nil)
	require.Error(t, err)
}

func TestDownloadLimit(t *testing.T) {
	ledger.Covers(t, "BLB-011", "BLOB-018")
	s := newServer(t)
	content := bytes.Repeat([]byte("x"), 1000)
	cid := dagcbor.Sum(dagcbor.Raw, content)
	for _, declared := range []bool{true, false} {
		s.serve = func(w http.ResponseWriter, r *http.Request) {
			if !declared {
				w.(http.Flusher).Flush()
			}
			_, _ = w.Write(content)
		}
		for limit, ok := range map[int64]bool{1000: true, 999: false, 1: false, -1: true, 0: true} {
			_, err := blob.Get(t.Context(), s.client, alice, cid, &blob.DownloadOptions{MaxSize: limit})
			require.Equal(t, ok, err == nil, "%d: %v", limit, err)
			if !ok {
				_, isLimit := errors.AsType[*xrpc.LimitError](err)
				require.True(t, isLimit, "%v", err)
			}
		}
	}
	s.serve = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2000")
		_, _ = w.Write(content)
	}
	_, err := blob.Get(t.Context(), s.client, alice, cid, nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "what is cut off is not checked as if it were whole")
}

// TestDownloadRedirect: a CDN is shown no credentials.
func TestDownloadRedirect(t *testing.T) {
	ledger.Covers(t, "XRPC-008", "BLOB-018")
	cdn, s := newServer(t), newServer(t)
	cdn.serve = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "content") }
	s.serve = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, cdn.client.Host()+"/blob", http.StatusFound)
	}
	got, err := blob.Get(t.Context(), s.client, alice, dagcbor.Sum(dagcbor.Raw, []byte("content")), nil)
	require.NoError(t, err)
	require.Equal(t, "content", string(got))
	require.Equal(t, "Bearer secret", s.seen[0].Header.Get("Authorization"))
	require.NotContains(t, cdn.seen[0].Header, "Authorization")
	_, err = blob.Get(t.Context(), s.client, alice, dagcbor.Sum(dagcbor.Raw, []byte("other")), nil)
	require.ErrorIs(t, err, blob.ErrMismatch)
}

func TestUploadCancelled(t *testing.T) {
	s := newServer(t)
	in, out := io.Pipe()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := blob.Upload(ctx, s.client, "", in, nil)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	out.Close()
}

func FuzzDownload(f *testing.F) {
	f.Add([]byte("hello world"), 3, true)
	f.Add([]byte(""), 1, true)
	f.Add([]byte("x"), 1, false)
	f.Fuzz(func(t *testing.T, content []byte, piece int, same bool) {
		cid := dagcbor.Sum(dagcbor.Raw, content)
		sent := content
		if !same {
			sent = append(bytes.Clone(content), 1)
		}
		c := caller(func() io.Reader { return bytes.NewReader(sent) })
		body, err := blob.Download(t.Context(), c, alice, cid, nil)
		require.NoError(t, err)
		var got []byte
		p := make([]byte, 1+max(piece, 0)%4096)
		for err == nil {
			var n int
			n, err = body.Read(p)
			got = append(got, p[:n]...)
		}
		if same {
			require.Equal(t, io.EOF, err)
			require.True(t, bytes.Equal(content, got))
			return
		}
		require.ErrorIs(t, err, blob.ErrMismatch)
		require.Equal(t, sent[:len(sent)-1], append([]byte{}, got...))
	})
}

// A caller answers with a stream.
type caller func() io.Reader

func (c caller) Call(context.Context, *xrpc.Call) (xrpc.Response, error) {
	return xrpc.Response{Status: 200, Size: -1, Body: io.NopCloser(c())}, nil
}

func BenchmarkDownload(b *testing.B) {
	content := make([]byte, 1<<20)
	cid := dagcbor.Sum(dagcbor.Raw, content)
	c := caller(func() io.Reader { return bytes.NewReader(content) })
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		body, err := blob.Download(b.Context(), c, alice, cid, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			b.Fatal(err)
		}
	}
}
