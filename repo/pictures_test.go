package repo_test

import (
	"bytes"
	"context"
	"flag"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

//go:generate go test -run TestPictures -update .

var update = flag.Bool("update", false, "write the pictures in docs/repo")

// The documentation shows of each operation which part of a repository it takes
// or sends. The pictures are what the code draws.
func TestPictures(t *testing.T) {
	dir := filepath.Join("..", "docs", "repo")
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	pictures := drawOperations(t)
	for name, got := range pictures {
		path := filepath.Join(dir, name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(path, got, 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is out of date: go generate ./repo", path)
		require.Contains(t, string(readme), "]("+name+".svg)")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	require.NoError(t, err)
	require.Len(t, files, len(pictures))
}

func drawOperations(t *testing.T) map[string][]byte {
	r := newRepo(t)
	var writes []repo.Write
	for _, path := range []string{
		"a.b.like/3ac", "a.b.like/3at", "a.b.like/3ay", "a.b.like/3bi", "a.b.like/3bk", "a.b.like/3bo",
		"a.b.post/3ac", "a.b.post/3ak", "a.b.post/3an", "a.b.post/3aq", "a.b.post/3as", "a.b.post/3au", "a.b.post/3aw",
	} {
		writes = append(writes, repo.Create(repoPath(t, path), typed(t, path, path)))
	}
	apply(t, r, writes...)
	base, draw := r.Tree(), map[string][]byte{}
	var mirror blockstore.Memory
	_, err := repo.Import(t.Context(), &mirror, bytes.NewReader(export(t, r)), options(t))
	require.NoError(t, err)

	first := apply(t, r, repo.Create(repoPath(t, "a.b.post/3ax"), typed(t, "a.b.post/3ax", "new")), repo.Delete(repoPath(t, "a.b.like/3bo")))
	draw["apply"] = image(t, first.SVG)
	draw["message"] = sent(t, "the blocks of the #commit message", first.CAR(), "a.b.post/3ax")
	apply(t, r, repo.Update(repoPath(t, "a.b.post/3an"), typed(t, "a.b.post/3an", "other")))
	draw["import"] = imported(t, &mirror, r, base)
	for name, x := range map[string]struct {
		caption string
		write   func(io.Writer) error
		records []string
	}{
		"export": {"the whole repository", func(w io.Writer) error { return r.Export(t.Context(), w) }, slices.Collect(keys(t, r))},
		"since":  {"what is new since two commits", func(w io.Writer) error { return r.ExportSince(t.Context(), w, base) }, []string{"a.b.post/3ax", "a.b.post/3an"}},
		"collection": {"the collection a.b.like", func(w io.Writer) error {
			return r.ExportCollection(t.Context(), w, syntax.MustParseNSID("a.b.like"))
		}, []string{"a.b.like/3ac", "a.b.like/3at", "a.b.like/3ay", "a.b.like/3bi", "a.b.like/3bk"}},
		"proof": {"the record a.b.post/3as", func(w io.Writer) error { return r.WriteProof(t.Context(), w, repoPath(t, "a.b.post/3as")) }, []string{"a.b.post/3as"}},
	} {
		var file bytes.Buffer
		require.NoError(t, x.write(&file))
		draw[name] = sent(t, x.caption, file.Bytes(), x.records...)
	}
	return draw
}

// imported draws what a diff since base does to a store.
func imported(t *testing.T, store blockstore.Store, r *repo.Repo, base *mst.Tree) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, r.ExportSince(t.Context(), &file, base))
	_, _, err := repo.ImportDiff(t.Context(), store, &file, options(t))
	require.NoError(t, err)
	p, err := mst.DiffPicture(t.Context(), base, open(t, store).Tree())
	require.NoError(t, err)
	return image(t, p.SVG)
}

// keys returns the paths of all records.
func keys(t *testing.T, r *repo.Repo) iter.Seq[string] {
	return func(yield func(string) bool) {
		for rec, err := range r.Records(t.Context()) {
			require.NoError(t, err)
			if !yield(rec.Path()) {
				return
			}
		}
	}
}

// typed returns a record for path.
func typed(t *testing.T, path, text string) []byte {
	t.Helper()
	block, err := data.FromJSON([]byte(`{"$type":"`+path[:strings.Index(path, "/")]+`","text":"`+text+`"}`), nil)
	require.NoError(t, err)
	return block
}

func image(t *testing.T, svg func(ctx context.Context, w io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, svg(t.Context(), &b))
	return b.Bytes()
}

// sent draws the tree as somebody has it who got file, with the records
// marked that are in it.
func sent(t *testing.T, caption string, file []byte, records ...string) []byte {
	t.Helper()
	index, err := car.NewIndex(file, nil)
	require.NoError(t, err)
	commit, err := repo.ParseCommit(first(t, index), nil)
	require.NoError(t, err)
	tree, err := mst.Load(t.Context(), index, commit.Data(), nil)
	require.NoError(t, err)
	var marked []string
	p := mst.Picture{{Tree: tree, Caption: caption, Partial: true, Entry: func(e mst.Entry) mst.Mark {
		if _, found := index.Get(e.Value); !found {
			return mst.Plain
		}
		marked = append(marked, e.Key)
		return mst.Marked
	}}}
	svg := image(t, p.SVG)
	slices.Sort(marked)
	slices.Sort(records)
	require.Equal(t, records, slices.Compact(marked))
	return svg
}

// first returns the block that file has as its root.
func first(t *testing.T, file *car.Index) []byte {
	t.Helper()
	b, found := file.Get(file.Roots()[0])
	require.True(t, found)
	return b
}
