package mst_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

func TestKeyOrderInNode(t *testing.T) {
	ledger.Covers(t, "MST-005", "MST-015", "MST-016", "MST-022", "MST-023", "MST-024")
	a, b := keyOn(0, "a"), keyOn(0, "b")
	ab := keyOn(0, "ab")
	const order, short = "keys are out of order", "p is shorter than the common prefix"
	for _, tc := range []struct {
		name   string
		second rawEntry
		msg    string
	}{
		{"smaller", rawEntry{suffix: "A"}, order},
		{"same", rawEntry{prefix: int64(len(b))}, order},
		{"same, written out", rawEntry{suffix: b}, short},
		{"beginning of the first", rawEntry{prefix: 1}, order},
		{"prefix too short", rawEntry{suffix: b + "1"}, short},
		{"prefix too short by one", rawEntry{prefix: int64(len(b) - 1), suffix: b[len(b)-1:] + "1"}, short},
		{"smaller, prefix too short", rawEntry{suffix: b[:1]}, short},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.second.value = leafValue
			node := encodeNode(dagcbor.CID{}, rawEntry{suffix: b, value: leafValue}, tc.second)
			at := len(encodeNode(dagcbor.CID{}, rawEntry{suffix: b, value: leafValue})) - 3 + 4 // behind l, the heads
			requireNodeError(t, node, at, tc.msg)
		})
	}
	// The same further on in the node.
	for third, msg := range map[string]string{a: order, b: short} {
		node := encodeNode(none, rawEntry{suffix: a, value: leafValue}, rawEntry{suffix: b, value: leafValue}, rawEntry{suffix: third, value: leafValue})
		requireNodeError(t, node, 114+len(a)+len(b), msg)
	}
	// p beyond the key before it, but not beyond the one before that.
	node := encodeNode(dagcbor.CID{}, rawEntry{suffix: ab, value: leafValue},
		rawEntry{suffix: b, value: leafValue}, rawEntry{prefix: int64(len(b) + 1), suffix: "x", value: leafValue})
	_, err := readNode(t, node, nil)
	require.ErrorContains(t, err, "p is longer than the key before at offset")
	// The order is that of bytes, without a sign.
	high := keyOn(0, "\xff")
	_, err = readNode(t, encodeNode(dagcbor.CID{}, rawEntry{suffix: a, value: leafValue}, rawEntry{suffix: high, value: leafValue}), nil)
	require.NoError(t, err)
	requireNodeError(t, encodeNode(dagcbor.CID{}, rawEntry{suffix: high, value: leafValue}, rawEntry{suffix: a, value: leafValue}), 61+len(high), "keys are out of order")
}

func TestKeyLength(t *testing.T) {
	ledger.Covers(t, "MST-027")
	longest := keyOn(0, strings.Repeat("x", mst.MaxKeyLen-1))
	require.Len(t, longest, mst.MaxKeyLen)
	_, err := readNode(t, encodeNode(dagcbor.CID{}, rawEntry{suffix: longest, value: leafValue}), nil)
	require.NoError(t, err)
	requireNodeError(t, encodeNode(dagcbor.CID{}, rawEntry{suffix: longest + "x", value: leafValue}), 7, "k is longer than a key may be")
	// A prefix makes the second key too long.
	node := encodeNode(dagcbor.CID{}, rawEntry{suffix: longest, value: leafValue}, rawEntry{prefix: mst.MaxKeyLen, suffix: "x", value: leafValue})
	requireNodeError(t, node, len(node)-3-41-2-1-2-3, noKey)

	tree := mst.New()
	for _, key := range []string{"", longest + "x"} {
		want := &mst.KeyError{Key: key}
		_, err := tree.Put(t.Context(), key, leafValue)
		require.Equal(t, want, errors.Unwrap(err))
		_, err = tree.Delete(t.Context(), key)
		require.Equal(t, want, errors.Unwrap(err))
		require.Equal(t, want, mst.NewBuilder(nil).Add(key, leafValue))
		_, err = mst.Build(sorted(map[string]dagcbor.CID{key: leafValue}))
		require.Equal(t, want, err)
		_, found, err := tree.Get(t.Context(), key)
		require.NoError(t, err)
		require.False(t, found)
	}
	require.EqualError(t, &mst.KeyError{}, `mst: key "" has 0 bytes, not 1 to 1024`)
	_, err = tree.Put(t.Context(), longest, leafValue)
	require.NoError(t, err)
}
