package mst_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

func TestLayer(t *testing.T) {
	ledger.Covers(t, "MST-002", "MST-003", "MST-012")
	for key, want := range map[string]int{
		"": 0, "asdf": 0, "2653ae71": 0, "blue": 1, "88bfafc7": 2, "2a92d355": 4, "884976f5": 6,
		"app.bsky.feed.post/454397e440ec": 4, "app.bsky.feed.post/9adeb165882c": 8,
		"key1": 0, "key7": 1, "key515": 4,
	} {
		require.Equal(t, want, mst.Layer(key), key)
	}
	for _, n := range []int{1, 31, 32, 55, 56, 63, 64, 127, 128, 129, 1000, mst.MaxKeyLen} {
		for c := 'a'; c <= 'z'; c++ {
			key := strings.Repeat(string(c), n)
			require.Equal(t, refLayer(key), mst.Layer(key), key)
		}
	}
}

func TestLayerVectors(t *testing.T) {
	ledger.Covers(t, "MST-002", "MST-003")
	type vector struct {
		Key    string
		Height int
	}
	for _, v := range fixtures.JSON[[]vector](t, fixtures.Interop(t, "mst/key_heights.json")) {
		require.Equal(t, v.Height, mst.Layer(v.Key), v.Key)
	}
	lines := fixtures.InteropLines(t, "mst/example_keys.txt")
	require.Len(t, lines, 156)
	for _, key := range lines { // of the form "A0/374913"
		require.Equal(t, int(key[1]-'0'), mst.Layer(key), key)
	}
}

// A quarter of the keys on each layer would go one layer up.
func TestFanOut(t *testing.T) {
	ledger.Covers(t, "MST-004")
	const n = 200_000
	var above [6]float64 // keys on this layer or above it
	for _, key := range repoKeys(n) {
		for h := range min(mst.Layer(key), len(above)-1) + 1 {
			above[h]++
		}
	}
	for h, got := range above {
		want := n / math.Pow(4, float64(h))
		require.InDelta(t, want, got, 5*math.Sqrt(want), "layer %d", h)
	}
}

func TestCommonPrefixVectors(t *testing.T) {
	ledger.Covers(t, "MST-015")
	type vector struct {
		Left, Right string
		Len         int
	}
	for _, v := range fixtures.JSON[[]vector](t, fixtures.Interop(t, "mst/common_prefix.json")) {
		require.Equal(t, v.Len, mst.CommonPrefix(v.Left, v.Right), "%q %q", v.Left, v.Right)
	}
}

func TestLayerAllocs(t *testing.T) {
	for _, n := range []int{0, 32, 128, 129, mst.MaxKeyLen} {
		key := strings.Repeat("k", n)
		require.Zero(t, testing.AllocsPerRun(100, func() { mst.Layer(key) }))
	}
}
