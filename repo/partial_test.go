package repo_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// collect returns the items of an iteration. Unless o says that records are
// valid only for a step of the loop, it looks at them after the last one.
func collect(records iter.Seq2[repo.Record, error], o *repo.Options) (items []item, err error) {
	var kept []repo.Record
	for r, err := range records {
		switch {
		case err != nil:
			if r.Path() != "" || r.Bytes() != nil {
				panic("a record beside an error")
			}
			return append(items, itemsOf(kept)...), err
		case o.ReuseMemory:
			items = append(items, itemsOf([]repo.Record{r})...)
		default:
			kept = append(kept, r)
		}
	}
	return append(items, itemsOf(kept)...), nil
}

// ranged reads a part of a file, in every way, which must give the same.
func ranged(t testing.TB, file []byte, o *repo.Options, lo, hi string) ([]item, error) {
	t.Helper()
	e, err := repo.ReadBytes(file, o)
	require.NoError(t, err)
	want, wantErr := collect(e.Range(t.Context(), lo, hi), o)
	dir := t.TempDir()
	for name, way := range ways {
		c := *o
		c.MemoryBudget, c.TempDir, c.ReuseMemory = way.budget, dir, way.reuse
		s, err := repo.ReadStream(t.Context(), way.reader(file), &c)
		require.NoError(t, err)
		got, err := collect(s.Range(t.Context(), lo, hi), &c)
		require.Equal(t, wantErr, err, name)
		require.Equal(t, want, got, name)
		empty(t, dir)
	}
	return want, wantErr
}

// bounds are those of nothing, of everything, and between.
func bounds(paths [][2]string) [][2]string {
	some := [][2]string{{"", ""}, {"a", "b"}, {"zz", ""}, {"", "app.bsky.feed.post/"}}
	for i := 0; i < len(paths); i += 1 + len(paths)/7 {
		some = append(some, [2]string{paths[i][0], ""}, [2]string{paths[i][0] + "\x00", paths[len(paths)-1][0]}, [2]string{"", paths[i][0]})
	}
	for _, p := range paths {
		collection, _, _ := strings.Cut(p[0], "/")
		if b := [2]string{collection + "/", collection + "0"}; some[len(some)-1] != b {
			some = append(some, b)
		}
	}
	return some
}

func within(items []item, lo, hi string) []item {
	return slices.DeleteFunc(slices.Clone(items), func(i item) bool { return i.path < lo || hi != "" && i.path >= hi })
}

func TestRange(t *testing.T) {
	for _, name := range []string{"alice", "dan"} {
		c := captured(t, name)
		all, err := indexed(t, c.file, c.options())
		require.NoError(t, err)
		root := []dagcbor.CID{preorder(t, c.file)[0].CID}
		for order, blocks := range orders(t, c.file) {
			if order != "pre-order" && order != "shuffled" && order != "each once" && order != "foreign between" {
				continue
			}
			for _, b := range bounds(c.records) {
				got, err := ranged(t, carFile(root, blocks...), c.options(), b[0], b[1])
				require.NoError(t, err)
				require.Equal(t, len(within(all, b[0], b[1])), len(got))
				require.Equal(t, within(all, b[0], b[1]), append([]item{}, got...), "%s %s %q", name, order, b)
			}
		}
	}
}

// A file that has only what a range needs is enough for the range; each of the
// blocks in it is needed.
func TestRangeOfPart(t *testing.T) {
	ledger.Covers(t, "CAR-024", "REP-030")
	c := captured(t, "alice")
	all, err := indexed(t, c.file, c.options())
	require.NoError(t, err)
	blocks := preorder(t, c.file)
	root := []dagcbor.CID{blocks[0].CID}
	for _, b := range bounds(c.records)[5:] {
		part := needed(t, blocks, b[0], b[1])
		got, err := ranged(t, carFile(root, part...), c.options(), b[0], b[1])
		require.NoError(t, err)
		require.Equal(t, within(all, b[0], b[1]), append([]item{}, got...))
		for i := 1; i < len(part); i++ {
			_, err := ranged(t, carFile(root, slices.Delete(slices.Clone(part), i, i+1)...), c.options(), b[0], b[1])
			if missing, is := err.(*repo.MissingRecordError); is { //nolint:errorlint // exactly
				require.Equal(t, part[i].CID, missing.CID)
				continue
			}
			require.Equal(t, &mst.MissingBlockError{CID: part[i].CID}, err)
		}
	}
}

