package repo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

const collection = "com.example.record"

func at(t testing.TB, key string) syntax.RepoPath { t.Helper(); return repoPath(t, collection+"/"+key) }

func value(t testing.TB, text string) []byte {
	t.Helper()
	return record(t, fmt.Sprintf(`{"$type":%q,"text":%q}`, collection, text))
}

func apply(t testing.TB, r *repo.Repo, writes ...repo.Write) *repo.Result {
	t.Helper()
	res, err := r.Apply(t.Context(), writes...)
	require.NoError(t, err)
	return res
}

// content returns the records of an export of r, which is verified, by path.
func content(t testing.TB, r *repo.Repo) map[string]string {
	t.Helper()
	e, err := repo.ReadBytes(export(t, r), &repo.Options{Key: privateKey(t, crypto.K256).PublicKey(), DID: r.DID(), CheckRecords: true})
	require.NoError(t, err)
	require.Equal(t, r.Head().CID(), e.Commit().CID())
	require.Equal(t, r.Tree().Root(), e.Commit().Data())
	m := map[string]string{}
	for rec, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		m[rec.Path()] = string(rec.Bytes())
	}
	return m
}

func newRepo(t testing.TB) *repo.Repo {
	t.Helper()
	return repo.New(account, privateKey(t, crypto.K256), nil)
}

func TestApply(t *testing.T) {
	ledger.Covers(t, "REP-025", "REP-027", "REP-028")
	r := newRepo(t)
	require.Equal(t, account, r.DID())
	a, b, c := value(t, "a"), value(t, "b"), value(t, "c")
	cid := func(v []byte) dagcbor.CID { return blockOf(v).CID }

	first := apply(t, r, repo.Create(at(t, "2"), b), repo.Create(at(t, "1"), a))
	require.Equal(t, []repo.Op{
		{Action: mst.Create, Path: at(t, "2"), CID: cid(b)},
		{Action: mst.Create, Path: at(t, "1"), CID: cid(a)},
	}, first.Ops)
	require.Equal(t, []any{true, false}, []any{first.Since.IsZero(), first.PrevData.Defined()})

	second := apply(t, r, repo.Update(at(t, "1"), c), repo.Delete(at(t, "2")), repo.Create(at(t, "3"), a))
	require.Equal(t, []repo.Op{
		{Action: mst.Update, Path: at(t, "1"), CID: cid(c), Prev: cid(a)},
		{Action: mst.Delete, Path: at(t, "2"), Prev: cid(b)},
		{Action: mst.Create, Path: at(t, "3"), CID: cid(a)},
	}, second.Ops)
	require.Equal(t, first.Commit.Rev(), second.Since)
	require.Equal(t, first.Commit.Data(), second.PrevData)
	require.Same(t, second.Commit, r.Head())
	require.Equal(t, map[string]string{collection + "/1": string(c), collection + "/3": string(a)}, content(t, r))

	// A commit of nothing has the same data under a new revision.
	third := apply(t, r)
	require.Empty(t, third.Ops)
	require.Equal(t, third.PrevData, third.Commit.Data())
	require.Equal(t, second.Commit.Rev(), third.Since)
	require.Positive(t, third.Commit.Rev().Compare(third.Since))

	// An update to the same record is one, too.
	fourth := apply(t, r, repo.Update(at(t, "1"), c))
	require.Equal(t, []repo.Op{{Action: mst.Update, Path: at(t, "1"), CID: cid(c), Prev: cid(c)}}, fourth.Ops)
	require.Equal(t, third.Commit.Data(), fourth.Commit.Data())

	rec, found, err := r.Get(t.Context(), at(t, "3"))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []any{collection + "/3", cid(a), a}, []any{rec.Path(), rec.CID(), rec.Bytes()})
	for _, p := range []syntax.RepoPath{at(t, "2"), {}} {
		rec, found, err = r.Get(t.Context(), p)
		require.NoError(t, err)
		require.False(t, found)
		require.Zero(t, rec)
	}

	// Down to nothing, which is the empty tree again.
	last := apply(t, r, repo.Delete(at(t, "1")), repo.Delete(at(t, "3")))
	require.Equal(t, emptyTree, last.Commit.Data().String())
	require.Empty(t, content(t, r))
}

