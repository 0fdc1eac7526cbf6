package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/linnet-at/linnet/xrpc"
)

const (
	xrpcMethod = "com.example.listNotes"
	// xrpcOverhead is how much longer than bare net/http a call may take, and
	// xrpcAllocs how many allocations more it may make.
	xrpcOverhead = 1.10
	xrpcAllocs   = 10
)

// xrpcRows are calls to a server on loopback in this process, whose time and
// memory are in the figures of all.
func xrpcRows(wanted func(string) bool) ([]row, error) {
	var rows []row
	for _, size := range []int{500, 30_000} {
		name := fmt.Sprintf("XRPC query over loopback, %d B", size)
		if !wanted(name) {
			continue
		}
		r, err := xrpcRow(name, size)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// xrpcRow compares a call with what one writes with net/http: a request with a
// time-out, the same headers, and an answer of the given size that is read to
// its end. The server lives as long as the process.
func xrpcRow(name string, size int) (row, error) {
	answer := bytes.Repeat([]byte(`{"a":1},`), size/8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer) // a client that has left is not measured
	}))
	transport := new(http.Transport)
	client, err := xrpc.New(server.URL, &xrpc.Options{
		Development: true, HTTPClient: &http.Client{Transport: transport}, Auth: xrpc.BearerAuth("token"), UserAgent: "bench",
	})
	if err != nil {
		return row{}, err
	}
	bare := &http.Client{Transport: transport}
	ctx := context.Background()
	r := row{
		name: name,
		ours: func() {
			var out byteCount
			if _, err := client.Call(ctx, &xrpc.Call{NSID: xrpcMethod, Params: &xrpcParams{50}, Output: &out}); err != nil {
				panic(err)
			}
		},
		otherName: "net/http", other: func() { must(bareQuery(ctx, bare, server.URL)) },
		askedOther: 1 / xrpcOverhead,
	}
	r.agree = func() error {
		var out byteCount
		_, err := client.Call(ctx, &xrpc.Call{NSID: xrpcMethod, Params: &xrpcParams{50}, Output: &out})
		if err != nil {
			return err
		}
		n, err := bareQuery(ctx, bare, server.URL)
		if err == nil && (n != out || int(n) != len(answer)) {
			err = fmt.Errorf("%d and %d bytes of %d", out, n, len(answer))
		}
		return err
	}
	if err := r.agree(); err != nil { // it warms up, too
		return row{}, err
	}
	r.maxAllocs = allocations(r.other, 500).allocs + xrpcAllocs
	return r, nil
}

// xrpcParams are parameters as generated code has them.
type xrpcParams struct{ limit int64 }

func (p *xrpcParams) AppendQuery(q []byte) []byte {
	return xrpc.AppendParam(xrpc.AppendIntParam(q, "limit", p.limit), "cursor", "2026-11-22T12:00:00.000Z")
}

// A byteCount is an output of which only the size counts.
type byteCount int

func (c *byteCount) UnmarshalJSON(b []byte) error {
	*c = byteCount(len(b))
	return nil
}

func bareQuery(ctx context.Context, h *http.Client, host string) (byteCount, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	url := fmt.Sprintf("%s/xrpc/%s?limit=%d&cursor=%s", host, xrpcMethod, 50, "2026-11-22T12:00:00.000Z")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("User-Agent", "bench")
	res, err := h.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(res.Body)
	return byteCount(len(body)), err
}
