package repo_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

// Revisions increase whatever the clock does: they are the time or, if that is
// not later, one microsecond after the last one.
func TestRevisions(t *testing.T) {
	ledger.Covers(t, "REP-009", "REP-011")
	now := rev.Time()
	r := repo.New(account, privateKey(t, crypto.K256), clock(t, rev, func() time.Time { return now }))
	last := apply(t, r).Commit.Rev()
	require.Equal(t, rev, last)
	latest := now
	for _, step := range []time.Duration{0, 0, -time.Microsecond, -time.Hour, -50 * 365 * 24 * time.Hour, time.Microsecond, time.Hour, 0, 400 * 24 * time.Hour} {
		now = now.Add(step)
		res := apply(t, r)
		require.Equal(t, last, res.Since)
		require.Greater(t, res.Commit.Rev().String(), last.String())
		want := now
		if !now.After(latest) {
			want = latest.Add(time.Microsecond)
		}
		require.Equal(t, want.UnixMicro(), res.Commit.Rev().Time().UnixMicro(), "%v", step)
		last, latest = res.Commit.Rev(), want
	}

	// An account that comes from elsewhere goes on after its last revision.
	moved := clock(t, rev, func() time.Time { return now })
	theirs, err := syntax.NewTID(now.Add(time.Hour), 1023)
	require.NoError(t, err)
	require.NoError(t, moved.Seed(theirs))
	require.Greater(t, apply(t, repo.New(account, privateKey(t, crypto.K256), moved)).Commit.Rev().String(), theirs.String())

	// Two repositories may share a clock.
	c := clock(t, rev, func() time.Time { return now })
	a, b := repo.New(account, privateKey(t, crypto.K256), c), repo.New(account, privateKey(t, crypto.K256), c)
	require.Less(t, apply(t, a).Commit.Rev().String(), apply(t, b).Commit.Rev().String())
	require.Less(t, b.Head().Rev().String(), apply(t, a).Commit.Rev().String())
}

// After a change of the key there has to be a commit of the new one, which may
// have the same data.
func TestKeyRotation(t *testing.T) {
	ledger.Covers(t, "REP-003", "REP-017", "REP-018", "REP-027")
	oldKey, newKey := privateKey(t, crypto.K256), privateKey(t, crypto.P256)
	r := repo.New(account, oldKey, nil)
	first := apply(t, r, repo.Create(at(t, "1"), value(t, "one")))
	before, err := list(t, export(t, r), &repo.Options{Key: oldKey.PublicKey(), DID: account})
	require.NoError(t, err)
	errorIs[*repo.SignatureError](t, readErr(t, export(t, r), &repo.Options{Key: newKey.PublicKey(), DID: account}))

	r.SetKey(newKey)
	res := apply(t, r)
	require.Equal(t, res.PrevData, res.Commit.Data())
	require.Greater(t, res.Commit.Rev().String(), res.Since.String())
	errorIs[*repo.SignatureError](t, readErr(t, export(t, r), &repo.Options{Key: oldKey.PublicKey(), DID: account}))
	after, err := list(t, export(t, r), &repo.Options{Key: newKey.PublicKey(), DID: account})
	require.NoError(t, err)
	require.Equal(t, before, after)

	// With the present key only the last commit verifies.
	require.NoError(t, res.Commit.Verify(newKey.PublicKey()))
	errorIs[*repo.SignatureError](t, first.Commit.Verify(newKey.PublicKey()))
	require.NoError(t, first.Commit.Verify(oldKey.PublicKey()))

	// The same by hand, for a host with a store of its own.
	c, err := repo.SignCommit(t.Context(), oldKey, repo.UnsignedCommit{DID: account, Rev: clockAt(t, r.Head().Rev()).Next(), Data: r.Head().Data()})
	require.NoError(t, err)
	require.NoError(t, c.Verify(oldKey.PublicKey()))
	require.Equal(t, r.Head().Data(), c.Data())
}

// Nothing tells that a record was there, or was somewhere else.
func TestNoTombstones(t *testing.T) {
	ledger.Covers(t, "REP-041", "MST-034")
	store := &blockstore.Memory{}
	r := open(t, store)
	have := map[string]string{}
	var writes []repo.Write
	for i := range 30 {
		path := fmt.Sprintf("%s/%d", collection, i)
		have[path] = string(value(t, strconv.Itoa(i)))
		writes = append(writes, repo.Create(repoPath(t, path), []byte(have[path])))
	}
	root := apply(t, r, writes...).Commit.Data()
	seven, nine := []byte(have[collection+"/7"]), []byte(have[collection+"/9"])
	for _, step := range [][]repo.Write{
		{repo.Create(at(t, "new"), value(t, "new"))},
		{repo.Delete(at(t, "new")), repo.Delete(at(t, "7")), repo.Create(at(t, "moved"), seven)},
		{repo.Delete(at(t, "moved")), repo.Update(at(t, "9"), value(t, "other"))},
	} {
		require.NotEqual(t, root, apply(t, r, step...).Commit.Data())
	}
	apply(t, r, repo.Create(at(t, "7"), seven), repo.Update(at(t, "9"), nine))
	require.Equal(t, root, r.Head().Data())
	requireStored(t, store, r.Head(), have)
}

