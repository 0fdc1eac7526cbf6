package repo_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// directory tells one account's key, from a cache that knows an older one.
type directory struct {
	cached, now *crypto.PublicKey
	err         error // of looking again
	asked       []bool
}

func (d *directory) key(_ context.Context, did syntax.DID, refresh bool) (*crypto.PublicKey, error) {
	d.asked = append(d.asked, refresh)
	if did != account {
		return nil, errors.New("who is that?")
	}
	if refresh {
		if d.err != nil {
			return nil, d.err
		}
		d.cached = d.now
	}
	return d.cached, nil
}

// rotated returns a repository whose key was changed, with the result of the
// first commit of the new key, and a directory that does not know of it.
func rotated(t *testing.T) (*repo.Repo, *repo.Result, *directory) {
	t.Helper()
	oldKey, newKey := privateKey(t, crypto.K256), privateKey(t, crypto.P256)
	r := repo.New(account, oldKey, nil)
	apply(t, r, repo.Create(at(t, "1"), value(t, "one")))
	r.SetKey(newKey)
	res := apply(t, r, repo.Create(at(t, "2"), value(t, "two")))
	return r, res, &directory{cached: oldKey.PublicKey(), now: newKey.PublicKey()}
}

// arrivals are the ways in which a commit comes to somebody who verifies it.
func arrivals(t *testing.T, r *repo.Repo, res *repo.Result) map[string]func(*crypto.PublicKey) (*repo.Commit, error) {
	var v repo.Verifier
	file := export(t, r)
	var proof bytes.Buffer
	require.NoError(t, r.WriteProof(t.Context(), &proof, at(t, "2")))
	return map[string]func(*crypto.PublicKey) (*repo.Commit, error){
		"#commit": func(key *crypto.PublicKey) (*repo.Commit, error) {
			got, err := v.Commit(t.Context(), res.Message(), key, &repo.State{Rev: res.Since, Data: res.PrevData})
			if err != nil {
				return nil, err
			}
			return got.Commit, nil
		},
		"#sync": func(key *crypto.PublicKey) (*repo.Commit, error) {
			return v.Sync(&repo.SyncMessage{DID: account, Rev: res.Commit.Rev(), Blocks: res.SyncCAR()}, key, nil)
		},
		"export": func(key *crypto.PublicKey) (*repo.Commit, error) {
			e, err := repo.ReadBytes(file, &repo.Options{Key: key, DID: account})
			if err != nil {
				return nil, err
			}
			return e.Commit(), nil
		},
		"proof": func(key *crypto.PublicKey) (*repo.Commit, error) {
			_, found, err := repo.VerifyProof(t.Context(), proof.Bytes(), at(t, "2"), &repo.Options{Key: key, DID: account})
			require.Equal(t, err == nil, found)
			return res.Commit, err
		},
		"stream": func(key *crypto.PublicKey) (*repo.Commit, error) {
			s, err := repo.ReadStream(t.Context(), bytes.NewReader(file), &repo.Options{SkipSignature: true, DID: account})
			require.NoError(t, err)
			defer s.Close()
			return s.Commit(), s.Commit().Verify(key)
		},
	}
}

// A key that was changed is found out by looking once more, in whatever way a
// commit comes; afterwards the new one is known.
func TestVerifyWith(t *testing.T) {
	ledger.Covers(t, "REP-016")
	r, res, d := rotated(t)
	stale := d.cached
	for name, verify := range arrivals(t, r, res) {
		d.cached, d.asked = stale, nil
		got, err := repo.VerifyWith(t.Context(), d.key, account, verify)
		require.NoError(t, err, name)
		require.Equal(t, res.Commit.CID(), got.CID(), name)
		require.Equal(t, []bool{false, true}, d.asked, name)

		d.asked = nil
		_, err = repo.VerifyWith(t.Context(), d.key, account, verify)
		require.NoError(t, err, name)
		require.Equal(t, []bool{false}, d.asked, name)
	}
}

// A bad signature costs one look, and is bad whatever the key is. Of an error
// that has nothing to do with the key nobody asks again.
func TestVerifyWithFails(t *testing.T) {
	ledger.Covers(t, "REP-016")
	r, res, d := rotated(t)
	other, err := crypto.GenerateKey(crypto.K256)
	require.NoError(t, err)
	for want, now := range map[int]*crypto.PublicKey{1: d.cached, 2: other.PublicKey()} { // not changed, or to one that did not sign
		for name, verify := range arrivals(t, r, res) {
			calls := 0
			d := &directory{cached: d.cached, now: now}
			_, err := repo.VerifyWith(t.Context(), d.key, account, func(key *crypto.PublicKey) (*repo.Commit, error) {
				calls++
				return verify(key)
			})
			errorIs[*repo.SignatureError](t, err)
			require.Equal(t, []bool{false, true}, d.asked, name)
			require.Equal(t, want, calls, name)
		}
	}
	broken := errors.New("broken")
	_, err = repo.VerifyWith(t.Context(), d.key, account, func(*crypto.PublicKey) (int, error) { return 0, broken })
	require.Equal(t, broken, err)
	_, err = repo.VerifyWith(t.Context(), d.key, syntax.MustParseDID("did:web:bob.example.com"), func(*crypto.PublicKey) (int, error) {
		t.Fatal("verified without a key")
		return 0, nil
	})
	require.EqualError(t, err, "who is that?")
	require.Equal(t, []bool{false, false}, d.asked)

	// That the key can't be found out says nothing about the signature.
	d.err = broken
	for _, verify := range arrivals(t, r, res) {
		_, err = repo.VerifyWith(t.Context(), d.key, account, verify)
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, crypto.ErrInvalidSignature)
		require.EqualError(t, err, "repo: signing key of "+account.String()+" has to be fetched anew: broken")
	}
}
