package filestore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/blockstoretest"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
)

func open(tb testing.TB, dir string, o *filestore.Options) *filestore.Store {
	tb.Helper()
	s, err := filestore.Open(dir, o)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

func TestConformance(t *testing.T) {
	for name, o := range map[string]*filestore.Options{
		"default":    nil,
		"unsynced":   {Sync: filestore.SyncNever},
		"compacting": {Sync: filestore.SyncNever, CompactFraction: 0.1, CompactMinimum: 1},
	} {
		t.Run(name, func(t *testing.T) {
			blockstoretest.Run(t, func(t *testing.T) blockstore.Store { return open(t, t.TempDir(), o) })
			t.Run("Reopen", func(t *testing.T) {
				dir := t.TempDir()
				blockstoretest.RunReopen(t,
					func(t *testing.T) blockstore.Store { return open(t, dir, o) },
					func(t *testing.T, s blockstore.Store) blockstore.Store {
						require.NoError(t, s.(*filestore.Store).Close())
						return open(t, dir, o)
					})
			})
		})
	}
}
