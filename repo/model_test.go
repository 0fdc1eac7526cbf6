package repo_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

// steps is how many steps a test of random ones takes.
func steps(t testing.TB, n int) int {
	t.Helper()
	if s := os.Getenv("LINNET_MODEL_STEPS"); s != "" {
		more, err := strconv.Atoi(s)
		require.NoError(t, err)
		return more
	}
	return n
}

// Random writes against a map, as many as LINNET_MODEL_STEPS says, to repositories
// of up to so many records.
func TestModel(t *testing.T) {
	ledger.Covers(t, "REP-025", "REP-026", "REP-033", "REP-036", "REP-037", "MST-044", "SNC-037", "SNC-061")
	sizes := []int{3, 25, 100, 250}
	for i, paths := range sizes {
		t.Run(fmt.Sprintf("%d paths", paths), func(t *testing.T) {
			t.Parallel()
			m := newModel(t, uint64(i), paths)
			for n := range steps(t, 500) / len(sizes) {
				m.step(t)
				if n > 0 && n%50_000 == 0 {
					t.Logf("%d steps", n)
				}
			}
		})
	}
}

// model is a repository and the map that it should be.
type model struct {
	rnd   *rand.Rand
	paths int // how many there are
	key   *crypto.PrivateKey
	clock *syntax.TIDClock

	r      *repo.Repo
	store  *faulty
	mirror *blockstore.Memory // that gets the differences
	have   map[string]string
}

func newModel(t testing.TB, seed uint64, paths int) *model {
	t.Helper()
	m := &model{
		rnd: rand.New(rand.NewPCG(7, seed)), paths: paths,
		key: privateKey(t, crypto.K256), clock: clockAt(t, rev),
		store: newFaulty(), mirror: &blockstore.Memory{}, have: map[string]string{},
	}
	m.r = open(t, m.store)
	return m
}

// step makes some random writes. After them the root is that of the map, what is
// in the store is exactly the content, the message verifies, the difference is
// that of the two maps and brings a second store to the same content, and a path
// is proven to be there or not. The Repo may be the same one or opened anew.
func (m *model) step(t testing.TB) {
	t.Helper()
	var err error
	if m.rnd.IntN(8) == 0 {
		m.r, err = repo.Open(t.Context(), m.store, account, m.key, m.clock)
		require.NoError(t, err)
	}
	writes, next := randomWrites(t, m.rnd, m.paths, m.have)
	head := m.r.Head()
	res, err := m.r.ApplyWith(t.Context(), &repo.ApplyOptions{SwapCommit: cidOf(head)}, writes...)
	require.NoError(t, err)
	require.Len(t, res.Ops, len(writes))
	requireOps(t, res, m.have, next)
	requireFollows(t, res, head)
	requireVerified(t, res, m.key.PublicKey())
	requireStored(t, m.store.Memory, res.Commit, next)
	requireMirrored(t, m.r, res, m.mirror, changesOf(m.have, next))
	require.True(t, maps.Equal(references(t, m.store.Memory), references(t, m.mirror)))
	requireProven(t, m.r, m.key.PublicKey(), randomPath(m.rnd, m.paths), next)
	m.have = next
}

// requireFollows checks what a result says was there before.
func requireFollows(t testing.TB, res *repo.Result, head *repo.Commit) {
	t.Helper()
	last := repo.State{}
	if head != nil {
		last = head.State()
		require.Positive(t, res.Commit.Rev().Compare(last.Rev))
	}
	require.Equal(t, last, repo.State{Rev: res.Since, Data: res.PrevData})
}

// requireMirrored brings a store up to date by the difference since the commit
// before.
func requireMirrored(t testing.TB, r *repo.Repo, res *repo.Result, mirror *blockstore.Memory, want []mst.Change) {
	t.Helper()
	var base *mst.Tree
	if !res.Since.IsZero() {
		var err error
		base, err = mst.Load(t.Context(), mirror, res.PrevData, nil)
		require.NoError(t, err)
	}
	var file bytes.Buffer
	require.NoError(t, r.ExportSince(t.Context(), &file, base))
	o := &repo.Options{DID: account, SkipSignature: true} // it was checked
	commit, changes, err := repo.ImportDiff(t.Context(), mirror, &file, o)
	require.NoError(t, err)
	require.Equal(t, res.Commit, commit)
	require.Equal(t, want, changes)
}

// changesOf compares two maps.
func changesOf(have, next map[string]string) (changes []mst.Change) {
	either := maps.Clone(have)
	maps.Copy(either, next)
	for _, path := range slices.Sorted(maps.Keys(either)) {
		c := mst.Change{Key: path}
		if old, was := have[path]; was {
			c.Old = blockOf([]byte(old)).CID
		}
		if now, is := next[path]; is {
			c.New = blockOf([]byte(now)).CID
		}
		if c.Old != c.New {
			changes = append(changes, c)
		}
	}
	return changes
}

// requireProven proves to somebody who has the key only which record is at a
// path, or that there is none.
func requireProven(t testing.TB, r *repo.Repo, key *crypto.PublicKey, path string, content map[string]string) {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, r.WriteProof(t.Context(), &file, repoPath(t, path)))
	rec, found, err := repo.VerifyProof(t.Context(), file.Bytes(), repoPath(t, path), &repo.Options{DID: account, Key: key})
	require.NoError(t, err)
	want, expected := content[path]
	require.Equal(t, expected, found)
	require.Equal(t, want, string(rec.Bytes()))
}

// randomPath returns one of some paths.
func randomPath(rnd *rand.Rand, paths int) string {
	return fmt.Sprintf("%s/%d", collection, rnd.IntN(paths))
}

func cidOf(c *repo.Commit) dagcbor.CID {
	if c == nil {
		return dagcbor.CID{}
	}
	return c.CID()
}

// randomWrites returns writes to some paths that can be made, and what is there
// afterwards. Records are few, so that many paths share them.
func randomWrites(t testing.TB, rnd *rand.Rand, paths int, have map[string]string) ([]repo.Write, map[string]string) {
	t.Helper()
	next := maps.Clone(have)
	var writes []repo.Write
	used := map[string]bool{}
	for range rnd.IntN(6) {
		p := randomPath(rnd, paths)
		if used[p] {
			continue
		}
		used[p] = true
		path, v := repoPath(t, p), value(t, strconv.Itoa(rnd.IntN(30)))
		prev := dagcbor.CID{}
		old, exists := have[p]
		if exists {
			prev = blockOf([]byte(old)).CID
		}
		w := repo.Put(path, v)
		switch {
		case rnd.IntN(3) == 0:
		case !exists:
			w = repo.Create(path, v)
		case rnd.IntN(3) > 0:
			w = repo.Delete(path)
		default:
			w = repo.Update(path, v)
		}
		if rnd.IntN(2) == 0 {
			w = w.IfPrev(prev)
		}
		if w.CID().Defined() {
			next[p] = string(v)
		} else {
			delete(next, p)
		}
		writes = append(writes, w)
	}
	return writes, next
}

// requireOps compares the ops of a result with what has changed.
func requireOps(t testing.TB, res *repo.Result, have, next map[string]string) {
	t.Helper()
	for _, op := range res.Ops {
		old, was := have[op.Path.String()]
		now, is := next[op.Path.String()]
		want := repo.Op{Path: op.Path, Action: mst.Update}
		switch {
		case !was:
			want.Action = mst.Create
		case !is:
			want.Action = mst.Delete
		}
		if was {
			want.Prev = blockOf([]byte(old)).CID
		}
		if is {
			want.CID = blockOf([]byte(now)).CID
		}
		require.Equal(t, want, op)
	}
}
