package data_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

// places returns the places of all values in a tree, in canonical order.
func places(at string, tree any) []string {
	all := []string{at}
	switch tree := tree.(type) {
	case []any:
		for i, v := range tree {
			all = append(all, places(fmt.Sprintf("%s/%d", at, i), v)...)
		}
	case map[string]any:
		for _, key := range slices.SortedFunc(maps.Keys(tree), dagcbor.CompareKeys) {
			name := strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
			all = append(all, places(at+"/"+name, tree[key])...)
		}
	}
	return all
}

// requireWalk requires that a walk of v comes to all values of tree, and that
// what is found without places is found on the walk.
func requireWalk(t *testing.T, v data.View, tree any) {
	t.Helper()
	var found []string
	var links []dagcbor.CID
	var blobs []data.Blob
	for place, w := range v.Walk() {
		found = append(found, place.String())
		if c, ok := w.Link(); ok {
			links = append(links, c)
		}
		if b, ok := w.Blob(); ok {
			blobs = append(blobs, b)
		}
	}
	require.Equal(t, places("", tree), found)
	o := &data.Options{Permissive: true, LegacyBlobs: true, MaxDepth: -1}
	var wantLinks []dagcbor.CID
	for c, err := range data.Links(v.Raw(), o) {
		require.NoError(t, err)
		wantLinks = append(wantLinks, c)
	}
	require.Equal(t, wantLinks, links)
	require.Equal(t, collect(t, v.Raw(), o), blobs)
}

func TestWalk(t *testing.T) {
	text := `{"a/~":[1,{"b":[]},{"$link":"` + linkText + `"}],"":{"x":null,"y":{"$bytes":"AA"}},"blob":` + blobJSON + `,"z":"é"}`
	b, err := data.FromJSON([]byte(text), &data.Options{Permissive: true})
	require.NoError(t, err)
	v, err := data.NewView(b, nil)
	require.NoError(t, err)
	var got []string
	for place, w := range v.Walk() {
		if k := w.Kind(); k < dagcbor.KindArray {
			got = append(got, place.String()+" "+w.String())
		}
	}
	require.Equal(t, []string{
		"//x null", `//y {"$bytes":"AA"}`, `/z "é"`, "/a~1~0/0 1", `/a~1~0/2 {"$link":"` + linkText + `"}`,
		`/blob/ref {"$link":"` + blobText + `"}`, "/blob/size 10000", `/blob/$type "blob"`, `/blob/mimeType "image/jpeg"`,
	}, got)
	tree, err := v.Tree(nil)
	require.NoError(t, err)
	requireWalk(t, v, tree)

	n := 0
	for range v.Walk() {
		if n++; n == 3 {
			break // must not go on, nor panic
		}
	}
	require.Equal(t, 3, n)
	for range (data.View{}).Walk() {
		t.Fatal("value of nothing")
	}
	require.Empty(t, data.Place{}.String())
	_, ok := data.View{}.Blob()
	require.False(t, ok)
}

// TestWalkDeep walks as deep as options allow, which must not take a stack, and
// through what is made for taking memory.
func TestWalkDeep(t *testing.T) {
	_, deep := nested(1000, 500, "1", "\x01")
	v, err := data.NewView(deep, &data.Options{MaxDepth: -1})
	require.NoError(t, err)
	last := ""
	for place := range v.Walk() {
		last = place.String()
	}
	require.Equal(t, strings.Repeat("/a", 500)+strings.Repeat("/0", 500), last)

	for name, b := range hostile {
		if v, err := data.NewView(b, nil); err == nil {
			n := 0
			require.LessOrEqual(t, allocated(func() {
				for range v.Walk() {
					n++
				}
			}), uint64(8<<10), name)
			require.Positive(t, n)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	v, err := data.NewView(postCBOR(b), nil)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, w := range v.Walk() {
			n += w.Len()
		}
		if n == 0 {
			b.Fatal("nothing found")
		}
	}
}
