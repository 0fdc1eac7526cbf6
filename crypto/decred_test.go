package crypto_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// An independent implementation of K-256 as a second opinion on every
// operation.

// decredVerify is the strict rule for signatures, or the lenient one, by the
// other implementation.
func decredVerify(key *secp256k1.PublicKey, digest, sig []byte, allowHighS bool) bool {
	if len(sig) != 64 {
		return false
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || r.IsZero() || s.IsZero() {
		return false
	}
	if s.IsOverHalfOrder() && !allowHighS {
		return false
	}
	return ecdsa.NewSignature(&r, &s).Verify(digest, key)
}

// decredSign returns the other implementation's deterministic signature.
func decredSign(key *secp256k1.PrivateKey, digest []byte) []byte {
	sig := ecdsa.Sign(key, digest)
	r, s := sig.R(), sig.S()
	rb, sb := r.Bytes(), s.Bytes()
	return append(rb[:], sb[:]...)
}

// edgeScalars are the scalars at the ends of the range and of half of it.
func edgeScalars(c crypto.Curve) []*big.Int {
	n := referenceOf(c).n
	h := half(n)
	return []*big.Int{
		small(1), small(2), small(3), small(255), small(256), new(big.Int).Lsh(small(1), 128),
		sub(h, small(1)), h, add(h, small(1)), sub(n, small(3)), sub(n, small(2)), sub(n, small(1)),
	}
}

func TestDecredDerivation(t *testing.T) {
	ledger.Covers(t, "CRY-001", "CRY-013", "CRY-022")
	scalars := edgeScalars(crypto.K256)
	for i := range 200 {
		digest := sha256.Sum256(fmt.Append(nil, i))
		scalars = append(scalars, num(digest[:]))
	}
	for _, d := range scalars {
		k, err := crypto.ParsePrivateKey(crypto.K256, fixed(d))
		require.NoError(t, err)
		theirs := secp256k1.PrivKeyFromBytes(fixed(d))
		require.Equal(t, theirs.PubKey().SerializeCompressed(), k.PublicKey().Bytes())
		require.Equal(t, theirs.Serialize(), k.ExportBytes())
	}
	for range 20 {
		k, err := crypto.GenerateKey(crypto.K256)
		require.NoError(t, err)
		require.Equal(t, secp256k1.PrivKeyFromBytes(k.ExportBytes()).PubKey().SerializeCompressed(), k.PublicKey().Bytes())
	}
}

func TestDecredSignVerify(t *testing.T) {
	ledger.Covers(t, "CRY-001", "CRY-003", "CRY-005", "CRY-012")
	for i := range 200 {
		k := testKey(t, crypto.K256, fmt.Sprint("decred", i))
		message := fmt.Appendf(nil, "message %d", i)
		digest := sha256.Sum256(message)
		theirs := secp256k1.PrivKeyFromBytes(k.ExportBytes())

		ours, err := k.Sign(t.Context(), message)
		require.NoError(t, err)
		require.Equal(t, decredSign(theirs, digest[:]), ours, "RFC 6979 gives one signature")
		require.True(t, decredVerify(theirs.PubKey(), digest[:], ours, false))
		require.NoError(t, k.PublicKey().Verify(message, decredSign(theirs, digest[:])))
	}
	for _, d := range edgeScalars(crypto.K256) {
		k, err := crypto.ParsePrivateKey(crypto.K256, fixed(d))
		require.NoError(t, err)
		digest := sha256.Sum256(nil)
		ours, err := k.Sign(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, decredSign(secp256k1.PrivKeyFromBytes(fixed(d)), digest[:]), ours)
	}
}

// Every combination of edge values for r and s, on several keys.
func TestDecredSignatureEdges(t *testing.T) {
	ledger.Covers(t, "CRY-006", "CRY-008", "CRY-009", "CRY-010")
	ref := referenceOf(crypto.K256)
	values := append(edgeScalars(crypto.K256), small(0), ref.n, add(ref.n, small(1)), ref.p,
		sub(new(big.Int).Lsh(small(1), 256), small(1)), ref.g.x, ref.mul(small(2), ref.g).x)
	for _, d := range []*big.Int{small(1), small(0xdecade)} {
		k, err := crypto.ParsePrivateKey(crypto.K256, fixed(d))
		require.NoError(t, err)
		theirs := secp256k1.PrivKeyFromBytes(fixed(d)).PubKey()
		for _, e := range []*big.Int{small(0), small(1), ref.n} {
			digest := [32]byte(fixed(e))
			for _, r := range values {
				for _, s := range values {
					sig := compact(r, s)
					strict := k.PublicKey().VerifyDigest(digest, sig) == nil
					require.Equal(t, decredVerify(theirs, digest[:], sig, false), strict, "r=%x s=%x e=%x d=%x", r, s, e, d)
				}
			}
		}
	}
}

// Every x near the ends of the field, small ones, and pseudo-random ones.
func TestDecredDecompression(t *testing.T) {
	ledger.Covers(t, "CRY-015")
	ref := referenceOf(crypto.K256)
	var xs []*big.Int
	for i := range int64(200) {
		xs = append(xs, small(i), add(sub(ref.p, small(100)), small(i)), add(sub(ref.n, small(100)), small(i)))
		var seed [8]byte
		binary.BigEndian.PutUint64(seed[:], uint64(i))
		digest := sha256.Sum256(seed[:])
		xs = append(xs, num(digest[:]))
	}
	xs = append(xs, sub(new(big.Int).Lsh(small(1), 256), small(1)))
	var on, off int
	for _, x := range xs {
		for _, first := range []byte{0, 1, 2, 3, 4, 5, 6, 7, 0x82, 0xff} {
			b := append([]byte{first}, fixed(x)...)
			theirs, wantErr := secp256k1.ParsePubKey(b)
			k, err := crypto.ParsePublicKey(crypto.K256, b)
			require.Equal(t, wantErr == nil, err == nil, "%x", b)
			if err != nil {
				off++
				continue
			}
			on++
			require.Equal(t, b, k.Bytes())
			full := theirs.SerializeUncompressed()
			same, err := crypto.ParseVerificationMethod(crypto.TypeEcdsaSecp256k1VerificationKey2019, multibase(full))
			require.NoError(t, err)
			require.True(t, k.Equal(same))
			full[64] ^= 2
			_, err = crypto.ParseVerificationMethod(crypto.TypeEcdsaSecp256k1VerificationKey2019, multibase(full))
			require.Error(t, err)
		}
	}
	require.Greater(t, on, 500)
	require.Greater(t, off, 500)
}
