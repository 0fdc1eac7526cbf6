package dagcbor_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestUnmarshalStruct(t *testing.T) {
	p := typicalPost()
	b := typicalPostBytes(t)
	var got post
	require.NoError(t, dagcbor.Unmarshal(b, &got))
	require.Equal(t, p, got)

	type embedded struct {
		base
		*hidden
		When time.Time    `cbor:"when"`
		Who  handle       `json:"who"`
		Link *dagcbor.CID `cbor:"link"`
		Any  any          `cbor:"any"`
	}
	c := dagcbor.MustParseCID(aCID)
	want := embedded{base: base{"t", 7}, When: time.Date(2026, 8, 19, 5, 31, 54, 0, time.UTC), Who: handle{"x.test"}, Link: &c, Any: c}
	b, err := dagcbor.Marshal(want)
	require.NoError(t, err)
	var back embedded
	require.NoError(t, dagcbor.Unmarshal(b, &back))
	require.Equal(t, want, back)
}

func TestUnmarshalAny(t *testing.T) {
	ledger.Covers(t, "CBR-020")
	b := unhex(t, "a6 6161 f6 6162 82 20 f5 6163 4101 6164"+aLink+"6165 a0 626161 6178")
	var v any
	require.NoError(t, dagcbor.Unmarshal(b, &v))
	link, err := dagcbor.CIDFromBytes(unhex(t, "01711220"+aDigest))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": nil, "b": []any{int64(-1), true}, "c": []byte{1}, "d": link, "e": map[string]any{}, "aa": "x",
	}, v)
}

func TestUnmarshalMatchesExactly(t *testing.T) {
	ledger.Covers(t, "CBR-024")
	v := struct {
		A     int `cbor:"a"`
		B     int
		Mixed int `json:"aB"`
	}{A: 1, B: 2, Mixed: 3}
	before := v
	for _, key := range []string{"A", "b", "AB", "ab", "Ab", "Mixed", "á", "unknown"} {
		b := dagcbor.AppendInt(dagcbor.AppendText(dagcbor.AppendMap(nil, 1), key), 9)
		require.NoError(t, dagcbor.Unmarshal(b, &v), "keys without a field are ignored")
		require.Equal(t, before, v, key)
	}
	require.NoError(t, dagcbor.Unmarshal(unhex(t, "a3 6142 08 6161 07 626142 09"), &v))
	require.Equal(t, 7, v.A)
	require.Equal(t, 8, v.B)
	require.Equal(t, 9, v.Mixed)
	require.EqualError(t, dagcbor.Unmarshal(unhex(t, "a2 6161 07 6161 08"), &v), "dagcbor: map key occurs twice at offset 4")
}

// Keys that a struct has no field for are passed over, whatever their values
// are, and are checked all the same.
func TestUnmarshalUnknownKeys(t *testing.T) {
	ledger.Covers(t, "CBR-022")
	type header struct {
		Op int    `cbor:"op"`
		T  string `cbor:"t"`
	}
	for _, value := range []string{"00", "f6", "80", "a16161820001", "4101", "6161", aLink} {
		for _, in := range []string{"a3 6174 6161 626f70 01 6378787a " + value, "a3 6161 " + value + "6174 6161 626f70 01"} {
			var h header
			require.NoError(t, dagcbor.Unmarshal(unhex(t, in), &h), in)
			require.Equal(t, header{1, "a"}, h)
		}
	}
	require.EqualError(t, dagcbor.Unmarshal(unhex(t, "a2 626f70 01 6378787a f93c00"), new(header)), "dagcbor: floating-point number at offset 9")
}

