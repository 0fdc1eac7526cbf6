package dagcbor_test

import (
	"encoding"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

var (
	_ encoding.TextAppender    = dagcbor.CID{}
	_ encoding.BinaryAppender  = dagcbor.CID{}
	_ encoding.TextMarshaler   = dagcbor.CID{}
	_ encoding.TextUnmarshaler = (*dagcbor.CID)(nil)
	_ json.Marshaler           = dagcbor.CID{}
	_ json.Unmarshaler         = (*dagcbor.CID)(nil)
	_ cbor.Marshaler           = dagcbor.CID{}
	_ cbor.Unmarshaler         = (*dagcbor.CID)(nil)
)

const aCID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"

func TestCIDText(t *testing.T) {
	ledger.Covers(t, "CID-002")
	c := dagcbor.MustParseCID(aCID)
	text, err := c.MarshalText()
	require.NoError(t, err)
	require.Equal(t, aCID, string(text))
	appended, err := c.AppendText([]byte("at "))
	require.NoError(t, err)
	require.Equal(t, "at "+aCID, string(appended))

	var d dagcbor.CID
	require.NoError(t, d.UnmarshalText(text))
	require.Equal(t, c, d)
	require.EqualError(t, d.UnmarshalText([]byte("x")), `dagcbor: invalid CID "x": not 59 characters`)
	require.Equal(t, c, d, "the receiver is left alone")
}

func TestCIDJSON(t *testing.T) {
	c := dagcbor.MustParseCID(aCID)
	type holder struct {
		Link dagcbor.CID  `json:"link"`
		Ptr  *dagcbor.CID `json:"ptr"`
		Zero dagcbor.CID  `json:"zero,omitzero"`
	}
	const text = `{"link":{"$link":"` + aCID + `"},"ptr":null}`
	b, err := json.Marshal(holder{Link: c})
	require.NoError(t, err)
	require.Equal(t, text, string(b))
	var h holder
	require.NoError(t, json.Unmarshal(b, &h))
	require.Equal(t, holder{Link: c}, h)

	keyed, err := json.Marshal(map[dagcbor.CID]int{c: 1})
	require.NoError(t, err)
	require.Equal(t, `{"`+aCID+`":1}`, string(keyed))

	var d dagcbor.CID
	require.NoError(t, d.UnmarshalJSON([]byte(` { "\u0024link" : "\u0062`+aCID[1:]+`" } `)))
	require.Equal(t, c, d, "escapes are JSON")
}

func TestCIDJSONRefuses(t *testing.T) {
	kept := dagcbor.Sum(dagcbor.Raw, nil)
	const shape = `dagcbor: JSON link is not an object of the one key "$link" and a text`
	for _, in := range []string{
		``, `null`, `true`, `1`, `"` + aCID + `"`, `[]`, `{}`, `[{"$link":"` + aCID + `"}]`,
		`{"$link":null}`, `{"$link":1}`, `{"$link":{"$link":"` + aCID + `"}}`, `{"$link":["` + aCID + `"]}`,
		`{"$LINK":"` + aCID + `"}`, `{"link":"` + aCID + `"}`, `{"/":"` + aCID + `"}`,
		`{"$link":"` + aCID + `","$link":"` + aCID + `"}`, `{"$link":"` + aCID + `","a":1}`, `{"a":1,"$link":"` + aCID + `"}`,
		`{"$link":"` + aCID + `"`, `{"$link":"` + aCID + `"} null`, `{"$link":"` + aCID + `"}{}`, `{"$link":"` + aCID + `"}x`,
		`{"$link":"` + aCID + `",}`, `{"$link"}`, `{$link:"` + aCID + `"}`,
		strings.Repeat("[", 1<<20), strings.Repeat(`{"$link":`, 1<<16),
	} {
		c := kept
		require.EqualError(t, c.UnmarshalJSON([]byte(in)), shape, "%.100s", in)
		require.Equal(t, kept, c)
	}
	for _, in := range []string{``, `.`, `\ud800`, aCID[:58], strings.ToUpper(aCID)} {
		c := kept
		err := c.UnmarshalJSON([]byte(`{"$link":"` + in + `"}`))
		require.ErrorContains(t, err, "dagcbor: invalid CID ")
		require.Equal(t, kept, c)
	}
}

func TestCIDCBOR(t *testing.T) {
	c := dagcbor.MustParseCID(aCID)
	b, err := c.MarshalCBOR()
	require.NoError(t, err)
	require.Equal(t, dagcbor.AppendLink(nil, c), b)
	var d dagcbor.CID
	require.NoError(t, d.UnmarshalCBOR(b))
	require.Equal(t, c, d)

	for _, in := range []refusal{
		{"", msgEnd, 0}, {"f6", "link expected, not null", 0}, {"00", "link expected, not integer", 0},
		{"5824 01711220" + aDigest, "link expected, not byte string", 0},
		{aLink + "00", msgTrailing, 41}, {"d82a 4100", msgCID, 2}, {"d82b 4100", msgTag, 0},
	} {
		err := d.UnmarshalCBOR(unhex(t, in.hex))
		require.Equal(t, &dagcbor.Error{Offset: in.offset, Msg: in.msg}, err)
		require.Equal(t, c, d)
	}
}
