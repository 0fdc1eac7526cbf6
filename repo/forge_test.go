package repo_test

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// What the tests sign with, unless they say otherwise: public test keys.
const (
	k256Secret = "6b0b91287ae3348f8c2f2552d766f30e3604867e34adc37ccbb74a8e6b893e02"
	p256Secret = "82ebbd63ebbd9ff60141a69bd4c9be282f2415e8eafa9d42c0ed396daccca979"
)

var (
	account = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	rev     = syntax.MustParseTID("3jzfcijpj2z2a")
)

func privateKey(t testing.TB, c crypto.Curve) *crypto.PrivateKey {
	t.Helper()
	secret := k256Secret
	if c == crypto.P256 {
		secret = p256Secret
	}
	key, err := crypto.ParsePrivateHex(c, secret)
	require.NoError(t, err)
	return key
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	require.NoError(t, err)
	return b
}

// clockAt returns a clock that stands still at the time of a TID and issues
// that TID first.
func clockAt(t testing.TB, at syntax.TID) *syntax.TIDClock {
	t.Helper()
	return clock(t, at, func() time.Time { return at.Time() })
}

// clock returns a clock with the number of the one that issued like.
func clock(t testing.TB, like syntax.TID, now func() time.Time) *syntax.TIDClock {
	t.Helper()
	c, err := syntax.NewTIDClock(&syntax.TIDClockOptions{Now: now, ClockID: new(like.ClockID())})
	require.NoError(t, err)
	return c
}

// record returns a record in DAG-CBOR.
func record(t testing.TB, json string) []byte {
	t.Helper()
	b, err := data.FromJSON([]byte(json), nil)
	require.NoError(t, err)
	return b
}

func repoPath(t testing.TB, s string) syntax.RepoPath {
	t.Helper()
	p, err := syntax.ParseRepoPath(s)
	require.NoError(t, err)
	return p
}

// blockOf returns a block with its true name.
func blockOf(b []byte) car.Block { return car.Block{CID: dagcbor.Sum(dagcbor.DAGCBOR, b), Data: b} }

// carFile returns a CAR file of whatever it is given.
func carFile(roots []dagcbor.CID, blocks ...car.Block) []byte {
	b := car.AppendHeader(nil, roots...)
	for _, x := range blocks {
		b = car.AppendBlock(b, x.CID, x.Data)
	}
	return b
}

// sections returns the roots and the blocks of a CAR file.
func sections(t testing.TB, file []byte) ([]dagcbor.CID, []car.Block) {
	t.Helper()
	x, err := car.NewIndex(file, nil)
	require.NoError(t, err)
	return x.Roots(), slices.Collect(x.Blocks())
}

// treeOf returns the root and the nodes of the tree of some entries.
func treeOf(t testing.TB, entries ...mst.Entry) (dagcbor.CID, []car.Block) {
	t.Helper()
	var nodes []car.Block
	b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
		nodes = append(nodes, car.Block{CID: c, Data: slices.Clone(node)})
		return nil
	})
	slices.SortFunc(entries, func(x, y mst.Entry) int { return strings.Compare(x.Key, y.Key) })
	for _, e := range entries {
		require.NoError(t, b.Add(e.Key, e.Value))
	}
	root, err := b.Finish()
	require.NoError(t, err)
	return root, nodes
}

// leafNode returns a node with one entry, whatever its key.
func leafNode(key string, value dagcbor.CID) []byte {
	b := dagcbor.AppendText(dagcbor.AppendMap(nil, 2), "e")
	b = dagcbor.AppendText(dagcbor.AppendMap(dagcbor.AppendArray(b, 1), 4), "k")
	b = dagcbor.AppendText(dagcbor.AppendBytes(b, []byte(key)), "p")
	b = dagcbor.AppendText(dagcbor.AppendInt(b, 0), "t")
	b = dagcbor.AppendText(dagcbor.AppendNull(b), "v")
	b = dagcbor.AppendText(dagcbor.AppendLink(b, value), "l")
	return dagcbor.AppendNull(b)
}

// forge returns the CAR file of a repository with these entries, signed with
// the test key, and with these blocks beside the nodes.
func forge(t testing.TB, entries []mst.Entry, blocks ...car.Block) []byte {
	t.Helper()
	root, nodes := treeOf(t, entries...)
	return forgeTree(t, root, append(nodes, blocks...)...)
}

func forgeTree(t testing.TB, root dagcbor.CID, blocks ...car.Block) []byte {
	t.Helper()
	c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.K256), repo.UnsignedCommit{DID: account, Rev: rev, Data: root})
	require.NoError(t, err)
	return carFile([]dagcbor.CID{c.CID()}, append(blocks, car.Block{CID: c.CID(), Data: c.Bytes()})...)
}

// options are those for what the test key signed.
func options(t testing.TB) *repo.Options {
	t.Helper()
	return &repo.Options{Key: privateKey(t, crypto.K256).PublicKey(), DID: account}
}

// list reads a CAR file to its end and returns the paths and CIDs in it.
func list(t testing.TB, file []byte, o *repo.Options) ([][2]string, error) {
	t.Helper()
	e, err := repo.ReadBytes(file, o)
	if err != nil {
		return nil, err
	}
	var got [][2]string
	for r, err := range e.Records(t.Context()) {
		if err != nil {
			require.Zero(t, r)
			return got, err
		}
		require.True(t, o.SkipRecords || r.CID().Matches(r.Bytes()), r.Path())
		got = append(got, [2]string{r.Path(), r.CID().String()})
	}
	return got, nil
}

// readErr is list for files that can't be read.
func readErr(t testing.TB, file []byte, o *repo.Options) error {
	t.Helper()
	_, err := list(t, file, o)
	require.Error(t, err)
	return err
}

// errorIs returns the error of type E in err.
func errorIs[E error](t testing.TB, err error) E {
	t.Helper()
	var e E
	require.ErrorAs(t, err, &e)
	return e
}

// An extent says where the parts of a section are in a file.
type extent struct{ length, cid, data, end int }

// extents returns where the header of a file ends and its sections are.
func extents(t testing.TB, file []byte) (int, []extent) {
	t.Helper()
	n, size := binary.Uvarint(file)
	header := size + int(n)
	var all []extent
	for off := header; off < len(file); {
		n, size := binary.Uvarint(file[off:])
		e := extent{off, off + size, off + size + 36, off + size + int(n)}
		all = append(all, e)
		off = e.end
	}
	return header, all
}
