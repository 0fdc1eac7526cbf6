package mst_test

import (
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

const zeroTree = "mst: neither nil nor the zero Tree is a tree, use New or Load"

// A Tree that nobody has made is an error, whatever is done with it.
func TestZeroTree(t *testing.T) {
	ctx := t.Context()
	for _, tree := range []*mst.Tree{nil, {}} {
		require.Equal(t, none, tree.Root())
		for _, key := range []string{"", "k"} {
			_, _, err := tree.Get(ctx, key)
			require.EqualError(t, err, zeroTree)
		}
		_, err := tree.Count(ctx)
		require.EqualError(t, err, zeroTree)
		_, err = tree.Proof(ctx, "k")
		require.EqualError(t, err, zeroTree)
		for _, keys := range [][]string{nil, {"k"}} {
			_, err = tree.CoveringProof(ctx, keys...)
			require.EqualError(t, err, zeroTree)
			got, err := tree.Prefetch(ctx, keys...)
			require.EqualError(t, err, zeroTree)
			require.Nil(t, got)
		}
		for name, change := range map[string]func() (*mst.Tree, error){
			"put":    func() (*mst.Tree, error) { return tree.Put(ctx, "k", leafValue) },
			"delete": func() (*mst.Tree, error) { return tree.Delete(ctx, "k") },
			"apply":  func() (*mst.Tree, error) { return tree.Apply(ctx) },
		} {
			got, err := change()
			require.EqualError(t, err, zeroTree, name)
			require.Nil(t, got, name)
		}
		for name, seq := range map[string]iter.Seq2[mst.Entry, error]{
			"entries": tree.Entries(ctx), "range": tree.Range(ctx, "a", "b"), "back": tree.RangeBack(ctx, "", ""),
			"prefix": tree.Prefix(ctx, "a"), "prefix back": tree.PrefixBack(ctx, "a"),
		} {
			requireOnlyError(t, name, seq)
		}
		requireOnlyError(t, "preorder", tree.Preorder(ctx))
		for _, sides := range [][2]*mst.Tree{{tree, mst.New()}, {mst.New(), tree}, {tree, tree}} {
			requireOnlyError(t, "diff", mst.Diff(ctx, sides[0], sides[1]))
			_, _, err = mst.DiffNodes(ctx, sides[0], sides[1])
			require.EqualError(t, err, zeroTree)
			_, err = mst.DiffPicture(ctx, sides[0], sides[1])
			require.EqualError(t, err, zeroTree)
			_, err = mst.ChangePicture(ctx, sides[0], sides[1])
			require.EqualError(t, err, zeroTree)
		}
		require.EqualError(t, tree.Draw(ctx, io.Discard), zeroTree)
		require.EqualError(t, tree.SVG(ctx, io.Discard), zeroTree)
		for _, partial := range []bool{false, true} {
			p := mst.Picture{{Tree: mst.New()}, {Tree: tree, Partial: partial}}
			require.EqualError(t, p.Text(ctx, io.Discard), zeroTree)
			require.EqualError(t, p.SVG(ctx, io.Discard), zeroTree)
		}
	}
}

func requireOnlyError[V any](t *testing.T, name string, seq iter.Seq2[V, error]) {
	t.Helper()
	n := 0
	for v, err := range seq {
		require.Zero(t, v, name)
		require.EqualError(t, err, zeroTree, name)
		n++
	}
	require.Equal(t, 1, n, name)
}

// A picture of nothing is empty, of a drawing of nothing an error.
func TestZeroPicture(t *testing.T) {
	for _, p := range []mst.Picture{nil, {}} {
		var text, image strings.Builder
		require.NoError(t, p.Text(t.Context(), &text))
		require.Empty(t, text.String())
		require.NoError(t, p.SVG(t.Context(), &image))
		requireXML(t, image.String())
	}
	require.EqualError(t, mst.Picture{{}}.Text(t.Context(), io.Discard), zeroTree)
	require.EqualError(t, mst.Picture{{}}.SVG(t.Context(), io.Discard), zeroTree)
}

// Zero errors have a text.
func TestZeroErrors(t *testing.T) {
	for text, err := range map[string]error{
		`mst: op 0, action(0) of key "" failed`:      &mst.OpError{},
		`mst: op 2, create of key "k" failed`:        &mst.OpError{Index: 2, Op: mst.Op{Action: mst.Create, Key: "k"}},
		`mst: node  is missing`:                      &mst.MissingBlockError{},
		`mst: node :  at offset 0`:                   &mst.NodeError{},
		`mst: key "" has 0 bytes, not 1 to 1024`:     &mst.KeyError{},
		`mst: proof shows key "" absent, not absent`: &mst.ProofError{},
	} {
		require.EqualError(t, err, text)
	}
	require.NoError(t, errors.Unwrap(&mst.OpError{}))
	require.NotEmpty(t, (&mst.CommitOpError{}).Error())
	require.Equal(t, "action(0)", mst.Action(0).String())
}

// A source that is nil has no blocks, and a sequence that is nil no entries.
func TestNilArguments(t *testing.T) {
	ctx := t.Context()
	root := build(t, map[string]dagcbor.CID{"k": leafValue}).Root()
	missing := &mst.MissingBlockError{CID: root}
	for _, src := range []mst.Source{nil, mst.MapSource(nil), mst.SourceFunc(nil)} {
		_, err := mst.Load(ctx, src, root, nil)
		require.Equal(t, missing, err)
		_, err = collect(mst.NewWalker(src, root, nil).Entries(ctx))
		require.Equal(t, missing, err)
		_, _, err = mst.VerifyProof(ctx, src, root, "k", nil)
		require.Equal(t, missing, err)
		_, err = mst.Invert(ctx, src, root, []mst.CommitOp{{Action: mst.Create, Key: "k", Value: leafValue}}, nil)
		require.Equal(t, missing, err)
	}
	var w mst.Walker
	_, err := collect(w.Entries(ctx))
	require.Equal(t, &mst.NodeError{Offset: -1, Msg: "CID is not that of a node"}, err)
	require.Zero(t, w.Stats())
	tree, err := mst.Build(nil)
	require.NoError(t, err)
	require.Equal(t, mst.New().Root(), tree.Root())
	for _, b := range []*mst.Builder{{}, mst.NewBuilder(nil)} {
		got, err := b.Finish()
		require.NoError(t, err)
		require.Equal(t, tree.Root(), got)
	}
}

// A key that no tree can have is in none; that is no error of a get, which looks
// for it nowhere. To prove or to change it is.
func TestImpossibleKeys(t *testing.T) {
	ctx := t.Context()
	whole := build(t, numbered(pool(3, 3)))
	root, err := mst.Load(ctx, mst.MapSource{whole.Root(): blocks(t, whole)[whole.Root()]}, whole.Root(), nil)
	require.NoError(t, err)
	for _, tree := range []*mst.Tree{whole, root} {
		for _, key := range []string{"", strings.Repeat("a", mst.MaxKeyLen+1), strings.Repeat("\xff", mst.MaxKeyLen+1)} {
			got, found, err := tree.Get(ctx, key)
			require.NoError(t, err)
			require.False(t, found)
			require.Equal(t, none, got)
			want := &mst.KeyError{Key: key}
			_, err = tree.Proof(ctx, key)
			require.Equal(t, want, err)
			_, err = tree.CoveringProof(ctx, key)
			require.Equal(t, want, err)
			_, err = tree.Prefetch(ctx, key)
			require.Equal(t, want, err)
			_, err = tree.Put(ctx, key, leafValue)
			require.Equal(t, want, errors.Unwrap(err))
			_, err = tree.Delete(ctx, key)
			require.Equal(t, want, errors.Unwrap(err))
		}
	}
}

// A sink that calls its Builder gets an error, and changes nothing.
func TestBuilderInSink(t *testing.T) {
	m := numbered(repoKeys(5000))
	var b *mst.Builder
	calls := 0
	b = mst.NewBuilder(func(dagcbor.CID, []byte) error {
		calls++
		require.EqualError(t, b.Add("z", leafValue), "mst: the sink of a builder calls it")
		_, err := b.Finish()
		require.EqualError(t, err, "mst: the sink of a builder calls it")
		return nil
	})
	for key, value := range sorted(m) {
		require.NoError(t, b.Add(key, value))
	}
	got, err := b.Finish()
	require.NoError(t, err)
	require.Positive(t, calls)
	require.Equal(t, refRoot(m), got)
}