// needed returns the blocks that a range is read from: the commit, the nodes on
// the way, and the records.
func needed(t testing.TB, blocks []car.Block, lo, hi string) []car.Block {
	t.Helper()
	src := source(blocks)
	wanted := map[dagcbor.CID]bool{blocks[0].CID: true}
	c, err := repo.ParseCommit(blocks[0].Data, nil)
	require.NoError(t, err)
	tree, err := mst.Load(t.Context(), mst.SourceFunc(func(ctx context.Context, c dagcbor.CID) ([]byte, error) {
		wanted[c] = true
		return src.Block(ctx, c)
	}), c.Data(), nil)
	require.NoError(t, err)
	for e, err := range tree.Range(t.Context(), lo, hi) {
		require.NoError(t, err)
		wanted[e.Value] = true
	}
	return slices.DeleteFunc(slices.Clone(blocks), func(b car.Block) bool { return !wanted[b.CID] })
}

func TestCollection(t *testing.T) {
	c := captured(t, "bob")
	all, err := indexed(t, c.file, c.options())
	require.NoError(t, err)
	e, err := repo.ReadBytes(c.file, c.options())
	require.NoError(t, err)
	for _, name := range []string{"app.bsky.feed.post", "app.bsky.feed.pos", "app.bsky.feed"} {
		nsid, err := syntax.ParseNSID(name)
		require.NoError(t, err)
		want := within(all, name+"/", name+"0")
		got, err := collect(e.Collection(t.Context(), nsid), c.options())
		require.NoError(t, err)
		require.Equal(t, want, append([]item{}, got...))
		s, err := repo.ReadStream(t.Context(), pipe(c.file), c.options())
		require.NoError(t, err)
		got, err = collect(s.Collection(t.Context(), nsid), c.options())
		require.NoError(t, err)
		require.Equal(t, want, append([]item{}, got...))
		require.Equal(t, name == "app.bsky.feed.post", len(want) > 0)
	}
}

func TestExportGet(t *testing.T) {
	c := captured(t, "alice")
	e, err := repo.ReadBytes(c.file, c.options())
	require.NoError(t, err)
	for _, want := range c.records {
		r, found, err := e.Get(t.Context(), repoPath(t, want[0]))
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, [2]string{r.Path(), r.CID().String()})
		require.True(t, r.CID().Matches(r.Bytes()))
	}
	r, found, err := e.Get(t.Context(), repoPath(t, "app.bsky.feed.post/none"))
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, r)

	blocks := preorder(t, c.file)
	e, err = repo.ReadBytes(carFile([]dagcbor.CID{blocks[0].CID}, blocks[0]), c.options())
	require.NoError(t, err)
	_, found, err = e.Get(t.Context(), repoPath(t, c.records[0][0]))
	require.Equal(t, &mst.MissingBlockError{CID: e.Commit().Data()}, err)
	require.False(t, found)
}

// A key on the wrong layer could hide: on the way to a record it is found out.
func TestPartialLayers(t *testing.T) {
	ledger.Covers(t, "REP-038")
	one := blockOf(record(t, `{"$type":"com.example.record"}`))
	var high, low string // with the higher one below
	for i := 0; high == "" || low == ""; i++ {
		key := at(t, strings.Repeat("x", 1+i%9)+string(rune('a'+i%26))+strings.Repeat("y", i/9)).String()
		switch mst.Layer(key) {
		case 0:
			low = key
		case 2:
			high = key
		}
		if high != "" && low != "" && high > low {
			high = ""
		}
	}
	inner := blockOf(leafNode(high, one.CID))
	b := leafNode(low, one.CID)
	root := blockOf(append(b[:len(b)-1], dagcbor.AppendLink(nil, inner.CID)...))
	file := forgeTree(t, root.CID, root, inner, one)
	e, err := repo.ReadBytes(file, options(t))
	require.NoError(t, err)
	_, found, err := e.Get(t.Context(), repoPath(t, high))
	require.False(t, found)
	errorIs[*mst.NodeError](t, err)
	_, err = ranged(t, file, options(t), high, low)
	errorIs[*mst.NodeError](t, err)
}
