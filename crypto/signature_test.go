package crypto_test

import (
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
	"gitlab.com/yawning/secp256k1-voi/secec"
)

func requireReason(t testing.TB, want crypto.SignatureReason, err error) {
	t.Helper()
	require.ErrorIs(t, err, crypto.ErrInvalidSignature)
	e, ok := errors.AsType[*crypto.SignatureError](err)
	require.True(t, ok)
	require.Equal(t, want, e.Reason, "%v", err)
}

func TestSignatureErrorText(t *testing.T) {
	k := testKey(t, crypto.K256, "text")
	ref := referenceOf(crypto.K256)
	for _, v := range []struct {
		sig  []byte
		text string
	}{
		{nil, "crypto: invalid signature: got 0 bytes, want 64"},
		{make([]byte, 70), "crypto: invalid signature: got 70 bytes, want 64"},
		{make([]byte, 64), "crypto: invalid signature: r or s out of range for secp256k1"},
		{compact(small(1), sub(ref.n, small(1))), "crypto: invalid signature: high S for secp256k1"},
		{compact(small(1), small(1)), "crypto: invalid signature: made by another key or over another message (secp256k1)"},
	} {
		err := k.PublicKey().Verify(nil, v.sig)
		require.EqualError(t, err, v.text)
		e, ok := errors.AsType[*crypto.SignatureError](err)
		require.True(t, ok)
		require.Equal(t, len(v.sig), e.Length)
		require.Equal(t, crypto.K256, e.Curve)
	}
}

func TestSignatureLength(t *testing.T) {
	ledger.Covers(t, "CRY-004", "CRY-007")
	message := []byte("length")
	for _, c := range bothCurves {
		k := testKey(t, c, "length")
		sig, err := k.Sign(t.Context(), message)
		require.NoError(t, err)
		require.Len(t, sig, crypto.SignatureSize)
		require.NoError(t, k.PublicKey().Verify(message, sig))
		for _, n := range []int{0, 1, 31, 32, 33, 63, 65, 66, 70, 71, 72, 96, 128, 1 << 20} {
			bad := make([]byte, n)
			copy(bad, sig)
			requireReason(t, crypto.SignatureLength, k.PublicKey().Verify(message, bad))
			requireReason(t, crypto.SignatureLength, k.PublicKey().VerifyMalleable(message, bad))
		}
		requireReason(t, crypto.SignatureLength, k.PublicKey().Verify(message, append([]byte{0}, sig...)))
	}
}

func TestSignatureRange(t *testing.T) {
	ledger.Covers(t, "CRY-008")
	message := []byte("range")
	for _, c := range bothCurves {
		ref := referenceOf(c)
		k := testKey(t, c, "range")
		good, err := k.Sign(t.Context(), message)
		require.NoError(t, err)
		r, s := num(good[:32]), num(good[32:])
		all := sub(new(big.Int).Lsh(small(1), 256), small(1))
		for _, bad := range []*big.Int{small(0), ref.n, add(ref.n, small(1)), ref.p, all} {
			for _, sig := range [][]byte{compact(bad, s), compact(r, bad), compact(bad, bad)} {
				requireReason(t, crypto.SignatureRange, k.PublicKey().Verify(message, sig))
				requireReason(t, crypto.SignatureRange, k.PublicKey().VerifyMalleable(message, sig))
			}
		}
		for _, in := range []*big.Int{small(1), half(ref.n), sub(ref.n, small(1))} {
			requireReason(t, crypto.SignatureMismatch, k.PublicKey().VerifyMalleable(message, compact(in, s)))
			requireReason(t, crypto.SignatureMismatch, k.PublicKey().VerifyMalleable(message, compact(r, in)))
		}
	}
}

// Signatures that verify, and have s exactly on either side of the boundary.
func TestLowSBoundary(t *testing.T) {
	ledger.Covers(t, "CRY-006", "CRY-009", "CRY-010")
	message := []byte("boundary")
	for _, c := range bothCurves {
		ref := referenceOf(c)
		h := half(ref.n)
		for _, v := range []struct {
			s   *big.Int
			low bool
		}{
			{small(1), true},
			{small(2), true},
			{sub(h, small(1)), true},
			{h, true},
			{add(h, small(1)), false},
			{add(h, small(2)), false},
			{sub(ref.n, small(1)), false},
		} {
			k, sig := craft(t, c, num([]byte("a nonce")), v.s, message)
			require.NoError(t, k.PublicKey().VerifyMalleable(message, sig))
			if v.low {
				require.NoError(t, k.PublicKey().Verify(message, sig))
			} else {
				requireReason(t, crypto.SignatureHighS, k.PublicKey().Verify(message, sig))
			}
			twin := compact(num(sig[:32]), sub(ref.n, v.s))
			require.NoError(t, k.PublicKey().VerifyMalleable(message, twin))
			require.Equal(t, !v.low, k.PublicKey().Verify(message, twin) == nil)
		}
	}
}

