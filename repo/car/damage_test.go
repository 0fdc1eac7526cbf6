package car_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo/car"
)

// TestBitFlips changes each bit of a file. Only the digest of the root can
// change unnoticed here, since it need not be that of a block in the file.
func TestBitFlips(t *testing.T) {
	ledger.Covers(t, "CAR-008")
	good := unhex(t, workedFile)
	blocks := workedBlocks(t)
	const rootDigest, rootEnd = 18, 50
	for i := 0; i < 8*len(good); i += 7 { // in every byte
		bad := bytes.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		got := read(t, bad, nil)
		at := fmt.Sprintf("bit %d of byte %d: %v", i%8, i/8, got.err)
		if rootDigest <= i/8 && i/8 < rootEnd {
			require.NoError(t, got.err, at)
			require.Equal(t, []dagcbor.CID{dagcbor.CIDFromDigest(dagcbor.DAGCBOR, [32]byte(bad[rootDigest:rootEnd]))}, got.roots, at)
			requireBlocks(t, blocks, got.blocks)
			continue
		}
		require.Error(t, got.err, at)
		requireFlip(t, got, good, i/8, at)
	}
}

// requireFlip requires the right error for a file of which byte i is wrong.
func requireFlip(t *testing.T, got result, good []byte, i int, at string) {
	t.Helper()
	blocks := workedBlocks(t)
	if i < 59 { // the header, or its length
		require.Contains(t, []string{"format", "limit"}, kind(got.err), at)
		require.Empty(t, got.blocks, at)
		return
	}
	start := 59
	for n, b := range blocks {
		size := len(frame(b.CID.Bytes(), b.Data))
		if i >= start+size {
			start += size
			continue
		}
		requireBlocks(t, blocks[:n], got.blocks)
		data := start + size - len(b.Data)
		switch {
		case i >= data-32: // digest or data
			hash, is := errors.AsType[*car.HashError](got.err)
			require.True(t, is, at)
			require.EqualValues(t, data, hash.Offset, at)
			require.Equal(t, i < data, hash.CID != b.CID, at)
			require.Equal(t, i < data, hash.Actual == b.CID, at)
		case i >= data-36: // form of the CID
			require.EqualError(t, got.err, fmt.Sprintf("car: section has no CID of the blessed form at offset %d", data-36), at)
		default: // a wrong length cuts the block off somewhere else
			require.NotEqual(t, "unknown", kind(got.err), at)
		}
		return
	}
	t.Fatalf("byte %d is beyond the file of %d", i, len(good))
}

func TestTruncated(t *testing.T) {
	ledger.Covers(t, "CAR-012")
	b := unhex(t, workedFile)
	blocks := workedBlocks(t)
	whole := map[int]int{59: 0, 285: 1, 416: 2, 490: 3} // blocks in what seems complete
	for n := range len(b) + 1 {
		got := read(t, b[:n], nil)
		if blocksBefore, complete := whole[n]; complete {
			require.NoError(t, got.err)
			requireBlocks(t, blocks[:blocksBefore], got.blocks)
			continue
		}
		require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
		err, is := errors.AsType[*car.Error](got.err)
		require.True(t, is)
		require.EqualValues(t, n, err.Offset)
		require.Contains(t, err.Msg, "is cut off")
	}
}

func TestTrailingBytes(t *testing.T) {
	b := unhex(t, workedFile)
	refuse(t, append(slices.Clone(b), 0), nil, "car: section is empty at offset 490")
	refuse(t, append(slices.Clone(b), '\n'), nil, "car: section is shorter than a CID at offset 490")
	refuse(t, append(slices.Clone(b), 0xff), nil, "car: section length is cut off at offset 491: unexpected EOF")
	// Another file behind it: its header is no section.
	refuse(t, append(slices.Clone(b), b...), nil, "car: section has no CID of the blessed form at offset 491")
}

func TestOrderAndRepetition(t *testing.T) {
	ledger.Covers(t, "CAR-013")
	blocks := workedBlocks(t)
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {2, 2, 0, 1, 2}, {0, 0}, {1}, {}} {
		b := car.AppendHeader(nil, blocks[0].CID)
		var want []car.Block
		for _, i := range order {
			want = append(want, blocks[i])
			b = car.AppendBlock(b, blocks[i].CID, blocks[i].Data)
		}
		requireBlocks(t, want, accept(t, b, nil).blocks)
		x, err := car.NewIndex(b, nil)
		require.NoError(t, err)
		different := 0
		for i, block := range blocks {
			data, found := x.Get(block.CID)
			require.Equal(t, slices.Contains(order, i), found)
			if found {
				different++
				require.Equal(t, block.Data, data)
			}
		}
		require.Equal(t, different, x.Len())
	}
}

// TestSameDigest has the same bytes under both codecs, which makes two blocks.
func TestSameDigest(t *testing.T) {
	data := []byte("the same")
	raw := car.Block{CID: dagcbor.Sum(dagcbor.Raw, data), Data: data}
	cbor := car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data}
	b := file(raw, cbor, raw)
	requireBlocks(t, []car.Block{raw, cbor, raw}, accept(t, b, nil).blocks)
	x, err := car.NewIndex(b, nil)
	require.NoError(t, err)
	require.Equal(t, 2, x.Len())
	for _, c := range []dagcbor.CID{raw.CID, cbor.CID} {
		got, found := x.Get(c)
		require.True(t, found)
		require.Equal(t, data, got)
	}
	x, err = car.NewIndex(file(raw), nil)
	require.NoError(t, err)
	_, found := x.Get(cbor.CID)
	require.False(t, found)
}

// TestPartial reads files in which links lead nowhere: to blobs, to other
// repositories, and to blocks that were left out.
func TestPartial(t *testing.T) {
	ledger.Covers(t, "CAR-016", "CAR-024")
	blocks := workedBlocks(t)
	elsewhere := dagcbor.AppendLink(nil, dagcbor.Sum(dagcbor.Raw, []byte("a blob")))
	record := block(string(elsewhere))
	b := file(blocks[0], record)
	requireBlocks(t, []car.Block{blocks[0], record}, accept(t, b, nil).blocks)
	// Not even the root need be there.
	b = car.AppendBlock(car.AppendHeader(nil, blocks[0].CID), record.CID, record.Data)
	got := accept(t, b, nil)
	require.Equal(t, []dagcbor.CID{blocks[0].CID}, got.roots)
	requireBlocks(t, []car.Block{record}, got.blocks)
}
