package car_test

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo/car"
)

// after returns a file whose first block is good, and what follows it. The
// second section begins at offset 100.
func after(parts ...[]byte) []byte {
	first := block("four")
	return append(file(first), slices.Concat(parts...)...)
}

func TestSectionLength(t *testing.T) {
	ledger.Covers(t, "CAR-010", "CAR-011", "CAR-012")
	body := bytes.Repeat([]byte{0x01}, 200)
	for _, tt := range []struct {
		name string
		hex  string
		body []byte
		want string
	}{
		{"0", "00", body, "section is empty at offset 100"},
		{"0 at the end", "00", nil, "section is empty at offset 100"},
		{"0 in two bytes", "8000", body, "length is not in its shortest form at offset 100"},
		{"1", "01", body, "section is shorter than a CID at offset 100"},
		{"1 in two bytes", "8100", body, "length is not in its shortest form at offset 100"},
		{"42 in two bytes", "aa00", body, "length is not in its shortest form at offset 100"},
		{"200 in three bytes", "c88100", body, "length is not in its shortest form at offset 100"},
		{"200 in nine bytes", "c88180808080808000", body, "length is not in its shortest form at offset 100"},
		{"ten bytes", "ffffffffffffffffff01", body, "length has more than 9 bytes at offset 100"},
		{"ten bytes, not minimal", "80808080808080808000", body, "length has more than 9 bytes at offset 100"},
		{"eleven bytes", "8080808080808080808001", body, "length has more than 9 bytes at offset 100"},
		{"nine bytes without end", "ffffffffffffffffff", nil, "length has more than 9 bytes at offset 100"},
		{"cut off", "80", nil, "section length is cut off at offset 101: unexpected EOF"},
		{"cut off after eight bytes", "8080808080808080", nil, "section length is cut off at offset 108: unexpected EOF"},
		{"nothing follows", "24", nil, "section is cut off at offset 101: unexpected EOF"},
		{"less follows", "c901", body, "section is cut off at offset 302: unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := after(unhex(t, tt.hex), tt.body)
			refuse(t, b, nil, "car: "+tt.want)
			require.Len(t, read(t, b, nil).blocks, 1, "the good block comes first")
		})
	}
	for n := range 36 {
		b := after([]byte{byte(n)}, body[:n])
		if n == 0 {
			refuse(t, b, nil, "car: section is empty at offset 100")
			continue
		}
		refuse(t, b, nil, "car: section is shorter than a CID at offset 100")
	}
	empty := block("")
	requireBlocks(t, []car.Block{block("four"), empty}, accept(t, after([]byte{36}, empty.CID.Bytes()), nil).blocks)
}

func TestSectionCID(t *testing.T) {
	ledger.Covers(t, "CAR-009")
	data := []byte("enough for the rest of a longer name")
	sum := dagcbor.Sum(dagcbor.Raw, data).Digest()
	sum512 := sha512.Sum512(data)
	for _, tt := range []struct {
		name   string
		prefix string
		digest []byte
	}{
		{"version 0", "1220", sum[:]},
		{"version 2", "02711220", sum[:]},
		{"version 1 in two bytes", "8100711220", sum[:]},
		{"codec cbor", "01511220", sum[:]},
		{"codec dag-pb", "01701220", sum[:]},
		{"codec dag-json", "01a9021220", sum[:]},
		{"sha-512", "01711340", sum512[:]},
		{"sha-512 cut to 32 bytes", "01711320", sum512[:32]},
		{"blake3", "01711e20", sum[:]},
		{"identity", "01710020", sum[:]},
		{"digest of 31 bytes", "0171121f", sum[:31]},
		{"digest of 33 bytes", "01711221", append(sum[:], 0)},
		{"zeros", "00000000", make([]byte, 32)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := refuse(t, after(frame(unhex(t, tt.prefix), tt.digest, data)), nil, "car: section has no CID of the blessed form at offset 101")
			require.Equal(t, "format", kind(err))
		})
	}
	for _, codec := range []dagcbor.Codec{dagcbor.Raw, dagcbor.DAGCBOR} {
		b := car.Block{CID: dagcbor.Sum(codec, data), Data: data}
		requireBlocks(t, []car.Block{b}, accept(t, file(b), nil).blocks)
	}
}

func TestWrongHash(t *testing.T) {
	ledger.Covers(t, "CAR-008")
	for _, codec := range []dagcbor.Codec{dagcbor.Raw, dagcbor.DAGCBOR} {
		name := dagcbor.Sum(codec, []byte("what was promised"))
		got := read(t, after(frame(name.Bytes(), []byte("what came"))), nil)
		actual := dagcbor.Sum(codec, []byte("what came"))
		require.Equal(t, &car.HashError{CID: name, Actual: actual, Offset: 137}, got.err)
		require.EqualError(t, got.err, "car: block "+name.String()+" at offset 137 does not match its CID: its content is that of "+actual.String())
		require.Len(t, got.blocks, 1)
	}
	// The first damage counts, whatever comes later.
	bad := frame(block("x").CID.Bytes(), []byte("y"))
	for _, later := range [][]byte{{0}, {0x80}, {100}, unhex(t, "ffffffffffffffffff01"), bad} {
		require.Equal(t, "hash", kind(read(t, after(bad, later), nil).err))
	}
}

