package dagcbor_test

import (
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestLinkBytes(t *testing.T) {
	ledger.Covers(t, "CID-001", "CID-005")
	c := dagcbor.MustParseCID("bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a")
	const digest = "65062a5a5a00fc16d73c6944237ccbc15b1c4a7234489336891d091741a239d0"
	inMap := unhex(t, "a1 6161 d82a 5825 00 01711220"+digest)

	b, err := dagcbor.Marshal(map[string]dagcbor.CID{"a": c})
	require.NoError(t, err)
	require.Equal(t, inMap, b)
	require.Equal(t, inMap, dagcbor.AppendLink(dagcbor.AppendText(dagcbor.AppendMap(nil, 1), "a"), c))
	require.Equal(t, inMap, dagcbor.AppendLinkBytes(dagcbor.AppendText(dagcbor.AppendMap(nil, 1), "a"), c.Bytes()))

	var v map[string]dagcbor.CID
	require.NoError(t, dagcbor.Unmarshal(inMap, &v))
	require.Equal(t, map[string]dagcbor.CID{"a": c}, v)
	r := dagcbor.NewReader(inMap[3:], nil)
	got, err := r.CID()
	require.NoError(t, err)
	require.Equal(t, c, got)
	require.NoError(t, r.End())
}

func TestRefusesBadLinks(t *testing.T) {
	ledger.Covers(t, "CID-001", "CID-003", "CID-006", "CID-011", "CID-012")
	checkRefusals(t, []refusal{
		// No prefix, another one, empty, and other content.
		{"d82a 5824 01711220" + aDigest, msgPrefix, 2},
		{"d82a 5825 01 01711220" + aDigest, msgPrefix, 2},
		{"d82a 40", msgPrefix, 2},
		{"d82a 00", msgContent, 2}, {"d82a 6100", msgContent, 2}, {"d82a 80", msgContent, 2},
		{"d82a a0", msgContent, 2}, {"d82a f6", msgContent, 2}, {"d82a" + aLink, msgContent, 2},
		{"d82a 783b" + hexOf("bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"), msgContent, 2},
		{"d82a f93c00", msgFloat, 2},
		// Prefix alone, CIDv0, CIDv2, other codecs and hash functions.
		{"d82a 4100", msgCID, 2},
		{"d82a 5823 00 1220" + aDigest, msgCID, 2},
		{"d82a 5825 00 02711220" + aDigest, msgCID, 2},
		{"d82a 5825 00 00711220" + aDigest, msgCID, 2},
		{"d82a 5825 00 01701220" + aDigest, msgCID, 2},
		{"d82a 5825 00 01711e20" + aDigest, msgCID, 2}, // BLAKE3
		{"d82a 5819 00 01711114" + "a9993e364706816aba3e25717850c26c9cd0d89d", msgCID, 2},
		{"d82a 5845 00 01711340" + aDigest + aDigest, msgCID, 2},
		{"d82a 5825 00 0171001f" + aDigest, msgCID, 2},
		// Digest length, missing and extra bytes.
		{"d82a 5824 00 0171121f" + aDigest[:63], msgCID, 2},
		{"d82a 5824 00 01711220" + aDigest[:63], msgCID, 2},
		{"d82a 5826 00 01711220" + aDigest + "00", msgCID, 2},
		{"d82a 5826 00 0171129200" + aDigest, msgCID, 2},
		{"d82a 5826 00 01f1001220" + aDigest, msgCID, 2},
	})
}

// foreignLink returns the link to the CID with the given binary form.
func foreignLink(t *testing.T, cid string) []byte {
	return dagcbor.AppendLinkBytes(nil, unhex(t, cid))
}

func TestForeignLinks(t *testing.T) {
	ledger.Covers(t, "CID-012", "CID-013")
	foreign := &dagcbor.Options{ForeignLinks: true}
	long := aDigest + aDigest
	for _, cid := range []string{
		"01711220" + aDigest,
		"01551220" + aDigest,
		"01711e20" + aDigest, // BLAKE3
		"01711340" + long,    // SHA-512
		"01701220" + aDigest, // dag-pb
		"01711114 a9993e364706816aba3e25717850c26c9cd0d89d", // SHA-1
		"01a90112 20" + aDigest,                             // dag-json, a codec of two bytes
		"01550000",                                          // identity of nothing
		"0155005f" + long + "00000000000000000000000000000000000000000000000000000000000000",   // 99 bytes
		"01550060" + long + "0000000000000000000000000000000000000000000000000000000000000000", // 100 bytes
		"01 ffffffffffffffff7f 00 00", // a codec of 9 bytes
	} {
		b := foreignLink(t, cid)
		for _, p := range readerPaths(foreign) {
			require.NoError(t, p.read(b), "%s of %s", p.name, cid)
		}
		again, err := walk(b, foreign)
		require.NoError(t, err)
		require.Equal(t, b, again)
		link, err := dagcbor.NewReader(b, foreign).Link()
		require.NoError(t, err)
		require.Equal(t, unhex(t, cid), link)
	}
	for _, cid := range []string{
		"",
		"1220" + aDigest,                   // CIDv0
		"02711220" + aDigest,               // version 2
		"8100711220" + aDigest,             // version not minimal
		"01f1001220" + aDigest,             // codec not minimal
		"0171920020" + aDigest,             // hash function not minimal
		"017112a000" + aDigest,             // length not minimal
		"0171121f" + aDigest,               // more than the length says
		"01711221" + aDigest,               // less
		"0171", "01", "017112", "01711220", // cut off
		"01ff", "01ffffffffffffffffff01 00 00", // varint cut off, of 10 bytes
		"01ffffffffffffffffffff01 00 00",         // of 11 bytes
		"01550061" + long + aDigest[:65] + "00 ", // 101 bytes
	} {
		requireRefused(t, foreignLink(t, cid), "dagcbor: "+msgCID+" at offset 2", readerPaths(foreign))
	}
}

// CID refuses what Link hands on, and the reader stays where it was.
func TestForeignLinkAsCID(t *testing.T) {
	b := append(unhex(t, "82 00"), foreignLink(t, "01701220"+aDigest)...)
	r := dagcbor.NewReader(b, &dagcbor.Options{ForeignLinks: true})
	_, err := r.Array()
	require.NoError(t, err)
	require.NoError(t, r.Skip())
	_, err = r.CID()
	require.EqualError(t, err, "dagcbor: "+msgCID+" at offset 4")
	require.Equal(t, 2, r.Offset())
	_, again := r.Link()
	require.Same(t, err, again)

	b = append(foreignLink(t, "01711220"+aDigest), foreignLink(t, "01701220"+aDigest)...)
	r = dagcbor.NewReader(b, &dagcbor.Options{ForeignLinks: true})
	_, err = r.CID()
	require.NoError(t, err)
	_, err = r.Link() // the option is still on
	require.NoError(t, err)
}

func TestLinkTextIsText(t *testing.T) {
	ledger.Covers(t, "CID-015")
	for _, s := range []string{
		"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
		"ipld://bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
	} {
		b, err := dagcbor.Marshal(s)
		require.NoError(t, err)
		require.Equal(t, dagcbor.AppendText(nil, s), b)
		var v any
		require.NoError(t, dagcbor.Unmarshal(b, &v))
		require.Equal(t, s, v)
		var c dagcbor.CID
		require.EqualError(t, dagcbor.Unmarshal(b, &c), "dagcbor: link expected, not text string")
		require.Equal(t, dagcbor.KindText, dagcbor.NewReader(b, nil).Kind())
	}
}

func TestAppendLinkOfNothing(t *testing.T) {
	require.PanicsWithValue(t, "dagcbor: AppendLink of an undefined CID", func() {
		dagcbor.AppendLink(nil, dagcbor.CID{})
	})
}
