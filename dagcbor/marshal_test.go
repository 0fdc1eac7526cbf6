package dagcbor_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// handle is an identifier as in package syntax: opaque, with a text form.
type handle struct{ s string }

func (h handle) MarshalText() ([]byte, error) {
	if h.s == "" {
		return nil, errors.New("empty handle")
	}
	return []byte(h.s), nil
}

func (h *handle) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return errors.New("empty handle")
	}
	h.s = string(b)
	return nil
}

type base struct {
	Type string `cbor:"$type"`
	ID   int    `json:"id"`
}

type hidden struct {
	Z int `cbor:"z"`
}

func TestMarshal(t *testing.T) {
	ledger.Covers(t, "CBR-016", "CBR-020", "CBR-021")
	type text string
	one := 1
	c := dagcbor.MustParseCID(aCID)
	for _, tc := range []struct {
		name string
		v    any
		hex  string
	}{
		{"nil slice", []string(nil), "80"},
		{"nil map", map[string]int(nil), "a0"},
		{"nil bytes", []byte(nil), "40"},
		{"nil pointer", (*int)(nil), "f6"},
		{"nil", nil, "f6"},
		{"nil interface in a slice", []any{nil}, "81 f6"},
		{"null is kept", map[string]any{"a": nil}, "a1 6161 f6"},
		{"pointer to nil", struct {
			A *int `cbor:"a"`
		}{}, "a1 6161 f6"},
		{"empty struct", struct{}{}, "a0"},
		{"nil containers in a struct", struct {
			A []int          `cbor:"a"`
			B map[string]int `cbor:"b"`
			C []byte         `cbor:"c"`
		}{}, "a3 6161 80 6162 a0 6163 40"},
		{"byte array", [3]byte{1, 2, 3}, "43 010203"},
		{"array", [2]bool{true}, "82 f5 f4"},
		{"omitempty", struct {
			A int    `cbor:"a,omitempty"`
			B string `json:"b,omitempty"`
			C []int  `cbor:"c,omitempty"`
			D *int   `cbor:"d,omitempty"`
			E int    `cbor:"e,omitempty"`
		}{E: 1}, "a1 6165 01"},
		{"omitzero", struct {
			A dagcbor.CID `cbor:"a,omitzero"`
			B time.Time   `json:"b,omitzero"`
			C *int        `cbor:"c,omitzero"`
		}{C: &one}, "a1 6163 01"},
		{"cbor tag before json tag, no tag, left out", struct {
			A int `cbor:"x" json:"y"`
			B int `json:"b"`
			C int
			D int `cbor:"-"`
			E int `json:"-"`
			f int
		}{1, 2, 3, 4, 5, 6}, "a3 6143 03 6162 02 6178 01"},
		{"embedded", struct {
			base
			*hidden
			Name string `cbor:"name"`
		}{base{"t", 1}, &hidden{2}, "n"}, "a4 617a 02 626964 01 646e616d65 616e 652474797065 6174"},
		{"embedded nil pointer", struct {
			*hidden
			A int `cbor:"a"`
		}{A: 1}, "a1 6161 01"},
		{"toarray", struct {
			_ struct{} `cbor:",toarray"`
			A int
			B string
		}{A: 1, B: "b"}, "82 01 6162"},
		{"sorted", map[text]any{"b": 1, "aa": 2, "a": 3, "": 4}, "a4 60 04 6161 03 6162 01 626161 02"},
		{"time", time.Date(2026, 8, 19, 7, 31, 54, 110_000_000, time.FixedZone("", 7200)), "77" + hexOf("2026-08-19T05:31:54.11Z")},
		{"link", c, "d82a 5825 00 01711220 65062a5a5a00fc16d73c6944237ccbc15b1c4a7234489336891d091741a239d0"},
		{"pointer to link", &c, "d82a 5825 00 01711220 65062a5a5a00fc16d73c6944237ccbc15b1c4a7234489336891d091741a239d0"},
		{"text form", map[string]handle{"a": {"x"}}, "a1 6161 6178"},
		{"text form as key", map[handle]int{{"x"}: 1}, "a1 6178 01"},
		{"raw", map[string]cbor.RawMessage{"a": {0x81, 0x01}}, "a1 6161 8101"},
		{"uint64 within int64", uint64(math.MaxInt64), "1b7fffffffffffffff"},
		{"rune and kinds of integers", []any{'x', int8(-1), uint8(1), uint(2), int16(-300)}, "85 1878 20 01 02 39012b"},
	} {
		b, err := dagcbor.Marshal(tc.v)
		require.NoError(t, err, tc.name)
		require.Equal(t, unhex(t, tc.hex), b, tc.name)
		requireRoundTrip(t, b)
	}
}

