package repo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

// What ParseCommit accepts, it understood: its fields make the same bytes
// again, and what was signed is the same map without sig, encoded by another
// encoder.
func FuzzParseCommit(f *testing.F) {
	ledger.Covers(f, "REP-001", "REP-014", "REP-015")
	for _, name := range []string{"alice", "carol", "dan"} {
		_, blocks := sections(f, captured(f, name).file)
		for _, b := range blocks {
			f.Add(b.Data)
		}
	}
	f.Add(unhex(f, ex1CAR)[59+2+36:][:188])
	f.Add(unhex(f, ex1Unsigned))
	f.Add(commitFields().with(fields{"prev": nil}).signed(f))
	f.Add(commitFields().with(fields{"prev": dagcbor.AppendLink(nil, dagcbor.MustParseCID(ex1Commit))}).signed(f))
	f.Add(commitFields().with(many(30)).signed(f))
	f.Add(commitFields().with(fields{"a": dagcbor.AppendMap(nil, 0), "zzzzzzzzzz": dagcbor.AppendNull(nil)}).signed(f))
	for _, version := range []int64{1, 2, 4, -3} {
		f.Add(commitFields().with(fields{"version": dagcbor.AppendInt(nil, version)}).signed(f))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		c, err := repo.ParseCommit(block, &repo.Options{AllowMissingPrev: true})
		strict, strictErr := repo.ParseCommit(block, nil)
		if err != nil {
			errorIs[*repo.CommitError](t, err)
			errorIs[*repo.CommitError](t, strictErr)
			return
		}
		var m map[string]any
		require.NoError(t, dagcbor.Unmarshal(block, &m))
		if _, hasPrev := m["prev"]; hasPrev {
			require.NoError(t, strictErr)
			require.Equal(t, c, strict)
		} else {
			require.Equal(t, "prev", errorIs[*repo.CommitError](t, strictErr).Field)
		}
		again, err := dagcbor.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, block, again)
		require.Equal(t, dagcbor.Sum(dagcbor.DAGCBOR, block), c.CID())
		require.Equal(t, m["did"], c.DID().String())
		require.Equal(t, m["rev"], c.Rev().String())
		require.Equal(t, m["data"], c.Data())
		require.Equal(t, m["sig"], c.Signature())

		delete(m, "sig")
		unsigned, err := dagcbor.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, unsigned, c.SignedBytes())
		if prev, found := m["prev"]; found && prev == nil && len(m) == 5 {
			ours, err := repo.UnsignedCommit{DID: c.DID(), Rev: c.Rev(), Data: c.Data()}.Bytes()
			require.NoError(t, err)
			require.Equal(t, ours, c.SignedBytes())
		}
	})
}

// FuzzRead feeds files as they are. Nearly all of them fail at a hash; see
// FuzzTree for what is behind that.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"alice", "dan"} {
		f.Add(captured(f, name).file)
	}
	f.Add(unhex(f, ex1CAR))
	f.Add(carFile(nil))
	roots, blocks := sections(f, unhex(f, ex1CAR))
	f.Add(carFile(append(roots, roots...), slices.Concat(blocks, blocks)...))
	f.Fuzz(checkRead)
}

// checkRead reads a file without its signature. If it is accepted, the entries
// make the tree that its commit names.
func checkRead(t *testing.T, file []byte) {
	e, err := repo.Read(t.Context(), bytes.NewReader(file), &repo.Options{Now: later, SkipSignature: true})
	if err != nil {
		return
	}
	b := mst.NewBuilder(nil)
	for r, err := range e.Records(t.Context()) {
		if err != nil {
			require.True(t, isA[*mst.NodeError](err) || isA[*mst.MissingBlockError](err) || isA[*repo.MissingRecordError](err) || isA[*repo.LimitError](err), "%T: %v", err, err)
			return
		}
		require.True(t, r.CID().Matches(r.Bytes()))
		require.NoError(t, b.Add(r.Path(), r.CID()))
		if err := r.Validate(); err != nil {
			require.Equal(t, r.Path(), errorIs[*repo.RecordError](t, err).Path)
		}
	}
	root, err := b.Finish()
	require.NoError(t, err)
	require.Equal(t, e.Commit().Data(), root)
}

