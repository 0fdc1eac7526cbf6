package crypto_test

import (
	"context"
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

var _ crypto.Signer = (*crypto.PrivateKey)(nil)

// A fixedSigner returns what it was given.
type fixedSigner struct {
	public *crypto.PublicKey
	sig    []byte
	err    error
}

func (s fixedSigner) PublicKey() *crypto.PublicKey                       { return s.public }
func (s fixedSigner) Sign(ctx context.Context, _ []byte) ([]byte, error) { return s.sig, s.err }

func TestSign(t *testing.T) {
	ledger.Covers(t, "CRY-005", "CRY-007")
	message := []byte("signer")
	for _, c := range bothCurves {
		k := testKey(t, c, "signer")
		good, err := crypto.Sign(t.Context(), k, message)
		require.NoError(t, err)
		require.Equal(t, mustSign(t, k, message), good)

		got, err := crypto.Sign(t.Context(), fixedSigner{k.PublicKey(), good, nil}, message)
		require.NoError(t, err)
		require.Equal(t, good, got)

		ref := referenceOf(c)
		high := compact(num(good[:32]), sub(ref.n, num(good[32:])))
		for _, bad := range [][]byte{nil, {}, good[:63], append(good[:64:64], 0), high, mustSign(t, k, []byte("other"))} {
			got, err := crypto.Sign(t.Context(), fixedSigner{k.PublicKey(), bad, nil}, message)
			require.ErrorIs(t, err, crypto.ErrInvalidSignature)
			require.ErrorContains(t, err, "crypto: crypto_test.fixedSigner returned a signature that does not verify: ")
			require.Nil(t, got)
		}
		_, err = crypto.Sign(t.Context(), fixedSigner{nil, good, nil}, message)
		require.Error(t, err)
		failed := errors.New("out of order")
		_, err = crypto.Sign(t.Context(), fixedSigner{k.PublicKey(), nil, failed}, message)
		require.ErrorIs(t, err, failed)
	}
	_, err := crypto.Sign(t.Context(), nil, message)
	require.EqualError(t, err, "crypto: nil Signer")
}

// newRemoteKey stands for a key management service.
func newRemoteKey() *remoteKey {
	bare, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	full, err := bare.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	public, err := crypto.ParsePublicKey(crypto.P256, append([]byte{2 | full[64]&1}, full[1:33]...))
	if err != nil {
		panic(err)
	}
	return &remoteKey{public, func(_ context.Context, message []byte) ([]byte, error) {
		digest := sha256.Sum256(message)
		return bare.Sign(rand.Reader, digest[:], stdcrypto.SHA256)
	}}
}
