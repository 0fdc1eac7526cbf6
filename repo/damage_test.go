package repo_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

func TestDroppedBlocks(t *testing.T) {
	ledger.Covers(t, "REP-029", "REP-030", "CAR-005")
	for _, name := range []string{"alice", "carol", "dan"} {
		c := captured(t, name)
		roots, blocks := sections(t, c.file)
		paths := map[string]string{}
		for _, r := range slices.Backward(c.records) {
			paths[r[1]] = r[0] // the first at which it is missed
		}
		kinds := map[string]int{}
		for i, dropped := range blocks {
			file := carFile(roots, slices.Delete(slices.Clone(blocks), i, i+1)...)
			err := readErr(t, file, c.options())
			path, isRecord := paths[dropped.CID.String()]
			switch {
			case dropped.CID == roots[0]:
				kinds["commit"]++
				require.Equal(t, roots[0], errorIs[*repo.CommitError](t, err).CID)
				require.EqualError(t, err, "repo: commit "+roots[0].String()+": is the root, and missing")
			case isRecord:
				kinds["record"]++
				require.Equal(t, &repo.MissingRecordError{Path: path, CID: dropped.CID}, err)
				require.EqualError(t, err, `repo: record "`+path+`" (`+dropped.CID.String()+`) is missing`)
			default:
				kinds["node"]++
				require.Equal(t, &mst.MissingBlockError{CID: dropped.CID}, errorIs[*mst.MissingBlockError](t, err))
			}
		}
		require.Equal(t, 1, kinds["commit"], name)
		require.Equal(t, len(paths), kinds["record"], name)
		require.Equal(t, len(blocks)-1-len(paths), kinds["node"], name)
		require.Positive(t, kinds["node"])
	}
}

// No bit of a file can be flipped without notice, and the error says what kind
// of thing was hit.
func TestFlippedBits(t *testing.T) {
	ledger.Covers(t, "REP-030", "CAR-008")
	c := captured(t, "alice")
	header, all := extents(t, c.file)
	for i := range c.file {
		for bit := range 8 {
			file := slices.Clone(c.file)
			file[i] ^= 1 << bit
			err := readErr(t, file, c.options())
			if i < header {
				require.True(t, isA[*car.Error](err) || isA[*car.LimitError](err) || isA[*repo.CommitError](err), "byte %d bit %d: %v", i, bit, err)
				continue
			}
			s := all[slices.IndexFunc(all, func(s extent) bool { return i < s.end })]
			switch {
			case i < s.cid:
				require.True(t, isA[*car.Error](err) || isA[*car.LimitError](err) || isA[*car.HashError](err), "byte %d bit %d: %v", i, bit, err)
			case i < s.cid+4: // version, codec, hash function, length
				require.EqualValues(t, s.cid, errorIs[*car.Error](t, err).Offset, "byte %d bit %d", i, bit)
			default:
				require.EqualValues(t, s.data, errorIs[*car.HashError](t, err).Offset, "byte %d bit %d", i, bit)
			}
		}
	}
}

func isA[E error](err error) bool {
	_, found := errors.AsType[E](err)
	return found
}

// A commit that was changed does not get through either if its CID and the root
// are made to fit.
func TestForgedCommit(t *testing.T) {
	ledger.Covers(t, "REP-003", "REP-030")
	c := captured(t, "alice")
	roots, blocks := sections(t, c.file)
	i := slices.IndexFunc(blocks, func(b car.Block) bool { return b.CID == roots[0] })
	signature := 0
	commit := blocks[i].Data
	o := c.options()
	o.AllowFutureRev = true // as some of the changed ones are
	for at := range commit {
		forged := slices.Clone(commit)
		forged[at] ^= 1 << (at % 8)
		blocks[i] = blockOf(forged)
		err := readErr(t, carFile([]dagcbor.CID{blocks[i].CID}, blocks...), o)
		switch {
		case isA[*repo.SignatureError](err):
			signature++
			require.ErrorIs(t, err, crypto.ErrInvalidSignature)
		case isA[*repo.CommitError](err), isA[*repo.DIDMismatchError](err):
		default:
			require.NoError(t, err, "byte %d", at)
		}
	}
	require.Greater(t, signature, 64+32) // each byte of sig and of the digest in data
}

func TestTruncated(t *testing.T) {
	ledger.Covers(t, "REP-030")
	c := captured(t, "alice")
	header, all := extents(t, c.file)
	whole := map[int]bool{header: true}
	for _, s := range all {
		whole[s.end] = true
	}
	for n := range c.file {
		err := readErr(t, c.file[:n], c.options())
		if !whole[n] {
			require.ErrorContains(t, err, "is cut off at offset", "%d bytes", n)
			continue
		}
		// It looks complete, but something is missing.
		require.True(t, isA[*repo.CommitError](err) || isA[*mst.MissingBlockError](err) || isA[*repo.MissingRecordError](err), "%d bytes: %v", n, err)
	}
}

func TestWrongIdentity(t *testing.T) {
	ledger.Covers(t, "REP-003", "REP-008", "REP-030", "CRY-027")
	alice, carol := captured(t, "alice"), captured(t, "carol")
	otherCurve := privateKey(t, crypto.P256).PublicKey()
	for name, key := range map[string]*crypto.PublicKey{"another account's": carol.key, "other curve": otherCurve} {
		err := readErr(t, alice.file, &repo.Options{Now: later, Key: key, DID: alice.did})
		bad := errorIs[*repo.SignatureError](t, err)
		require.Equal(t, []any{alice.head, alice.did}, []any{bad.CID.String(), bad.DID}, name)
		require.ErrorIs(t, err, crypto.ErrInvalidSignature)
		require.ErrorContains(t, err, "repo: commit "+alice.head+" of "+alice.did.String()+": crypto: invalid signature: made by another key")
	}
	upper := syntax.MustParseDID("did:plc:LWH56WBBA5RD7LH6CIEBIN6B")
	for _, did := range []syntax.DID{carol.did, upper} {
		err := readErr(t, alice.file, &repo.Options{Now: later, Key: alice.key, DID: did})
		bad := errorIs[*repo.DIDMismatchError](t, err)
		require.Equal(t, []any{alice.head, alice.did, did}, []any{bad.CID.String(), bad.Got, bad.Want})
		require.EqualError(t, err, "repo: commit "+alice.head+" is of "+alice.did.String()+", not of "+did.String())
	}

	// Without a DID the caller has to compare it; without a signature the key
	// does not matter, but DID and tree do.
	got, err := list(t, alice.file, &repo.Options{Now: later, Key: alice.key})
	require.NoError(t, err)
	require.Equal(t, alice.records, got)
	got, err = list(t, alice.file, &repo.Options{Now: later, Key: carol.key, SkipSignature: true})
	require.NoError(t, err)
	require.Equal(t, alice.records, got)
	errorIs[*repo.DIDMismatchError](t, readErr(t, alice.file, &repo.Options{Now: later, DID: carol.did, SkipSignature: true}))
}

func TestNoKey(t *testing.T) {
	ledger.Covers(t, "REP-030")
	file := captured(t, "dan").file
	for _, o := range []*repo.Options{nil, {}, {Key: &crypto.PublicKey{}}} {
		_, err := repo.ReadBytes(file, o)
		require.EqualError(t, err, "repo: no key to verify with: set Options.Key, or SkipSignature to do without")
		_, err = repo.Read(t.Context(), nil, o)
		require.Error(t, err)
	}
}
