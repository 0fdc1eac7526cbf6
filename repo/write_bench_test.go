package repo_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

// stored returns a store with a repository of n records.
func stored(b testing.TB, n int) *blockstore.Memory {
	b.Helper()
	store := &blockstore.Memory{}
	_, err := repo.Import(b.Context(), store, newReader(synthetic(b, n)), options(b))
	require.NoError(b, err)
	return store
}

// One create is added and taken away again, so that the repository stays as
// large as it is: two commits an iteration. Sign is what of it is the key's.
func BenchmarkApply100k(b *testing.B) {
	store := stored(b, 100_000)
	key := privateKey(b, crypto.K256)
	var clock syntax.TIDClock
	path, block := syntheticRecord(b, 1, clock.Next())
	writes := []repo.Write{repo.Create(repoPath(b, path), block), repo.Delete(repoPath(b, path))}
	b.Run("Sign", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for range writes {
				if _, err := repo.SignCommit(b.Context(), key, repo.UnsignedCommit{DID: account, Rev: rev, Data: blockOf(block).CID}); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("Kept", func(b *testing.B) {
		r, err := repo.Open(b.Context(), store, account, key, &clock)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			for _, w := range writes {
				if _, err := r.Apply(b.Context(), w); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("Opened", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, w := range writes {
				r, err := repo.Open(b.Context(), store, account, key, &clock)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := r.Apply(b.Context(), w); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("Open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := repo.Open(b.Context(), store, account, nil, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Get", func(b *testing.B) {
		r, err := repo.Open(b.Context(), store, account, key, &clock)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := r.Get(b.Context(), writes[0].Path()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Every message of the captures, with the keys parsed already. Signature is how
// much of it is the signature.
func BenchmarkVerifyMessages(b *testing.B) {
	keys := map[syntax.DID]*crypto.PublicKey{}
	for _, name := range captures {
		did, key := identity(b, name)
		keys[did] = key
	}
	var all []*repo.CommitMessage
	size := 0
	messages(b, func(typ string, m message) {
		if typ == "#commit" {
			all = append(all, commitMessage(b, m))
			size += len(m.Blocks)
		}
	})
	for name, skip := range map[string]bool{"All": false, "WithoutSignature": true} {
		b.Run(name, func(b *testing.B) {
			v := verifier()
			v.Options.SkipSignature = skip
			b.SetBytes(int64(size / len(all)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m := all[i%len(all)]
				if _, err := v.Commit(b.Context(), m, keys[m.Repo], nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One record is created in a large repository, all but the signature.
func BenchmarkVerifyCreate100k(b *testing.B) {
	key := privateKey(b, crypto.K256)
	var clock syntax.TIDClock
	r, err := repo.Open(b.Context(), stored(b, 100_000), account, key, &clock)
	require.NoError(b, err)
	var all []*repo.CommitMessage
	size := 0
	for i := range 256 {
		path, block := syntheticRecord(b, i, clock.Next())
		res, err := r.Apply(b.Context(), repo.Create(repoPath(b, path), block))
		require.NoError(b, err)
		all = append(all, res.Message())
		size += len(all[i].Blocks)
	}
	v := repo.Verifier{Options: repo.VerifyOptions{SkipSignature: true}}
	b.SetBytes(int64(size / len(all)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := v.Commit(b.Context(), all[i%len(all)], nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// A commit that no message can carry: ten thousand records at once.
func BenchmarkApplyTooBig(b *testing.B) {
	b.ReportAllocs()
	var writes []repo.Write
	for i := range 10_000 {
		writes = append(writes, repo.Create(at(b, strconv.Itoa(i)), value(b, strconv.Itoa(i))))
	}
	key := privateKey(b, crypto.P256)
	for b.Loop() {
		r := repo.New(account, key, nil)
		if _, err := r.ApplyWith(b.Context(), &repo.ApplyOptions{AllowTooBig: true}, writes...); err != nil {
			b.Fatal(err)
		}
	}
}

// What each method that reads does first and last.
func BenchmarkHold(b *testing.B) {
	b.ReportAllocs()
	r := newRepo(b)
	for b.Loop() {
		release, err := r.Hold(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		release()
	}
}
