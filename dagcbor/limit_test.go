package dagcbor_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestDefaultLimits(t *testing.T) {
	require.EqualValues(t, 5_242_880, dagcbor.DefaultMaxSize)
	require.EqualValues(t, 32, dagcbor.DefaultMaxDepth)
	require.EqualValues(t, 131_072, dagcbor.DefaultMaxContainer)
	require.EqualValues(t, 8_192, dagcbor.DefaultMaxKey)
	require.EqualValues(t, 1_048_576, dagcbor.DefaultMaxString)
}

// cat joins byte strings.
func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// nested returns depth arrays inside of each other, the innermost one empty.
func nested(depth int) []byte {
	return append(bytes.Repeat([]byte{0x81}, depth-1), 0x80)
}

// textOf, bytesOf, arrayOf, mapOf and keyOf return one item of n.
func textOf(n int) []byte  { return dagcbor.AppendText(nil, strings.Repeat("a", n)) }
func bytesOf(n int) []byte { return dagcbor.AppendBytes(nil, make([]byte, n)) }
func keyOf(n int) []byte   { return cat([]byte{0xa1}, textOf(n), []byte{0xf6}) }
func arrayOf(n int) []byte { return append(dagcbor.AppendArray(nil, n), make([]byte, n)...) }
func mapOf(n int) []byte {
	b := dagcbor.AppendMap(nil, n)
	for i := range n {
		b = dagcbor.AppendBool(dagcbor.AppendText(b, fmt.Sprintf("%08d", i)), true)
	}
	return b
}

// sized returns a value of n bytes: an array of byte strings.
func sized(n int) []byte {
	const chunk = 1 << 19
	chunks := (n - 100) / chunk
	b := dagcbor.AppendArray(nil, chunks+1)
	for range chunks {
		b = append(b, bytesOf(chunk-5)...)
	}
	rest := n - len(b)
	for head := range 6 {
		if last := bytesOf(rest - head); len(last) == rest {
			return append(b, last...)
		}
	}
	panic("no byte string is that long")
}

// Each limit: a value of a given measure, and where the error stands in it.
var limited = []struct {
	name   string
	value  func(n int) []byte
	limit  int
	offset int64
	lift   func(o *dagcbor.Options, n int)
}{
	{"dagcbor: input size", sized, dagcbor.DefaultMaxSize, 0, func(o *dagcbor.Options, n int) { o.MaxSize = n }},
	{"dagcbor: nesting depth", nested, dagcbor.DefaultMaxDepth, dagcbor.DefaultMaxDepth, func(o *dagcbor.Options, n int) { o.MaxDepth = n }},
	{"dagcbor: container length", arrayOf, dagcbor.DefaultMaxContainer, 0, func(o *dagcbor.Options, n int) { o.MaxContainer = n }},
	{"dagcbor: container length", mapOf, dagcbor.DefaultMaxContainer, 0, func(o *dagcbor.Options, n int) { o.MaxContainer = n }},
	{"dagcbor: map key length", keyOf, dagcbor.DefaultMaxKey, 1, func(o *dagcbor.Options, n int) { o.MaxKey = n }},
	{"dagcbor: string length", textOf, dagcbor.DefaultMaxString, 0, func(o *dagcbor.Options, n int) { o.MaxString = n }},
	{"dagcbor: string length", bytesOf, dagcbor.DefaultMaxString, 0, func(o *dagcbor.Options, n int) { o.MaxString = n }},
}

func TestLimits(t *testing.T) {
	ledger.Covers(t, "CBR-017")
	for _, c := range limited {
		within, beyond := c.value(c.limit), c.value(c.limit+1)
		want := &dagcbor.LimitError{Name: c.name, Limit: int64(c.limit), Got: int64(c.limit) + 1, Offset: c.offset}
		for _, p := range readerPaths(nil) {
			require.NoError(t, p.read(within), "%s: %s", p.name, c.name)
			require.Equal(t, want, p.read(beyond), "%s: %s", p.name, c.name)
		}
		var v any
		require.NoError(t, dagcbor.Unmarshal(within, &v))
		require.Equal(t, want, dagcbor.Unmarshal(beyond, &v))
		require.Equal(t, want, dagcbor.Unmarshal(beyond, &post{}))
		_, canonical := decodeReference(within)
		require.True(t, canonical)
		_, canonical = decodeReference(beyond)
		require.False(t, canonical)

		for _, lifted := range []int{-1, math.MinInt, c.limit + 1, math.MaxInt} {
			o := &dagcbor.Options{}
			c.lift(o, lifted)
			for _, p := range readerPaths(o) {
				require.NoError(t, p.read(beyond), "%s: %s lifted to %d", p.name, c.name, lifted)
			}
		}
	}
}

