package xrpc_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

func upload(ctx context.Context, c xrpc.Caller, b *xrpc.Body, r *xrpc.Retry) error {
	_, err := c.Call(ctx, &xrpc.Call{NSID: method, Kind: xrpc.KindProcedure, Body: b, Output: new(raw), Options: xrpc.CallOptions{Retry: r}})
	return err
}

func TestBody(t *testing.T) {
	ledger.Covers(t, "XRPC-124")
	s := newServer(t, nil, answer(200, `{}`))
	file := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(file, []byte("0123456789"), 0o600))
	open := func(skip int64) io.Reader {
		f, err := os.Open(file)
		require.NoError(t, err)
		t.Cleanup(func() { f.Close() })
		_, err = f.Seek(skip, io.SeekStart)
		require.NoError(t, err)
		return f
	}
	part := bytes.NewReader([]byte("0123456789"))
	_, err := part.ReadByte()
	require.NoError(t, err)
	for _, tt := range []struct {
		name    string
		r       io.Reader
		size    int64
		want    string
		length  int64
		rewinds bool
	}{
		{"strings.Reader", strings.NewReader("hello"), -1, "hello", 5, true},
		{"bytes.Reader, part read", part, -1, "123456789", 9, true},
		{"bytes.Buffer", bytes.NewBufferString("hello"), -1, "hello", 5, true},
		{"file", open(0), -1, "0123456789", 10, true},
		{"file from the middle", open(4), -1, "456789", 6, true},
		{"file at its end", open(10), -1, "", 0, true},
		{"file, less of it", open(2), 3, "234", 3, true},
		{"file, all that there is", open(2), 8, "23456789", 8, true},
		{"nil", nil, -1, "", 0, true},
		{"stream", once{strings.NewReader("hello")}, -1, "hello", -1, false},
		{"stream with size", once{strings.NewReader("hello")}, 5, "hello", 5, false},
		{"stream, less of it", once{strings.NewReader("hello")}, 2, "he", 2, false},
		{"stream whose end comes with its data", iotest.DataErrReader(strings.NewReader("hello")), 5, "hello", 5, false},
		{"empty stream", once{strings.NewReader("")}, -1, "", -1, false},
		{"one byte at a time", iotest.OneByteReader(strings.NewReader("hello")), -1, "hello", -1, false},
		{"large", bytes.NewReader(make([]byte, 1<<20)), -1, string(make([]byte, 1<<20)), 1 << 20, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := xrpc.NewBody("application/vnd.ipld.car", tt.r, tt.size)
			require.Equal(t, tt.length, b.Size())
			require.Equal(t, tt.rewinds, b.Rewinds())
			for i := range 2 {
				err := upload(t.Context(), s.client, b, nil)
				if i == 1 && !tt.rewinds {
					require.ErrorIs(t, err, xrpc.ErrBodyConsumed)
					continue
				}
				require.NoError(t, err)
				r := s.last(t)
				require.Equal(t, "application/vnd.ipld.car", r.Header.Get("Content-Type"))
				require.Equal(t, tt.want, r.body)
				require.Equal(t, tt.length, r.ContentLength)
			}
		})
	}
	require.Equal(t, "application/octet-stream", xrpc.NewBody("", nil, 0).MediaType())

	err = upload(t.Context(), s.client, xrpc.NewBody("", once{strings.NewReader("hello")}, 9), nil)
	require.Error(t, err, "a stream that is shorter than was said is not sent as if it were whole")
	s = newServer(t, nil, answer(200, `{}`)) // which has not seen what was cut off
	for _, short := range []io.Reader{strings.NewReader("01234567"), bytes.NewBufferString("01234567"), open(2)} {
		err = upload(t.Context(), s.client, xrpc.NewBody("", short, 9), nil)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.EqualError(t, err, "xrpc: "+method+": body: 8 bytes instead of 9: unexpected EOF")
	}
	require.Empty(t, s.requests(), "nothing was sent")
	err = upload(t.Context(), s.client, xrpc.NewBody("", iotest.ErrReader(errors.New("disk on fire")), -1), nil)
	require.ErrorContains(t, err, "disk on fire")
}

