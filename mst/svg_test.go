package mst_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

//go:generate go test -run TestPictures -update .

var update = flag.Bool("update", false, "write the pictures in docs/mst")

// The documentation has a picture of each operation: the tree after it, and
// marked what it made. They are what the code draws.
func TestPictures(t *testing.T) {
	letters := map[string]dagcbor.CID{}
	for _, k := range []string{"b0", "c0", "d1", "e0", "f0", "g2", "h0", "j1", "m0"} {
		letters[on(int(k[1]-'0'), k[:1])] = leafValue
	}
	before := build(t, letters)
	for name, op := range map[string]mst.Op{
		"tree":   {},
		"put":    {Action: mst.Put, Key: on(0, "k"), Value: leafValue},
		"update": {Action: mst.Update, Key: on(0, "e"), Value: value(1)},
		"split":  {Action: mst.Create, Key: on(2, "e5"), Value: leafValue},
		"raise":  {Action: mst.Create, Key: on(4, "l"), Value: leafValue},
		"delete": {Action: mst.Delete, Key: on(0, "h")},
		"merge":  {Action: mst.Delete, Key: on(1, "d")},
		"trim":   {Action: mst.Delete, Key: on(2, "g")},
	} {
		after := before
		if op.Action != 0 {
			var err error
			after, err = before.Apply(t.Context(), op)
			require.NoError(t, err)
		}
		var got strings.Builder
		require.NoError(t, after.SVG(t.Context(), &got, before))
		requireXML(t, got.String())
		added, _, err := mst.DiffNodes(t.Context(), before, after)
		require.NoError(t, err)
		require.Equal(t, len(added), strings.Count(got.String(), "#ffe8b0"), name)
		path := filepath.Join("..", "docs", "mst", name+".svg")
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), got.String(), "%s is out of date: go generate ./mst", path)
	}
}

func requireXML(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			require.NoError(t, err)
		}
	}
}

// Keys cannot leave their place in a picture.
func TestSVGKeys(t *testing.T) {
	for _, key := range []string{"</text><script>", `"&'`, "\x00", "\xff", "new\nline", "]]>", strings.Repeat("x", 500)} {
		var got strings.Builder
		tree := build(t, map[string]dagcbor.CID{key: leafValue})
		require.NoError(t, tree.SVG(t.Context(), &got, nil))
		requireXML(t, got.String())
		require.NotContains(t, got.String(), "<script")
	}
	require.NoError(t, mst.New().SVG(t.Context(), io.Discard, nil))
	full := errors.New("disk full")
	require.Equal(t, full, mst.New().SVG(t.Context(), failing{full}, nil))
}

// Every key, node and link is in the picture of a tree, in memory or not.
func TestSVG(t *testing.T) {
	m := numbered(pool(3, 3))
	whole := build(t, m)
	nodes := len(blocks(t, whole))
	for _, tree := range []*mst.Tree{whole, lazy(t, whole)} {
		var got strings.Builder
		require.NoError(t, tree.SVG(t.Context(), &got, tree))
		require.Equal(t, nodes, strings.Count(got.String(), `rx="4"`))
		require.Equal(t, nodes-1, strings.Count(got.String(), "<line"))
		for key := range m {
			require.Contains(t, got.String(), ">"+key+"<")
		}
		require.NotContains(t, got.String(), "#ffe8b0")
	}
}

func TestDrawChange(t *testing.T) {
	before := build(t, examples("3fp2j 3fr2j 3fs2j 3ft2j 4fc2j"))
	after, err := before.Delete(t.Context(), example("4fc2j"))
	require.NoError(t, err)
	var got strings.Builder
	require.NoError(t, after.DrawChange(t.Context(), &got, before))
	require.Equal(t, 2, strings.Count(got.String(), " *\n"))
	require.Contains(t, got.String(), "├─ layer 0  bafyreif3sdxmlpkhus4bgjqfxoduedvmgsuhvb2f3kqaoo3hp3pixz3lve\n")
}