func TestWrite(t *testing.T) {
	v := value(t, "x")
	require.Equal(t, []any{at(t, "1"), blockOf(v).CID}, []any{repo.Create(at(t, "1"), v).Path(), repo.Create(at(t, "1"), v).CID()})
	require.Equal(t, blockOf(v).CID, repo.Update(at(t, "1"), v).CID())
	require.Equal(t, []any{at(t, "1"), dagcbor.CID{}}, []any{repo.Delete(at(t, "1")).Path(), repo.Delete(at(t, "1")).CID()})
}

// state is all that can be seen of a repository.
type state struct {
	head *repo.Commit
	tree *mst.Tree
	file string
	got  string
}

func stateOf(t testing.TB, r *repo.Repo) state {
	t.Helper()
	s := state{head: r.Head(), tree: r.Tree(), file: string(export(t, r))}
	for _, key := range []string{"1", "2", "new"} {
		rec, found, err := r.Get(t.Context(), at(t, key))
		require.NoError(t, err)
		s.got += fmt.Sprintln(found, rec.CID(), string(rec.Bytes()))
	}
	return s
}

// signer is a Signer that does what it is told.
type signer struct {
	*crypto.PrivateKey
	sign func([]byte) ([]byte, error)
}

func (s *signer) Sign(ctx context.Context, message []byte) ([]byte, error) {
	if s.sign != nil {
		return s.sign(message)
	}
	return s.PrivateKey.Sign(ctx, message)
}

// Whatever is wrong with one of the writes: nothing happens.
func TestApplyFails(t *testing.T) {
	ledger.Covers(t, "REP-022", "REP-024", "REP-025")
	r := newRepo(t)
	apply(t, r, repo.Create(at(t, "1"), value(t, "one")), repo.Create(at(t, "2"), value(t, "two")))
	before := stateOf(t, r)
	v := value(t, "new")
	create := func(path string, v []byte) repo.Write { return repo.Create(repoPath(t, path), v) }

	for _, tc := range []struct {
		write repo.Write
		want  string // at index 2
	}{
		{repo.Create(at(t, "1"), v), "mst: key exists"},
		{repo.Create(at(t, "1"), value(t, "one")), "mst: key exists"},
		{repo.Update(at(t, "3"), v), "mst: no such key"},
		{repo.Delete(at(t, "3")), "mst: no such key"},
		{repo.Create(at(t, "x1"), v), "path occurs twice"},
		{repo.Update(at(t, "x1"), v), "path occurs twice"},
		{repo.Delete(at(t, "x1")), "path occurs twice"},
		{repo.Write{}, "no path"},
		{repo.Delete(syntax.RepoPath{}), "no path"},
		{repo.Create(at(t, "y"), nil), "dagcbor: unexpected end of input at offset 0"},
		{repo.Create(at(t, "y"), []byte{0x80}), "data: record is not a map at offset 0"},
		{repo.Update(at(t, "1"), []byte{0xa0}), "data: record without $type at offset 0"},
		{repo.Create(at(t, "y"), v[:len(v)-1]), "dagcbor: unexpected end of input"},
		{repo.Create(at(t, "y"), append([]byte{0xb8, 2}, v[1:]...)), "dagcbor: number or length is not in its shortest form at offset 0"},
		{repo.Create(at(t, "y"), append([]byte("\xa2\x61f\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00"), v[8:]...)), "dagcbor: floating-point number"},
		{repo.Create(at(t, "y"), []byte("\xa2\x61x\xa1\x65$link\xf6\x65$type\x72com.example.record")), "data: map with the key $link, which JSON reserves for links at offset 10"},
		{repo.Create(at(t, "y"), []byte("\xa2\x61x\xa1\x65$type\x64blob\x65$type\x72com.example.record")), "data: blob"},
		{repo.Create(at(t, "y"), []byte("\xa2\x60\x01\x65$type\x72com.example.record")), "data: empty map key at offset 1"},
		{repo.Create(at(t, "y"), record(t, `{"$type":"com.example.other"}`)), `record has $type "com.example.other", not that of its collection, "com.example.record"`},
		{create("com.example.other/y", v), `record has $type "com.example.record", not that of its collection, "com.example.other"`},
		{create("COM.example.record/y", v), "collection is not in its normal form com.example.record"},
		{create("com.Example.record/y", record(t, `{"$type":"com.Example.record"}`)), "collection is not in its normal form com.example.record"},
		{repo.Put(repoPath(t, "COM.example.record/y"), record(t, `{"$type":"COM.example.record"}`)), "collection is not in its normal form com.example.record"},
		{repo.Update(repoPath(t, "COM.example.record/y"), record(t, `{"$type":"COM.example.record"}`)), "mst: no such key"},
		{repo.Delete(repoPath(t, "COM.example.record/1")), "mst: no such key"},
		{repo.Create(at(t, "y"), sized(t, repo.MaxRecordWrite+1)), "repo: size of record 1000001 exceeds the limit of 1000000"},
	} {
		good := []repo.Write{repo.Create(at(t, "x1"), v), repo.Delete(at(t, "2"))}
		res, err := r.Apply(t.Context(), append(good, tc.write, repo.Create(at(t, "new"), v))...)
		require.Nil(t, res)
		bad := errorIs[*repo.WriteError](t, err)
		require.Equal(t, []any{2, tc.write.Path()}, []any{bad.Index, bad.Path}, tc.want)
		require.Contains(t, err.Error(), fmt.Sprintf("repo: write 2 of %q: %s", tc.write.Path(), tc.want))
		require.Equal(t, before, stateOf(t, r), tc.want)
	}
	_, err := r.Apply(t.Context(), repo.Create(at(t, "1"), v))
	require.ErrorIs(t, err, mst.ErrExists)
	_, err = r.Apply(t.Context(), repo.Delete(at(t, "3")))
	require.ErrorIs(t, err, mst.ErrNoKey)
	_, err = r.Apply(t.Context(), repo.Update(at(t, "3"), v))
	require.ErrorIs(t, err, mst.ErrNoKey)
	_, err = r.Apply(t.Context(), repo.Create(at(t, "y"), []byte{0x80}))
	errorIs[*data.Error](t, err)

	apply(t, r, repo.Create(at(t, "y"), sized(t, repo.MaxRecordWrite))) // as large as it may be
	require.Len(t, content(t, r), 3)
}