// Scalars with zeros in front stay 64 bytes, and the shorter forms that a
// number would have are refused.
func TestShortScalars(t *testing.T) {
	ledger.Covers(t, "CRY-004")
	for _, c := range bothCurves {
		k := testKey(t, c, "short")
		var shortR, shortS bool
		for i := 0; !shortR || !shortS; i++ {
			message := fmt.Appendf(nil, "message %d", i)
			sig, err := k.Sign(t.Context(), message)
			require.NoError(t, err)
			require.Len(t, sig, 64)
			if sig[0] != 0 && sig[32] != 0 {
				continue
			}
			shortR = shortR || sig[0] == 0
			shortS = shortS || sig[32] == 0
			digest := sha256.Sum256(message)
			require.NoError(t, k.PublicKey().Verify(message, sig))
			require.NoError(t, k.PublicKey().VerifyDigest(digest, sig))
			q, ok := referenceOf(c).lift(num(k.PublicKey().Bytes()[1:]))
			require.True(t, ok)
			if q.y.Bit(0) != uint(k.PublicKey().Bytes()[0]&1) {
				q.y = sub(referenceOf(c).p, q.y)
			}
			require.True(t, referenceOf(c).verify(q, digest, sig, false))
		}
		for _, s := range []*big.Int{small(1), small(0x7f), small(0x80), small(0xff), small(0x100)} {
			k, sig := craft(t, c, small(3), s, nil)
			require.NoError(t, k.PublicKey().Verify(nil, sig))
		}
	}
}

func TestSignLowS(t *testing.T) {
	ledger.Covers(t, "CRY-005")
	for _, c := range bothCurves {
		h := half(referenceOf(c).n)
		k := testKey(t, c, "low")
		for i := range 1000 {
			message := fmt.Appendf(nil, "message %d", i)
			sig, err := k.Sign(t.Context(), message)
			require.NoError(t, err)
			require.LessOrEqual(t, num(sig[32:]).Cmp(h), 0)
			if i%50 == 0 {
				require.NoError(t, k.PublicKey().Verify(message, sig))
			}
		}
	}
}

// Points at the edges of the formulas: the nonce's x is above the order, the
// two products are equal or opposite, or one of them is the identity.
func TestVerifyEdges(t *testing.T) {
	ledger.Covers(t, "CRY-008")
	for _, c := range bothCurves {
		ref := referenceOf(c)

		// x = n + i, so r = i. The key is (sR - eG)/r.
		digest := sha256.Sum256([]byte("large x"))
		e, s := num(digest[:]), small(12345)
		i := small(1)
		R, ok := ref.lift(add(ref.n, i))
		for !ok {
			i = add(i, small(1))
			R, ok = ref.lift(add(ref.n, i))
		}
		sum := ref.add(ref.mul(s, R), ref.mul(sub(ref.n, mod(e, ref.n)), ref.g))
		q := ref.mul(div(small(1), i, ref.n), sum)
		k := publicOf(t, c, q)
		require.NoError(t, k.VerifyDigest(digest, compact(i, s)))
		requireReason(t, crypto.SignatureRange, k.VerifyDigest(digest, compact(R.x, s)))

		// e = rd makes both products equal; e = -rd makes them opposite; an e of
		// zero modulo n leaves only one.
		for _, d := range []*big.Int{small(1), small(2), half(ref.n), sub(ref.n, small(1))} {
			q := ref.mul(d, ref.g)
			k := publicOf(t, c, q)
			for _, nonce := range []*big.Int{small(2), half(ref.n)} {
				r := mod(ref.mul(nonce, ref.g).x, ref.n)
				rd := mod(mul(r, d), ref.n)
				for _, e := range []*big.Int{rd, sub(ref.n, rd), small(0), ref.n, add(ref.n, small(1)), sub(new(big.Int).Lsh(small(1), 256), small(1))} {
					digest := [32]byte(fixed(e))
					s := div(add(e, rd), nonce, ref.n)
					valid := s.Sign() != 0
					if !valid {
						s = small(7) // no s signs this digest: the sum is the identity
					}
					low, high := s, sub(ref.n, s)
					if low.Cmp(high) > 0 {
						low, high = high, low
					}
					require.Equal(t, valid, ref.verify(q, digest, compact(r, low), false))
					require.Equal(t, valid, k.VerifyDigest(digest, compact(r, low)) == nil, "%v d=%x e=%x nonce=%x", c, d, e, nonce)
					requireReason(t, crypto.SignatureHighS, k.VerifyDigest(digest, compact(r, high)))
				}
			}
		}
	}
}