// A repository is of the one account that its commits name, and takes the place
// of no other account's.
func TestOneAccount(t *testing.T) {
	ledger.Covers(t, "REP-021", "REP-008", "REP-039")
	store := &blockstore.Memory{}
	r := open(t, store)
	apply(t, r, repo.Create(at(t, "1"), value(t, "a")))
	head, before := r.Head(), references(t, store)
	bob := syntax.MustParseDID("did:web:bob.example.com")
	theirs := repo.New(bob, privateKey(t, crypto.K256), nil)
	apply(t, theirs, repo.Create(at(t, "1"), value(t, "b")))
	file, o := export(t, theirs), &repo.Options{Key: privateKey(t, crypto.K256).PublicKey()}

	e, err := repo.ReadBytes(file, o)
	require.NoError(t, err)
	require.Equal(t, bob, e.Commit().DID())
	want := &repo.DIDMismatchError{CID: head.CID(), Got: account, Want: bob}
	_, err = repo.Import(t.Context(), store, bytes.NewReader(file), o)
	require.Equal(t, want, err)
	_, _, err = repo.ImportDiff(t.Context(), store, bytes.NewReader(file), o)
	require.Equal(t, want, err)
	_, err = repo.Open(t.Context(), store, bob, nil, nil)
	require.Equal(t, want, err)
	require.Equal(t, before, references(t, store))

	// What the store has for the account is one commit, however many there were.
	apply(t, r, repo.Delete(at(t, "1")))
	require.NotContains(t, references(t, store), head.CID())
	commits := 0
	for c := range references(t, store) {
		block, err := store.Block(t.Context(), c)
		require.NoError(t, err)
		if _, err := repo.ParseCommit(block, nil); err == nil {
			commits++
		}
	}
	require.Equal(t, 1, commits)
}

// Keys that follow each other, as TIDs of one collection do, make fewer new nodes
// than keys that lie anywhere. There may be some millions of them.
func TestNearKeys(t *testing.T) {
	ledger.Covers(t, "REP-042")
	require.GreaterOrEqual(t, mst.DefaultMaxEntries, 9_999_999)
	require.GreaterOrEqual(t, mst.DefaultMaxNodes, 9_999_999)
	rnd := rand.New(rand.NewPCG(1, 2))
	clock := clockAt(t, rev)
	made := map[string]int{}
	for name, key := range map[string]func() string{
		"near":      func() string { return clock.Next().String() },
		"scattered": func() string { return strconv.FormatUint(rnd.Uint64(), 36) },
	} {
		r := newRepo(t)
		for range 60 {
			var writes []repo.Write
			for range 20 {
				writes = append(writes, repo.Create(at(t, key()), value(t, "x")))
			}
			made[name] += len(apply(t, r, writes...).Batch.Put) - len(writes)
		}
	}
	require.Less(t, 2*made["near"], made["scattered"])
}

