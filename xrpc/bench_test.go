package xrpc_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/linnet-at/linnet/xrpc"
)

// benchParams are parameters as generated code has them.
type benchParams struct{ limit int64 }

func (p *benchParams) AppendQuery(q []byte) []byte {
	q = xrpc.AppendIntParam(q, "limit", p.limit)
	return xrpc.AppendParam(q, "cursor", "2026-11-22T12:00:00.000Z")
}

// benchOutput is an output that decodes itself without allocating.
type benchOutput struct{ sum int }

func (o *benchOutput) UnmarshalJSON(b []byte) error {
	o.sum = bytes.Count(b, []byte(","))
	return nil
}

// BenchmarkCall is a query over loopback, with net/http alone and with a client.
// All that differs is the client: requests, answers and the transport are equal.
func BenchmarkCall(b *testing.B) {
	for _, size := range []int{500, 30_000} {
		body := bytes.Repeat([]byte(`{"a":1},`), size/8)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}))
		defer server.Close()
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		b.Run(fmt.Sprintf("%d/http", size), func(b *testing.B) {
			b.ReportAllocs()
			h := &http.Client{Transport: transport}
			for b.Loop() {
				if err := bare(b.Context(), h, server.URL); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/xrpc", size), func(b *testing.B) {
			b.ReportAllocs()
			c, err := xrpc.New(server.URL, &xrpc.Options{Development: true, HTTPClient: &http.Client{Transport: transport}, Auth: xrpc.BearerAuth("token")})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				var out benchOutput
				if _, err := c.Call(b.Context(), &xrpc.Call{NSID: method, Params: &benchParams{50}, Output: &out}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOverhead is BenchmarkCall without a network.
func BenchmarkOverhead(b *testing.B) {
	body := bytes.Repeat([]byte(`{"a":1},`), 60)
	transport := tripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)),
			ContentLength: int64(len(body)), Request: r,
		}, nil
	})
	b.Run("http", func(b *testing.B) {
		b.ReportAllocs()
		h := &http.Client{Transport: transport}
		for b.Loop() {
			if err := bare(b.Context(), h, "https://pds.example.com"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("xrpc", func(b *testing.B) {
		b.ReportAllocs()
		c := fakeClient(b, xrpc.Options{Auth: xrpc.BearerAuth("token")}, transport)
		for b.Loop() {
			var out benchOutput
			if _, err := c.Call(b.Context(), &xrpc.Call{NSID: method, Params: &benchParams{50}, Output: &out}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// bare is what one writes with net/http: a request with a time-out, headers, and
// an answer that is read to its end and decoded.
func bare(ctx context.Context, h *http.Client, host string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	url := fmt.Sprintf("%s/xrpc/%s?limit=%d&cursor=%s", host, method, 50, "2026-11-22T12:00:00.000Z")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("User-Agent", "bench")
	res, err := h.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var out benchOutput
	return out.UnmarshalJSON(body)
}

func BenchmarkAppendQuery(b *testing.B) {
	b.ReportAllocs()
	p := &benchParams{50}
	var buf []byte
	for b.Loop() {
		buf = p.AppendQuery(buf[:0])
	}
}
