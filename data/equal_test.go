package data_test

import (
	"math"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

// TestEqual compares each of these with all of them: those in one row are
// equal and no others.
func TestEqual(t *testing.T) {
	blob := data.NewBlob([]byte("x"), "a/b")
	link := dagcbor.MustParseCID(linkText)
	rows := [][]any{
		{nil}, {true}, {false}, {""}, {"a"}, {"1"}, {[]byte{}}, {[]byte("a")}, {linkText},
		{1, int8(1), int16(1), int32(1), int64(1), uint(1), uint8(1), uint16(1), uint32(1), uint64(1)},
		{int64(math.MaxInt64), uint64(math.MaxInt64)}, {int64(math.MinInt64)},
		{link, link.Cid()},
		{[]any{}, []string{}}, {[]any{"a"}, []string{"a"}}, {[]any{"a", "b"}, []string{"a", "b"}}, {[]any{nil}}, {[]any{1}},
		{map[string]any{}}, {map[string]any{"a": nil}}, {map[string]any{"b": nil}}, {map[string]any{"a": 1, "b": []any{2}}, map[string]any{"b": []any{uint(2)}, "a": 1}},
		{blob, blob.Map()}, {map[string]any{"b": blob}, map[string]any{"b": blob.Map()}},
	}
	for i, row := range rows {
		for j, other := range rows {
			for _, a := range row {
				for _, b := range other {
					require.Equal(t, i == j, data.Equal(a, b), "%T %v, %T %v", a, a, b, b)
				}
			}
		}
	}
	cycle := map[string]any{}
	cycle["a"] = cycle
	type named map[string]any
	for _, v := range []any{1.5, math.NaN(), []byte(nil), []any(nil), []string(nil), map[string]any(nil), cid.Undef, dagcbor.CID{}, uint64(math.MaxUint64), named{}, &blob, cycle, func() {}} {
		require.False(t, data.Equal(v, v), "%T", v)
		require.False(t, data.Equal(v, nil))
		require.False(t, data.Equal(nil, v))
		require.False(t, data.Equal([]any{v}, []any{v}))
	}
}