// FuzzTree feeds blocks whose links are right, whatever they are made to link
// to. See relink for the form.
func FuzzTree(f *testing.F) {
	ledger.Covers(f, "REP-030")
	for _, name := range []string{"alice", "dan"} {
		f.Add(unlink(f, captured(f, name).file))
	}
	f.Add(unlink(f, unhex(f, ex1CAR)))
	for _, n := range []int{0, 2, 12, 60} {
		r := repo.New(account, privateKey(f, crypto.K256), clockAt(f, rev))
		var writes []repo.Write
		for i := range n {
			writes = append(writes, repo.Create(at(f, strconv.Itoa(i)), unhex(f, ex1Record)))
		}
		apply(f, r, writes...)
		f.Add(unlink(f, export(f, r)))
	}
	f.Fuzz(func(t *testing.T, in []byte) { checkRead(t, relink(in)) })
}

const linkHead = "\xd8\x2a\x58\x25\x00\x01\x71\x12\x20"

// relink makes a CAR file of blocks, each after its length in two bytes. A link
// whose digest begins with a number is made one to the block of that number, if
// that is an earlier one. The last block is the root.
func relink(in []byte) []byte {
	var blocks []car.Block
	for len(in) >= 2 {
		n := min(int(binary.BigEndian.Uint16(in)), len(in)-2)
		b := slices.Clone(in[2 : 2+n])
		in = in[2+n:]
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte(linkHead))
			if at += i + len(linkHead); i < 0 || at+32 > len(b) {
				break
			}
			if to := int(b[at]); to < len(blocks) {
				digest := blocks[to].CID.Digest()
				copy(b[at:], digest[:])
			}
		}
		blocks = append(blocks, blockOf(b))
	}
	if len(blocks) == 0 {
		return nil
	}
	return carFile([]dagcbor.CID{blocks[len(blocks)-1].CID}, blocks...)
}

// unlink is the reverse of relink, children before their parents.
func unlink(t testing.TB, file []byte) []byte {
	t.Helper()
	roots, blocks := sections(t, file)
	src := source(blocks)
	c, err := repo.ParseCommit(src[roots[0]], nil)
	require.NoError(t, err)
	tree, err := mst.Load(t.Context(), src, c.Data(), nil)
	require.NoError(t, err)
	order := []dagcbor.CID{c.CID()}
	for step, err := range tree.Preorder(t.Context()) {
		require.NoError(t, err)
		order = append(order, step.CID)
	}
	slices.Reverse(order)
	number := map[dagcbor.CID]int{}
	var out []byte
	for _, c := range order {
		if _, done := number[c]; done {
			continue
		}
		b := slices.Clone(src[c])
		for to, i := range number {
			digest := to.Digest()
			b = bytes.ReplaceAll(b, append([]byte(linkHead), digest[:]...), append(append([]byte(linkHead), byte(i)), make([]byte, 31)...))
		}
		number[c] = len(number)
		out = binary.BigEndian.AppendUint16(out, uint16(len(b)))
		out = append(out, b...)
	}
	require.Less(t, len(number), 256)
	return out
}

func TestRelink(t *testing.T) {
	for _, file := range [][]byte{captured(t, "alice").file, unhex(t, ex1CAR)} {
		got, err := list(t, relink(unlink(t, file)), &repo.Options{Now: later, SkipSignature: true})
		require.NoError(t, err)
		want, err := list(t, file, &repo.Options{Now: later, SkipSignature: true})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := repo.ReadBytes(relink(nil), &repo.Options{Now: later, SkipSignature: true})
	require.True(t, errors.As(err, new(*car.Error)))
}