// TestBrokenSource: a source that fails is not the network, and is not asked
// again.
func TestBrokenSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	for name, source := range map[string]func(t *testing.T) io.ReadSeeker{
		"fails": func(*testing.T) io.ReadSeeker {
			r := strings.NewReader("hello")
			return struct {
				io.Reader
				io.Seeker
			}{iotest.ErrReader(errors.New("disk on fire")), r}
		},
		"shrinks": func(t *testing.T) io.ReadSeeker {
			require.NoError(t, os.WriteFile(file, []byte("hello"), 0o600))
			f, err := os.Open(file)
			require.NoError(t, err)
			t.Cleanup(func() { f.Close() })
			return f
		},
	} {
		t.Run(name, func(t *testing.T) {
			attempts := 0
			c := fakeClient(t, xrpc.Options{Retry: &xrpc.Retry{Backoff: -1}}, func(r *http.Request) (*http.Response, error) {
				attempts++
				if _, err := io.ReadAll(r.Body); err != nil {
					return nil, err
				}
				return respond(r, 200, `{}`), nil
			})
			b := xrpc.NewBody("", source(t), -1)
			if name == "shrinks" {
				require.NoError(t, os.Truncate(file, 3))
			}
			err := upload(t.Context(), xrpc.With(c, xrpc.CallOptions{Idempotent: true}), b, nil)
			require.Error(t, err)
			require.Equal(t, 1, attempts, "%v", err)
		})
	}
}

// TestShortBody: a transport that does not count is told that a body is short.
func TestShortBody(t *testing.T) {
	c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
		require.Equal(t, int64(9), r.ContentLength)
		if _, err := io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		return respond(r, 200, `{}`), nil
	})
	err := upload(t.Context(), c, xrpc.NewBody("", once{strings.NewReader("hello")}, 9), nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// TestBodyRetries: a repeated request has the whole body, and a stream that was
// consumed is never sent again, empty or not.
func TestBodyRetries(t *testing.T) {
	ledger.Covers(t, "XRPC-044", "XRPC-063")
	content := make([]byte, 300_000)
	_, _ = rand.Read(content)
	for _, tt := range []struct {
		name   string
		status int
		read   int64 // how much of the body the first answer waits for
		body   string
	}{
		{"429", 429, 1 << 30, ""},
		{"429 at once", 429, 0, ""},
		{"expired", 400, 1 << 30, `{"error":"ExpiredToken"}`},
		{"expired at once", 401, 0, `{"error":"ExpiredToken"}`},
		{"expired in the middle", 401, 100_000, `{"error":"ExpiredToken"}`},
	} {
		for _, rewinds := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.name, rewinds), func(t *testing.T) {
				var mu sync.Mutex
				var got [][]byte
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					first := len(got) == 0
					got = append(got, nil)
					n := len(got) - 1
					mu.Unlock()
					if first {
						body, _ := io.ReadAll(io.LimitReader(r.Body, tt.read))
						mu.Lock()
						got[n] = body
						mu.Unlock()
						answer(tt.status, tt.body)(w, r)
						return
					}
					body, _ := io.ReadAll(r.Body)
					mu.Lock()
					got[n] = body
					mu.Unlock()
					answer(200, `{}`)(w, r)
				}))
				defer s.Close()
				auth := &renewing{}
				c := newClient(t, s.URL, &xrpc.Options{Auth: auth, Retry: &xrpc.Retry{Backoff: time.Millisecond, Procedures: true}})
				var r io.Reader = bytes.NewReader(content)
				if !rewinds {
					r = once{r}
				}
				err := upload(t.Context(), c, xrpc.NewBody("", r, -1), nil)
				mu.Lock()
				defer mu.Unlock()
				if !rewinds {
					require.Error(t, err)
					require.Len(t, got, 1)
					return
				}
				require.NoError(t, err)
				require.GreaterOrEqual(t, len(got), 2)
				require.True(t, bytes.Equal(content, got[len(got)-1]))
			})
		}
	}
}

// A renewing Auth asks for another try when its token has expired.
type renewing struct {
	mu    sync.Mutex
	n     int
	calls int
}

func (a *renewing) Authorize(_ context.Context, r *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.Header.Set("Authorization", fmt.Sprintf("Bearer token%d", a.n))
	return nil
}

func (a *renewing) HandleResponse(_ context.Context, _ *http.Request, _ *http.Response, e *xrpc.Error) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	if e == nil || e.Name != xrpc.ExpiredToken {
		return false, nil
	}
	a.n++
	return true, nil
}

