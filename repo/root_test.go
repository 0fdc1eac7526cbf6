package repo_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

func TestRoots(t *testing.T) {
	ledger.Covers(t, "CAR-005", "REP-029")
	roots, blocks := sections(t, unhex(t, ex1CAR))
	node := blocks[1].CID
	absent := dagcbor.Sum(dagcbor.DAGCBOR, []byte("absent"))

	for name, more := range map[string][]dagcbor.CID{
		"one": nil, "the same twice": {roots[0]}, "a node": {node}, "absent": {absent},
		"raw": {dagcbor.Sum(dagcbor.Raw, nil)}, "many": slices.Repeat([]dagcbor.CID{node}, 15),
	} {
		got, err := list(t, carFile(append(slices.Clone(roots), more...), blocks...), options(t))
		require.NoError(t, err, name)
		require.Len(t, got, 1)
	}

	require.EqualError(t, readErr(t, carFile(nil, blocks...), options(t)), "repo: CAR file has no root, so no commit")

	rawRoot := car.Block{CID: dagcbor.Sum(dagcbor.Raw, blocks[0].Data), Data: blocks[0].Data}
	for _, tc := range []struct {
		name string
		root dagcbor.CID
		want string
	}{
		{"absent", absent, "is the root, and missing"},
		{"raw", rawRoot.CID, "is not DAG-CBOR by its CID"},
		{"a node", node, `field "version": is missing`},
		{"a record", blocks[2].CID, `field "version": is missing`},
		{"no CBOR", blockOf([]byte("hello")).CID, "dagcbor: unexpected end of input at offset 5"},
	} {
		file := carFile([]dagcbor.CID{tc.root, roots[0]}, append(slices.Clone(blocks), rawRoot, blockOf([]byte("hello")))...)
		err := readErr(t, file, options(t))
		require.Equal(t, tc.root, errorIs[*repo.CommitError](t, err).CID, tc.name)
		require.EqualError(t, err, "repo: commit "+tc.root.String()+": "+tc.want)
	}
}

// The root may be any commit in the file, and it alone decides what the
// repository is: blocks of another state do not come back.
func TestStaleBlocks(t *testing.T) {
	ledger.Covers(t, "CAR-014", "CAR-017")
	r := repo.New(account, privateKey(t, crypto.K256), nil)
	path := func(k string) string { return "com.example.record/" + k }
	write := func(k string) repo.Write {
		return repo.Create(repoPath(t, path(k)), record(t, `{"$type":"com.example.record","key":"`+k+`"}`))
	}
	_, err := r.Apply(t.Context(), write("a"), write("b"), write("c"))
	require.NoError(t, err)
	before, err := list(t, export(t, r), options(t))
	require.NoError(t, err)
	oldRoots, old := sections(t, export(t, r))

	_, err = r.Apply(t.Context(), repo.Delete(repoPath(t, path("b"))), repo.Update(repoPath(t, path("c")), record(t, `{"$type":"com.example.record"}`)))
	require.NoError(t, err)
	after, err := list(t, export(t, r), options(t))
	require.NoError(t, err)
	require.Len(t, after, 2)
	newRoots, now := sections(t, export(t, r))

	for _, tc := range []struct {
		roots []dagcbor.CID
		want  [][2]string
	}{
		{newRoots, after},
		{oldRoots, before},
		{append(slices.Clone(newRoots), oldRoots...), after},
	} {
		for _, blocks := range [][]car.Block{slices.Concat(old, now), slices.Concat(now, old)} {
			got, err := list(t, carFile(tc.roots, blocks...), options(t))
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		}
	}
}

func TestLimits(t *testing.T) {
	ledger.Covers(t, "CAR-015")
	c := captured(t, "carol")
	_, blocks := sections(t, c.file)
	size := int64(len(c.file))
	for _, tc := range []struct {
		name  string
		o     repo.Options
		limit int64 // 0 if nothing is exceeded
	}{
		{"default", repo.Options{}, 0},
		{"size", repo.Options{MaxSize: size}, 0},
		{"repo: size of CAR file", repo.Options{MaxSize: size - 1}, size - 1},
		{"repo: size of CAR file", repo.Options{MaxSize: 1}, 1},
		{"no size", repo.Options{MaxSize: -1}, 0},
		{"blocks", repo.Options{CAR: &car.Options{MaxBlocks: len(blocks)}}, 0},
		{"car: number of blocks", repo.Options{CAR: &car.Options{MaxBlocks: len(blocks) - 1}}, int64(len(blocks) - 1)},
		{"car: file size", repo.Options{CAR: &car.Options{MaxSize: size - 1}}, size - 1},
		{"entries", repo.Options{Tree: &mst.Options{MaxEntries: 100}}, 0},
		{"mst: entries in tree", repo.Options{Tree: &mst.Options{MaxEntries: 99}}, 99},
	} {
		tc.o.Key, tc.o.Now = c.key, later
		got, err := list(t, c.file, &tc.o)
		if tc.limit == 0 {
			require.NoError(t, err, tc.name)
			require.Equal(t, c.records, got)
			continue
		}
		bad := errorIs[*repo.LimitError](t, err)
		require.Equal(t, []any{tc.name, tc.limit}, []any{bad.Name, bad.Limit})
		require.Greater(t, bad.Got, bad.Limit)
	}
}

// An error is the last pair, also if it is about a record alone.
func TestErrorIsLast(t *testing.T) {
	one, two := blockOf(record(t, `{"$type":"com.example.record"}`)), blockOf(dagcbor.AppendNull(nil))
	entries := []mst.Entry{
		{Key: collection + "/a", Value: one.CID}, {Key: collection + "/b", Value: two.CID},
		{Key: collection + "/c", Value: two.CID}, {Key: collection + "/d", Value: one.CID},
	}
	for name, file := range map[string][]byte{"missing": forge(t, entries, one), "invalid": forge(t, entries, one, two)} {
		o := options(t)
		o.CheckRecords = true
		e, err := repo.ReadBytes(file, o)
		require.NoError(t, err)
		var got []string
		for r, err := range e.Records(t.Context()) {
			if err != nil {
				require.ErrorContains(t, err, collection+"/b")
				require.Zero(t, r)
			}
			got = append(got, r.Path())
		}
		require.Equal(t, []string{collection + "/a", ""}, got, name)
	}
}

// What is set in Options counts at the time of Read.
func TestOptionsAreCopied(t *testing.T) {
	c := captured(t, "dan")
	o := c.options()
	o.Tree = &mst.Options{MaxEntries: 1}
	e, err := repo.ReadBytes(c.file, o)
	require.NoError(t, err)
	o.SkipRecords, o.CheckRecords, o.Tree.MaxLayer, o.Tree.TrustHashes = true, true, 1, false
	*o = repo.Options{}
	for r, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		require.NotNil(t, r.Bytes())
	}
}
