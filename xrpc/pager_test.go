package xrpc_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

type page struct {
	items []int
	next  string
	err   error
}

// pages returns what fetches given pages, and the cursors that were asked for.
func pages(all map[string]page) (func(context.Context, string) ([]int, string, error), *[]string) {
	var asked []string
	return func(_ context.Context, cursor string) ([]int, string, error) {
		asked = append(asked, cursor)
		p := all[cursor]
		return p.items, p.next, p.err
	}, &asked
}

func collect[T any](t *testing.T, p *xrpc.Pager[T]) (all []T, last error) {
	for item, err := range p.Items(t.Context()) {
		require.NoError(t, last, "the error is the last pair")
		if err != nil {
			require.Zero(t, item)
			last = err
			continue
		}
		all = append(all, item)
	}
	return all, last
}

func TestPager(t *testing.T) {
	ledger.Covers(t, "XRPC-049", "XRPC-050", "XRPC-051")
	broken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		pages map[string]page
		opts  *xrpc.PagerOptions
		want  []int
		asked []string
		err   error
		done  bool
		next  string
	}{
		{"one page", map[string]page{"": {items: []int{1, 2}}}, nil, []int{1, 2}, []string{""}, nil, true, ""},
		{"nothing", map[string]page{"": {}}, nil, nil, []string{""}, nil, true, ""},
		{"three", map[string]page{"": {items: []int{1}, next: "b"}, "b": {items: []int{2}, next: "a"}, "a": {items: []int{3}}}, nil, []int{1, 2, 3}, []string{"", "b", "a"}, nil, true, "a"},
		{"empty page", map[string]page{"": {next: "b"}, "b": {next: "c"}, "c": {items: []int{3}}}, nil, []int{3}, []string{"", "b", "c"}, nil, true, "c"},
		{"cursor that stays", map[string]page{"": {items: []int{1}, next: "b"}, "b": {items: []int{2}, next: "b"}}, nil, []int{1, 2}, []string{"", "b"}, xrpc.ErrCursorLoop, false, "b"},
		{"cursor that stays where it began", map[string]page{"b": {items: []int{2}, next: "b"}}, &xrpc.PagerOptions{Cursor: "b"}, []int{2}, []string{"b"}, xrpc.ErrCursorLoop, false, "b"},
		{"empty pages, of which the last is the end", map[string]page{"": {next: "b"}, "b": {}}, &xrpc.PagerOptions{MaxEmptyPages: 1}, nil, []string{"", "b"}, nil, true, "b"},
		{"from the middle", map[string]page{"b": {items: []int{2}}}, &xrpc.PagerOptions{Cursor: "b"}, []int{2}, []string{"b"}, nil, true, "b"},
		{"failure", map[string]page{"": {items: []int{1}, next: "b"}, "b": {err: broken, items: []int{9}}}, nil, []int{1}, []string{"", "b"}, broken, false, "b"},
		{"at most two", map[string]page{"": {items: []int{1}, next: "b"}, "b": {items: []int{2}, next: "c"}}, &xrpc.PagerOptions{MaxPages: 2}, []int{1, 2}, []string{"", "b"}, nil, false, "c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fetch, asked := pages(tt.pages)
			p := xrpc.NewPager(fetch, tt.opts)
			got, err := collect(t, p)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.err, err)
			require.Equal(t, tt.asked, *asked)
			require.Equal(t, tt.done, p.Done())
			require.Equal(t, tt.next, p.Cursor())
			if tt.done {
				again, err := collect(t, p)
				require.NoError(t, err)
				require.Empty(t, again)
				require.Equal(t, tt.asked, *asked)
			}
		})
	}
}