func TestSmallLimits(t *testing.T) {
	for _, c := range limited {
		for _, limit := range []int{1, 2, 7} {
			if c.name == "dagcbor: input size" {
				limit += 100
			}
			o := &dagcbor.Options{}
			c.lift(o, limit)
			b := c.value(limit + 1)
			for _, p := range readerPaths(o) {
				require.NoError(t, p.read(c.value(limit)), "%s: %s", p.name, c.name)
				e, ok := errors.AsType[*dagcbor.LimitError](p.read(b))
				require.True(t, ok)
				require.Equal(t, c.name, e.Name)
				require.EqualValues(t, limit, e.Limit)
				require.EqualValues(t, limit+1, e.Got)
			}
		}
	}
}

func TestLimitErrorText(t *testing.T) {
	err := dagcbor.Valid(cat([]byte{0x82, 0}, nested(40)), nil)
	require.EqualError(t, err, "dagcbor: nesting depth 33 exceeds the limit of 32 at offset 33")
	err = &dagcbor.LimitError{Name: "data: size", Limit: 1, Got: 2, Offset: -1}
	require.EqualError(t, err, "data: size 2 exceeds the limit of 1")
}

// Arrays, maps and tags count; closed ones do not.
func TestDepthCounts(t *testing.T) {
	ledger.Covers(t, "CBR-017")
	o := &dagcbor.Options{MaxDepth: 3}
	for _, c := range []struct {
		hex    string
		offset int64 // -1: within the limit
	}{
		{"81 81 80", -1}, {"81 81 81 80", 3}, {"81 81 81 00", -1}, {"81 81 81 81 00", 3},
		{"a1 6161 a1 6162 a0", -1}, {"a1 6161 a1 6162 a1 6163 a0", 9}, {"a1 6161 81 a1 6162 a0", 7},
		{"81 81" + aLink, -1}, {"81 81 81" + aLink, 3}, {"a1 6161 81 81" + aLink, 5},
		{"82 81 80 81 80", -1}, {"83 81 80 81 80 81 81 80", 7}, {"82 81 81 00 81 80", -1},
		{"82 80 81 81 80", 4}, {"82 8180 818180", 5}, {"82" + aLink + "81" + aLink, -1},
	} {
		b := unhex(t, c.hex)
		for _, p := range readerPaths(o) {
			if err := p.read(b); c.offset < 0 {
				require.NoError(t, err, "%s of %s", p.name, c.hex)
			} else {
				require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: nesting depth", Limit: 3, Got: 4, Offset: c.offset}, err, "%s of %s", p.name, c.hex)
			}
		}
	}
}

// What a Reader has open counts for the part that it skips.
func TestDepthInsideOfReader(t *testing.T) {
	for open := range dagcbor.DefaultMaxDepth {
		for _, inside := range []int{dagcbor.DefaultMaxDepth - open, dagcbor.DefaultMaxDepth - open + 1} {
			r := dagcbor.NewReader(cat(bytes.Repeat([]byte{0x81}, open), nested(inside)), nil)
			for range open {
				_, err := r.Array()
				require.NoError(t, err)
			}
			err := r.Skip()
			if open+inside <= dagcbor.DefaultMaxDepth {
				require.NoError(t, err)
				require.NoError(t, r.End())
				continue
			}
			require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: nesting depth", Limit: 32, Got: 33, Offset: 32}, err)
			require.Equal(t, open, r.Offset())
		}
	}
}

func TestSplitFirst(t *testing.T) {
	ledger.Covers(t, "CBR-014")
	header, body := unhex(t, "a2 6174 6723636f6d6d6974 626f70 01"), typicalPostBytes(t)
	frame := cat(header, body, []byte{0xff, 0xff})
	value, rest, err := dagcbor.SplitFirst(frame, nil)
	require.NoError(t, err)
	require.Equal(t, header, value)
	require.Equal(t, len(value), cap(value), "appending to value leaves the rest alone")
	require.Same(t, &frame[0], &value[0])

	value, rest, err = dagcbor.SplitFirst(rest, nil)
	require.NoError(t, err)
	require.Equal(t, body, value)
	require.Equal(t, []byte{0xff, 0xff}, rest, "the rest is not looked at")
	_, _, err = dagcbor.SplitFirst(rest, nil)
	require.EqualError(t, err, "dagcbor: "+msgBreak+" at offset 0")

	_, rest, err = dagcbor.SplitFirst(header, nil)
	require.NoError(t, err)
	require.Empty(t, rest)
	_, _, err = dagcbor.SplitFirst(frame, &dagcbor.Options{MaxSize: len(frame) - 1})
	require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: input size", Limit: int64(len(frame)) - 1, Got: int64(len(frame))}, err)
	require.Error(t, dagcbor.Valid(frame, nil))
}
