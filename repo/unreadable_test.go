package repo_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// unlisted is a store that is no Lister.
type unlisted struct{ blockstore.Store }

// lose takes all references to a block out of a store.
func lose(t *testing.T, m *blockstore.Memory, c dagcbor.CID) {
	t.Helper()
	head, err := m.Head(t.Context())
	require.NoError(t, err)
	b := &blockstore.Batch{Prev: head, Head: head}
	for range references(t, m)[c] {
		b.Drop = append(b.Drop, c)
	}
	require.NotEmpty(t, b.Drop)
	require.NoError(t, m.Commit(t.Context(), b))
}

// nextChanges are changes after which a repository has everything, something, or
// nothing in common with what it was.
var nextChanges = map[string]func(t *testing.T, r *repo.Repo){
	"same": func(t *testing.T, r *repo.Repo) { apply(t, r) },
	"changed": func(t *testing.T, r *repo.Repo) {
		apply(t, r, repo.Update(at(t, "20"), value(t, "new")))
	},
	"moved": func(t *testing.T, r *repo.Repo) { // the record that is damaged, too
		apply(t, r, repo.Delete(at(t, "7")), repo.Create(at(t, "moved"), value(t, "7")))
	},
	"deleted": func(t *testing.T, r *repo.Repo) { apply(t, r, repo.Delete(at(t, "7"))) },
	"new":     func(t *testing.T, r *repo.Repo) { rewrite(t, r, "new ") },
}

// innerNode returns a node that is not the root, and that no change of nextChanges but
// the last one touches.
func innerNode(t *testing.T, r *repo.Repo) dagcbor.CID {
	t.Helper()
	around := map[dagcbor.CID]bool{}
	proof, err := r.Tree().CoveringProof(t.Context(), at(t, "7").String(), at(t, "20").String(), at(t, "moved").String())
	require.NoError(t, err)
	for _, n := range proof {
		around[n.CID] = true
	}
	for step, err := range r.Tree().Preorder(t.Context()) {
		require.NoError(t, err)
		if step.Node != nil && !around[step.CID] {
			return step.CID
		}
	}
	t.Fatal("no such node")
	return dagcbor.CID{}
}

// A whole repository takes the place of one that is damaged in whichever way, to
// the last reference, or it is said that it can't, and then nothing has changed.
func TestImportOverDamage(t *testing.T) {
	ledger.Covers(t, "REP-039")
	for change, write := range nextChanges {
		for _, name := range []string{"commit", "root", "node", "record"} {
			for _, how := range []string{"lost", "changed", "failing"} {
				for _, lister := range []bool{true, false} {
					t.Run(change+" "+name+" "+how+" "+strconv.FormatBool(lister), func(t *testing.T) {
						r, faulty := holdable(t)
						c := map[string]dagcbor.CID{
							"commit": r.Head().CID(), "root": r.Head().Data(), "node": innerNode(t, r), "record": blockOf(value(t, "7")).CID,
						}[name]
						source := repo.New(account, privateKey(t, crypto.K256), nil)
						copyRepo(t, source, r)
						write(t, source)
						file, want := export(t, source), content(t, source)

						memory, bad := faulty.Memory, errors.New("bad sector")
						broken := func(got dagcbor.CID, b []byte) ([]byte, error) {
							switch {
							case got != c || how == "lost":
								return b, nil
							case how == "failing":
								return nil, bad
							}
							return flip(true, b), nil
						}
						var store blockstore.Store = &lying{memory, broken}
						if how == "lost" {
							lose(t, memory, c)
						}
						if !lister {
							store = unlisted{store}
						}
						before := references(t, memory)
						commit, err := repo.Import(t.Context(), store, bytes.NewReader(file), options(t))

						used := map[dagcbor.CID]bool{}
						_, blocks := sections(t, file)
						for _, b := range blocks {
							used[b.CID] = true
						}
						var heals bool
						switch {
						case name == "commit", how != "lost" && used[c]:
						case how != "lost" && name == "record":
							heals = true // it is dropped, and nobody looks at it
						default:
							heals = lister || name == "record" && used[c]
						}
						require.Equal(t, heals, err == nil, "%v", err)
						if heals {
							requireStored(t, memory, commit, want)
							return
						}
						require.Equal(t, r.Head().CID(), errorIs[*repo.UnreadableError](t, err).Head)
						require.ErrorContains(t, err, "repo: what the store has at its head "+r.Head().CID().String()+" cannot be read: ")
						require.Equal(t, how == "failing", errors.Is(err, bad))
						require.Equal(t, before, references(t, memory))
						fresh := &blockstore.Memory{}
						commit, err = repo.Import(t.Context(), fresh, bytes.NewReader(file), options(t))
						require.NoError(t, err)
						requireStored(t, fresh, commit, want)
					})
				}
			}
		}
	}
}

// copyRepo writes the records of from to r.
func copyRepo(t *testing.T, r, from *repo.Repo) {
	t.Helper()
	var writes []repo.Write
	for rec, err := range from.Records(t.Context()) {
		require.NoError(t, err)
		writes = append(writes, repo.Create(repoPath(t, rec.Path()), rec.Bytes()))
	}
	apply(t, r, writes...)
	require.Equal(t, from.Head().Data(), r.Head().Data())
}