func TestUnmarshalMisfits(t *testing.T) {
	type linked struct {
		L dagcbor.CID `cbor:"l"`
	}
	kept := dagcbor.MustParseCID(aCID)
	for _, c := range []struct {
		hex  string
		v    any
		want string
	}{
		{"6161", new(int), "cannot unmarshal UTF-8 text string into Go value of type int"},
		{"00", new(string), "cannot unmarshal positive integer into Go value of type string"},
		{"4161", new(string), "cannot unmarshal byte string into Go value of type string"},
		{"6161", new([]byte), "cannot unmarshal UTF-8 text string into Go value of type []uint8"},
		{"20", new(uint), "cannot unmarshal negative integer into Go value of type uint"},
		{"190100", new(int8), "cannot unmarshal positive integer into Go value of type int8 (256 overflows int8)"},
		{"f6", new(dagcbor.CID), "link expected, not null"},
		{"00", new(dagcbor.CID), "link expected, not integer"},
		{"5824 01711220" + aDigest, new(dagcbor.CID), "link expected, not byte string"},
		{"a1 616c 6161", new(linked), "link expected, not text string"},
		{"81 a1 616c 00", new([]linked), "link expected, not integer"},
		{"60", new(handle), "cannot unmarshal text for *dagcbor_test.handle: empty handle"},
		{aLink, new(cid.Cid), "cannot unmarshal into cid.Cid; dagcbor.CID is the type of a link"},
		{aLink, new(string), "cannot unmarshal byte string into Go value of type string"},
		{"00", nil, "Unmarshal(nil)"},
		{"00", 1, "Unmarshal(non-pointer int)"},
		{"00", (*int)(nil), "Unmarshal(nil *int)"},
	} {
		require.EqualError(t, dagcbor.Unmarshal(unhex(t, c.hex), c.v), "dagcbor: "+c.want)
	}

	c := kept
	require.Error(t, dagcbor.Unmarshal(unhex(t, "00"), &c))
	require.Equal(t, kept, c, "the receiver is left alone")

	err := dagcbor.Unmarshal(unhex(t, "65 61 0a 62 09 63"), new(time.Time))
	require.ErrorContains(t, err, "dagcbor: cannot set a\ufffdb\ufffdc for time.Time: ", "one line")
	long := strings.Repeat("é", 100_000)
	err = dagcbor.Unmarshal(dagcbor.AppendText(nil, long), new(time.Time))
	require.Less(t, len(err.Error()), 400, "the input is not repeated in full")
}

// own reads itself, with a Reader on a part of the input.
type own struct {
	kept []byte
	fail error
}

func (o *own) UnmarshalCBOR(b []byte) error {
	if o.fail != nil {
		return o.fail
	}
	r := dagcbor.NewReader(b, nil)
	text, err := r.Text()
	o.kept = append([]byte(nil), text...)
	return err
}

func TestUnmarshalByMethod(t *testing.T) {
	var v []own
	require.NoError(t, dagcbor.Unmarshal(unhex(t, "82 6161 6162"), &v))
	require.Equal(t, []own{{kept: []byte("a")}, {kept: []byte("b")}}, v)
	require.EqualError(t, dagcbor.Unmarshal(unhex(t, "82 6161 00"), &v), "dagcbor: text string expected, not integer")
	w := own{fail: errors.New("own failure")}
	require.EqualError(t, dagcbor.Unmarshal(unhex(t, "6161"), &w), "dagcbor: own failure")
	require.EqualError(t, dagcbor.Unmarshal(unhex(t, "6161 00"), &w), "dagcbor: more bytes after the value at offset 2", "not asked before all is checked")
}

// A buffer that is used again does not change what was decoded from it.
func TestUnmarshalDoesNotAlias(t *testing.T) {
	type all struct {
		Text  string                     `cbor:"text"`
		Bytes []byte                     `cbor:"bytes"`
		Array [4]byte                    `cbor:"array"`
		Raw   cbor.RawMessage            `cbor:"raw"`
		Link  dagcbor.CID                `cbor:"link"`
		Any   any                        `cbor:"any"`
		Map   map[string]string          `cbor:"map"`
		Raws  map[string]cbor.RawMessage `cbor:"raws"`
		Tag   cbor.RawTag                `cbor:"tag"`
		List  [][]byte                   `cbor:"list"`
		Who   handle                     `cbor:"who"`
	}
	c := dagcbor.MustParseCID(aCID)
	link := dagcbor.AppendLink(nil, c)
	want := all{
		Text: "some text", Bytes: []byte("some bytes"), Array: [4]byte{1, 2, 3, 4}, Raw: unhex(t, "82 6161 4162"), Link: c,
		Any: map[string]any{"b": []byte("bytes"), "t": "text", "l": c, "a": []any{"x", []byte("y")}},
		Map: map[string]string{"key": "value"}, Raws: map[string]cbor.RawMessage{"k": {0x61, 0x61}},
		Tag: cbor.RawTag{Number: 42, Content: link[2:]}, List: [][]byte{{1}, {2, 3}}, Who: handle{"somebody"},
	}
	b, err := dagcbor.Marshal(want)
	require.NoError(t, err)
	var got all
	require.NoError(t, dagcbor.Unmarshal(b, &got))
	var untyped, reference any
	require.NoError(t, dagcbor.Unmarshal(b, &untyped))
	reference, _ = decodeReference(b)
	for i := range b {
		b[i] = 0xff
	}
	require.Equal(t, want, got)
	require.Equal(t, reference, untyped)

	// Nor the other way round.
	b, err = dagcbor.Marshal(want)
	require.NoError(t, err)
	again := append([]byte(nil), b...)
	require.NoError(t, dagcbor.Unmarshal(b, &got))
	clear(got.Bytes)
	clear(got.Raw)
	clear(got.List[1])
	require.Equal(t, again, b)
}
