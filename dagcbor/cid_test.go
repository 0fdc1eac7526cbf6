package dagcbor_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestSum(t *testing.T) {
	ledger.Covers(t, "CID-001", "CID-002", "CID-014")
	for _, c := range []struct {
		codec dagcbor.Codec
		data  string
		want  string
	}{
		{dagcbor.DAGCBOR, "\xa0", "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"},
		{dagcbor.DAGCBOR, "\xa1\x65hello\x65world", "bafyreidykglsfhoixmivffc5uwhcgshx4j465xwqntbmu43nb2dzqwfvae"},
		{dagcbor.Raw, "", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"},
		{dagcbor.Raw, "hello", "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"},
	} {
		got := dagcbor.Sum(c.codec, []byte(c.data))
		require.Equal(t, c.want, got.String())
		require.Equal(t, c.codec, got.Codec())
		require.Equal(t, sha256.Sum256([]byte(c.data)), got.Digest())
		require.Equal(t, got, dagcbor.CIDFromDigest(c.codec, got.Digest()))

		parsed, err := dagcbor.ParseCID(c.want)
		require.NoError(t, err)
		require.Equal(t, got, parsed)

		digest := got.Digest()
		want := append([]byte{1, byte(c.codec), 0x12, 0x20}, digest[:]...)
		require.Equal(t, want, got.Bytes())
		appended, err := got.AppendBinary([]byte("x"))
		require.NoError(t, err)
		require.Equal(t, append([]byte("x"), want...), appended)
		fromBytes, err := dagcbor.CIDFromBytes(want)
		require.NoError(t, err)
		require.Equal(t, got, fromBytes)

		eco, err := cid.Decode(c.want)
		require.NoError(t, err)
		require.Equal(t, eco, got.Cid())
		fromCid, err := dagcbor.CIDFromCid(eco)
		require.NoError(t, err)
		require.Equal(t, got, fromCid)
	}
}

func TestCodec(t *testing.T) {
	require.Equal(t, "raw", dagcbor.Raw.String())
	require.Equal(t, "dag-cbor", dagcbor.DAGCBOR.String())
	require.Equal(t, "codec(0x70)", dagcbor.Codec(0x70).String())
	for _, c := range []dagcbor.Codec{0, 0x70, 0xff} {
		want := "dagcbor: no CID has the codec " + c.String()
		require.PanicsWithValue(t, want, func() { dagcbor.Sum(c, nil) })
		require.PanicsWithValue(t, want, func() { dagcbor.CIDFromDigest(c, [32]byte{}) })
	}
}

func TestParseCIDRefuses(t *testing.T) {
	ledger.Covers(t, "CID-001", "CID-003", "CID-004")
	const good = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"
	const (
		length = "not 59 characters"
		prefix = `not base32 with prefix "b"`
		digits = "not base32 in lower case"
		form   = "not version 1, dag-cbor or raw, SHA-256"
		stray  = "stray bits after the last byte"
	)
	b, err := hex.DecodeString("0171" + "1220" + strings.ReplaceAll(aDigest, " ", ""))
	require.NoError(t, err)
	eco, err := cid.Cast(b)
	require.NoError(t, err)
	base58, err := eco.StringOfBase('z')
	require.NoError(t, err)
	base16, err := eco.StringOfBase('f')
	require.NoError(t, err)
	for _, c := range []struct{ in, msg string }{
		{"", length}, {"b", length}, {good[:58], length}, {good + "a", length}, {good + "======", length},
		{" " + good, length}, {good + "\n", length},
		{"QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR", length},
		{base58, length}, {base16, length},
		{strings.ToUpper(good), prefix}, {"z" + good[1:], prefix}, {"B" + good[1:], prefix}, {"c" + good[1:], prefix},
		{"b" + strings.ToUpper(good[1:]), digits}, {good[:20] + "1" + good[21:], digits},
		{good[:57] + "8a", digits}, {good[:58] + "=", digits}, {good[:30] + "\x00" + good[31:], digits},
		{good[:30] + "\xff" + good[31:], digits}, {good[:29] + "é" + good[31:], digits},
		{good[:58] + "b", stray}, {good[:58] + "d", stray}, {good[:58] + "7", stray},
		{"bafyreieqq463374bbcbeq7gpmet5rvrpeqow6t4rtjzrkhnlu222222222", stray},
		{"bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", form}, // dag-pb
		{"bafkr4ihkr4ld3m4gqkjf4reryxsy2s5tkbxprqkow6fin2iiyvreuzzab4", form}, // BLAKE3
		{"baeareigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua", form}, // version
	} {
		got, err := dagcbor.ParseCID(c.in)
		require.Zero(t, got)
		require.Equal(t, &dagcbor.CIDError{Input: c.in, Msg: c.msg}, err)
	}
	_, err = dagcbor.ParseCID("nothing")
	require.EqualError(t, err, `dagcbor: invalid CID "nothing": not 59 characters`)
	_, err = dagcbor.ParseCID(strings.Repeat("x", 1000))
	require.EqualError(t, err, `dagcbor: invalid CID "`+strings.Repeat("x", 200)+`…": not 59 characters`)
}

func TestParseCIDOfInvalidVectors(t *testing.T) {
	for _, s := range fixtures.InteropLines(t, "syntax/cid_syntax_invalid.txt") {
		_, err := dagcbor.ParseCID(s)
		require.Error(t, err, "%q", s)
	}
	for _, s := range fixtures.InteropLines(t, "syntax/cid_syntax_valid.txt") {
		if c, err := dagcbor.ParseCID(s); err == nil {
			require.Equal(t, s, c.String())
		}
	}
}

func TestCIDFromBytesRefuses(t *testing.T) {
	ledger.Covers(t, "CID-001", "CID-003", "CID-011")
	const msg = "not the 36 bytes of version 1, dag-cbor or raw, SHA-256"
	for _, in := range []string{
		"", "01", "01711220",
		"1220" + aDigest, "02711220" + aDigest, "01701220" + aDigest, "01711e20" + aDigest,
		"01711114a9993e364706816aba3e25717850c26c9cd0d89d", "01711340" + aDigest + aDigest,
		"0171121f" + aDigest[:63], "01711220" + aDigest[:63], "01711220" + aDigest + "00", "0171121f" + aDigest,
		"00" + "01711220" + aDigest,
	} {
		in = strings.ReplaceAll(in, " ", "")
		c, err := dagcbor.CIDFromBytes(unhex(t, in))
		require.Zero(t, c)
		require.Equal(t, &dagcbor.CIDError{Input: in, Msg: msg}, err)
		if eco, err := cid.Cast(unhex(t, in)); err == nil {
			_, err = dagcbor.CIDFromCid(eco)
			require.Equal(t, &dagcbor.CIDError{Input: in, Msg: msg}, err)
		}
	}
	_, err := dagcbor.CIDFromCid(cid.Undef)
	require.EqualError(t, err, `dagcbor: invalid CID "": `+msg)
	_, err = dagcbor.CIDFromBytes(make([]byte, 1<<20))
	require.EqualError(t, err, `dagcbor: invalid CID "`+strings.Repeat("0", 200)+`…": `+msg)
}

func TestUndefinedCID(t *testing.T) {
	var c dagcbor.CID
	require.False(t, c.Defined())
	require.True(t, c.IsZero())
	require.Empty(t, c.String())
	require.Nil(t, c.Bytes())
	require.Equal(t, cid.Undef, c.Cid())
	require.Equal(t, dagcbor.Codec(0), c.Codec())
	empty := sha256.Sum256(nil)
	require.False(t, c.Matches(nil))
	require.NotEqual(t, empty, c.Digest())

	dst := []byte("x")
	for _, f := range []func() ([]byte, error){
		func() ([]byte, error) { return c.AppendBinary(dst) },
		func() ([]byte, error) { return c.AppendText(dst) },
	} {
		got, err := f()
		require.EqualError(t, err, "dagcbor: undefined CID")
		require.Equal(t, dst, got)
	}
	for _, f := range []func() ([]byte, error){c.MarshalText, c.MarshalJSON, c.MarshalCBOR} {
		_, err := f()
		require.EqualError(t, err, "dagcbor: undefined CID")
	}
}

func TestCIDIdentity(t *testing.T) {
	ledger.Covers(t, "CID-010", "CID-011")
	data := []byte("data")
	node, raw := dagcbor.Sum(dagcbor.DAGCBOR, data), dagcbor.Sum(dagcbor.Raw, data)
	require.NotEqual(t, node, raw)
	require.False(t, node == raw)
	require.Equal(t, node.Digest(), raw.Digest())
	require.True(t, node.Matches(data))
	require.True(t, raw.Matches(data))
	require.False(t, node.Matches([]byte("date")))
	require.False(t, node.Matches(nil))
	require.Len(t, map[dagcbor.CID]int{node: 1, raw: 2, dagcbor.Sum(dagcbor.Raw, data): 3}, 2)
}

func TestCompareCIDs(t *testing.T) {
	var cids []dagcbor.CID
	for i := range 50 {
		cids = append(cids, dagcbor.Sum(dagcbor.Raw, []byte{byte(i)}), dagcbor.Sum(dagcbor.DAGCBOR, []byte{byte(i)}))
	}
	slices.SortFunc(cids, dagcbor.CID.Compare)
	for i, c := range cids {
		for j, d := range cids {
			require.Equal(t, slices.Compare(c.Bytes(), d.Bytes()), c.Compare(d), "%d %d", i, j)
		}
	}
	require.Equal(t, -1, dagcbor.CID{}.Compare(cids[0]))
}

func TestMustParseCID(t *testing.T) {
	require.True(t, dagcbor.MustParseCID("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku").Defined())
	require.Panics(t, func() { dagcbor.MustParseCID("bafy") })
}

func TestCIDAllocations(t *testing.T) {
	c := dagcbor.Sum(dagcbor.DAGCBOR, nil)
	text, bin, eco := c.String(), c.Bytes(), c.Cid()
	buf := make([]byte, 0, 100)
	for _, f := range []struct {
		name string
		max  float64
		run  func()
	}{
		{"Sum", 0, func() { dagcbor.Sum(dagcbor.Raw, bin) }},
		{"ParseCID", 0, func() { _, _ = dagcbor.ParseCID(text) }},
		{"CIDFromBytes", 0, func() { _, _ = dagcbor.CIDFromBytes(bin) }},
		{"CIDFromCid", 0, func() { _, _ = dagcbor.CIDFromCid(eco) }},
		{"AppendText", 0, func() { _, _ = c.AppendText(buf) }},
		{"AppendBinary", 0, func() { _, _ = c.AppendBinary(buf) }},
		{"AppendLink", 0, func() { dagcbor.AppendLink(buf, c) }},
		{"String", 1, func() { _ = c.String() }},
		{"MarshalText", 1, func() { _, _ = c.MarshalText() }},
		{"Cid", 1, func() { _ = c.Cid() }},
	} {
		require.LessOrEqual(t, testing.AllocsPerRun(100, f.run), f.max, f.name)
	}
}
