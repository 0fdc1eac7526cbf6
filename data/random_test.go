package data_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

// randomTree returns a tree of at most the given depth.
func randomTree(r *rand.Rand, depth int) any {
	kinds := 9
	if depth == 0 {
		kinds = 7
	}
	switch r.IntN(kinds) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return int64(r.Uint64() >> r.IntN(64))
	case 3:
		return -int64(r.Uint64()>>(1+r.IntN(63))) - 1
	case 4:
		return randomText(r)
	case 5:
		return []byte(randomText(r))
	case 6:
		return dagcbor.Sum([]dagcbor.Codec{dagcbor.Raw, dagcbor.DAGCBOR}[r.IntN(2)], []byte(randomText(r)))
	case 7:
		a := make([]any, r.IntN(30))
		for i := range a {
			a[i] = randomTree(r, depth-1)
		}
		return a
	}
	m := make(map[string]any)
	for range r.IntN(30) {
		m[fmt.Sprintf("%s%x", randomText(r), r.IntN(1000))] = randomTree(r, depth-1)
	}
	if r.IntN(4) == 0 {
		m["blob"] = data.NewBlob([]byte(randomText(r)), "image/png").Map()
		m["$type"] = "com.example.thing"
	}
	return m
}

func randomText(r *rand.Rand) string {
	text := make([]rune, r.IntN(1<<r.IntN(7)))
	for i := range text {
		text[i] = []rune("aB0~/\"\\\x00\n\x7fé—🐦\ufffd\u2028$")[r.IntN(16)]
	}
	return string(text)
}

// TestConversions: bytes, JSON, trees and views are four forms of the same, and
// every way between them loses nothing.
func TestConversions(t *testing.T) {
	ledger.Covers(t, "DAT-022", "CBR-016", "DAT-001")
	r := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		tree := randomTree(r, r.IntN(4))
		b, err := data.Marshal(tree, nil)
		require.NoError(t, err)
		requireRoundTrips(t, b, nil)
		back, err := data.Unmarshal(b, nil)
		require.NoError(t, err)
		require.Equal(t, tree, back)
		require.True(t, data.Equal(tree, back))
		v, err := data.NewView(b, nil)
		require.NoError(t, err)
		requireView(t, v, tree)
		requireWalk(t, v, tree)
	}
}