// A whole file is compared with what is in the store, and what is lost is stored;
// a diff has only what is new.
func TestImportDiffOverDamage(t *testing.T) {
	for change, write := range nextChanges {
		for _, name := range []string{"commit", "root", "node", "record"} {
			t.Run(change+" "+name, func(t *testing.T) {
				r, store := holdable(t)
				c := map[string]dagcbor.CID{
					"commit": r.Head().CID(), "root": r.Head().Data(), "node": innerNode(t, r), "record": blockOf(value(t, "7")).CID,
				}[name]
				source := repo.New(account, privateKey(t, crypto.K256), nil)
				copyRepo(t, source, r)
				base, have := source.Tree(), content(t, source)
				write(t, source)
				want := content(t, source)
				used := source.Tree().Root() == c
				for step, err := range source.Tree().Preorder(t.Context()) {
					require.NoError(t, err)
					used = used || step.CID == c
				}
				lose(t, store.Memory, c)
				before := references(t, store.Memory)

				commit, changes, err := repo.ImportDiff(t.Context(), store, bytes.NewReader(export(t, source)), options(t))
				if used && name != "root" {
					require.NoError(t, err)
					requireStored(t, store.Memory, commit, want)
					require.True(t, maps.Equal(want, changed(have, changes, want)))
					return
				}
				refused := func(err error) bool {
					return isA[*repo.UnreadableError](err) || name == "node" && isA[*mst.MissingBlockError](err)
				}
				require.True(t, refused(err), "%v", err)
				require.Equal(t, before, references(t, store.Memory))

				var diff bytes.Buffer
				require.NoError(t, source.ExportSince(t.Context(), &diff, base))
				_, _, err = repo.ImportDiff(t.Context(), store, &diff, options(t))
				require.True(t, refused(err), "%v", err)
				require.Equal(t, before, references(t, store.Memory))
			})
		}
	}
}

// changed applies changes to some records.
func changed(have map[string]string, changes []mst.Change, to map[string]string) map[string]string {
	for _, c := range changes {
		delete(have, c.Key)
		if c.New.Defined() {
			have[c.Key] = to[c.Key]
		}
	}
	return have
}

// Other bytes under a CID that is in a whole file are no part of a repository.
func TestImportDiffOverChanged(t *testing.T) {
	r, store := holdable(t)
	source := repo.New(account, privateKey(t, crypto.K256), nil)
	copyRepo(t, source, r)
	apply(t, source)
	for _, c := range []dagcbor.CID{innerNode(t, r), blockOf(value(t, "7")).CID} {
		bad := &lying{store.Memory, func(got dagcbor.CID, b []byte) ([]byte, error) { return flip(got == c, b), nil }}
		_, _, err := repo.ImportDiff(t.Context(), bad, bytes.NewReader(export(t, source)), options(t))
		errorIs[*repo.UnreadableError](t, err)
		require.ErrorContains(t, err, "block "+c.String()+" is not what its CID names")
	}
}

// When the caller gives up, that is no damage.
func TestUnreadableContext(t *testing.T) {
	for call := 2; call < 9; call++ {
		r, store := holdable(t)
		source := repo.New(account, privateKey(t, crypto.K256), nil)
		copyRepo(t, source, r)
		before := references(t, store.Memory)
		for name, run := range map[string]func(context.Context) error{
			"Import": func(ctx context.Context) error {
				_, err := repo.Import(ctx, store, bytes.NewReader(export(t, source)), options(t))
				return err
			},
			"ImportDiff": func(ctx context.Context) error {
				_, _, err := repo.ImportDiff(ctx, store, bytes.NewReader(export(t, source)), options(t))
				return err
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			store.calls = 0
			store.fail = func(string) error {
				if store.calls == call {
					cancel()
				}
				return nil
			}
			err := run(ctx)
			require.ErrorIs(t, err, context.Canceled, name)
			require.False(t, isA[*repo.UnreadableError](err), name)
			require.Equal(t, before, references(t, store.Memory))
		}
	}
}

// Of two imports into a damaged store the first one to end drops what the other
// has stored so far, and the other does not drop it from what is there then.
func TestImportsOverDamage(t *testing.T) {
	file := synthetic(t, 20_000)
	e, err := repo.ReadBytes(file, options(t))
	require.NoError(t, err)
	_, blocks := sections(t, file)
	commit := func(rev syntax.TID, data dagcbor.CID) car.Block {
		c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.K256), repo.UnsignedCommit{DID: account, Rev: rev, Data: data})
		require.NoError(t, err)
		return car.Block{CID: c.CID(), Data: c.Bytes()}
	}
	var clock syntax.TIDClock
	require.NoError(t, clock.Seed(e.Commit().Rev()))
	second := commit(clock.Next(), e.Commit().Data()) // of the same records
	blocks[0] = second
	other := carFile([]dagcbor.CID{second.CID}, blocks...)

	root, nodes := treeOf(t)
	old := commit(syntax.MustParseTID("3jzfcijpj2z22"), root)
	store := &unreliable{}
	require.NoError(t, store.Memory.Commit(t.Context(), &blockstore.Batch{Head: old.CID, Put: append(nodes, old)}))
	lose(t, &store.Memory, root)

	batches := 0
	store.before = func(*blockstore.Batch) error {
		if batches++; batches != 3 {
			return nil
		}
		_, err := repo.Import(t.Context(), store, bytes.NewReader(other), options(t))
		return err
	}
	_, err = repo.Import(t.Context(), store, bytes.NewReader(file), options(t))
	require.ErrorIs(t, err, blockstore.ErrConflict)
	require.NotContains(t, err.Error(), "stay")
	fresh := &blockstore.Memory{}
	_, err = repo.Import(t.Context(), fresh, bytes.NewReader(other), options(t))
	require.NoError(t, err)
	require.True(t, maps.Equal(references(t, fresh), references(t, &store.Memory)))
}
