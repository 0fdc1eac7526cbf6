package mst_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

func TestWalker(t *testing.T) {
	ledger.Covers(t, "MST-005", "MST-006", "MST-009")
	for _, m := range []map[string]dagcbor.CID{
		nil, examples("3fo2j"), examples("3fx2j"), examples("A0/374913 C2/014073"), numbered(pool(10, 4)), numbered(repoKeys(1000)),
	} {
		tree := build(t, m)
		src := blocks(t, tree)
		w := mst.NewWalker(src, tree.Root(), nil)
		stats := mst.Stats{Nodes: int64(len(src)), Entries: int64(len(m))}
		for _, b := range src {
			stats.Bytes += int64(len(b))
		}
		for range 2 {
			entries, err := collect(w.Entries(t.Context()))
			require.NoError(t, err)
			require.Equal(t, entriesOf(m), entries)
			require.Equal(t, stats, w.Stats())
		}
		n := 0
		for e, err := range w.Entries(t.Context()) { // stops, and can begin anew
			require.NoError(t, err)
			if n++; n == len(m)/2 {
				require.Equal(t, entriesOf(m)[n-1], e)
				break
			}
		}
		entries, err := collect(w.Entries(t.Context()))
		require.NoError(t, err)
		require.Equal(t, entriesOf(m), entries)
	}
}

// Keys come out whole, however much of them is written out.
func TestKeyLengths(t *testing.T) {
	ledger.Covers(t, "MST-015", "MST-022")
	for n := 1; n <= 130; n++ {
		for same := range 3 {
			long := strings.Repeat("abcdefghijklmnopqrstuvwxyz", 6)
			m := numbered([]string{long[:same*20] + "A", long[:same*20] + long[:n]})
			entries, err := collect(mst.NewWalker(blocks(t, build(t, m)), refRoot(m), nil).Entries(t.Context()))
			require.NoError(t, err)
			require.Equal(t, entriesOf(m), entries)
		}
	}
}

// The iterators end at a break, wherever it comes.
func TestBreak(t *testing.T) {
	tree := build(t, numbered(pool(2, 2)))
	steps := 0
	for range tree.Preorder(t.Context()) {
		steps++
	}
	for stop := range steps {
		n := 0
		for range tree.Preorder(t.Context()) {
			if n++; n > stop {
				break
			}
		}
		require.Equal(t, stop+1, n)
	}
}

func TestNotANode(t *testing.T) {
	ledger.Covers(t, "CID-008", "MST-021", "MST-024")
	tree := build(t, examples("3fo2j"))
	src := blocks(t, tree)
	raw := dagcbor.CIDFromDigest(dagcbor.Raw, tree.Root().Digest())
	src[raw] = src[tree.Root()]
	src[none] = src[tree.Root()]
	for _, o := range []*mst.Options{nil, {TrustHashes: true}} {
		for _, c := range []dagcbor.CID{raw, none} {
			requireRefused(t, src, c, o, "", &mst.NodeError{CID: c, Offset: -1, Msg: "CID is not that of a node"})
		}
	}
	for _, src := range []mst.Source{nil, mst.MapSource{}, mst.MapSource(nil)} {
		requireRefused(t, src, tree.Root(), nil, "", &mst.MissingBlockError{CID: tree.Root()})
	}
}

// A block that is not what its CID says is refused unless hashes are trusted.
func TestHashes(t *testing.T) {
	ledger.Covers(t, "MST-021", "MST-024")
	tree := build(t, numbered(pool(3, 2)))
	src := blocks(t, tree)
	other := blocks(t, build(t, examples("3fo2j")))
	for c, b := range src {
		for _, wrong := range [][]byte{nil, {}, append(slices.Clip(b), 0), b[:len(b)-1], other[build(t, examples("3fo2j")).Root()]} {
			src[c] = wrong
			want := &mst.NodeError{CID: c, Offset: -1, Msg: "block does not match its CID"}
			_, err := collect(mst.NewWalker(src, tree.Root(), nil).Entries(t.Context()))
			require.Equal(t, want, err)
			part, err := mst.Load(t.Context(), src, tree.Root(), nil)
			if err == nil {
				_, err = collect(part.Entries(t.Context()))
			}
			require.Equal(t, want, err)
			_, err = collect(mst.NewWalker(src, tree.Root(), &mst.Options{TrustHashes: true}).Entries(t.Context()))
			require.NotEqual(t, want, err)
		}
		src[c] = b
	}
}

// flaky is a source that fails from a certain call on.
type flaky struct {
	mst.Source
	left int
	err  error
}

func (f *flaky) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if f.left--; f.left < 0 {
		return nil, f.err
	}
	return f.Source.Block(ctx, c)
}