// TestPagerResume: what was not finished is given again, to a loop that follows
// and to another pager.
func TestPagerResume(t *testing.T) {
	ledger.Covers(t, "XRPC-051")
	fetch, _ := pages(map[string]page{"": {items: []int{1, 2}, next: "b"}, "b": {items: []int{3, 4}, next: "c"}, "c": {items: []int{5}}})
	p := xrpc.NewPager(fetch, nil)
	for item, err := range p.Items(t.Context()) {
		require.NoError(t, err)
		if item == 3 {
			break
		}
	}
	require.Equal(t, "b", p.Cursor())
	require.False(t, p.Done())
	other, err := collect(t, xrpc.NewPager(fetch, &xrpc.PagerOptions{Cursor: p.Cursor()}))
	require.NoError(t, err)
	require.Equal(t, []int{3, 4, 5}, other)
	rest, err := collect(t, p)
	require.NoError(t, err)
	require.Equal(t, []int{3, 4, 5}, rest)
}

func TestPagerCancelled(t *testing.T) {
	ledger.Covers(t, "XRPC-051")
	fetch, asked := pages(map[string]page{"": {items: []int{1}, next: "b"}, "b": {items: []int{2}, next: "c"}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range xrpc.NewPager(fetch, nil).Items(ctx) {
		last = err
		cancel()
	}
	require.ErrorIs(t, last, context.Canceled)
	require.Equal(t, []string{""}, *asked)
}

func TestPagerEmptyPages(t *testing.T) {
	ledger.Covers(t, "XRPC-050")
	n := 0
	endless := func(context.Context, string) ([]int, string, error) { n++; return nil, strconv.Itoa(n), nil }
	for _, tt := range []struct{ limit, asked int }{{0, 101}, {1, 2}, {10, 11}} {
		n = 0
		_, err := collect(t, xrpc.NewPager(endless, &xrpc.PagerOptions{MaxEmptyPages: tt.limit}))
		limit, ok := errors.AsType[*xrpc.LimitError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "xrpc: empty pages in a row", limit.Name)
		require.Equal(t, tt.asked, n)
	}
	n = 0
	_, err := collect(t, xrpc.NewPager(endless, &xrpc.PagerOptions{MaxEmptyPages: -1, MaxPages: 5000}))
	require.NoError(t, err)
	require.Equal(t, 5000, n)
}

// TestPagerCircles: circles of any length are found, after any way into them.
func TestPagerCircles(t *testing.T) {
	ledger.Covers(t, "XRPC-050")
	for range 200 {
		tail, circle := rand.IntN(50), 1+rand.IntN(50)
		n := 0
		p := xrpc.NewPager(func(_ context.Context, cursor string) ([]int, string, error) {
			n++
			at, _ := strconv.Atoi(cursor)
			if at++; at > tail+circle {
				at -= circle
			}
			return []int{at}, strconv.Itoa(at), nil
		}, nil)
		_, err := collect(t, p)
		require.ErrorIs(t, err, xrpc.ErrCursorLoop)
		require.LessOrEqual(t, n, 4*(tail+circle)+4)
	}
}

// TestPagerRequests: all other parameters stay the same, and there is no cursor
// in the first request.
func TestPagerRequests(t *testing.T) {
	ledger.Covers(t, "XRPC-049")
	s := newServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		next := map[string]string{"": `,"cursor":"b c"`, "b c": `,"cursor":"d"`, "d": `,"cursor":""`}[r.FormValue("cursor")]
		answer(200, fmt.Sprintf(`{"items":[%d]%s}`, len(r.FormValue("cursor")), next))(w, r)
	})
	type out struct {
		Items  []int
		Cursor string
	}
	p := xrpc.NewPager(func(ctx context.Context, cursor string) ([]int, string, error) {
		params := xrpc.Values{"limit": {"2"}}
		if cursor != "" {
			params["cursor"] = []string{cursor}
		}
		o, err := xrpc.Query[out](ctx, s.client, method, params)
		return o.Items, o.Cursor, err
	}, nil)
	got, err := collect(t, p)
	require.NoError(t, err)
	require.Equal(t, []int{0, 3, 1}, got)
	var queries []string
	for _, r := range s.requests() {
		queries = append(queries, r.URL.RawQuery)
	}
	require.Equal(t, []string{"limit=2", "cursor=b%20c&limit=2", "cursor=d&limit=2"}, queries)
}
