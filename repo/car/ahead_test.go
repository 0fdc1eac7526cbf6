package car_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// sizedBlocks returns blocks of these sizes.
func sizedBlocks(sizes ...int) []car.Block {
	rnd := rand.NewChaCha8([32]byte{7})
	blocks := make([]car.Block, len(sizes))
	for i, n := range sizes {
		data := make([]byte, n)
		_, _ = rnd.Read(data)
		blocks[i] = car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, data), Data: data}
	}
	return blocks
}

// mixedSizes has blocks about as large as the buffers and batches are, and many
// small ones.
func mixedSizes() []int {
	var sizes []int
	for _, n := range []int{64 << 10, 128 << 10} {
		sizes = append(sizes, n-100, 0, 1, n-38, n-39, 3, n, 300, 300)
	}
	sizes = append(sizes, 300<<10, 1)
	for i := range 1200 {
		sizes = append(sizes, i%400)
	}
	return sizes
}

func TestReadAhead(t *testing.T) {
	b := file(sizedBlocks(mixedSizes()...)...)
	accept(t, b, nil)
	for i := len(b) - 1; i > 0; i -= 801_651 { // one wrong byte, here and there
		bad := bytes.Clone(b)
		bad[i] ^= 0x10
		require.Error(t, read(t, bad, nil).err)
		require.ErrorIs(t, read(t, b[:i], nil).err, io.ErrUnexpectedEOF)
	}
}

// What a Reader returned stays as it was, and where it is.
func TestReadAheadKeeps(t *testing.T) {
	blocks := sizedBlocks(mixedSizes()...)
	b := file(blocks...)
	_, ends := extents(b)
	for _, workers := range []int{1, 2, 8} {
		cr, err := car.NewReader(iotest.HalfReader(bytes.NewReader(b)), &car.Options{ReadAhead: true, KeepBlocks: true, Workers: workers})
		require.NoError(t, err)
		var got []car.Block
		for i := range blocks {
			block, err := cr.Next()
			require.NoError(t, err)
			require.Equal(t, ends[i], cr.Offset())
			require.Equal(t, len(block.Data), cap(block.Data))
			got = append(got, block)
		}
		for range 2 {
			_, err = cr.Next()
			require.Equal(t, io.EOF, err)
		}
		require.EqualValues(t, len(b), cr.Offset())
		requireBlocks(t, blocks, got)
	}
}

// Without KeepBlocks a block is valid until the next call, and memory is used
// again.
func TestReadAheadReuses(t *testing.T) {
	var blocks []car.Block
	sizes := slices.DeleteFunc(mixedSizes(), func(n int) bool { return n > 64<<10-39 }) // others get buffers of their own
	for range 20 {
		blocks = append(blocks, sizedBlocks(sizes...)...)
	}
	b := file(blocks...)
	for _, workers := range []int{1, 2, 8} {
		for _, in := range []io.Reader{bytes.NewReader(b), iotest.HalfReader(bytes.NewReader(b))} {
			used := allocated(func() {
				cr, err := car.NewReader(in, &car.Options{ReadAhead: true, Workers: workers})
				require.NoError(t, err)
				for i := range blocks {
					got, err := cr.Next()
					if err != nil || got.CID != blocks[i].CID || !bytes.Equal(got.Data, blocks[i].Data) {
						t.Fatal(i, err)
					}
				}
				_, err = cr.Next()
				require.Equal(t, io.EOF, err)
			})
			require.Greater(t, len(b), 6<<20)
			require.Less(t, used, uint64(768<<10))
		}
	}
}

// extents returns where the header and the sections of a file end.
func extents(b []byte) (header int64, ends []int64) {
	for rest := b; len(rest) > 0; {
		n := len(rest)
		for i := range 9 {
			if rest[i] < 0x80 {
				size := 0
				for j := i; j >= 0; j-- {
					size = size<<7 | int(rest[j]&0x7f)
				}
				rest = rest[i+1+size:]
				break
			}
		}
		if end := int64(len(b) - len(rest)); n == len(b) {
			header = end
		} else {
			ends = append(ends, end)
		}
	}
	return header, ends
}

func TestBytesReaderAliases(t *testing.T) {
	b := file(block("one"), block("two"))
	for _, ahead := range []bool{false, true} {
		cr, err := car.NewBytesReader(b, &car.Options{ReadAhead: ahead})
		require.NoError(t, err)
		first, err := cr.Next()
		require.NoError(t, err)
		require.Same(t, &b[59+1+36], &first.Data[0], "not a copy")
		require.Equal(t, len(first.Data), cap(first.Data))
	}
}

