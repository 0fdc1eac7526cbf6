package dagcbor_test

import (
	"bytes"
	"errors"
	"runtime"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/hostile"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	f() // what is made once and kept does not count
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Heads that claim far more than there is, in 256 KiB of input.
func TestClaimedLengths(t *testing.T) {
	ledger.Covers(t, "CBR-015", "CBR-019")
	const size = 256 << 10
	for _, head := range []string{
		"9b0000000100000000", "bb0000000100000000", "5b0000000100000000", "7b0000000100000000",
		"9a7fffffff", "ba7fffffff", "9bffffffffffffffff", "bbffffffffffffffff", "a17b0000000100000000",
		"d82a5b0000000100000000",
	} {
		b := make([]byte, size)
		copy(b, unhex(t, head))
		for _, p := range allPaths() {
			require.Less(t, allocated(func() { require.Error(t, p.read(b)) }), uint64(64<<10), "%s of %s", p.name, head)
		}
	}
}

// The number of elements is never more than the input can hold, so that a
// caller may allocate for it: one byte each in an array, two in a map.
func TestClaimedElements(t *testing.T) {
	ledger.Covers(t, "CBR-019")
	for _, c := range []struct {
		hex  string
		open func(r *dagcbor.Reader) (int, error)
		want int // -1: refused
	}{
		{"83 00 00 00", (*dagcbor.Reader).Array, 3}, {"83 00 00", (*dagcbor.Reader).Array, -1},
		{"a3 60 00 6161 00", (*dagcbor.Reader).Map, -1}, {"a3 6000 6000 60", (*dagcbor.Reader).Map, -1},
		{"a3 60 00 6161 00 6162 00", (*dagcbor.Reader).Map, 3}, {"a2 60 00 6161", (*dagcbor.Reader).Map, 2},
		{"a1 60", (*dagcbor.Reader).Map, -1},
	} {
		b := unhex(t, c.hex)
		n, err := c.open(dagcbor.NewReader(b, nil))
		if c.want < 0 {
			require.Equal(t, &dagcbor.Error{Offset: len(b), Msg: msgEnd}, err, c.hex)
			continue
		}
		require.NoError(t, err, c.hex)
		require.Equal(t, c.want, n)
	}
}

func TestValidDoesNotAllocate(t *testing.T) {
	post := typicalPostBytes(t)
	for _, b := range [][]byte{post, nested(dagcbor.DefaultMaxDepth), mapOf(1000), sized(1 << 20)} {
		require.Zero(t, testing.AllocsPerRun(10, func() { _ = dagcbor.Valid(b, nil) }))
		require.Zero(t, testing.AllocsPerRun(10, func() { _, _, _ = dagcbor.SplitFirst(b, nil) }))
		require.Zero(t, testing.AllocsPerRun(10, func() {
			r := dagcbor.NewReader(b, nil) // stays on the stack
			_ = r.Skip()
		}))
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { _, _, _, _ = lookUp(post) }))
}

// The Go values that are largest for their encoding.
func TestUnmarshalAnyAllocation(t *testing.T) {
	ledger.Covers(t, "CBR-019")
	pairs := append(bytes.Repeat(unhex(t, "a160"), dagcbor.DefaultMaxDepth-1), 0)
	for _, unit := range [][]byte{
		{0x00}, {0x40}, {0x60}, {0x80}, {0xa0}, {0x81, 0xf6}, unhex(t, "a16000"), unhex(t, "190100"),
		pairs, append(bytes.Repeat([]byte{0x81}, dagcbor.DefaultMaxDepth-1), 0),
	} {
		n := (1 << 15) / len(unit)
		b := append(dagcbor.AppendArray(nil, n), bytes.Repeat(unit, n)...)
		var v any
		got := allocated(func() {
			v = nil
			require.NoError(t, dagcbor.Unmarshal(b, &v))
		})
		t.Logf("%.8x: %d times", unit, got/uint64(len(b)))
		require.Less(t, got, 200*uint64(len(b)), "%x", unit)
	}
}

