package mst_test

import (
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

//go:generate go test -run TestPictures -update .

var update = flag.Bool("update", false, "write the pictures in docs/mst")

// pictured is the tree that the documentation shows.
func pictured(t *testing.T) *mst.Tree {
	t.Helper()
	m := map[string]dagcbor.CID{}
	for _, k := range []string{"b0", "c0", "d1", "e0", "f0", "g2", "h0", "j1", "m0"} {
		m[on(int(k[1]-'0'), k[:1])] = leafValue
	}
	return build(t, m)
}

// The documentation has a picture of each operation. They are what the code
// draws, nothing in them lies on anything else, and README.md shows all of them.
func TestPictures(t *testing.T) {
	pictures := map[string]mst.Picture{"tree": {{Tree: pictured(t)}}}
	maps.Copy(pictures, changePictures(t))
	maps.Copy(pictures, readPictures(t))
	maps.Copy(pictures, proofPictures(t))
	maps.Copy(pictures, orderPictures(t))
	dir := filepath.Join("..", "docs", "mst")
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	for name, p := range pictures {
		var got strings.Builder
		require.NoError(t, p.SVG(t.Context(), &got))
		im := readImage(t, got.String())
		im.check(t)
		path := filepath.Join(dir, name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), got.String(), "%s is out of date: go generate ./mst", path)
		require.Contains(t, string(readme), "]("+name+".svg)")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	require.NoError(t, err)
	require.Len(t, files, len(pictures))
}

// changePictures shows what each change does to the tree.
func changePictures(t *testing.T) map[string]mst.Picture {
	before := pictured(t)
	pictures := map[string]mst.Picture{}
	for name, op := range map[string]mst.Op{
		"put":    {Action: mst.Put, Key: on(0, "k"), Value: leafValue},
		"update": {Action: mst.Update, Key: on(0, "e"), Value: value(1)},
		"split":  {Action: mst.Create, Key: on(2, "e5"), Value: leafValue},
		"raise":  {Action: mst.Create, Key: on(4, "l"), Value: leafValue},
		"delete": {Action: mst.Delete, Key: on(0, "h")},
		"merge":  {Action: mst.Delete, Key: on(1, "d")},
		"trim":   {Action: mst.Delete, Key: on(2, "g")},
	} {
		after, err := before.Apply(t.Context(), op)
		require.NoError(t, err)
		p, err := mst.ChangePicture(t.Context(), before, after)
		require.NoError(t, err)
		p[0].Caption = op.Action.String() + " " + op.Key
		pictures[name] = p
	}
	after, err := before.Apply(t.Context(),
		mst.Op{Action: mst.Delete, Key: on(0, "c")},
		mst.Op{Action: mst.Create, Key: on(2, "l"), Value: leafValue},
		mst.Op{Action: mst.Update, Key: on(0, "m"), Value: value(1)},
	)
	require.NoError(t, err)
	p, err := mst.ChangePicture(t.Context(), before, after)
	require.NoError(t, err)
	p[0].Caption = "delete " + on(0, "c") + ", create " + on(2, "l") + ", update " + on(0, "m")
	pictures["batch"] = p
	pictures["diff"], err = mst.DiffPicture(t.Context(), before, after)
	require.NoError(t, err)
	return pictures
}

// readPictures shows which nodes a look at a tree fetches.
func readPictures(t *testing.T) map[string]mst.Picture {
	tree := pictured(t)
	key, lo, hi := on(0, "e"), on(0, "f"), on(1, "j")
	return map[string]mst.Picture{
		"get": {seen(t, tree, "get "+key, func(tree *mst.Tree) []string {
			_, found, err := tree.Get(t.Context(), key)
			require.NoError(t, err)
			require.True(t, found)
			return []string{key}
		})},
		"range": {seen(t, tree, "range from "+lo+" to "+hi, func(tree *mst.Tree) (keys []string) {
			for e, err := range tree.Range(t.Context(), lo, hi) {
				require.NoError(t, err)
				keys = append(keys, e.Key)
			}
			return keys
		})},
		"prefix": {seen(t, tree, "keys that begin with d", func(tree *mst.Tree) (keys []string) {
			for e, err := range tree.Prefix(t.Context(), "d") {
				require.NoError(t, err)
				keys = append(keys, e.Key)
			}
			return keys
		})},
		"last": {seen(t, tree, "the last two, backwards", func(tree *mst.Tree) (keys []string) {
			for e, err := range tree.RangeBack(t.Context(), "", "") {
				require.NoError(t, err)
				if keys = append(keys, e.Key); len(keys) == 2 {
					break
				}
			}
			return keys
		})},
	}
}

// seen draws a tree as somebody sees it who fetches its nodes to find some keys.
func seen(t *testing.T, tree *mst.Tree, caption string, look func(*mst.Tree) []string) mst.Drawing {
	t.Helper()
	all, fetched := blocks(t, tree), mst.MapSource{}
	remote, err := mst.Load(t.Context(), mst.SourceFunc(func(_ context.Context, c dagcbor.CID) ([]byte, error) {
		fetched[c] = all[c]
		return all[c], nil
	}), tree.Root(), nil)
	require.NoError(t, err)
	keys := look(remote)
	return partial(t, fetched, tree.Root(), caption, keys...)
}

// partial draws what there is of a tree, with some keys marked.
func partial(t *testing.T, src mst.Source, root dagcbor.CID, caption string, keys ...string) mst.Drawing {
	t.Helper()
	tree, err := mst.Load(t.Context(), src, root, nil)
	require.NoError(t, err)
	return mst.Drawing{Tree: tree, Caption: caption, Partial: true, Entry: func(e mst.Entry) mst.Mark {
		if slices.Contains(keys, e.Key) {
			return mst.Marked
		}
		return mst.Plain
	}}
}

// proofPictures shows which nodes prove something, and how the changes of a
// commit are taken back.
func proofPictures(t *testing.T) map[string]mst.Picture {
	before := pictured(t)
	here, gone, key := on(0, "e"), on(0, "e5"), on(2, "e5")
	pictures := map[string]mst.Picture{}
	for name, key := range map[string]string{"include": here, "exclude": gone} {
		proof, err := before.Proof(t.Context(), key)
		require.NoError(t, err)
		_, found, err := mst.VerifyProof(t.Context(), source(proof), before.Root(), key, nil)
		require.NoError(t, err)
		caption := key + " is there"
		if !found {
			caption = key + " is not there"
		}
		pictures[name] = mst.Picture{partial(t, source(proof), before.Root(), caption, key)}
	}

	after, err := before.Put(t.Context(), key, leafValue)
	require.NoError(t, err)
	proof, err := after.CoveringProof(t.Context(), key)
	require.NoError(t, err)
	op := mst.CommitOp{Action: mst.Create, Key: key, Value: leafValue}
	root, err := mst.Invert(t.Context(), source(proof), after.Root(), []mst.CommitOp{op}, nil)
	require.NoError(t, err)
	require.Equal(t, before.Root(), root)
	p, err := mst.DiffPicture(t.Context(), after, before)
	require.NoError(t, err)
	p[0] = partial(t, source(proof), after.Root(), "covering proof of create "+key, key)
	p[1].Caption = "taken back: prevData"
	pictures["invert"] = p
	return pictures
}

// requireText compares a picture in text with what it should be. The CIDs of its
// nodes are left out of both, and the values.
func requireText(t *testing.T, want string, p mst.Picture) {
	t.Helper()
	var got strings.Builder
	require.NoError(t, p.Text(t.Context(), &got))
	var lines strings.Builder
	for line := range strings.Lines(got.String()) {
		if head, tail, found := strings.Cut(line, "  bafy"); found {
			line = head + tail[55:]
		}
		lines.WriteString(line)
	}
	require.Equal(t, strings.TrimPrefix(want, "\n"), lines.String())
}

// A picture of a change marks the nodes that were not there, and the keys.
func TestChangePicture(t *testing.T) {
	before := pictured(t)
	after, err := before.Apply(t.Context(),
		mst.Op{Action: mst.Update, Key: on(0, "b"), Value: value(1)},
		mst.Op{Action: mst.Create, Key: on(0, "b5"), Value: value(1)},
		mst.Op{Action: mst.Delete, Key: on(0, "h")},
	)
	require.NoError(t, err)
	for _, before := range []*mst.Tree{before, lazy(t, before)} {
		p, err := mst.ChangePicture(t.Context(), before, after)
		require.NoError(t, err)
		requireText(t, `
layer 2 *
├─ layer 1 *
│  ├─ layer 0 *
│  │  ├─ b/0 *
│  │  ├─ b5/0 +
│  │  └─ c/0
│  ├─ d/0
│  └─ layer 0
│     ├─ e/1
│     └─ f/0
├─ g/18
└─ layer 1 *
   ├─ j/2
   └─ layer 0
      └─ m/0
`, p)
		added, _, err := mst.DiffNodes(t.Context(), before, after)
		require.NoError(t, err)
		im := imageOf(t, p)
		require.Equal(t, len(added), count(im.boxes, markedBox))
		require.Equal(t, []int{1, 1, 0}, []int{count(im.keys, markedKey), count(im.keys, addedKey), count(im.keys, removedKey)})
		require.Zero(t, count(im.boxes, closedBox))
	}
	p, err := mst.ChangePicture(t.Context(), before, before)
	require.NoError(t, err)
	require.Zero(t, count(imageOf(t, p).boxes, markedBox))
}

func imageOf(t *testing.T, p mst.Picture) image {
	t.Helper()
	var svg strings.Builder
	require.NoError(t, p.SVG(t.Context(), &svg))
	return readImage(t, svg.String())
}

// A picture of a diff opens what the diff enters. It fetches no more.
func TestDiffPicture(t *testing.T) {
	before := pictured(t)
	after, err := before.Apply(t.Context(),
		mst.Op{Action: mst.Delete, Key: on(0, "b")},
		mst.Op{Action: mst.Update, Key: on(1, "d"), Value: value(1)},
		mst.Op{Action: mst.Create, Key: on(0, "b5"), Value: leafValue},
	)
	require.NoError(t, err)
	all := both(blocks(t, before), blocks(t, after))
	load := func(tree *mst.Tree, src mst.Source) *mst.Tree {
		loaded, err := mst.Load(t.Context(), src, tree.Root(), nil)
		require.NoError(t, err)
		return loaded
	}
	added, removed, err := mst.DiffNodes(t.Context(), before, after)
	require.NoError(t, err)
	few := both(source(added), source(removed))
	require.Less(t, len(few), len(all))
	p, err := mst.DiffPicture(t.Context(), load(before, few), load(after, few))
	require.NoError(t, err)
	requireText(t, `
before
layer 2 *
├─ layer 1 *
│  ├─ layer 0 *
│  │  ├─ b/0 -
│  │  └─ c/0
│  ├─ d/0 *
│  └─ layer 0 …
├─ g/18
└─ layer 1 …

after
layer 2 *
├─ layer 1 *
│  ├─ layer 0 *
│  │  ├─ b5/0 +
│  │  └─ c/0
│  ├─ d/0 *
│  └─ layer 0 …
├─ g/18
└─ layer 1 …
`, p)
	im := imageOf(t, p)
	im.check(t)
	require.Equal(t, []int{6, 4}, []int{count(im.boxes, markedBox), count(im.boxes, closedBox)})
	require.Equal(t, []int{2, 1, 1}, []int{count(im.keys, markedKey), count(im.keys, addedKey), count(im.keys, removedKey)})

	// What both have and is entered nevertheless, far below a new key, is not marked.
	taller, err := before.Put(t.Context(), on(4, "a"), leafValue)
	require.NoError(t, err)
	p, err = mst.DiffPicture(t.Context(), before, taller)
	require.NoError(t, err)
	added, _, err = mst.DiffNodes(t.Context(), before, taller)
	require.NoError(t, err)
	im = imageOf(t, p)
	require.Equal(t, len(added), count(im.boxes, markedBox))
	require.Greater(t, len(im.boxes)-count(im.boxes, closedBox), len(added))

	taller, err = before.Put(t.Context(), on(3, "z"), leafValue)
	require.NoError(t, err)
	p, err = mst.DiffPicture(t.Context(), before, taller)
	require.NoError(t, err)
	requireText(t, "before\nlayer 2 …\n\nafter\nlayer 3 *\n├─ layer 2 …\n└─ z/19 +\n", p)
	p, err = mst.DiffPicture(t.Context(), mst.New(), before)
	require.NoError(t, err)
	require.Equal(t, len(blocks(t, before))+1, count(imageOf(t, p).boxes, markedBox))
	p, err = mst.DiffPicture(t.Context(), before, before)
	require.NoError(t, err)
	requireText(t, "before\nlayer 2 …\n\nafter\nlayer 2 …\n", p)
}

// What is missing is closed or an error, whatever part it is. What is closed is
// not fetched.
func TestPartialPicture(t *testing.T) {
	whole := pictured(t)
	all := blocks(t, whole)
	ways := map[string]func(mst.Picture) error{
		"text": func(p mst.Picture) error { return p.Text(t.Context(), discard{}) },
		"SVG":  func(p mst.Picture) error { return p.SVG(t.Context(), discard{}) },
	}
	for c := range all {
		if c == whole.Root() {
			continue
		}
		less := maps.Clone(all)
		delete(less, c)
		tree, err := mst.Load(t.Context(), less, whole.Root(), nil)
		require.NoError(t, err)
		for name, write := range ways {
			require.Equal(t, &mst.MissingBlockError{CID: c}, write(mst.Picture{{Tree: tree}}), name)
			require.NoError(t, write(mst.Picture{{Tree: tree, Partial: true}}), name)
			require.NoError(t, write(mst.Picture{{Tree: tree, Node: func(n dagcbor.CID, _ int) mst.Mark {
				if n == c {
					return mst.Closed
				}
				return mst.Plain
			}}}), name)
		}
		require.Equal(t, 1, count(imageOf(t, mst.Picture{{Tree: tree, Partial: true}}).boxes, closedBox))
	}
	// Damage is no part that is missing.
	for c, b := range all {
		if c != whole.Root() {
			all[c] = b[1:]
		}
	}
	tree, err := mst.Load(t.Context(), all, whole.Root(), nil)
	require.NoError(t, err)
	for name, write := range ways {
		require.ErrorContains(t, write(mst.Picture{{Tree: tree, Partial: true}}), "block does not match its CID", name)
	}
}

// A root that nobody has, since a change has left it to the source, and roots
// that are closed or of no tree.
func TestRootPicture(t *testing.T) {
	tree := pictured(t)
	closed := func(dagcbor.CID, int) mst.Mark { return mst.Closed }
	layers := []int{}
	p := mst.Picture{{Tree: tree, Caption: "one", Node: closed}, {Tree: mst.New(), Caption: "two\nlines"}, {Tree: tree, Node: func(_ dagcbor.CID, layer int) mst.Mark {
		layers = append(layers, layer)
		return mst.Mark(200)
	}, Entry: func(e mst.Entry) mst.Mark {
		require.Equal(t, leafValue, e.Value)
		return mst.Plain
	}}}
	var got strings.Builder
	require.NoError(t, p.Text(t.Context(), &got))
	require.Contains(t, got.String(), "one\nlayer 2  "+tree.Root().String()+" …\n\ntwo�lines\nlayer 0  "+emptyRoot+"\n\nlayer 2  "+tree.Root().String()+"\n")
	require.Equal(t, []int{2, 1, 0, 0, 1, 0, 0}, layers)
	im := imageOf(t, p)
	im.check(t)
	require.Len(t, im.boxes, 1+1+7)
	require.NoError(t, mst.Picture{}.SVG(t.Context(), discard{}))
	require.NoError(t, mst.Picture{}.Text(t.Context(), discard{}))

	// A change may leave the root to a source that does not have it.
	top, err := mst.New().Apply(t.Context(),
		mst.Op{Action: mst.Create, Key: on(1, "a"), Value: leafValue}, mst.Op{Action: mst.Create, Key: on(2, "b"), Value: leafValue})
	require.NoError(t, err)
	part, err := mst.Load(t.Context(), mst.MapSource{top.Root(): blocks(t, top)[top.Root()]}, top.Root(), nil)
	require.NoError(t, err)
	part, err = part.Delete(t.Context(), on(2, "b"))
	require.NoError(t, err)
	missing := &mst.MissingBlockError{CID: part.Root()}
	require.Equal(t, missing, part.Draw(t.Context(), discard{}))
	require.Equal(t, missing, part.SVG(t.Context(), discard{}))
	requireText(t, "layer 0 …\n", mst.Picture{{Tree: part, Partial: true}})
	require.Len(t, imageOf(t, mst.Picture{{Tree: part, Partial: true}}).boxes, 1)
}