func TestBlockSize(t *testing.T) {
	ledger.Covers(t, "CAR-010")
	const most = 2 << 20
	sized := func(n int) []byte { return file(block(string(make([]byte, n)))) }
	require.Len(t, accept(t, sized(most), nil).blocks[0].Data, most)
	requireLimit(t, read(t, sized(most+1), nil).err, "car: block size", most, most+1, 59)
	err := read(t, sized(3<<20), nil).err
	requireLimit(t, err, "car: block size", most, 3<<20, 59)
	require.EqualError(t, err, "car: block size 3145728 exceeds the limit of 2097152 at offset 59")
	accept(t, sized(3<<20), &car.Options{MaxBlock: 3 << 20})
	accept(t, sized(3<<20), &car.Options{MaxBlock: -1})
	accept(t, sized(10), &car.Options{MaxBlock: 10})
	requireLimit(t, read(t, sized(10), &car.Options{MaxBlock: 9}).err, "car: block size", 9, 10, 59)

	// The length is compared, not the bytes that follow.
	huge := after(unhex(t, "ffffffffffffffff7f"), make([]byte, 50))
	requireLimit(t, read(t, huge, nil).err, "car: block size", most, math.MaxInt64-36, 100)
	if err := read(t, huge, &car.Options{MaxBlock: -1}).err; kind(err) != "limit" {
		require.ErrorContains(t, err, "section is cut off at offset 159")
	}
	// 2^32 + 40 must not be taken for 40 where an int has 32 bits.
	wrap := after(unhex(t, "a880808010"), dagcbor.Sum(dagcbor.Raw, []byte("abcd")).Bytes(), []byte("abcd"))
	require.Error(t, read(t, wrap, &car.Options{MaxBlock: -1}).err)
	require.Error(t, read(t, wrap, &car.Options{MaxBlock: math.MaxInt}).err)
}

func TestFileLimits(t *testing.T) {
	ledger.Covers(t, "CAR-015")
	b := file(block("one"), block("two"), block("three"))
	size := int64(len(b))
	require.EqualValues(t, 59+40+40+42, size)
	for _, o := range []*car.Options{
		nil, {}, {MaxSize: size}, {MaxSize: -1}, {MaxBlocks: 3}, {MaxBlocks: -1},
		{MaxSize: math.MaxInt64, MaxBlocks: math.MaxInt, MaxBlock: math.MaxInt, MaxHeader: math.MaxInt, MaxRoots: math.MaxInt},
		{MaxSize: -5, MaxBlocks: -5, MaxBlock: -5, MaxHeader: -5, MaxRoots: -5},
	} {
		require.Len(t, accept(t, b, o).blocks, 3)
	}
	for _, tt := range []struct {
		o               car.Options
		what            string
		limit, got, off int64
		blocks          int
	}{
		{car.Options{MaxSize: size - 1}, "car: file size", size - 1, size, 139, 2},
		{car.Options{MaxSize: 140}, "car: file size", 140, size, 139, 2},
		{car.Options{MaxSize: 139}, "car: file size", 139, size, 139, 2},
		{car.Options{MaxSize: 138}, "car: file size", 138, 139, 99, 1},
		{car.Options{MaxSize: 59}, "car: file size", 59, 99, 59, 0},
		{car.Options{MaxSize: 1}, "car: file size", 1, 59, 0, 0},
		{car.Options{MaxBlocks: 2}, "car: number of blocks", 2, 3, 139, 2},
		{car.Options{MaxBlocks: 1}, "car: number of blocks", 1, 2, 99, 1},
	} {
		t.Run(fmt.Sprint(tt.what, tt.limit), func(t *testing.T) {
			got := read(t, b, &tt.o)
			requireLimit(t, got.err, tt.what, tt.limit, tt.got, tt.off)
			require.Len(t, got.blocks, tt.blocks)
		})
	}
	same := file(block("one"), block("one"), block("one"))
	requireLimit(t, read(t, same, &car.Options{MaxBlocks: 2}).err, "car: number of blocks", 2, 3, 139)
	// A size that does not even fit is not taken for a small one.
	huge := after(unhex(t, "ffffffffffffffff7f"))
	require.Error(t, read(t, huge, &car.Options{MaxBlock: -1, MaxSize: math.MaxInt64}).err)
}
