package mst_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

const restarted = "mst: the walker has begun another iteration"

// sources are ways to read the nodes of src.
func sources(src mst.MapSource) map[string]mst.Source {
	return map[string]mst.Source{"single": src, "batch": newBatchSource(src)}
}

// An iteration ends with an error when its Walker has begun another one,
// wherever that is and however far the other one gets. The other one is right.
func TestWalkerNested(t *testing.T) {
	m := numbered(pool(4, 4))
	want, tree := entriesOf(m), build(t, m)
	for name, src := range sources(blocks(t, tree)) {
		for at := range want {
			for _, stop := range []int{0, 1, len(want) / 2, len(want) + 1} {
				w := mst.NewWalker(src, tree.Root(), nil)
				seq := w.Entries(t.Context())
				var inner, outer []mst.Entry
				var last error
				for e, err := range seq {
					if last = err; err != nil {
						require.Zero(t, e)
						break
					}
					outer = append(outer, e)
					if len(outer) != at+1 {
						continue
					}
					for e, err := range seq {
						require.NoError(t, err)
						if inner = append(inner, e); len(inner) >= stop {
							break
						}
					}
				}
				require.EqualError(t, last, restarted, name)
				require.Equal(t, want[:at+1], outer)
				require.Equal(t, want[:len(inner)], inner)
				require.Equal(t, int64(len(inner)), w.Stats().Entries)
				again, err := collect(seq)
				require.NoError(t, err)
				require.Equal(t, want, again)
			}
		}
	}
}

// Who breaks off the iteration that another one has ended sees no error.
func TestWalkerNestedBreak(t *testing.T) {
	m := numbered(pool(4, 4))
	tree := build(t, m)
	w := mst.NewWalker(blocks(t, tree), tree.Root(), nil)
	rounds := 0
	for _, err := range w.Entries(t.Context()) {
		require.NoError(t, err)
		rounds++
		entries, err := collect(w.Entries(t.Context()))
		require.NoError(t, err)
		require.Len(t, entries, len(m))
		break
	}
	require.Equal(t, 1, rounds)
}

// Of two iterations side by side the one that began last goes on.
func TestWalkerInterleaved(t *testing.T) {
	m := numbered(pool(4, 4))
	want, tree := entriesOf(m), build(t, m)
	w := mst.NewWalker(blocks(t, tree), tree.Root(), nil)
	first, stopFirst := iter.Pull2(w.Entries(t.Context()))
	defer stopFirst()
	second, stopSecond := iter.Pull2(w.Entries(t.Context()))
	defer stopSecond()
	e, err, _ := first()
	require.NoError(t, err)
	require.Equal(t, want[0], e)
	for i := range want {
		e, err, _ := second()
		require.NoError(t, err)
		require.Equal(t, want[i], e)
		_, err, more := first()
		if i == 0 {
			require.EqualError(t, err, restarted)
		} else {
			require.False(t, more)
		}
	}
}

// meddler is a source that walks through the tree by the Walker that asks it,
// once.
type meddler struct {
	*batchSource
	w     *mst.Walker
	after int
}

func (s *meddler) meddle(ctx context.Context) error {
	if s.after--; s.after == -1 {
		_, err := collect(s.w.Entries(ctx))
		return err
	}
	return nil
}

func (s *meddler) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	return s.MapSource[c], s.meddle(ctx)
}

func (s *meddler) Blocks(ctx context.Context, cids []dagcbor.CID, blocks [][]byte) error {
	return errors.Join(s.batchSource.Blocks(ctx, cids, blocks), s.meddle(ctx))
}

// That holds as well if it is the source that begins the other one.
func TestWalkerNestedInSource(t *testing.T) {
	tree := build(t, numbered(pool(4, 4)))
	for _, batch := range []bool{false, true} {
		for after := range 8 {
			s := &meddler{batchSource: newBatchSource(blocks(t, tree)), after: after}
			src := mst.Source(s)
			if !batch {
				src = mst.SourceFunc(s.Block)
			}
			s.w = mst.NewWalker(src, tree.Root(), nil)
			_, err := collect(s.w.Entries(t.Context()))
			require.EqualError(t, err, restarted)
			_, err = collect(s.w.Entries(t.Context()))
			require.NoError(t, err)
		}
	}
}

// Iterations of a Tree have nothing in common: any may run inside of any other,
// even of the same sequence.
func TestTreeNested(t *testing.T) {
	m := numbered(pool(2, 3))
	tree := build(t, m)
	for _, tree := range []*mst.Tree{tree, lazy(t, tree)} {
		for name, seq := range map[string]iter.Seq2[mst.Entry, error]{
			"entries": tree.Entries(t.Context()), "range": tree.Range(t.Context(), "app", "b"),
			"back": tree.RangeBack(t.Context(), "", ""), "prefix": tree.Prefix(t.Context(), "app.example.pool/1"),
			"prefixBack": tree.PrefixBack(t.Context(), "app"),
		} {
			requireNested(t, name, seq)
		}
		requireNested(t, "preorder", tree.Preorder(t.Context()))
		requireNested(t, "diff", mst.Diff(t.Context(), mst.New(), tree))
	}
}

// requireNested checks that seq yields the same inside of itself and around that.
func requireNested[V any](t *testing.T, name string, seq iter.Seq2[V, error]) {
	t.Helper()
	list := func(each func()) (all []V) {
		for v, err := range seq {
			require.NoError(t, err, name)
			all = append(all, v)
			each()
		}
		return all
	}
	want := list(func() {})
	require.NotEmpty(t, want, name)
	require.Equal(t, want, list(func() {
		require.Equal(t, want, list(func() {}), name)
		for range seq {
			break
		}
	}), name)
}