// What others have written at a path that is not in its normal form can be
// changed and removed.
func TestApplyNotNormal(t *testing.T) {
	ledger.Covers(t, "REP-025")
	path := repoPath(t, "COM.Example.thing/abc")
	rec := func(text string) []byte { return record(t, `{"$type":"COM.Example.thing","text":"`+text+`"}`) }
	old := blockOf(rec("old"))
	store := &blockstore.Memory{}
	_, err := repo.Import(t.Context(), store, bytes.NewReader(forge(t, []mst.Entry{{Key: path.String(), Value: old.CID}}, old)), options(t))
	require.NoError(t, err)
	r := open(t, store)
	last := old.CID
	for i, w := range []repo.Write{repo.Put(path, rec("put")), repo.Update(path, rec("update")), repo.Delete(path)} {
		op := apply(t, r, w).Ops[0]
		require.Equal(t, []any{[]mst.Action{mst.Update, mst.Update, mst.Delete}[i], last, w.CID()}, []any{op.Action, op.Prev, op.CID})
		last = w.CID()
	}
	require.Empty(t, content(t, r))
	_, err = r.Apply(t.Context(), repo.Put(path, rec("again")))
	require.ErrorContains(t, err, "collection is not in its normal form com.example.thing")
}

func TestApplyTooMany(t *testing.T) {
	r := newRepo(t)
	var writes []repo.Write
	for i := range repo.MaxWrites {
		writes = append(writes, repo.Create(at(t, fmt.Sprint(i)), value(t, fmt.Sprint(i))))
	}
	apply(t, r, writes...)
	before := stateOf(t, r)
	for i := range writes {
		writes[i] = repo.Delete(writes[i].Path())
	}
	_, err := r.Apply(t.Context(), append(writes, repo.Create(at(t, "new"), value(t, "")))...)
	require.Equal(t, &repo.LimitError{Name: "repo: writes in a commit", Limit: 200, Got: 201, Offset: -1}, err)
	require.Equal(t, before, stateOf(t, r))
	apply(t, r, writes...)
	require.Empty(t, content(t, r))
}

