package difftest_test

import (
	"context"
	"encoding/asn1"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/difftest"
)

func TestSignatures(t *testing.T) {
	functions := map[string]function{
		"sign":             {ours: sign, same: signatureHolds},
		"verify":           {ours: verifyWith((*crypto.PublicKey).Verify)},
		"verify-malleable": {ours: verifyWith((*crypto.PublicKey).VerifyMalleable)},
	}
	keys := someKeys(t)
	compare(t, functions, 0.05, func(r *rand.Rand) difftest.Request {
		key := pick(r, keys)
		msg := randomBytes(r, size(r, 2048))
		if chance(r, 20) {
			return difftest.Request{Func: "sign", Args: [][]byte{[]byte(curveName(key.Curve())), key.ExportBytes(), msg}}
		}
		sig, err := key.Sign(t.Context(), msg)
		require.NoError(t, err)
		switch {
		case chance(r, 10) && len(msg) > 0:
			msg = mutateBytes(r, msg)
		case chance(r, 5):
			key = pick(r, keys)
		case chance(r, 70):
			sig = mutateSignature(r, key.Curve(), sig)
		}
		name := pick(r, []string{"verify", "verify-malleable"})
		return difftest.Request{Func: name, Args: [][]byte{[]byte(key.PublicKey().DIDKey()), msg, sig}}
	})
}

func sign(args [][]byte) ([]byte, error) {
	k, err := crypto.ParsePrivateKey(curveOf(args[0]), args[1])
	if err != nil {
		return nil, err
	}
	return k.Sign(context.Background(), args[2])
}

// signatureHolds reports whether the signature of a peer is valid. It need not
// be ours: nonces may be random.
func signatureHolds(args [][]byte, _, theirs []byte) bool {
	k, err := crypto.ParsePrivateKey(curveOf(args[0]), args[1])
	return err == nil && k.PublicKey().Verify(args[2], theirs) == nil
}

func verifyWith(verify func(*crypto.PublicKey, []byte, []byte) error) func([][]byte) ([]byte, error) {
	return func(args [][]byte) ([]byte, error) {
		k, err := crypto.ParseDIDKey(string(args[0]))
		if err != nil {
			return nil, err
		}
		return nil, verify(k, args[1], args[2])
	}
}

// mutateSignature changes a signature in ways that matter to ECDSA and to its
// encoding, or at random.
func mutateSignature(r *rand.Rand, c crypto.Curve, sig []byte) []byte {
	n := order(c)
	x, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	compact := func(x, s *big.Int) []byte {
		var b [64]byte
		x.FillBytes(b[:32])
		s.FillBytes(b[32:])
		return b[:]
	}
	high := new(big.Int).Sub(n, s)
	half := new(big.Int).Rsh(n, 1)
	switch r.IntN(9) {
	case 0, 1:
		return compact(x, high)
	case 2:
		return pick(r, [][]byte{nil, sig[:63], append(slices.Clone(sig), 0), slices.Concat([]byte{0}, sig), make([]byte, 64), sig[:32]})
	case 3:
		der, err := asn1.Marshal(struct{ R, S *big.Int }{x, pick(r, []*big.Int{s, high})})
		if err != nil {
			panic(err)
		}
		return der
	case 4:
		edge := pick(r, []*big.Int{new(big.Int), big.NewInt(1), half, new(big.Int).Add(half, big.NewInt(1)), n, new(big.Int).Sub(n, big.NewInt(1))})
		if chance(r, 50) {
			return compact(edge, s)
		}
		return compact(x, edge)
	case 5:
		return slices.Concat(sig[32:], sig[:32])
	case 6: // the same number modulo n, where 32 bytes have room for it
		if s = new(big.Int).Add(s, n); s.BitLen() > 256 {
			return slices.Repeat([]byte{0xff}, 64)
		}
		return compact(x, s)
	default:
		return mutateBytes(r, sig)
	}
}
