package pebblestore_test

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/blockstoretest"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/stores/pebble"
)

const did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"

// quiet keeps what a database logs out of the tests.
type quiet struct{}

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (quiet) Fatalf(format string, _ ...any) { panic(format) }

func openDB(tb testing.TB, fs vfs.FS) *pebble.DB {
	tb.Helper()
	db, err := pebble.Open("db", &pebble.Options{FS: fs, Logger: quiet{}})
	require.NoError(tb, err)
	return db
}

func TestConformance(t *testing.T) {
	open := func(t *testing.T) blockstore.Store {
		db := openDB(t, vfs.NewMem())
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return pebblestore.New(db, nil).Store(did)
	}
	blockstoretest.Run(t, open)
}

// TestPowerLoss opens the store on what is certain to be on the disk, without
// closing the database before.
func TestPowerLoss(t *testing.T) {
	fs := vfs.NewCrashableMem()
	db := openDB(t, fs)
	blockstoretest.RunReopen(t,
		func(*testing.T) blockstore.Store { return pebblestore.New(db, nil).Store(did) },
		func(t *testing.T, _ blockstore.Store) blockstore.Store {
			old := db
			t.Cleanup(func() { require.NoError(t, old.Close()) })
			fs = fs.CrashClone(vfs.CrashCloneCfg{})
			db = openDB(t, fs)
			return pebblestore.New(db, nil).Store(did)
		})
	require.NoError(t, db.Close())
}

// TestNames is about repositories in one database whose names are such that one
// begins with the other.
func TestNames(t *testing.T) {
	db := openDB(t, vfs.NewMem())
	defer func() { require.NoError(t, db.Close()) }()
	block := car.Block{CID: dagcbor.Sum(dagcbor.Raw, []byte("block")), Data: []byte("block")}
	names := []string{"", "a", "ab", "abb", "b", did, did + "h"}
	for i, name := range names {
		s := pebblestore.New(db, &pebblestore.Options{NoSync: true}).Store(name)
		head, err := s.Head(t.Context())
		require.NoError(t, err)
		require.False(t, head.Defined(), "%q before %d others", name, i)
		_, err = s.Block(t.Context(), block.CID)
		require.ErrorIs(t, err, blockstore.ErrNotFound)
		require.NoError(t, s.Commit(t.Context(), &blockstore.Batch{Head: dagcbor.Sum(dagcbor.DAGCBOR, []byte(name)), Put: []car.Block{block}}))
	}
	for _, name := range names {
		s := pebblestore.New(db, nil).Store(name)
		head, err := s.Head(t.Context())
		require.NoError(t, err)
		require.Equal(t, dagcbor.Sum(dagcbor.DAGCBOR, []byte(name)), head)
		require.NoError(t, s.Commit(t.Context(), &blockstore.Batch{Prev: head, Head: head, Drop: []dagcbor.CID{block.CID}}))
		_, err = s.Block(t.Context(), block.CID)
		require.ErrorIs(t, err, blockstore.ErrNotFound)
	}
}
