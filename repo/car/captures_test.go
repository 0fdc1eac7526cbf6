package car_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo/car"
)

// TestCaptures reads the repositories that a server wrote, and writes them
// again.
func TestCaptures(t *testing.T) {
	ledger.Covers(t, "CAR-001", "CAR-025")
	about := fixtures.JSON[struct {
		Accounts map[string]struct{ Head string }
	}](t, fixtures.PDS(t, "index.json"))
	for _, name := range []string{"alice", "bob", "carol", "dan"} {
		t.Run(name, func(t *testing.T) {
			x := readCapture(t, name+".car")
			require.Equal(t, about.Accounts[name].Head, x.Roots()[0].String())
			records := fixtures.JSON[[][2]string](t, fixtures.PDS(t, name+".records.json"))
			for _, record := range records {
				c, err := dagcbor.ParseCID(record[1])
				require.NoError(t, err)
				_, found := x.Get(c)
				require.True(t, found, "%s", record[0])
			}
			require.Greater(t, x.Len(), 1)
		})
	}
}

// TestCapturedProofs reads proofs: what stands between a commit and one record.
func TestCapturedProofs(t *testing.T) {
	ledger.Covers(t, "CAR-024")
	for _, name := range []string{"alice.profile.proof.car", "alice.deleted-post.proof.car"} {
		t.Run(name, func(t *testing.T) {
			x := readCapture(t, name)
			commit, found := x.Get(x.Roots()[0])
			require.True(t, found)
			require.NotEmpty(t, commit)
		})
	}
}

// readCapture reads a capture in every way, writes it anew, and returns its
// index.
func readCapture(t *testing.T, name string) *car.Index {
	t.Helper()
	b := fixtures.PDS(t, name)
	var got result
	if len(b) < 1<<16 {
		got = accept(t, b, nil)
	} else { // not byte by byte
		got = stream(bytes.NewReader(b), nil)
		require.NoError(t, got.err)
	}
	require.Len(t, got.roots, 1)

	var buf bytes.Buffer
	w, err := car.NewWriter(&buf, got.roots...)
	require.NoError(t, err)
	for _, block := range got.blocks {
		require.NoError(t, w.Put(block.CID, block.Data))
	}
	require.True(t, bytes.Equal(b, buf.Bytes()))

	x, err := car.NewIndex(b, nil)
	require.NoError(t, err)
	require.Equal(t, got.roots, x.Roots())
	requireBlocks(t, got.blocks, slices.Collect(x.Blocks()))
	for _, block := range got.blocks {
		data, found := x.Get(block.CID)
		require.True(t, found)
		require.True(t, bytes.Equal(block.Data, data))
	}
	return x
}
