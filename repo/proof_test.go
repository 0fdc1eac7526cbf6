package repo_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// Proofs that a server made.
func TestServedProofs(t *testing.T) {
	ledger.Covers(t, "REP-036", "REP-037")
	did, key := identity(t, "alice")
	o := &repo.Options{Key: key, DID: did, Now: later}
	file := fixtures.PDS(t, "alice.profile.proof.car")
	path := repoPath(t, "app.bsky.actor.profile/self")
	rec, found, err := repo.VerifyProof(t.Context(), file, path, o)
	require.NoError(t, err)
	require.True(t, found)
	require.NoError(t, rec.Validate())
	require.Equal(t, path.String(), rec.Path())

	// The deleted post's key is not in the repository any more.
	var deleted syntax.RepoPath
	messages(t, func(_ string, m message) {
		for _, op := range m.Ops {
			if m.Repo == did && op.Action == "delete" && strings.HasPrefix(op.Path, "app.bsky.feed.post/") {
				deleted = repoPath(t, op.Path)
			}
		}
	})
	rec, found, err = repo.VerifyProof(t.Context(), fixtures.PDS(t, "alice.deleted-post.proof.car"), deleted, o)
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, rec)

	// Of another account, or of another key, they prove nothing.
	bob, bobKey := identity(t, "bob")
	_, _, err = repo.VerifyProof(t.Context(), file, path, &repo.Options{Key: key, DID: bob, Now: later})
	errorIs[*repo.DIDMismatchError](t, err)
	_, _, err = repo.VerifyProof(t.Context(), file, path, &repo.Options{Key: bobKey, DID: did, Now: later})
	errorIs[*repo.SignatureError](t, err)
	_, _, err = repo.VerifyProof(t.Context(), file, path, nil)
	require.Error(t, err)
}

// Each record of a repository, and paths beside each, are proven by no more
// than the way to them; without one of its blocks a proof proves nothing.
func TestProof(t *testing.T) {
	ledger.Covers(t, "REP-036", "REP-037", "CAR-024")
	c := captured(t, "bob")
	r, err := repo.Open(t.Context(), importInto(t, c), c.did, nil, nil)
	require.NoError(t, err)
	o := c.options()
	for i, entry := range c.records {
		if i%400 != 0 && i != len(c.records)-1 {
			continue
		}
		for path, want := range map[string]bool{entry[0]: true, entry[0] + "a": false, "a.b.c/1": false, "zz.zz.zz/1": false} {
			p := repoPath(t, path)
			var file bytes.Buffer
			require.NoError(t, r.WriteProof(t.Context(), &file, p))
			rec, found, err := repo.VerifyProof(t.Context(), file.Bytes(), p, o)
			require.NoError(t, err)
			require.Equal(t, want, found)
			roots, blocks := sections(t, file.Bytes())
			nodes, err := r.Tree().Proof(t.Context(), path)
			require.NoError(t, err)
			extra := 1
			if want {
				extra++
				require.Equal(t, entry[1], rec.CID().String())
				require.Equal(t, rec.CID(), blocks[len(blocks)-1].CID)
			}
			require.Len(t, blocks, len(nodes)+extra)
			for i, b := range blocks {
				cut := carFile(roots, slices.Delete(slices.Clone(blocks), i, i+1)...)
				_, _, err := repo.VerifyProof(t.Context(), cut, p, o)
				switch {
				case i == 0:
					errorIs[*repo.CommitError](t, err)
				case want && i == len(blocks)-1:
					require.Equal(t, &repo.MissingRecordError{Path: path, CID: b.CID}, err)
				default:
					require.Equal(t, &mst.MissingBlockError{CID: b.CID}, errorIs[*mst.MissingBlockError](t, err))
				}
			}
		}
	}
}

func importInto(t testing.TB, c capture) *faulty {
	t.Helper()
	store := newFaulty()
	_, err := repo.Import(t.Context(), store, bytes.NewReader(c.file), c.options())
	require.NoError(t, err)
	return store
}

// One file can prove several paths, and is then in pre-order without repetition.
func TestProofOfSeveral(t *testing.T) {
	ledger.Covers(t, "REP-036", "REP-037", "CAR-019")
	c := captured(t, "carol")
	r, err := repo.Open(t.Context(), importInto(t, c), c.did, nil, nil)
	require.NoError(t, err)
	var paths []syntax.RepoPath
	for _, rec := range c.records {
		paths = append(paths, repoPath(t, rec[0]))
	}
	absent := repoPath(t, "zz.zz.zz/1")
	var file bytes.Buffer
	require.NoError(t, r.WriteProof(t.Context(), &file, append(slices.Clone(paths), absent, paths[3])...))
	e, err := repo.ReadBytes(file.Bytes(), c.options())
	require.NoError(t, err)
	for i, p := range append(paths, absent) {
		rec, found, err := e.Get(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, p != absent, found)
		if found {
			require.Equal(t, c.records[i][1], rec.CID().String())
		}
	}
	// All records: that is the whole repository.
	var whole bytes.Buffer
	require.NoError(t, r.Export(t.Context(), &whole))
	require.Equal(t, whole.Bytes(), file.Bytes())

	empty := newRepo(t)
	require.EqualError(t, empty.WriteProof(t.Context(), &file, absent), "repo: nothing to export before the first commit")
	apply(t, empty)
	file.Reset()
	require.NoError(t, empty.WriteProof(t.Context(), &file, absent))
	_, found, err := repo.VerifyProof(t.Context(), file.Bytes(), absent, options(t))
	require.NoError(t, err)
	require.False(t, found)
}