// A commit without a slice stores and drops what any other does.
func TestApplyTooBigStored(t *testing.T) {
	store := &blockstore.Memory{}
	r := open(t, store)
	have := map[string]string{}
	for step, text := range []string{"a", "b", "", "c"} {
		var writes []repo.Write
		for i := range repo.MaxWrites + 50 {
			path := at(t, fmt.Sprint(i))
			if text == "" {
				writes = append(writes, repo.Delete(path))
				delete(have, path.String())
				continue
			}
			v := value(t, text+fmt.Sprint(i/2)) // each at two paths
			writes = append(writes, repo.Put(path, v))
			have[path.String()] = string(v)
		}
		release := func() {}
		var tree *mst.Tree
		if step > 0 {
			r = open(t, store)
			tree, release = r.Tree(), hold(t, r)
		}
		res, err := r.ApplyWith(t.Context(), &repo.ApplyOptions{AllowTooBig: true}, writes...)
		require.NoError(t, err)
		require.True(t, res.TooBig)
		require.Equal(t, res.SyncCAR(), res.CAR())
		require.Equal(t, res.SyncCAR(), res.Message().Blocks)
		requireStored(t, store, res.Commit, have)
		if tree != nil {
			_, err := tree.Count(t.Context()) // what was dropped is held
			require.NoError(t, err)
		}
		release()
		apply(t, r, repo.Put(at(t, "more"), value(t, text)))
		apply(t, r, repo.Delete(at(t, "more")))
	}
}

func TestApplySignerFails(t *testing.T) {
	ledger.Covers(t, "REP-003")
	key := privateKey(t, crypto.K256)
	s := &signer{PrivateKey: key}
	r := repo.New(account, s, nil)
	apply(t, r, repo.Create(at(t, "1"), value(t, "one")))
	before := stateOf(t, r)
	offline := errors.New("module is offline")
	for want, sign := range map[string]func([]byte) ([]byte, error){
		"repo: signing a commit: module is offline":                                    func([]byte) ([]byte, error) { return nil, offline },
		"a signature that does not verify: crypto: invalid signature: got 0 bytes":     func([]byte) ([]byte, error) { return nil, nil },
		"a signature that does not verify: crypto: invalid signature: got 63 bytes":    func(m []byte) ([]byte, error) { return must(key.Sign(t.Context(), m))[:63], nil },
		"a signature that does not verify: crypto: invalid signature: made by another": func(m []byte) ([]byte, error) { return key.Sign(t.Context(), m[1:]) },
	} {
		s.sign = sign
		_, err := r.Apply(t.Context(), repo.Update(at(t, "1"), value(t, "new")), repo.Create(at(t, "new"), value(t, "new")))
		require.ErrorContains(t, err, want)
		require.True(t, errors.Is(err, offline) || errors.Is(err, crypto.ErrInvalidSignature))
		require.Equal(t, before, stateOf(t, r), want)
	}
	s.sign = nil
	apply(t, r, repo.Update(at(t, "1"), value(t, "new")))
	require.Equal(t, map[string]string{collection + "/1": string(value(t, "new"))}, content(t, r))

	for want, r := range map[string]*repo.Repo{
		"repo: signing a commit: crypto: nil Signer": repo.New(account, nil, nil),
		"repo: commit without a DID":                 repo.New(syntax.DID{}, key, nil),
	} {
		_, err := r.Apply(t.Context())
		require.EqualError(t, err, want)
		require.Nil(t, r.Head())
		require.Equal(t, emptyTree, r.Tree().Root().String())
	}
}

// A clock that has run out of time can't make a greater revision.
func TestApplyClockFails(t *testing.T) {
	end := time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
	r := repo.New(account, privateKey(t, crypto.K256), clock(t, rev, func() time.Time { return end }))
	apply(t, r)
	apply(t, r, repo.Create(at(t, "1"), value(t, "one")))
	before := stateOf(t, r)
	_, err := r.Apply(t.Context(), repo.Delete(at(t, "1")))
	require.ErrorContains(t, err, "repo: no revision after "+r.Head().Rev().String()+": syntax: TID")
	require.Equal(t, before, stateOf(t, r))
}

func TestExportFails(t *testing.T) {
	r := newRepo(t)
	apply(t, r, repo.Create(at(t, "1"), value(t, strings.Repeat("x", 100_000))))
	full := errors.New("disk full")
	for _, room := range []int{0, 10, 1000, 99_000} {
		err := r.Export(t.Context(), writeFunc(func(b []byte) (int, error) {
			n := min(len(b), room)
			room -= n
			if n < len(b) {
				return n, full
			}
			return n, nil
		}))
		require.ErrorIs(t, err, full)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, r.Export(ctx, writeFunc(func(b []byte) (int, error) { return len(b), nil })), context.Canceled)
}

type writeFunc func(b []byte) (int, error)

func (f writeFunc) Write(b []byte) (int, error) { return f(b) }
