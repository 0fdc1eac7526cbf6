package dagcbor_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/stretchr/testify/require"
)

// hostileSeeds are inputs that are refused, one for each reason.
var hostileSeeds = []string{
	"", "1817", "9bffffffffffffffff", "bbffffffffffffffff", "5fff", "bfff", "f93c00", "fb3ff8000000000000", "f7", "f8ff",
	"c249010000000000000000", "d9d9f700", "a10000", "a2616200616100", "a2616100616100", "62c328", "63eda080",
	"1bffffffffffffffff", "0000", "d82a4100", "d82a582400" + "01711220", "a1616181", "8181818181",
}

func addSeeds(f *testing.F) {
	for _, b := range realValues(f) {
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	for _, s := range hostileSeeds {
		f.Add(unhex(f, s))
	}
	f.Add(nested(dagcbor.DefaultMaxDepth))
	f.Add(nested(dagcbor.DefaultMaxDepth + 1))
	f.Add(unhex(f, aLink))
	f.Add(unhex(f, "a5 60 00 6142 01 6161 01 6162 02 626161 02"))
}

// FuzzValid holds Valid against the reference decoder, against every other way
// to read, and against a CBOR library that knows nothing of canonical forms.
func FuzzValid(f *testing.F) {
	addSeeds(f)
	plain, err := cbor.DecOptions{MaxNestedLevels: 2 * dagcbor.DefaultMaxDepth}.DecMode()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, b []byte) {
		input := string(b)
		verdict := dagcbor.Valid(b, nil)
		_, canonical := decodeReference(b)
		require.Equal(t, canonical, verdict == nil, "%v", verdict)
		if verdict == nil {
			requireRoundTrip(t, b)
			var v any
			require.NoError(t, plain.Unmarshal(b, &v))
			value, rest, err := dagcbor.SplitFirst(b, nil)
			require.NoError(t, err)
			require.Equal(t, b, value)
			require.Empty(t, rest)
			require.NoError(t, dagcbor.Valid(b, &dagcbor.Options{ForeignLinks: true}))
		} else {
			requireRefused(t, b, verdict.Error(), allPaths())
			requireTyped(t, b, verdict)
		}
		require.Equal(t, input, string(b), "the input is not written to")
	})
}

// requireTyped checks that err is of one of the two documented types, and
// points into b.
func requireTyped(t *testing.T, b []byte, err error) {
	t.Helper()
	offset := int64(-1)
	if e, ok := errors.AsType[*dagcbor.Error](err); ok {
		offset = int64(e.Offset)
	}
	if e, ok := errors.AsType[*dagcbor.LimitError](err); ok {
		offset = e.Offset
		require.Greater(t, e.Got, e.Limit)
	}
	require.GreaterOrEqual(t, offset, int64(0), "%T", err)
	require.LessOrEqual(t, offset, int64(len(b)))
}

// FuzzOptions holds the paths against each other under small limits.
func FuzzOptions(f *testing.F) {
	for _, b := range realValues(f) {
		f.Add(b, byte(3), byte(3), byte(10), byte(20), true)
		f.Add(b, byte(0), byte(0), byte(0), byte(0), false)
	}
	f.Add(foreignSeed, byte(0), byte(0), byte(0), byte(0), true)
	f.Fuzz(func(t *testing.T, b []byte, depth, container, key, text byte, foreign bool) {
		o := &dagcbor.Options{
			MaxDepth: int(depth), MaxContainer: int(container), MaxKey: int(key), MaxString: int(text), ForeignLinks: foreign,
		}
		verdict := dagcbor.Valid(b, o)
		if verdict != nil {
			requireRefused(t, b, verdict.Error(), readerPaths(o))
			requireTyped(t, b, verdict)
			return
		}
		again, err := walk(b, o)
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

// foreignSeed is a link to a SHA-1 CID.
var foreignSeed = append([]byte{0xd8, 42, 0x58, 25, 0, 1, 0x71, 0x11, 20}, make([]byte, 20)...)

// FuzzForeignLink holds the check of foreign CIDs against go-cid's.
func FuzzForeignLink(f *testing.F) {
	f.Add(foreignSeed[5:])
	for _, s := range []string{"01711220" + aDigest, "1220" + aDigest, "01550000", "01f1001220" + aDigest, "01ffffffffffffffff7f0000", "01ffffffffffffffffff010000"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := cid.Cast(b)
		want := err == nil && c.Version() == 1 && len(b) <= 100
		err = dagcbor.Valid(dagcbor.AppendLinkBytes(nil, b), &dagcbor.Options{ForeignLinks: true})
		require.Equal(t, want, err == nil, "%v", err)
	})
}

// isBlessed is the form that the protocol blesses, by go-cid's account of c.
func isBlessed(c cid.Cid) bool {
	p := c.Prefix()
	return p.Version == 1 && (p.Codec == cid.DagCBOR || p.Codec == cid.Raw) && p.MhType == 0x12 && p.MhLength == 32
}

func FuzzParseCID(f *testing.F) {
	for _, s := range []string{
		aCID, "", "b", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku", aCID + "a", aCID[:58] + "b", "z" + aCID[1:],
		"QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR", "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		eco, ecoErr := cid.Decode(s)
		want := ecoErr == nil && len(s) > 0 && s[0] == 'b' && isBlessed(eco) && eco.String() == s
		c, err := dagcbor.ParseCID(s)
		require.Equal(t, want, err == nil, "%v", err)
		if err != nil {
			e, ok := errors.AsType[*dagcbor.CIDError](err)
			require.True(t, ok)
			require.Equal(t, s, e.Input)
			require.Zero(t, c)
			return
		}
		require.Equal(t, s, c.String())
		require.Equal(t, eco, c.Cid())
		require.Equal(t, eco.Bytes(), c.Bytes())
	})
}

func FuzzCIDFromBytes(f *testing.F) {
	c := dagcbor.MustParseCID(aCID)
	f.Add(c.Bytes())
	f.Add(c.Bytes()[:35])
	f.Add(append(c.Bytes(), 0))
	f.Add(foreignSeed[5:])
	f.Fuzz(func(t *testing.T, b []byte) {
		eco, ecoErr := cid.Cast(b)
		c, err := dagcbor.CIDFromBytes(b)
		require.Equal(t, ecoErr == nil && isBlessed(eco), err == nil)
		if err != nil {
			_, ok := errors.AsType[*dagcbor.CIDError](err)
			require.True(t, ok)
			return
		}
		require.Equal(t, b, c.Bytes())
		require.Equal(t, eco, c.Cid())
		again, err := dagcbor.ParseCID(c.String())
		require.NoError(t, err)
		require.Equal(t, c, again)
		fromCid, err := dagcbor.CIDFromCid(eco)
		require.NoError(t, err)
		require.Equal(t, c, fromCid)
	})
}

func FuzzCIDJSON(f *testing.F) {
	f.Add([]byte(`{"$link":"` + aCID + `"}`))
	f.Add([]byte(`{"$link":"` + aCID + `","$link":1}`))
	f.Add([]byte(` {"$link" : null} `))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c dagcbor.CID
		if c.UnmarshalJSON(b) != nil {
			require.Zero(t, c)
			return
		}
		var link map[string]string
		require.NoError(t, json.Unmarshal(b, &link))
		require.Equal(t, map[string]string{"$link": c.String()}, link)
	})
}
