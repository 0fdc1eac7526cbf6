package mst_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// bottomKeys returns n keys on layer 0.
func bottomKeys(n int) map[string]dagcbor.CID {
	m := map[string]dagcbor.CID{}
	for i := 0; len(m) < n; i++ {
		if key := fmt.Sprintf("app.example.flat/%06d", i); refLayer(key) == 0 {
			m[key] = leafValue
		}
	}
	return m
}

func TestMaxNodeEntries(t *testing.T) {
	ledger.Covers(t, "MST-028")
	for _, tc := range []struct {
		entries, limit int
		o              *mst.Options
	}{
		{255, 0, nil},
		{256, 0, nil},
		{257, 256, nil},
		{1000, 256, &mst.Options{}},
		{10_000, 0, &mst.Options{MaxNodeEntries: -1}},
		{10_000, 0, &mst.Options{MaxNodeEntries: 10_000}},
		{10_000, 9_999, &mst.Options{MaxNodeEntries: 9_999}},
		{10_000, 0, &mst.Options{MaxNodeEntries: math.MaxInt}},
		{4, 0, &mst.Options{MaxNodeEntries: 4}},
		{5, 4, &mst.Options{MaxNodeEntries: 4}},
	} {
		t.Run(fmt.Sprint(tc.entries, tc.limit), func(t *testing.T) {
			src := mst.MapSource{}
			root := refBuild(bottomKeys(tc.entries)).encode(src)
			entries, err := readNode(t, src[root], tc.o)
			if tc.limit == 0 {
				require.NoError(t, err)
				require.Len(t, entries, tc.entries)
				return
			}
			want := &mst.LimitError{Name: "mst: entries in node " + root.String(), Limit: int64(tc.limit), Got: int64(tc.entries), Offset: 3}
			requireRefused(t, src, root, tc.o, "a", want)
			// The same below a root.
			f := forest{src}
			above := f.add(root, leaves{key: on(1, "b")})
			requireRefused(t, src, above, tc.o, "a", want)
		})
	}
}

// 10,000 entries are more bytes than a node may have; they are not even hashed.
func TestNodeSize(t *testing.T) {
	ledger.Covers(t, "MST-028")
	src := mst.MapSource{}
	root := refBuild(bottomKeys(10_000)).encode(src)
	size := int64(len(src[root]))
	const limit = 256 * (1024 + 128)
	want := &mst.LimitError{Name: "mst: size of node " + root.String(), Limit: limit, Got: size, Offset: -1}
	requireRefused(t, src, root, nil, "a", want)
	require.EqualError(t, want, fmt.Sprintf("mst: size of node %s %d exceeds the limit of 294912", root, size))
	for size, ok := range map[int]bool{limit: true, limit + 1: false} {
		src[leafValue] = make([]byte, size)
		_, err := mst.Load(t.Context(), src, leafValue, nil)
		if ok {
			require.ErrorContains(t, err, "block does not match its CID")
		} else {
			require.IsType(t, &mst.LimitError{}, err)
		}
	}
	src[leafValue] = make([]byte, 64<<20+1)
	_, err := mst.Load(t.Context(), src, leafValue, &mst.Options{MaxNodeEntries: -1})
	require.Equal(t, &mst.LimitError{Name: "mst: size of node " + leafValue.String(), Limit: 64 << 20, Got: 64<<20 + 1, Offset: -1}, err)
}

// Changes don't make nodes that would not be read.
func TestMaxNodeEntriesOfChanges(t *testing.T) {
	ledger.Covers(t, "MST-028")
	m := map[string]dagcbor.CID{}
	for _, name := range []string{"a", "b", "c", "e", "f", "g"} {
		m[on(0, name)] = leafValue
	}
	m[on(1, "d")] = leafValue
	whole := build(t, m)
	limited, err := mst.Load(t.Context(), blocks(t, whole), whole.Root(), &mst.Options{MaxNodeEntries: 3})
	require.NoError(t, err)
	_, err = limited.Put(t.Context(), on(0, "bb"), leafValue)
	require.EqualError(t, err, `mst: op 0, put of key "`+on(0, "bb")+`": entries in node 4 exceeds the limit of 3`)
	_, err = limited.Delete(t.Context(), on(1, "d"))
	require.EqualError(t, err, `mst: op 0, delete of key "`+on(1, "d")+`": entries in node 6 exceeds the limit of 3`)
	_, err = limited.Put(t.Context(), on(0, "b"), value(1))
	require.NoError(t, err)
	less, err := limited.Delete(t.Context(), on(0, "b"))
	require.NoError(t, err)
	_, err = less.Put(t.Context(), on(0, "bb"), leafValue)
	require.NoError(t, err)
	_, err = whole.Delete(t.Context(), on(1, "d"))
	require.NoError(t, err)
}

