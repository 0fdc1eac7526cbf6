//go:build amd64 || arm64

package car_test

import (
	"math"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/car"
)

// TestIndexFourGibibytes maps memory that it must not touch: offsets of 32 bits
// do not reach to the end of such a file.
func TestIndexFourGibibytes(t *testing.T) {
	b, err := syscall.Mmap(-1, 0, math.MaxUint32+1, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	require.NoError(t, err, "4 GiB of address space, of which nothing is used")
	defer func() { require.NoError(t, syscall.Munmap(b)) }()
	_, err = car.NewIndex(b, &car.Options{MaxSize: -1})
	requireLimit(t, err, "car: file size", math.MaxUint32, math.MaxUint32+1, 0)
}