// A record stays as long as a path needs it.
func TestSharedRecords(t *testing.T) {
	ledger.Covers(t, "REP-029", "CAR-021")
	a, b := value(t, "a"), value(t, "b")
	create := func(key string, v []byte) repo.Write { return repo.Create(at(t, key), v) }
	update := func(key string, v []byte) repo.Write { return repo.Update(at(t, key), v) }
	remove := func(key string) repo.Write { return repo.Delete(at(t, key)) }

	r := newRepo(t)
	for i, step := range []struct {
		writes []repo.Write
		want   map[string][]byte
	}{
		{[]repo.Write{create("1", a), create("2", a)}, map[string][]byte{"1": a, "2": a}},
		{[]repo.Write{remove("1")}, map[string][]byte{"2": a}},
		{[]repo.Write{update("2", a)}, map[string][]byte{"2": a}},
		{[]repo.Write{remove("2"), create("3", a)}, map[string][]byte{"3": a}}, // moved
		{[]repo.Write{create("4", a), remove("3")}, map[string][]byte{"4": a}},
		{[]repo.Write{update("4", b)}, map[string][]byte{"4": b}},
		{[]repo.Write{update("4", a)}, map[string][]byte{"4": a}}, // and back
		{[]repo.Write{create("5", b), create("6", b), create("7", a)}, map[string][]byte{"4": a, "5": b, "6": b, "7": a}},
		{[]repo.Write{update("4", b), update("5", a), update("6", a), update("7", b)}, map[string][]byte{"4": b, "5": a, "6": a, "7": b}},
		{[]repo.Write{remove("4"), remove("5"), remove("7")}, map[string][]byte{"6": a}},
		{[]repo.Write{remove("6")}, nil},
		{[]repo.Write{create("1", a)}, map[string][]byte{"1": a}},
	} {
		apply(t, r, step.writes...)
		want := map[string]string{}
		for k, v := range step.want {
			want[collection+"/"+k] = string(v)
		}
		require.Equal(t, want, content(t, r), "step %d", i)
		_, blocks := sections(t, export(t, r))
		records := 0
		for _, block := range blocks {
			if string(block.Data) == string(a) || string(block.Data) == string(b) {
				records++
			}
		}
		require.Equal(t, len(want), records, "step %d: one block for each path", i)
	}
}

// A record that no path has any more takes no memory.
func TestDroppedRecords(t *testing.T) {
	r := newRepo(t)
	apply(t, r, repo.Create(at(t, "1"), value(t, "")))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	large := strings.Repeat("x", 900_000)
	for i := range 10 {
		apply(t, r, repo.Update(at(t, "1"), value(t, large+strconv.Itoa(i))))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, after.HeapAlloc, before.HeapAlloc+5<<20)
	runtime.KeepAlive(r)
}

// Snapshots that were handed out stay what they were.
func TestSnapshots(t *testing.T) {
	r := newRepo(t)
	first := apply(t, r, repo.Create(at(t, "1"), value(t, "one")))
	tree := r.Tree()
	block := slices.Clone(first.Commit.Bytes())
	apply(t, r, repo.Delete(at(t, "1")), repo.Create(at(t, "2"), value(t, "two")))
	require.Equal(t, first.Commit.Data(), tree.Root())
	_, found, err := tree.Get(t.Context(), collection+"/1")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, block, first.Commit.Bytes())
}

// Random writes against a map.
func TestRandomWrites(t *testing.T) {
	ledger.Covers(t, "REP-025", "REP-029", "REP-030")
	rnd := rand.New(rand.NewPCG(3, 4))
	var paths []string
	for i := range 150 {
		paths = append(paths, fmt.Sprintf("%s/%d", []string{collection, "com.example.other"}[i%2], i))
	}
	r := newRepo(t)
	want := map[string]string{}
	for step := range 300 {
		var writes []repo.Write
		failing := -1
		next := maps.Clone(want)
		rnd.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		for i, p := range paths[:rnd.IntN(9)] {
			path := repoPath(t, p)
			v := record(t, fmt.Sprintf(`{"$type":%q,"n":%d}`, path.Collection(), rnd.IntN(20)))
			_, exists := want[p]
			// Mostly what can be done, once in a while whatever comes.
			action := mst.Create
			if exists {
				action = []mst.Action{mst.Update, mst.Delete, mst.Delete}[rnd.IntN(3)]
			}
			if rnd.IntN(20) == 0 {
				action = []mst.Action{mst.Create, mst.Update, mst.Delete}[rnd.IntN(3)]
			}
			if exists == (action == mst.Create) && failing < 0 {
				failing = i
			}
			next[p] = string(v)
			switch action {
			case mst.Create:
				writes = append(writes, repo.Create(path, v))
			case mst.Update:
				writes = append(writes, repo.Update(path, v))
			default:
				writes = append(writes, repo.Delete(path))
				delete(next, p)
			}
		}
		res, err := r.Apply(t.Context(), writes...)
		if failing >= 0 {
			require.Equal(t, failing, errorIs[*repo.WriteError](t, err).Index)
		} else {
			require.NoError(t, err)
			require.Len(t, res.Ops, len(writes))
			want = next
		}
		if step%50 == 49 {
			require.Equal(t, want, content(t, r))
			require.Equal(t, rootOf(t, want), r.Tree().Root())
		}
	}
	require.NotEmpty(t, want)
}

func rootOf(t testing.TB, content map[string]string) dagcbor.CID {
	t.Helper()
	b := mst.NewBuilder(nil)
	for _, path := range slices.Sorted(maps.Keys(content)) {
		require.NoError(t, b.Add(path, blockOf([]byte(content[path])).CID))
	}
	root, err := b.Finish()
	require.NoError(t, err)
	return root
}