func TestProgress(t *testing.T) {
	s := newServer(t, nil, answer(200, `{}`))
	for _, known := range []bool{true, false} {
		var mu sync.Mutex
		var told []int64
		var r io.Reader = bytes.NewReader(make([]byte, 500_000))
		if !known {
			r = once{r}
		}
		b := xrpc.NewBody("", r, -1)
		b.Progress = func(sent int64) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, sent)
		}
		require.NoError(t, upload(t.Context(), s.client, b, nil))
		mu.Lock()
		require.Greater(t, len(told), 3)
		for i := range told[1:] {
			require.Greater(t, told[i+1], told[i])
		}
		require.Equal(t, int64(500_000), told[len(told)-1])
		mu.Unlock()
	}
}

// TestLastProgress: all is reported in the end, though the transport has no
// reason to ask for more, and only of what was taken.
func TestLastProgress(t *testing.T) {
	for status, want := range map[int]int64{200: 5, 400: 0} {
		var told int64
		c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
			_, err := io.ReadFull(r.Body, make([]byte, 5))
			require.NoError(t, err)
			r.Body = nil
			return respond(r, status, `{}`), nil
		})
		b := xrpc.NewBody("", strings.NewReader("hello"), -1)
		b.Progress = func(n int64) { told = n }
		require.Equal(t, status == 200, upload(t.Context(), c, b, nil) == nil)
		require.Equal(t, want, told)
	}
}

// TestUploadStalls: the network must take what it is given, while a slow source
// is nobody's fault.
func TestUploadStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := 0
		c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) {
			for range taken {
				if _, err := r.Body.Read(make([]byte, 1)); err != nil {
					return nil, err
				}
			}
			return stuck(r)
		})
		in, out := io.Pipe()
		go func() {
			for range 3 {
				time.Sleep(time.Hour)
				fmt.Fprint(out, "x")
			}
		}()
		taken = 3
		start := time.Now()
		err := upload(t.Context(), c, xrpc.NewBody("", in, -1), nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*time.Hour+xrpc.DefaultAttemptTimeout, time.Since(start))
	})
}

// TestEarlyAnswer: an answer that comes before the body was sent is the answer,
// though the source hangs.
func TestEarlyAnswer(t *testing.T) {
	s := httptest.NewServer(answer(413, `{"error":"PayloadTooLarge"}`, "Connection: close"))
	defer s.Close()
	in, out := io.Pipe()
	defer out.Close()
	go fmt.Fprint(out, "some")
	c := newClient(t, s.URL, nil)
	err := upload(t.Context(), c, xrpc.NewBody("", in, -1), nil)
	require.True(t, xrpc.Is(err, xrpc.PayloadTooLarge), "%v", err)
}

// A slowSource takes its time for its first Read, and notes when it is used
// meanwhile.
type slowSource struct {
	*strings.Reader
	reads   int
	reading bool
	misused bool
}

func (s *slowSource) Read(p []byte) (int, error) {
	s.misused = s.misused || s.reading
	if s.reads++; s.reads == 1 {
		s.reading = true
		time.Sleep(time.Second)
		s.reading = false
	}
	return s.Reader.Read(p)
}

func (s *slowSource) Seek(offset int64, whence int) (int64, error) {
	s.misused = s.misused || s.reading
	return s.Reader.Seek(offset, whence)
}

// TestRepeatedWhileRead: a source that is being read is not used for the next
// attempt before that has an end.
func TestRepeatedWhileRead(t *testing.T) {
	for status, body := range map[int]string{429: "", 401: `{"error":"ExpiredToken"}`} {
		synctest.Test(t, func(t *testing.T) {
			var got string
			c := fakeClient(t, xrpc.Options{Auth: &renewing{}, Retry: &xrpc.Retry{Backoff: -1}}, func(r *http.Request) (*http.Response, error) {
				if r.Header.Get("Authorization") == "Bearer token0" && got == "" {
					got = "nothing"
					go io.ReadAll(r.Body)
					time.Sleep(100 * time.Millisecond)
					r.Body = nil
					return respond(r, status, body), nil
				}
				b, err := io.ReadAll(r.Body)
				got = string(b)
				return respond(r, 200, `{}`), err
			})
			source := &slowSource{Reader: strings.NewReader("hello")}
			start := time.Now()
			require.NoError(t, upload(t.Context(), c, xrpc.NewBody("", source, -1), nil))
			require.Equal(t, "hello", got)
			require.False(t, source.misused)
			require.Equal(t, time.Second, time.Since(start))
		})
	}
}