func TestMaxLayer(t *testing.T) {
	ledger.Covers(t, "MST-028", "MST-032")
	m := examples("A0/374913 C2/014073")
	whole := build(t, m)
	src := blocks(t, whole)
	for _, o := range []*mst.Options{nil, {MaxLayer: 2}, {MaxLayer: -1}, {MaxLayer: 1000}} {
		_, err := collect(mst.NewWalker(src, whole.Root(), o).Entries(t.Context()))
		require.NoError(t, err)
	}
	o := &mst.Options{MaxLayer: 1}
	want := &mst.LimitError{Name: "mst: layer of node " + whole.Root().String(), Limit: 1, Got: 2, Offset: -1}
	requireRefused(t, src, whole.Root(), o, "a", want)

	low, err := whole.Delete(t.Context(), "C2/014073")
	require.NoError(t, err)
	low, err = mst.Load(t.Context(), blocks(t, low), low.Root(), o)
	require.NoError(t, err)
	_, err = low.Put(t.Context(), "C2/014073", leafValue)
	require.EqualError(t, err, `mst: op 0, put of key "C2/014073": layer of key 2 exceeds the limit of 1`)
	_, err = low.Put(t.Context(), on(1, "b"), leafValue)
	require.NoError(t, err)
}

func TestMaxEntries(t *testing.T) {
	ledger.Covers(t, "MST-029")
	m := numbered(pool(5, 1))
	whole := build(t, m)
	src := blocks(t, whole)
	for limit, ok := range map[int64]bool{0: true, -1: true, 11: true, 10: true, 9: false, 1: false} {
		o := &mst.Options{MaxEntries: limit}
		part, err := mst.Load(t.Context(), src, whole.Root(), o)
		require.NoError(t, err)
		for _, seq := range []func() ([]mst.Entry, error){
			func() ([]mst.Entry, error) { return collect(mst.NewWalker(src, whole.Root(), o).Entries(t.Context())) },
			func() ([]mst.Entry, error) { return collect(part.Entries(t.Context())) },
			func() (entries []mst.Entry, err error) {
				changes, err := collectChanges(mst.Diff(t.Context(), part, mst.New()))
				for _, c := range changes {
					entries = append(entries, mst.Entry{Key: c.Key, Value: c.Old})
				}
				return entries, err
			},
			func() (entries []mst.Entry, err error) {
				for s, err := range part.Preorder(t.Context()) {
					if err != nil {
						return entries, err
					}
					if s.Node == nil {
						entries = append(entries, mst.Entry{Key: s.Key, Value: s.CID})
					}
				}
				return entries, nil
			},
		} {
			entries, err := seq()
			if ok {
				require.NoError(t, err)
				require.Len(t, entries, 10)
				continue
			}
			require.Len(t, entries, int(limit))
			require.Equal(t, &mst.LimitError{Name: "mst: entries in tree", Limit: limit, Got: limit + 1, Offset: -1}, err)
		}
	}
}

// Every walk has a budget of nodes.
func TestMaxNodes(t *testing.T) {
	ledger.Covers(t, "MST-029")
	whole := build(t, numbered(pool(5, 2)))
	src := blocks(t, whole)
	nodes := int64(len(src))
	for limit, ok := range map[int64]bool{0: true, -1: true, nodes: true, nodes - 1: false, 1: false} {
		o := &mst.Options{MaxNodes: limit}
		part, err := mst.Load(t.Context(), src, whole.Root(), o)
		require.NoError(t, err)
		for name, walk := range map[string]func() error{
			"Walker":    func() error { _, err := collect(mst.NewWalker(src, whole.Root(), o).Entries(t.Context())); return err },
			"Entries":   func() error { _, err := collect(part.Entries(t.Context())); return err },
			"RangeBack": func() error { _, err := collect(part.RangeBack(t.Context(), "", "")); return err },
			"Count":     func() error { _, err := part.Count(t.Context()); return err },
			"Draw":      func() error { return part.Draw(t.Context(), discard{}) },
			"Diff":      func() error { _, err := collectChanges(mst.Diff(t.Context(), mst.New(), part)); return err },
			"DiffNodes": func() error { _, _, err := mst.DiffNodes(t.Context(), part, mst.New()); return err },
			"Preorder": func() (err error) {
				for _, err = range part.Preorder(t.Context()) {
				}
				return err
			},
		} {
			if err := walk(); ok {
				require.NoError(t, err, name)
			} else {
				require.Equal(t, &mst.LimitError{Name: "mst: nodes in tree", Limit: limit, Got: limit + 1, Offset: -1}, err, name)
			}
		}
	}
}
