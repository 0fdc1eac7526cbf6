package car

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCursorNeedsNoTable asks for the blocks of a large file in their order,
// with some left out here and there.
func TestCursorNeedsNoTable(t *testing.T) {
	blocks, file := numbered(8000, all)
	require.Greater(t, len(file), largeFile)
	x, err := NewIndex(file, nil)
	require.NoError(t, err)
	r := x.Cursor()
	for _, b := range blocks {
		data, found := r.Get(b.CID)
		require.True(t, found)
		require.Equal(t, b.Data, data)
	}
	require.Empty(t, x.slots)

	// What is looked up elsewhere does not lead astray.
	r = x.Cursor()
	for _, step := range []struct{ get, next int }{{0, 1}, {4000, 4001}, {3, 4001}, {4001, 4002}, {4000, 4002}, {7999, 8000}} {
		_, found := r.Get(blocks[step.get].CID)
		require.True(t, found)
		want := len(file)
		if step.next < len(blocks) {
			want = x.find(blocks[step.next].CID)
		}
		require.Equal(t, want, r.next)
	}
	require.NotEmpty(t, x.slots)
}