func TestVerifyMismatch(t *testing.T) {
	ledger.Covers(t, "CRY-003", "CRY-027")
	message := []byte("mismatch")
	for _, c := range bothCurves {
		k, other := testKey(t, c, "key"), testKey(t, c, "other")
		sig, err := k.Sign(t.Context(), message)
		require.NoError(t, err)
		require.NoError(t, k.PublicKey().Verify(message, sig))
		requireReason(t, crypto.SignatureMismatch, other.PublicKey().Verify(message, sig))
		requireReason(t, crypto.SignatureMismatch, k.PublicKey().Verify([]byte("Mismatch"), sig))

		// The same scalar on the other curve: only the key says which it is.
		elsewhere := testKey(t, crypto.P256+crypto.K256-c, "key")
		require.Equal(t, k.ExportBytes(), elsewhere.ExportBytes())
		require.ErrorIs(t, elsewhere.PublicKey().Verify(message, sig), crypto.ErrInvalidSignature)
		require.ErrorIs(t, elsewhere.PublicKey().VerifyMalleable(message, sig), crypto.ErrInvalidSignature)

		// Neither the digest in place of the message nor its hexadecimal text.
		digest := sha256.Sum256(message)
		require.NoError(t, k.PublicKey().VerifyDigest(digest, sig))
		requireReason(t, crypto.SignatureMismatch, k.PublicKey().Verify(digest[:], sig))
		requireReason(t, crypto.SignatureMismatch, k.PublicKey().Verify(fmt.Appendf(nil, "%x", digest), sig))

		for bit := range 8 * len(sig) {
			bad := append([]byte(nil), sig...)
			bad[bit/8] ^= 1 << (bit % 8)
			require.ErrorIs(t, k.PublicKey().VerifyMalleable(message, bad), crypto.ErrInvalidSignature)
		}
	}
}

// A signature with another nonce than ours would have is as good: authenticity
// is verified, not compared.
func TestAnyNonce(t *testing.T) {
	ledger.Covers(t, "CRY-011", "CRY-012")
	message := []byte("any nonce")
	digest := sha256.Sum256(message)
	for _, c := range bothCurves {
		k := testKey(t, c, "nonce")
		ours, err := k.Sign(t.Context(), message)
		require.NoError(t, err)
		for range 10 {
			theirs := signRandomly(t, k, digest)
			require.NotEqual(t, ours, theirs)
			require.NoError(t, k.PublicKey().Verify(message, theirs))
			require.NoError(t, k.PublicKey().VerifyDigest(digest, theirs))
			require.NoError(t, k.PublicKey().VerifyMalleable(message, theirs))
			got, err := crypto.Sign(t.Context(), fixedSigner{k.PublicKey(), theirs, nil}, message)
			require.NoError(t, err)
			require.Equal(t, theirs, got)
		}
	}
}

// signRandomly signs with the bare libraries and a random nonce.
func signRandomly(t testing.TB, k *crypto.PrivateKey, digest [32]byte) []byte {
	t.Helper()
	var der []byte
	if k.Curve() == crypto.P256 {
		bare, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.ExportBytes())
		require.NoError(t, err)
		der, err = bare.Sign(rand.Reader, digest[:], stdcrypto.SHA256)
		require.NoError(t, err)
	} else {
		bare, err := secec.NewPrivateKey(k.ExportBytes())
		require.NoError(t, err)
		der, err = bare.Sign(nil, digest[:], stdcrypto.SHA256)
		require.NoError(t, err)
	}
	sig, err := crypto.SignatureFromDER(k.Curve(), der)
	require.NoError(t, err)
	return sig
}

// Verification against the textbook on random keys, with good and spoilt
// signatures.
func TestVerifyReference(t *testing.T) {
	ledger.Covers(t, "CRY-001", "CRY-006", "CRY-008", "CRY-010")
	for _, c := range bothCurves {
		ref := referenceOf(c)
		for i := range 6 {
			k := testKey(t, c, fmt.Sprint("reference", i))
			q := ref.mul(num(k.ExportBytes()), ref.g)
			require.Equal(t, compress(q), k.PublicKey().Bytes())
			message := fmt.Appendf(nil, "message %d", i)
			digest := sha256.Sum256(message)
			sig, err := k.Sign(t.Context(), message)
			require.NoError(t, err)
			r, s := num(sig[:32]), num(sig[32:])
			for _, sig := range [][]byte{sig, compact(r, sub(ref.n, s)), compact(s, r), compact(r, add(s, small(1))), compact(sub(ref.n, r), s)} {
				require.Equal(t, ref.verify(q, digest, sig, false), k.PublicKey().Verify(message, sig) == nil)
				require.Equal(t, ref.verify(q, digest, sig, true), k.PublicKey().VerifyMalleable(message, sig) == nil)
			}
		}
	}
}
