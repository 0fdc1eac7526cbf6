package car_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/car"
)

func TestRefuseDuplicates(t *testing.T) {
	many := sizedBlocks(mixedSizes()...)[30:] // has several of 0 bytes
	for _, tt := range []struct {
		blocks []car.Block
		twice  int // -1 if there is none
	}{
		{[]car.Block{block("a"), block(""), block("b")}, -1},
		{[]car.Block{block("a"), block("b"), block("a"), block("b")}, 2},
		{[]car.Block{block("a"), block(""), block("")}, 2},
		{[]car.Block{block("a"), {CID: sizedBlocks(0)[0].CID}, block("b")}, -1},
		{append(many[1:300:300], many[5]), 299},
		{append(many[1:300:300], many[5], many[6]), 299},
	} {
		b := file(tt.blocks...)
		_, err := car.NewIndex(b, nil)
		require.NoError(t, err)
		for _, workers := range []int{1, 2} {
			_, err := car.NewIndex(b, &car.Options{RefuseDuplicates: true, Workers: workers})
			if tt.twice < 0 {
				require.NoError(t, err)
				continue
			}
			header, ends := extents(b)
			at := append([]int64{header}, ends...)[tt.twice]
			require.Equal(t, &car.DuplicateError{CID: tt.blocks[tt.twice].CID, Offset: at}, err)
			require.EqualError(t, err, fmt.Sprintf("car: block %s stands there a second time at offset %d", tt.blocks[tt.twice].CID, at))
		}
	}
}

// TestRefuseDuplicatesDamaged: damage is told whether duplicates are refused or
// not, and before them.
func TestRefuseDuplicatesDamaged(t *testing.T) {
	many := sizedBlocks(mixedSizes()...)
	for _, blocks := range [][]car.Block{
		{block("a"), block("b")}, {block("a"), block("a"), block("b")}, many, append([]car.Block{many[40]}, many...),
	} {
		b := file(append(blocks, block("the last"))...)
		flipped := bytes.Clone(b)
		flipped[len(b)-1] ^= 1
		for _, bad := range [][]byte{flipped, b[:len(b)-1]} {
			for _, workers := range []int{1, 2} {
				_, want := car.NewIndex(bad, &car.Options{Workers: workers})
				require.Error(t, want)
				_, err := car.NewIndex(bad, &car.Options{Workers: workers, RefuseDuplicates: true})
				require.Equal(t, want, err)
			}
		}
	}
}
