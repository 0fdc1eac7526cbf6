package plc_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// The strongest of the keys at hand signs.
func TestSignerByPriority(t *testing.T) {
	ledger.Covers(t, "PLC-014", "PLC-031")
	k := keys(t, 4)
	_, genesis, err := plc.Create(t.Context(), dataOf(t, k[0], k[1], k[2]), k[2], k[1])
	require.NoError(t, err)
	requireSigner(t, genesis, 1, k...)
	for _, c := range []struct {
		signers []crypto.Signer
		want    int
	}{
		{[]crypto.Signer{k[2]}, 2},
		{[]crypto.Signer{k[2], k[0], k[1]}, 0},
		{[]crypto.Signer{nil, k[3], k[2], k[1]}, 1},
		{[]crypto.Signer{k[3]}, -1},
		{nil, -1},
	} {
		update, err := plc.Update(t.Context(), genesis, dataOf(t, k[3]), c.signers...)
		end, endErr := plc.Tombstone(t.Context(), genesis, c.signers...)
		if c.want < 0 {
			require.ErrorIs(t, err, plc.ErrNoSigner)
			require.ErrorIs(t, endErr, plc.ErrNoSigner)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, endErr)
		requireSigner(t, update, c.want, k...)
		requireSigner(t, end, c.want, k...)
	}
}

func requireSigner(t *testing.T, op *plc.Operation, want int, k ...*crypto.PrivateKey) {
	t.Helper()
	i, err := op.VerifySignature(public(k...)...)
	require.NoError(t, err)
	require.Equal(t, want, i)
}

func TestNothingBuildsOnTombstone(t *testing.T) {
	ledger.Covers(t, "PLC-028")
	k := keys(t, 1)[0]
	_, genesis, err := plc.Create(t.Context(), dataOf(t, k), k)
	require.NoError(t, err)
	end, err := plc.Tombstone(t.Context(), genesis, k)
	require.NoError(t, err)
	_, err = plc.Update(t.Context(), end, genesis.Data(), k)
	require.EqualError(t, err, "plc: nothing builds on a tombstone")
	_, err = plc.Tombstone(t.Context(), end, k)
	require.EqualError(t, err, "plc: nothing builds on a tombstone")
}

type badSigner struct {
	*crypto.PrivateKey
	err error
}

func (s badSigner) Sign(ctx context.Context, message []byte) ([]byte, error) {
	sig, err := s.PrivateKey.Sign(ctx, append(message, 0))
	return sig, errors.Join(err, s.err)
}

func TestSignerFails(t *testing.T) {
	k := keys(t, 1)[0]
	_, _, err := plc.Create(t.Context(), dataOf(t, k), badSigner{PrivateKey: k})
	require.ErrorIs(t, err, crypto.ErrInvalidSignature, "what a signer returns is checked")
	_, _, err = plc.Create(t.Context(), dataOf(t, k), badSigner{k, context.Canceled})
	require.ErrorIs(t, err, context.Canceled)
}

// A handle takes the place of the one before it.
func TestSetHandle(t *testing.T) {
	ledger.Covers(t, "PLC-027")
	h := syntax.MustParseHandle("New.Example.com")
	for _, c := range []struct{ before, after []string }{
		{nil, []string{"at://new.example.com"}},
		{[]string{"at://old.example.com"}, []string{"at://new.example.com"}},
		{[]string{"https://a", "at://old.example.com", "at://older.example.com"}, []string{"https://a", "at://new.example.com", "at://older.example.com"}},
		{[]string{"https://a", "b"}, []string{"at://new.example.com", "https://a", "b"}},
		{[]string{"at://not_a_handle", "at://c.example"}, []string{"at://new.example.com", "at://c.example"}},
	} {
		d := &plc.Data{AlsoKnownAs: c.before}
		saved := d.Clone()
		d.SetHandle(h)
		require.Equal(t, c.after, d.AlsoKnownAs)
		require.Equal(t, saved.AlsoKnownAs, c.before, "the list is copied")
		got, ok := d.Handle()
		require.True(t, ok)
		require.Equal(t, h.Normalize(), got)
	}
	_, ok := (&plc.Data{}).Handle()
	require.False(t, ok)
}

func TestDataClone(t *testing.T) {
	k := keys(t, 2)
	d := dataOf(t, k[0])
	c := d.Clone()
	require.True(t, d.Equal(c))
	c.SetPDS("https://other.example")
	c.SetSigningKey(k[1].PublicKey())
	c.RotationKeys[0] = "x"
	c.AlsoKnownAs[0] = "y"
	require.Equal(t, dataOf(t, k[0]), d)
	require.False(t, d.Equal(c))
	require.True(t, (&plc.Data{}).Equal(&plc.Data{AlsoKnownAs: []string{}, Services: map[string]plc.Service{}}))
}

// What a server hands out to be submitted is looked at before.
func TestReview(t *testing.T) {
	ledger.Covers(t, "PLC-029")
	k := keys(t, 4)
	_, genesis, err := plc.Create(t.Context(), dataOf(t, k[0], k[1]), k[1])
	require.NoError(t, err)
	prev := genesis.CID().String()
	review := func(f forge, signer *crypto.PrivateKey, keep ...*crypto.PrivateKey) error {
		return plc.Review(f.sign(t, signer), genesis, public(keep...)...)
	}
	good := forgeOf(dataOf(t, k[0], k[2], k[1]), prev)
	require.NoError(t, review(good, k[1], k[0]))
	require.NoError(t, review(good, k[1], k[0], k[1]))
	require.ErrorContains(t, review(good, k[1], k[1], k[0]), "rotationKeys has its keys in another order")
	require.ErrorContains(t, review(good, k[1], k[3]), "rotationKeys lacks "+k[3].PublicKey().DIDKey())
	require.ErrorIs(t, review(good, k[2], k[0]), crypto.ErrInvalidSignature, "not a key of the operation before")
	require.ErrorContains(t, review(good.with("prev", anyCID), k[1]), "plc: operation builds on "+anyCID)
	require.ErrorContains(t, review(good.with("note", "x"), k[1]), "is no field of an operation")
	require.ErrorContains(t, review(good.with("rotationKeys", []any{ed25519}), k[1]), "rotationKeys[0] is no usable key")
	require.ErrorContains(t, review(good.with("verificationMethods", map[string]any{"atproto": "zQ3sh"}), k[1]), "is not a did:key")
	require.ErrorContains(t, review(forge{"type": plc.TypeTombstone, "prev": prev}, k[1]), "is a tombstone")
	one := k[0].PublicKey().DIDKey()
	require.ErrorContains(t, review(good.with("rotationKeys", []any{one, one}), k[1]), "is there twice")
}
