package repo_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
)

// On a disk a repository is what it is in memory, also after it was closed.
func TestOnDisk(t *testing.T) {
	ledger.Covers(t, "REP-029", "REP-039")
	c := captured(t, "carol")
	dir := t.TempDir()
	store, err := filestore.Open(dir, nil)
	require.NoError(t, err)
	_, err = repo.Import(t.Context(), store, bytes.NewReader(c.file), c.options())
	require.NoError(t, err)
	key := exampleKey
	for _, rec := range c.records[:20] {
		r, err := repo.Open(t.Context(), store, c.did, key, nil)
		require.NoError(t, err)
		res, err := r.Apply(t.Context(), repo.Delete(repoPath(t, rec[0])))
		require.NoError(t, err)
		requireVerified(t, res, key.PublicKey())
	}
	require.NoError(t, store.Close())

	store, err = filestore.Open(dir, nil)
	require.NoError(t, err)
	defer store.Close()
	r, err := repo.Open(t.Context(), store, c.did, nil, nil)
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, r.Export(t.Context(), &file))
	got, err := list(t, file.Bytes(), &repo.Options{Key: key.PublicKey(), DID: c.did, CheckRecords: true})
	require.NoError(t, err)
	require.Equal(t, c.records[20:], got)
}
