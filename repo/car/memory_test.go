package car_test

import (
	"bytes"
	"io"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// allocated returns how many bytes f allocates, in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestClaims has files that claim much more than they hold. What is allocated
// depends on what they hold.
func TestClaims(t *testing.T) {
	lifted := &car.Options{MaxBlock: -1, MaxHeader: -1, MaxRoots: -1}
	manyRoots := frame(pairs(2), rootsKey, unhex(t, "99f000"), make([]byte, 0xf000))
	for _, tt := range []struct {
		name string
		file []byte
		o    *car.Options
		most uint64 // beyond the buffer of a Reader
	}{
		{"header of 1 GiB", unhex(t, "8080808004"), nil, 4 << 10},
		{"header of 1 GiB, no limits", append(unhex(t, "8080808004"), make([]byte, 100)...), lifted, 4 << 10},
		{"header of 60 KiB", append(unhex(t, "80e003"), make([]byte, 100)...), nil, 4 << 10},
		{"61440 roots", manyRoots, lifted, 8 << 10},
		{"block of 2 MiB", after(unhex(t, "80808001"), make([]byte, 100)), nil, 64 << 10},
		{"block of 1 GiB", after(unhex(t, "8080808004"), make([]byte, 100)), nil, 4 << 10},
		{"block of 1 GiB, no limits", after(unhex(t, "8080808004"), make([]byte, 100)), lifted, 4 << 10},
		{"block of 2^62, no limits", after(unhex(t, "808080808080808040"), make([]byte, 100)), lifted, 4 << 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			used := allocated(func() {
				_, err := car.NewIndex(tt.file, tt.o)
				require.Error(t, err)
			})
			require.Less(t, used, tt.most)
			used = allocated(func() {
				require.Error(t, stream(bytes.NewReader(tt.file), tt.o).err)
			})
			require.Less(t, used, 64<<10+tt.most)
		})
	}
	// Where more is there, the buffer grows with it.
	claim := append(after(unhex(t, "8080808004")), make([]byte, 1<<20)...)
	used := allocated(func() {
		require.ErrorIs(t, stream(bytes.NewReader(claim), lifted).err, io.ErrUnexpectedEOF)
	})
	require.Less(t, used, uint64(5<<20))
}

// TestIndexMemory proves what the documentation promises.
func TestIndexMemory(t *testing.T) {
	measure := func(b []byte) uint64 {
		var x *car.Index
		used := uint64(math.MaxUint64)
		for range 5 { // the runtime now and then allocates something beside it
			used = min(used, allocated(func() {
				var err error
				x, err = car.NewIndex(b, &car.Options{Workers: 1})
				require.NoError(t, err)
				require.Positive(t, x.Len()) // makes the table
			}))
		}
		require.NotNil(t, x)
		// Each worker costs a little more, while the index is made.
		const worker = 32 << 10
		several := allocated(func() {
			x, err := car.NewIndex(b, &car.Options{Workers: 3})
			require.NoError(t, err)
			require.Positive(t, x.Len())
		})
		require.Less(t, several, used+4*worker)
		// As long as nobody asks for a block there is no table of a large file.
		if len(b) >= 256<<10 {
			untouched := allocated(func() {
				_, err := car.NewIndex(b, &car.Options{Workers: 1})
				require.NoError(t, err)
			})
			require.Less(t, 2*untouched, used)
		}
		return used
	}
	// A file of more than 256 KiB has its blocks in chunks.
	const fixed, chunk = 2 << 10, 8 << 10
	for _, n := range []int{1, 6, 64, 65, 1000, 20_000, 43_690, 43_691} {
		b := car.AppendHeader(nil)
		for i := range n {
			data := []byte{byte(i), byte(i >> 8), byte(i >> 16)}
			b = car.AppendBlock(b, dagcbor.Sum(dagcbor.Raw, data), data)
		}
		// The table is made anew each time that it has doubled.
		require.Less(t, measure(b), uint64(2*24*n+fixed), "%d blocks", n)
	}
	// The smallest sections, all of the same block: of a small file a slot or
	// two, of a large one as much as of others.
	empty := block("")
	section := frame(empty.CID.Bytes())
	same := append(car.AppendHeader(nil), bytes.Repeat(section, 5000)...)
	require.Less(t, measure(same), uint64(24*len(same)/1024+fixed))
	same = append(car.AppendHeader(nil), bytes.Repeat(section, 100_000)...)
	require.Less(t, measure(same), uint64(32*100_000+fixed+chunk))
	// Large blocks.
	b := car.AppendHeader(nil)
	for i := range 10 {
		data := make([]byte, 1<<20)
		data[0] = byte(i)
		b = car.AppendBlock(b, dagcbor.Sum(dagcbor.Raw, data), data)
	}
	require.Less(t, measure(b), uint64(24*len(b)/1024+fixed))
}

func TestIndexAllocations(t *testing.T) {
	b := unhex(t, workedFile)
	c := dagcbor.MustParseCID(workedRecordCID)
	var x *car.Index
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { x, _ = car.NewIndex(b, nil) }), 3.0)
	// A consumer of many files, such as a firehose brings, uses one for all.
	files := [][]byte{b, file(sizedBlocks(mixedSizes()[20:100]...)...), file(block("")), b, file(sizedBlocks(mixedSizes()[20:60]...)...)}
	var again car.Index
	reset := func() {
		for _, b := range files {
			if err := again.Reset(b, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 3 {
		reset()
	}
	require.Zero(t, testing.AllocsPerRun(100, reset))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, found := x.Get(c); !found {
			t.Fatal("not found")
		}
	}))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for b := range x.Blocks() {
			if len(b.Data) == 0 {
				t.Fatal("empty")
			}
		}
	}))
}