// A tree in which a record lies where nobody looks for it does not prove that
// there is none.
func TestProofHides(t *testing.T) {
	ledger.Covers(t, "REP-038")
	v := blockOf(value(t, "hidden"))
	path := at(t, "3jqfcqzm3fx2j") // on layer 2
	require.Equal(t, 2, mst.Layer(path.String()))
	misplaced := blockOf(leafNode(path.String(), v.CID))
	root := blockOf(nodeAbove(collection+"/3jqfcqzm3fs2j", v.CID, misplaced.CID)) // of layer 1
	file := forgeTree(t, root.CID, misplaced, v, root)
	for _, p := range []syntax.RepoPath{path, at(t, "3jqfcqzm3ft2j"), at(t, "3jqfcqzm5fz2j")} {
		_, found, err := repo.VerifyProof(t.Context(), file, p, options(t))
		require.False(t, found)
		require.Equal(t, misplaced.CID, errorIs[*mst.NodeError](t, err).CID)
	}

	// Nor does one in which it lies in the wrong interval.
	leaf := blockOf(leafNode(collection+"/3jqfcqzm3fo2j", v.CID)) // smaller than the root's key
	root = blockOf(nodeAbove(collection+"/3jqfcqzm3fs2j", v.CID, leaf.CID))
	file = forgeTree(t, root.CID, leaf, v, root)
	_, found, err := repo.VerifyProof(t.Context(), file, at(t, "3jqfcqzm3ft2j"), options(t))
	require.False(t, found)
	require.Equal(t, leaf.CID, errorIs[*mst.NodeError](t, err).CID)
}

// nodeAbove returns a node with one entry and a subtree to its right.
func nodeAbove(key string, value, right dagcbor.CID) []byte {
	b := leafNode(key, value)
	i := bytes.Index(b, []byte("\x61t\xf6"))
	return slices.Concat(b[:i+2], dagcbor.AppendLink(nil, right), b[i+3:])
}

// FuzzVerifyProof changes one byte of a block and its links, as a forger would
// who can't sign: nothing but what the account signed is ever proven.
func FuzzVerifyProof(f *testing.F) {
	ledger.Covers(f, "REP-036", "REP-037")
	r := repo.New(account, privateKey(f, crypto.K256), clockAt(f, rev))
	want := map[string]dagcbor.CID{}
	var writes []repo.Write
	for _, k := range []string{"3jqfcqzm3fp2j", "3jqfcqzm3fr2j", "3jqfcqzm3fs2j", "3jqfcqzm3ft2j", "3jqfcqzm3fx2j", "3jqfcqzm4fc2j"} {
		w := repo.Create(at(f, k), value(f, k))
		writes = append(writes, w)
		want[w.Path().String()] = w.CID()
	}
	apply(f, r, writes...)
	o := &repo.Options{Key: privateKey(f, crypto.K256).PublicKey(), DID: account}
	for _, k := range []string{"3jqfcqzm3fp2j", "3jqfcqzm3fx2j", "3jqfcqzm3fz2j", "a"} {
		var file bytes.Buffer
		require.NoError(f, r.WriteProof(context.Background(), &file, at(f, k)))
		f.Add(file.Bytes(), k, 0, byte(0))
		f.Add(file.Bytes(), k, 400, byte(1))
		_, blocks := sections(f, file.Bytes())
		f.Add(carFile([]dagcbor.CID{r.Head().CID()}, blocks[:len(blocks)-1]...), k, 300, byte(0x80))
	}
	f.Fuzz(func(t *testing.T, file []byte, key string, at int, flip byte) {
		path, err := syntax.ParseRepoPath(collection + "/" + key)
		if err != nil {
			return
		}
		if at >= 0 && at < len(file) {
			file = slices.Clone(file)
			file[at] ^= flip
		}
		rec, found, err := repo.VerifyProof(t.Context(), file, path, o)
		if err != nil {
			require.False(t, found)
			require.Zero(t, rec)
			return
		}
		c, is := want[path.String()]
		require.Equal(t, is, found)
		require.Equal(t, c, rec.CID())
	})
}
