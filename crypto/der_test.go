package crypto_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func der(t testing.TB, r, s *big.Int) []byte {
	t.Helper()
	b, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	require.NoError(t, err)
	return b
}

func TestSignatureFromDER(t *testing.T) {
	ledger.Covers(t, "CRY-004", "CRY-005", "CRY-009")
	for _, c := range bothCurves {
		ref := referenceOf(c)
		h := half(ref.n)
		for _, r := range edgeScalars(c) {
			for _, s := range edgeScalars(c) {
				got, err := crypto.SignatureFromDER(c, der(t, r, s))
				require.NoError(t, err)
				low := s
				if s.Cmp(h) > 0 {
					low = sub(ref.n, s)
				}
				require.Equal(t, compact(r, low), got)
			}
		}
		for _, bad := range []*big.Int{small(0), small(-1), ref.n, add(ref.n, small(1)), new(big.Int).Lsh(small(1), 256), new(big.Int).Lsh(small(1), 1000)} {
			for _, b := range [][]byte{der(t, bad, small(1)), der(t, small(1), bad)} {
				_, err := crypto.SignatureFromDER(c, b)
				require.ErrorContains(t, err, "crypto: invalid DER signature: ")
			}
		}
	}
	_, err := crypto.SignatureFromDER(0, der(t, small(1), small(1)))
	require.EqualError(t, err, "crypto: invalid curve")
}

// The DER signatures of the interop fixtures, which only this function takes.
func TestSignatureFromDERVerifies(t *testing.T) {
	message, err := base64.RawStdEncoding.DecodeString("oWVoZWxsb2V3b3JsZA")
	require.NoError(t, err)
	for key, sig := range map[string]string{
		"did:key:zDnaeT6hL2RnTdUhAPLij1QBkhYZnmuKyM7puQLW1tkF4Zkt8": "MEQCIFxYelWJ9lNcAVt+jK0y/T+DC/X4ohFZ+m8f9SEItkY1AiACX7eXz5sgtaRrz/SdPR8kprnbHMQVde0T2R8yOTBweA",
		"did:key:zQ3shnriYMXc8wvkbJqfNWh5GXn2bVAeqTC92YuNbek4npqGF": "MEUCIQCWumUqJqOCqInXF7AzhIRg2MhwRz2rWZcOEsOjPmNItgIgXJH7RnqfYY6M0eg33wU0sFYDlprwdOcpRn78Sz5ePgk",
	} {
		k, err := crypto.ParseDIDKey(key)
		require.NoError(t, err)
		encoded, err := base64.RawStdEncoding.DecodeString(sig)
		require.NoError(t, err)
		compact, err := crypto.SignatureFromDER(k.Curve(), encoded)
		require.NoError(t, err)
		require.NoError(t, k.Verify(message, compact))
	}
}

func TestSignatureFromDERMalformed(t *testing.T) {
	good := der(t, small(0x80), small(0x7f)) // 30 07 02 02 00 80 02 01 7f
	require.Equal(t, []byte{0x30, 7, 2, 2, 0, 0x80, 2, 1, 0x7f}, good)
	for _, b := range [][]byte{
		nil, {}, {0x30}, {0x30, 0}, {0x31, 7, 2, 2, 0, 0x80, 2, 1, 0x7f},
		append(bytes.Clone(good), 0),
		{0x30, 6, 2, 2, 0, 0x80, 2, 1, 0x7f},           // the sequence ends before s does
		{0x30, 8, 2, 2, 0, 0x80, 2, 1, 0x7f},           // the sequence ends after s does
		{0x30, 8, 2, 2, 0, 0x80, 2, 1, 0x7f, 0},        // trailing, counted
		{0x30, 0x81, 7, 2, 2, 0, 0x80, 2, 1, 0x7f},     // length in the long form
		{0x30, 0x80, 2, 2, 0, 0x80, 2, 1, 0x7f, 0, 0},  // indefinite length
		{0x30, 8, 2, 0x81, 2, 0, 0x80, 2, 1, 0x7f},     // the same inside
		{0x30, 8, 2, 3, 0, 0, 0x80, 2, 1, 0x7f},        // two leading zeros
		{0x30, 7, 2, 2, 0, 0x7f, 2, 1, 0x7f},           // a needless one
		{0x30, 6, 2, 1, 0x80, 2, 1, 0x7f},              // negative
		{0x30, 5, 2, 0, 2, 1, 0x7f},                    // no digits
		{0x30, 7, 3, 2, 0, 0x80, 2, 1, 0x7f},           // not an integer
		{0x30, 7, 2, 2, 0, 0x80, 2, 2, 0x7f},           // s cut
		{0x30, 7, 2, 9, 0, 0x80, 2, 1, 0x7f},           // r beyond the end
		{0x30, 4, 2, 2, 0, 0x80},                       // no s
		{0x30, 10, 2, 2, 0, 0x80, 2, 1, 0x7f, 2, 1, 1}, // a third integer
		make([]byte, 64), make([]byte, 1<<16),
	} {
		_, err := crypto.SignatureFromDER(crypto.K256, b)
		require.ErrorContains(t, err, "crypto: invalid DER signature: ", "%x", b[:min(len(b), 20)])
	}
	for n := range good {
		_, err := crypto.SignatureFromDER(crypto.P256, good[:n])
		require.Error(t, err)
	}
}
