package mst_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// batchSource is a BatchSource that notes what it was asked for.
type batchSource struct {
	mst.MapSource
	asked  map[dagcbor.CID]int
	most   int   // CIDs in one call
	single int   // calls of Block
	err    error // of Blocks
}

func newBatchSource(m mst.MapSource) *batchSource {
	return &batchSource{MapSource: m, asked: map[dagcbor.CID]int{}}
}

func (s *batchSource) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	s.single++
	s.asked[c]++
	return s.MapSource.Block(ctx, c)
}

func (s *batchSource) Blocks(ctx context.Context, cids []dagcbor.CID, blocks [][]byte) error {
	s.most = max(s.most, len(cids))
	for i, c := range cids {
		blocks[i] = s.MapSource[c]
		if s.err == nil {
			s.asked[c]++
		}
	}
	return s.err
}

// bushy returns keys of which one node has many subtrees.
func bushy() map[string]dagcbor.CID {
	var keys []string
	for i := range 40 {
		keys = append(keys, keyOn(1, fmt.Sprintf("b/%02d-", i)))
		if i%3 > 0 {
			keys = append(keys, keyOn(0, fmt.Sprintf("b/%02d~", i)))
		}
	}
	return numbered(append(keys, keyOn(3, "a/")))
}

// A walk from a source of batches sees what it sees from any other, and asks for
// each node once.
func TestBatchSource(t *testing.T) {
	for _, m := range []map[string]dagcbor.CID{nil, examples("3fo2j"), bushy(), numbered(pool(10, 4)), numbered(repoKeys(1000))} {
		tree := build(t, m)
		src := newBatchSource(blocks(t, tree))
		w := mst.NewWalker(src, tree.Root(), nil)
		for round := range 2 {
			entries, err := collect(w.Entries(t.Context()))
			require.NoError(t, err)
			require.Equal(t, entriesOf(m), entries)
			require.Equal(t, round+1, src.single, "the root alone")
			require.Len(t, src.asked, len(src.MapSource))
			for _, n := range src.asked {
				require.Equal(t, round+1, n)
			}
		}
		require.LessOrEqual(t, src.most, 16)
		require.True(t, len(m) < 300 || src.most > 1)
	}
	src := newBatchSource(blocks(t, build(t, bushy())))
	_, err := collect(mst.NewWalker(src, build(t, bushy()).Root(), nil).Entries(t.Context()))
	require.NoError(t, err)
	require.Equal(t, 16, src.most, "a node with more subtrees takes several calls")
}

// What is wrong with a block is reported where the walk comes to it, as it is
// without batches.
func TestBatchSourceErrors(t *testing.T) {
	m := bushy()
	tree := build(t, m)
	all := blocks(t, tree)
	for c, node := range all {
		for name, bad := range map[string][]byte{
			"missing": nil, "damaged": append([]byte{node[0]}, node...), "large": make([]byte, 1<<20), "empty": {},
		} {
			src := maps.Clone(all)
			if src[c] = bad; bad == nil {
				delete(src, c)
			}
			want, wantErr := collect(mst.NewWalker(src, tree.Root(), nil).Entries(t.Context()))
			require.Error(t, wantErr)
			got, err := collect(mst.NewWalker(newBatchSource(src), tree.Root(), nil).Entries(t.Context()))
			require.Equal(t, wantErr, err, name)
			require.Equal(t, want, got, name)
		}
	}
	failing := newBatchSource(all)
	failing.err = errors.New("no batches today")
	got, err := collect(mst.NewWalker(failing, tree.Root(), nil).Entries(t.Context()))
	require.NoError(t, err)
	require.Equal(t, entriesOf(m), got)
	require.Equal(t, len(all), failing.single)
	o := &mst.Options{MaxNodes: 5}
	_, err = collect(mst.NewWalker(newBatchSource(all), tree.Root(), o).Entries(t.Context()))
	require.Equal(t, &mst.LimitError{Name: "mst: nodes in tree", Limit: 5, Got: 6, Offset: -1}, err)
}

// A walk ends soon after its context, also among blocks that are there already,
// and can begin anew at any place.
func TestBatchSourceCancelled(t *testing.T) {
	m := bushy()
	tree := build(t, m)
	w := mst.NewWalker(newBatchSource(blocks(t, tree)), tree.Root(), nil)
	for stop := range len(m) {
		ctx, cancel := context.WithCancel(t.Context())
		n, err := 0, error(nil)
		for _, err = range w.Entries(ctx) {
			if n++; n == stop+1 {
				cancel()
			}
		}
		require.LessOrEqual(t, n, len(m))
		if stop < len(m)-10 {
			require.ErrorIs(t, err, context.Canceled)
		}
		cancel()
		entries, err := collect(w.Entries(t.Context()))
		require.NoError(t, err)
		require.Equal(t, entriesOf(m), entries)
	}
}

// A Walker is done with a node when it asks for another: a source may read them
// all into one place.
func TestWalkerKeepsNoNode(t *testing.T) {
	m := numbered(pool(6, 4))
	tree := build(t, m)
	all := blocks(t, tree)
	var room []byte
	src := mst.SourceFunc(func(_ context.Context, c dagcbor.CID) ([]byte, error) {
		for i := range room {
			room[i] = 0xee
		}
		room = append(room[:0], all[c]...)
		return room, nil
	})
	var entries []mst.Entry
	for e, err := range mst.NewWalker(src, tree.Root(), nil).Entries(t.Context()) {
		require.NoError(t, err)
		clear(room)
		entries = append(entries, e)
	}
	require.Equal(t, entriesOf(m), entries)
}
