package repo_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// A capture is a repository that a server exported.
type capture struct {
	file      []byte
	key       *crypto.PublicKey
	did       syntax.DID
	head, rev string
	records   [][2]string
}

var captures = []string{"alice", "bob", "carol", "dan"}

func captured(t testing.TB, name string) capture {
	t.Helper()
	c := capture{file: fixtures.PDS(t, name+".car")}
	c.did, c.key = identity(t, name)
	c.records = fixtures.JSON[[][2]string](t, fixtures.PDS(t, name+".records.json"))
	index := fixtures.JSON[struct {
		Accounts map[string]struct{ Head, Rev string }
	}](t, fixtures.PDS(t, "index.json"))
	c.head, c.rev = index.Accounts[name].Head, index.Accounts[name].Rev
	return c
}

// identity returns what an account's DID document says.
func identity(t testing.TB, name string) (syntax.DID, *crypto.PublicKey) {
	t.Helper()
	doc := fixtures.JSON[struct {
		ID                 syntax.DID
		VerificationMethod []struct{ ID, Type, PublicKeyMultibase string }
	}](t, fixtures.PDS(t, name+".did.json"))
	require.Len(t, doc.VerificationMethod, 1)
	m := doc.VerificationMethod[0]
	require.Equal(t, "#atproto", m.ID)
	key, err := crypto.ParseVerificationMethod(m.Type, m.PublicKeyMultibase)
	require.NoError(t, err)
	return doc.ID, key
}

// later is a time after the captures, so that no test depends on the clock.
var later = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func (c capture) options() *repo.Options { return &repo.Options{Now: later, Key: c.key, DID: c.did} }

// source makes the blocks of a file a source of nodes.
func source(blocks []car.Block) mst.MapSource {
	m := mst.MapSource{}
	for _, b := range blocks {
		m[b.CID] = b.Data
	}
	return m
}

// preorder returns the blocks of a repository in the order in which they can
// be read as a stream.
func preorder(t testing.TB, file []byte) []car.Block {
	t.Helper()
	roots, blocks := sections(t, file)
	src := source(blocks)
	c, err := repo.ParseCommit(src[roots[0]], nil)
	require.NoError(t, err)
	tree, err := mst.Load(t.Context(), src, c.Data(), nil)
	require.NoError(t, err)
	order := []car.Block{{CID: roots[0], Data: src[roots[0]]}}
	for step, err := range tree.Preorder(t.Context()) {
		require.NoError(t, err)
		order = append(order, car.Block{CID: step.CID, Data: src[step.CID]})
	}
	return order
}

func TestCaptures(t *testing.T) {
	ledger.Covers(t, "REP-001", "REP-003", "REP-029", "REP-030", "CAR-013")
	for _, name := range captures {
		c := captured(t, name)
		got, err := list(t, c.file, c.options())
		require.NoError(t, err, name)
		require.Equal(t, c.records, got, name)

		e, err := repo.Read(t.Context(), bytes.NewReader(c.file), c.options())
		require.NoError(t, err)
		require.Equal(t, []any{c.head, c.rev, c.did}, []any{e.Commit().CID().String(), e.Commit().Rev().String(), e.Commit().DID()})
		require.EqualValues(t, len(c.file), e.Size())
		require.False(t, e.Commit().Prev().Defined())

		var stats mst.Stats
		for r, err := range e.RecordsStats(t.Context(), &stats) {
			require.NoError(t, err)
			require.NoError(t, r.Validate())
		}
		require.EqualValues(t, len(c.records), stats.Entries)
		distinct := map[string]bool{}
		for _, r := range c.records {
			distinct[r[1]] = true
		}
		require.EqualValues(t, e.Blocks(), 1+int(stats.Nodes)+len(distinct))
		require.Positive(t, stats.Bytes)
	}
}