// Errors of the source come through as they are, and change nothing.
func TestSourceErrors(t *testing.T) {
	ledger.Covers(t, "MST-045", "MST-030")
	m := numbered(pool(4, 3))
	tree := build(t, m)
	boom := errors.New("disk on fire")
	ops := []mst.Op{{Action: mst.Delete, Key: pool(4, 3)[3]}, {Action: mst.Put, Key: "a", Value: leafValue}, {Action: mst.Delete, Key: pool(4, 3)[0]}}
	after, err := tree.Apply(t.Context(), ops...)
	require.NoError(t, err)
	for calls := range 40 {
		src := &flaky{blocks(t, tree), calls, boom}
		_, err := collect(mst.NewWalker(src, tree.Root(), nil).Entries(t.Context()))
		done := calls >= len(blocks(t, tree))
		require.Equal(t, done, err == nil)
		require.Equal(t, !done, errors.Is(err, boom))

		src.left = calls + 1
		part, err := mst.Load(t.Context(), src, tree.Root(), nil)
		require.NoError(t, err)
		changed, err := part.Apply(t.Context(), ops...)
		if err != nil {
			require.ErrorIs(t, err, boom)
			require.Nil(t, changed)
			src.left = 1 << 20
			requireTree(t, m, part)
			changed, err = part.Apply(t.Context(), ops...)
			require.NoError(t, err)
		}
		src.left = 1 << 20
		require.Equal(t, after.Root(), changed.Root())

		src.left, src.err = calls, fmt.Errorf("remote: %w", mst.ErrNotFound)
		_, err = collect(mst.NewWalker(src, tree.Root(), nil).Entries(t.Context()))
		_, missing := errors.AsType[*mst.MissingBlockError](err)
		require.Equal(t, !done, missing)
	}
}

func TestCancel(t *testing.T) {
	tree := build(t, numbered(pool(20, 3)))
	src := blocks(t, tree)
	part := lazy(t, tree)
	ctx, cancel := context.WithCancel(t.Context())
	for name, seq := range map[string]func(context.Context) func(func(mst.Entry, error) bool){
		"walker": func(ctx context.Context) func(func(mst.Entry, error) bool) {
			return mst.NewWalker(src, tree.Root(), nil).Entries(ctx)
		},
		"lazy":   func(ctx context.Context) func(func(mst.Entry, error) bool) { return part.Entries(ctx) },
		"memory": func(ctx context.Context) func(func(mst.Entry, error) bool) { return tree.Entries(ctx) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		var last error
		for _, err := range seq(ctx) {
			if last = err; err != nil {
				break
			}
			if n++; n == 10 {
				cancel()
			}
		}
		require.ErrorIs(t, last, context.Canceled, name)
		require.Less(t, n, 40, name)
		cancel()
	}
	cancel()
	_, err := mst.Load(ctx, src, tree.Root(), nil)
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = part.Get(ctx, "a")
	require.ErrorIs(t, err, context.Canceled)
	_, err = part.Put(ctx, on(0, "a"), leafValue)
	require.ErrorIs(t, err, context.Canceled)
	_, err = part.Delete(ctx, on(0, "a"))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, part.Draw(ctx, discard{}), context.Canceled)
	for _, tree := range []*mst.Tree{tree, part} {
		for s, err := range tree.Preorder(ctx) {
			require.ErrorIs(t, err, context.Canceled)
			require.Zero(t, s)
		}
	}
	// What needs nothing from outside does not care.
	_, err = tree.Put(ctx, on(0, "a"), leafValue)
	require.NoError(t, err)
}

// Layers are computed unless they are trusted; all else is checked still.
func TestTrustLayers(t *testing.T) {
	o := &mst.Options{TrustLayers: true}
	f := newForest()
	wrong := f.add(f.leaf(on(1, "b")), leaves{key: on(1, "m")}, leaves{key: on(0, "n")})
	requireRefused(t, f, wrong, nil, "a", &mst.NodeError{CID: wrong, Offset: -1, Key: on(0, "n"), Msg: "key lies on another layer than its node"})
	entries, err := collect(mst.NewWalker(f, wrong, o).Entries(t.Context()))
	require.NoError(t, err)
	require.Len(t, entries, 3)
	bad := f.leaf(on(0, "z"))
	_, err = collect(mst.NewWalker(f, f.add(bad, leaves{key: on(1, "m")}), o).Entries(t.Context()))
	require.Equal(t, &mst.NodeError{CID: bad, Offset: -1, Key: on(0, "z"), Msg: "keys are out of order between nodes"}, err)
	same := f.leaf(on(1, "m")) // as the key above
	for _, root := range []dagcbor.CID{f.add(same, leaves{key: on(1, "m")}), f.add(none, leaves{on(1, "m"), same})} {
		want := &mst.NodeError{CID: same, Offset: -1, Key: on(1, "m"), Msg: "keys are out of order between nodes"}
		_, err = collect(mst.NewWalker(f, root, o).Entries(t.Context()))
		require.Equal(t, want, err)
		part, err := mst.Load(t.Context(), f, root, o)
		require.NoError(t, err)
		_, err = collect(part.Entries(t.Context()))
		require.Equal(t, want, err)
	}
	m := numbered(pool(3, 3))
	tree := build(t, m)
	entries, err = collect(mst.NewWalker(blocks(t, tree), tree.Root(), o).Entries(t.Context()))
	require.NoError(t, err)
	require.Equal(t, entriesOf(m), entries)
	part, err := mst.Load(t.Context(), blocks(t, tree), tree.Root(), o)
	require.NoError(t, err)
	requireTree(t, m, part)
	for key := range m { // a root knows its layer
		less, err := part.Delete(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, refRoot(without(m, key)), less.Root())
	}
}

func without(m map[string]dagcbor.CID, key string) map[string]dagcbor.CID {
	m = maps.Clone(m)
	delete(m, key)
	return m
}