func TestMarshalRefuses(t *testing.T) {
	ledger.Covers(t, "CBR-005", "CBR-006", "CBR-009", "CBR-010", "CBR-013", "CBR-016")
	eco := dagcbor.MustParseCID(aCID).Cid()
	const cidText = "cid.Cid is not a link here; dagcbor.CID is"
	for _, c := range []struct {
		v    any
		want string
	}{
		{1.5, "float64 has no canonical encoding: floating-point number"},
		{1.0, "float64 has no canonical encoding: floating-point number"},
		{float32(0), "float32 has no canonical encoding: floating-point number"},
		{[]any{math.NaN()}, "[]interface {} has no canonical encoding: floating-point number"},
		{map[string]any{"a": math.Inf(1)}, "map[string]interface {} has no canonical encoding: floating-point number"},
		{uint64(1 << 63), "uint64 has no canonical encoding: integer does not fit in 64 bits with sign"},
		{map[int]int{1: 2}, "map[int]int has no canonical encoding: map key is not a text string"},
		{map[bool]int{true: 2}, "map[bool]int has no canonical encoding: map key is not a text string"},
		{map[dagcbor.CID]int{dagcbor.MustParseCID(aCID): 2}, "map[dagcbor.CID]int has no canonical encoding: map key is not a text string"},
		{map[any]any{nil: 2}, "map[interface {}]interface {} has no canonical encoding: map key is not a text string"},
		{"\xff", "string has no canonical encoding: text is not valid UTF-8"},
		{map[string]any{"\xed\xa0\x80": 1}, "map[string]interface {} has no canonical encoding: text is not valid UTF-8"},
		{handle{"\xff"}, "dagcbor_test.handle has no canonical encoding: text is not valid UTF-8"},
		{eco, "cid.Cid has no canonical encoding: " + cidText},
		{&eco, "*cid.Cid has no canonical encoding: " + cidText},
		{[]cid.Cid{cid.Undef}, "[]cid.Cid has no canonical encoding: " + cidText},
		{cbor.Tag{Number: 1, Content: 1}, "cbor.Tag has no canonical encoding: tag is not 42"},
		{cbor.SimpleValue(99), "cbor.SimpleValue has no canonical encoding: unassigned simple value"},
		{cbor.SimpleValue(23), "cbor.SimpleValue has no canonical encoding: undefined"},
		{cbor.RawMessage{0x18, 1}, "cbor.RawMessage has no canonical encoding: number or length is not in its shortest form"},
		{dagcbor.CID{}, "undefined CID"},
		{[]*dagcbor.CID{{}}, "undefined CID"},
		{handle{}, "cannot marshal text for dagcbor_test.handle: empty handle"},
		{big.NewInt(1), "unsupported type: big.Int"},
		{make(chan int), "unsupported type: chan int"},
		{func() {}, "unsupported type: func()"},
		{1i, "unsupported type: complex128"},
	} {
		b, err := dagcbor.Marshal(c.v)
		require.EqualError(t, err, "dagcbor: "+c.want)
		require.Nil(t, b)
	}
}

func TestMarshalOwnLimits(t *testing.T) {
	ledger.Covers(t, "CBR-016")
	var v any = 1
	for range dagcbor.DefaultMaxDepth {
		v = []any{v}
	}
	b, err := dagcbor.Marshal(v)
	require.NoError(t, err)
	requireRoundTrip(t, b)
	_, err = dagcbor.Marshal(map[string]any{"a": v})
	require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: nesting depth", Limit: 32, Got: 33, Offset: -1}, err)
	require.EqualError(t, err, "dagcbor: nesting depth 33 exceeds the limit of 32")

	// The size is the caller's own affair.
	long := strings.Repeat("a", dagcbor.DefaultMaxString+1)
	for _, v := range []any{long, []byte(long), map[string]int{long: 1}, make([]bool, dagcbor.DefaultMaxContainer+1), make([]byte, dagcbor.DefaultMaxSize+1)} {
		b, err := dagcbor.Marshal(v)
		require.NoError(t, err)
		require.NoError(t, dagcbor.Valid(b, &dagcbor.Options{MaxSize: -1, MaxContainer: -1, MaxKey: -1, MaxString: -1}))
	}
}

type node struct {
	Next  *node            `cbor:"next,omitempty"`
	Kids  []*node          `cbor:"kids,omitempty"`
	Named map[string]*node `cbor:"named,omitempty"`
	Any   any              `cbor:"any,omitempty"`
	Up    *node            `cbor:"-"`
	up    *node
}

// Values that refer to themselves are an error, not the end of the process.
func TestMarshalCycles(t *testing.T) {
	next, kids, named, boxed := &node{}, &node{}, &node{}, &node{}
	next.Next = next
	kids.Kids = []*node{{}, {Next: kids}}
	named.Named = map[string]*node{"a": named}
	boxed.Any = []any{map[string]any{"a": &boxed}}
	m := map[string]any{}
	m["a"] = m
	list := []any{nil}
	list[0] = list
	var self any
	self = &self
	type keyed map[any]any
	tag := cbor.Tag{Number: 42}
	tag.Content = &tag
	for _, v := range []any{next, kids, named, boxed, *boxed, m, list, self, &self, []any{next}, map[string]node{"a": *next}, keyed{next: 1}, keyed{"a": next}, &tag} {
		_, err := dagcbor.Marshal(v)
		require.EqualError(t, err, "dagcbor: nesting depth of a Go value 1001 exceeds the limit of 1000")
		e, ok := errors.AsType[*dagcbor.LimitError](err)
		require.True(t, ok)
		require.EqualValues(t, -1, e.Offset)
	}
}

// What Marshal does not write may refer to itself, and so may what it writes
// more than once.
func TestMarshalSharedValues(t *testing.T) {
	leaf := &node{}
	leaf.Up, leaf.up = leaf, leaf
	tree := &node{Next: leaf, Kids: []*node{leaf, leaf}, Named: map[string]*node{"a": leaf}, Any: leaf}
	leaf.Up = tree
	b, err := dagcbor.Marshal(tree)
	require.NoError(t, err)
	require.Equal(t, unhex(t, "a4 63616e79 a0 646b696473 82a0a0 646e657874 a0 656e616d6564 a1 6161 a0"), b)

	b, err = dagcbor.Marshal(struct {
		T time.Time   `cbor:"t"`
		B *time.Timer `cbor:"-"`
		C json.Number `cbor:"c"`
	}{T: time.Unix(0, 0)})
	require.NoError(t, err)
	requireRoundTrip(t, b)
}