// Whatever the order of the blocks, their number and what else is there: a
// repository is the same.
func TestBlockOrder(t *testing.T) {
	ledger.Covers(t, "CAR-013", "CAR-014", "CAR-018", "CAR-020", "CAR-021")
	_, foreign := sections(t, captured(t, "carol").file)
	foreign = append(foreign, blockOf(nil), blockOf([]byte("no CBOR")), car.Block{CID: dagcbor.Sum(dagcbor.Raw, []byte("blob")), Data: []byte("blob")})
	for _, name := range []string{"alice", "dan", "bob"} {
		c := captured(t, name)
		roots, blocks := sections(t, c.file)
		rnd := rand.New(rand.NewPCG(1, 2))
		shuffled, reversed, last := slices.Clone(blocks), slices.Clone(blocks), slices.Clone(blocks)
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		slices.Reverse(reversed)
		i := slices.IndexFunc(last, func(b car.Block) bool { return b.CID == roots[0] })
		last = append(slices.Delete(last, i, i+1), blocks[i])
		ordered := preorder(t, c.file)

		orders := map[string][]car.Block{
			"shuffled":         shuffled,
			"reversed":         reversed,
			"commit last":      last,
			"twice":            slices.Concat(blocks, blocks),
			"each twice":       slices.Concat(shuffled, reversed, shuffled),
			"foreign":          slices.Concat(foreign, blocks, foreign),
			"foreign shuffled": slices.Concat(shuffled[:len(blocks)/2], foreign, shuffled[len(blocks)/2:]),
			"pre-order":        ordered,
			"pre-order backed": slices.Concat(ordered, reversed),
		}
		for order, b := range orders {
			if name == "bob" && order != "shuffled" && order != "pre-order" {
				continue // large
			}
			got, err := list(t, carFile(roots, b...), c.options())
			require.NoError(t, err, "%s: %s", name, order)
			require.Equal(t, c.records, got, "%s: %s", name, order)
		}
		// The server's own order is none in which one could read it as a stream.
		if name == "bob" {
			same := slices.EqualFunc(blocks, ordered, func(x, y car.Block) bool { return x.CID == y.CID })
			require.False(t, same)
		}
	}
}

// What a server exported, written by a Repo of the same content, is the same
// tree.
func TestReexport(t *testing.T) {
	ledger.Covers(t, "REP-029", "CAR-018", "CAR-019", "CAR-021")
	for _, name := range captures {
		c := captured(t, name)
		e, err := repo.ReadBytes(c.file, c.options())
		require.NoError(t, err)
		r := repo.New(c.did, privateKey(t, crypto.P256), clockAt(t, e.Commit().Rev()))
		var writes []repo.Write
		for rec, err := range e.Records(t.Context()) {
			require.NoError(t, err)
			path, err := rec.RepoPath()
			require.NoError(t, err)
			writes = append(writes, repo.Create(path, rec.Bytes()))
		}
		for batch := range slices.Chunk(writes, repo.MaxWrites) {
			_, err := r.Apply(t.Context(), batch...)
			require.NoError(t, err)
		}
		require.Equal(t, e.Commit().Data(), r.Tree().Root(), name)

		file := export(t, r)
		got, err := list(t, file, &repo.Options{Now: later, Key: privateKey(t, crypto.P256).PublicKey(), DID: c.did})
		require.NoError(t, err)
		require.Equal(t, c.records, got, name)
		roots, blocks := sections(t, file)
		require.Equal(t, []dagcbor.CID{r.Head().CID()}, roots)
		require.Equal(t, preorder(t, file), blocks, name)
		want := preorder(t, c.file)
		require.Equal(t, want[1:], blocks[1:], name) // all but the commit
	}
}

func TestCapturesWithoutRecords(t *testing.T) {
	ledger.Covers(t, "REP-031")
	for _, name := range captures {
		c := captured(t, name)
		roots, blocks := sections(t, c.file)
		isRecord := map[string]bool{}
		for _, r := range c.records {
			isRecord[r[1]] = true
		}
		treeOnly := slices.DeleteFunc(slices.Clone(blocks), func(b car.Block) bool { return isRecord[b.CID.String()] })
		require.Less(t, len(treeOnly), len(blocks))
		file := carFile(roots, treeOnly...)

		errorIs[*repo.MissingRecordError](t, readErr(t, file, c.options()))
		o := c.options()
		o.SkipRecords, o.CheckRecords = true, true
		got, err := list(t, file, o)
		require.NoError(t, err)
		require.Equal(t, c.records, got, name)

		e, err := repo.ReadBytes(c.file, o) // with the records, but not wanted
		require.NoError(t, err)
		for r, err := range e.Records(t.Context()) {
			require.NoError(t, err)
			require.Nil(t, r.Bytes())
		}
	}
}