// What interface values may take is bounded for large inputs, too.
func TestUnmarshalAnyBudget(t *testing.T) {
	many := func(unit []byte, n int) []byte { // an array of arrays, for the limit of elements
		inner := append(dagcbor.AppendArray(nil, 1000), bytes.Repeat(unit, 1000)...)
		return append(dagcbor.AppendArray(nil, n/1000), bytes.Repeat(inner, n/1000)...)
	}
	for _, unit := range []string{"a0", "a16000", "80", "81a0", "8100"} {
		b := many(unhex(t, unit), 1_000_000)
		var v any
		var err error
		got := allocated(func() { err = dagcbor.Unmarshal(b, &v) })
		require.Less(t, got, max(uint64(32<<20), 16*uint64(len(b))), unit)
		limit, ok := errors.AsType[*dagcbor.LimitError](err)
		require.True(t, ok, "%s: %v", unit, err)
		require.Equal(t, "dagcbor: memory of an untyped value", limit.Name)
		require.Positive(t, limit.Offset)

		var typed struct{ A int }
		require.NotErrorIs(t, dagcbor.Unmarshal(b, &typed), err) // not for what has no interfaces
	}
	posts := many(typicalPostBytes(t), 7000)
	require.Greater(t, len(posts), 5_000_000)
	var v any
	require.NoError(t, dagcbor.Unmarshal(posts, &v))
}

// One MiB of nested arrays: an error by default, and no recursion if the limit
// is lifted.
func TestDeepNesting(t *testing.T) {
	ledger.Covers(t, "CBR-018")
	const depth = 1 << 20
	for _, unit := range [][]byte{{0x81}, unhex(t, "a160"), {0x82, 0x80}} {
		deep := append(bytes.Repeat(unit, depth), 0)
		for _, p := range allPaths() {
			require.Less(t, allocated(func() {
				err := p.read(deep)
				require.ErrorContains(t, err, "dagcbor: nesting depth 33 exceeds the limit of 32")
			}), uint64(64<<10), p.name)
		}
		for _, p := range readerPaths(&dagcbor.Options{MaxDepth: -1}) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			require.NoError(t, p.read(deep), p.name)
			runtime.ReadMemStats(&after)
			require.Less(t, after.StackInuse, before.StackInuse+1<<20, p.name)
		}
		for _, p := range readerPaths(&dagcbor.Options{MaxDepth: depth / 2}) {
			require.ErrorContains(t, p.read(deep), "dagcbor: nesting depth 524289 exceeds the limit of 524288", p.name)
		}
	}
	lifted := &dagcbor.Options{MaxDepth: -1}
	deep := nested(depth)
	require.Less(t, allocated(func() { require.NoError(t, dagcbor.Valid(deep, lifted)) }), uint64(100*depth))
	require.EqualError(t, dagcbor.Valid(deep[:depth-1], lifted), "dagcbor: "+msgEnd+" at offset 1048575")
}

// TestMemoryOfAnything bounds what every decoder allocates, over its whole run,
// by the size of its input, for inputs of all shapes up to 1 MiB.
func TestMemoryOfAnything(t *testing.T) {
	ledger.Covers(t, "CBR-015", "CBR-018", "CBR-019")
	const fixed = 16 << 10 // errors, buffers
	for i, b := range hostile.Inputs(1, 120, hostile.CBOR(), realValues(t)...) {
		size := uint64(len(b))
		bound := func(most uint64, what string, f func()) {
			t.Helper()
			if got := allocated(f); got > most {
				t.Errorf("input %d, %d bytes (%.20x): %s allocates %d", i, size, b, what, got)
			}
		}
		bound(fixed, "Valid", func() { _ = dagcbor.Valid(b, nil) })
		bound(fixed, "SplitFirst", func() { _, _, _ = dagcbor.SplitFirst(b, nil) })
		bound(fixed, "Values", func() {
			for range dagcbor.Values(b, nil) {
				continue
			}
		})
		bound(5*size+fixed, "Decoder", func() {
			for range dagcbor.NewDecoder(bytes.NewReader(b), nil).Values() {
				continue
			}
		})
		bound(fixed, "Reader", func() { _ = dagcbor.NewReader(b, nil).Skip() })
		bound(8*size+fixed, "Reader by item", func() { _, _ = walk(b, nil) }) // what walk writes
		bound(fixed, "CIDFromBytes", func() { _, _ = dagcbor.CIDFromBytes(b) })
		bound(2*size+fixed, "ParseCID", func() { _, _ = dagcbor.ParseCID(string(b)) })
		bound(min(200*size, 32<<20)+fixed, "Unmarshal any", func() { var v any; _ = dagcbor.Unmarshal(b, &v) })
		bound(50*size+fixed, "Unmarshal struct", func() { var v post; _ = dagcbor.Unmarshal(b, &v) })
	}
}
