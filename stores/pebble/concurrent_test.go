package pebblestore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/blockstoretest"
	"github.com/linnet-at/linnet/stores/pebble"
	"github.com/linnet-at/linnet/syntax"
)

func TestShared(t *testing.T) {
	blockstoretest.RunShared(t, func(t *testing.T) func() blockstore.Store {
		db := openDB(t, vfs.NewMem())
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		stores := pebblestore.New(db, nil)
		return func() blockstore.Store { return stores.Store(did) }
	})
}

// A host opens a repository for each request. What was acknowledged to one is
// not lost by another.
func TestRequests(t *testing.T) {
	key, err := crypto.GenerateKey(crypto.K256)
	require.NoError(t, err)
	for _, n := range []struct{ requests, accounts int }{{20, 1}, {200, 10}} {
		db := openDB(t, vfs.NewMem())
		defer func() { require.NoError(t, db.Close()) }()
		stores := pebblestore.New(db, nil)
		var wg sync.WaitGroup
		for i := range n.requests {
			wg.Go(func() {
				if err := request(t.Context(), stores, account(t, i%n.accounts), key, i); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		have := 0
		for i := range n.accounts {
			did := account(t, i)
			r, err := repo.Open(t.Context(), stores.Store(did.String()), did, nil, nil)
			require.NoError(t, err)
			for _, err := range r.Records(t.Context()) {
				require.NoError(t, err)
				have++
			}
		}
		require.Equal(t, n.requests, have)
	}
}

func account(t *testing.T, i int) syntax.DID {
	did, err := syntax.ParseDID(fmt.Sprintf("did:web:account%d.example.com", i))
	require.NoError(t, err)
	return did
}

// request makes one write, again as long as others come between.
func request(ctx context.Context, stores *pebblestore.DB, did syntax.DID, key crypto.Signer, i int) error {
	path, err := syntax.ParseRepoPath(fmt.Sprintf("com.example.record/%d", i))
	if err != nil {
		return err
	}
	record := dagcbor.AppendMap(nil, 1)
	record = dagcbor.AppendText(dagcbor.AppendText(record, "$type"), "com.example.record")
	for {
		r, err := repo.Open(ctx, stores.Store(did.String()), did, key, nil)
		if err == nil {
			_, err = r.Apply(ctx, repo.Create(path, record))
		}
		if !errors.Is(err, blockstore.ErrConflict) {
			return err
		}
	}
}
