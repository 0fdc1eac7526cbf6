package car_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/repo/car"
)

// interesting are the bytes that mean something in a file.
var interesting = []byte{0, 1, 2, 0x12, 0x20, 0x24, 0x25, 0x55, 0x71, 0x7f, 0x80, 0x81, 0x82, 0xa1, 0xa2, 0xa3, 0xd8, 0xf6, 0xff}

func newRand(t testing.TB) *rand.Rand {
	t.Helper()
	a, b := rand.Uint64(), rand.Uint64()
	t.Logf("rand.NewPCG(%d, %d)", a, b)
	return rand.New(rand.NewPCG(a, b))
}

// seeds returns files to begin with: captures, the worked example, and damaged
// ones.
func seeds(t testing.TB) [][]byte {
	t.Helper()
	files := [][]byte{
		nil, {0}, {0x80}, unhex(t, workedFile), unhex(t, "0aa16776657273696f6e02"),
		unhex(t, "ffffffffffffffffff01"), unhex(t, "8080808004"),
		car.AppendHeader(nil),
		frame(pairs(2), roots(2), version1),
		frame(pairs(2), roots(17), version1),
		frame(pairs(3), unhex(t, "6161f6"), roots(1), version1),
		frame(pairs(3), unhex(t, "616182d82a4100a16162fb"), roots(1), version1),
		frame(pairs(1), version1),
		frame(pairs(2), noRoots, version1, []byte{0}),
		file(block("one"), block("two"), block("one")),
		file(car.Block{CID: dagcbor.Sum(dagcbor.Raw, nil)}, block("")),
		file(block(string(make([]byte, 300)))),
		after([]byte{0}), after([]byte{35}, make([]byte, 35)), after([]byte{0x80, 0}),
		after(frame([]byte{0x12, 0x20}, make([]byte, 34))),
		after(frame(block("x").CID.Bytes(), []byte("y"))),
		after(unhex(t, "80808001"), make([]byte, 40)),
	}
	for _, name := range []string{"alice.car", "dan.car", "alice.profile.proof.car", "alice.deleted-post.proof.car"} {
		files = append(files, fixtures.PDS(t, name))
	}
	return files
}

// FuzzReader compares the readers with the reference, for a file as it is and
// with its hashes mended.
func FuzzReader(f *testing.F) {
	for _, file := range seeds(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		requireReference(t, file)
		requireReference(t, mend(file))
	})
}

// FuzzIndex compares the two readers with each other, under limits, and looks
// all blocks up.
func FuzzIndex(f *testing.F) {
	for _, file := range seeds(f) {
		f.Add(file, 0, 0, 0, int64(0), 0)
		f.Add(file, 100, 60, 1, int64(500), 2)
		f.Add(file, -1, -1, -1, int64(-1), -1)
	}
	f.Fuzz(func(t *testing.T, file []byte, maxBlock, maxHeader, maxRoots int, maxSize int64, maxBlocks int) {
		o := &car.Options{MaxBlock: maxBlock, MaxHeader: maxHeader, MaxRoots: maxRoots, MaxSize: maxSize, MaxBlocks: maxBlocks}
		for _, b := range [][]byte{file, mend(file)} {
			got := read(t, b, o)
			if got.err != nil {
				require.NotEqual(t, "unknown", kind(got.err))
				continue
			}
			x, err := car.NewIndex(b, o)
			require.NoError(t, err)
			require.LessOrEqual(t, x.Len(), len(got.blocks))
			for _, block := range got.blocks {
				data, found := x.Get(block.CID)
				require.True(t, found)
				require.True(t, bytes.Equal(block.Data, data))
				require.True(t, block.CID.Matches(data))
			}
		}
	})
}