// What is trusted is not hashed, and nothing else is different.
func TestTrustHashes(t *testing.T) {
	b := file(block("one"), block("two"))
	b[len(b)-1] ^= 1
	trusting := &car.Options{TrustHashes: true}
	got := accept(t, b, trusting)
	require.Equal(t, "tw"+string(rune('o'^1)), string(got.blocks[1].Data))
	require.IsType(t, &car.HashError{}, read(t, b, nil).err)
	for n := 59; n < len(b); n++ {
		if err := read(t, b[:n], trusting).err; err != nil {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		}
	}
	b[60] = 2 // a CID of another version
	require.ErrorContains(t, read(t, b, trusting).err, "no CID of the blessed form")
}

// TestNextIf asks for blocks that come next and for others.
func TestNextIf(t *testing.T) {
	blocks := append(sizedBlocks(mixedSizes()...), block("last"))
	b := file(blocks...)
	_, ends := extents(b)
	for _, o := range []car.Options{{}, {ReadAhead: true, Workers: 1}, {ReadAhead: true, Workers: 3}} {
		cr, err := car.NewReader(iotest.HalfReader(bytes.NewReader(b)), &o)
		require.NoError(t, err)
		for i, want := range blocks {
			at := cr.Offset()
			for _, c := range []dagcbor.CID{{}, block("x").CID, dagcbor.CIDFromDigest(dagcbor.Raw, want.CID.Digest())} {
				data, found := cr.NextIf(c)
				require.False(t, found)
				require.Nil(t, data)
				require.Equal(t, at, cr.Offset())
			}
			got := car.Block{CID: want.CID}
			if i%3 == 0 {
				got, err = cr.Next()
				require.NoError(t, err)
			} else {
				var found bool
				got.Data, found = cr.NextIf(want.CID)
				require.True(t, found)
			}
			requireBlocks(t, []car.Block{want}, []car.Block{got})
			require.Equal(t, len(got.Data), cap(got.Data))
			require.Equal(t, ends[i], cr.Offset())
		}
		_, found := cr.NextIf(block("x").CID)
		require.False(t, found)
		_, err = cr.Next()
		require.Equal(t, io.EOF, err)
	}
	for _, o := range []car.Options{{}, {ReadAhead: true}} {
		cr, err := car.NewBytesReader(append(file(block("one"), block("two")), 0), &o)
		require.NoError(t, err)
		_, found := cr.NextIf(block("two").CID)
		require.False(t, found)
		got, err := cr.Next()
		require.NoError(t, err)
		require.Equal(t, block("one"), got)
		_, found = cr.NextIf(block("two").CID)
		require.True(t, found)
		for range 2 {
			_, found = cr.NextIf(block("two").CID)
			require.False(t, found)
			_, err = cr.Next()
			require.EqualError(t, err, "car: section is empty at offset 139")
		}
	}
}

// TestStop stops the reading ahead now and then. Nothing is lost, and nobody
// reads any more.
func TestStop(t *testing.T) {
	blocks := largeBlocks()
	good := file(blocks...)
	for _, o := range []car.Options{{}, {ReadAhead: true, Workers: 1}, {ReadAhead: true, Workers: 2}, {ReadAhead: true, Workers: 8}} {
		b := bytes.Clone(good)
		cr, err := car.NewBytesReader(b, &o)
		require.NoError(t, err)
		for i := range blocks {
			got, err := cr.Next()
			require.NoError(t, err)
			require.Equal(t, blocks[i].CID, got.CID)
			if i%500 == 0 {
				cr.Stop()
				b[0] ^= 1 // for the race detector
			}
		}
		_, err = cr.Next()
		require.Equal(t, io.EOF, err)
		clear(b) // nobody is left
		cr.Stop()

		b = bytes.Clone(good)
		cr, err = car.NewBytesReader(b, &o)
		require.NoError(t, err)
		_, err = cr.Next()
		require.NoError(t, err)
		cr.Stop()
		clear(b)
	}
}

// TestHelpersEnd leaves a Reader alone. The bubble ends when all of its
// goroutines have.
func TestHelpersEnd(t *testing.T) {
	b := file(largeBlocks()...)
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			cr, err := car.NewReader(bytes.NewReader(b), &car.Options{ReadAhead: true, Workers: 4})
			require.NoError(t, err)
			for range 1000 {
				_, err = cr.Next()
				require.NoError(t, err)
			}
		}
	})
}

// A Reader stops reading at the first fault, and reads no further ahead than
// it says.
func TestReadAheadBound(t *testing.T) {
	blocks := sizedBlocks(mixedSizes()[20:]...)
	var all []car.Block
	for range 20 {
		all = append(all, blocks...)
	}
	b := file(all...)
	require.Greater(t, len(b), 16*car.ReadAheadSize)
	in := &counter{r: bytes.NewReader(b)}
	cr, err := car.NewReader(in, &car.Options{ReadAhead: true, Workers: 2})
	require.NoError(t, err)
	_, err = cr.Next()
	require.NoError(t, err)
	require.Less(t, in.n, int64(4*car.ReadAheadSize))
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
