package blockstore_test

import (
	"testing"

	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/blockstoretest"
)

func TestMemory(t *testing.T) {
	blockstoretest.Run(t, func(*testing.T) blockstore.Store { return new(blockstore.Memory) })
}
