package difftest_test

import (
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mr-tron/base58"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/difftest"
)

var curves = []crypto.Curve{crypto.P256, crypto.K256}

// curveName is what the peers call a curve.
func curveName(c crypto.Curve) string {
	return map[crypto.Curve]string{crypto.P256: "p256", crypto.K256: "secp256k1"}[c]
}

func curveOf(name []byte) crypto.Curve {
	if string(name) == "p256" {
		return crypto.P256
	}
	return crypto.K256
}

// order returns the order of the group of a curve (SEC 2, sections 2.4.1 and
// 2.4.2).
func order(c crypto.Curve) *big.Int {
	n, _ := new(big.Int).SetString(map[crypto.Curve]string{
		crypto.P256: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		crypto.K256: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
	}[c], 16)
	return n
}

func showKey(k *crypto.PublicKey, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	alg := map[crypto.Curve]string{crypto.P256: "ES256", crypto.K256: "ES256K"}[k.Curve()]
	return []byte(alg + " " + hex.EncodeToString(k.Bytes())), nil
}

// someKeys returns private keys of both curves.
func someKeys(t *testing.T) []*crypto.PrivateKey {
	t.Helper()
	var keys []*crypto.PrivateKey
	for _, c := range curves {
		for range 8 {
			k, err := crypto.GenerateKey(c)
			require.NoError(t, err)
			keys = append(keys, k)
		}
	}
	return keys
}

func TestKeys(t *testing.T) {
	functions := map[string]function{
		"did:key":  {ours: func(args [][]byte) ([]byte, error) { return showKey(crypto.ParseDIDKey(string(args[0]))) }},
		"multikey": {ours: func(args [][]byte) ([]byte, error) { return showKey(crypto.ParseMultikey(string(args[0]))) }},
		"private-key": {ours: func(args [][]byte) ([]byte, error) {
			k, err := crypto.ParsePrivateKey(curveOf(args[0]), args[1])
			if err != nil {
				return nil, err
			}
			return []byte(k.PublicKey().DIDKey()), nil
		}},
	}
	compare(t, functions, 0.1, func(r *rand.Rand) difftest.Request {
		c := pick(r, curves)
		if chance(r, 20) {
			return difftest.Request{Func: "private-key", Args: [][]byte{[]byte(curveName(c)), scalar(r, c)}}
		}
		s := "z" + base58.Encode(multikeyBytes(r, c))
		if chance(r, 30) {
			s = mutate(r, s)
		}
		if chance(r, 50) {
			return difftest.Request{Func: "multikey", Args: [][]byte{[]byte(s)}}
		}
		s = "did:key:" + s
		if chance(r, 10) {
			s = mutate(r, s)
		}
		return difftest.Request{Func: "did:key", Args: [][]byte{[]byte(s)}}
	})
}

// scalar returns a private key, which may be out of range.
func scalar(r *rand.Rand, c crypto.Curve) []byte {
	switch {
	case chance(r, 50):
		return randomBytes(r, 32)
	case chance(r, 40):
		n := new(big.Int).Add(order(c), big.NewInt(int64(r.IntN(5)-2)))
		return n.FillBytes(make([]byte, 32))
	case chance(r, 50):
		return slices.Concat(make([]byte, 28), randomBytes(r, 4))
	default:
		return pick(r, [][]byte{nil, make([]byte, 32), randomBytes(r, 31), randomBytes(r, 33), slices.Repeat([]byte{0xff}, 32), {1}})
	}
}

// multikeyBytes returns a multicodec code and a point, which may be no good.
func multikeyBytes(r *rand.Rand, c crypto.Curve) []byte {
	prefix := map[crypto.Curve][]byte{crypto.P256: {0x80, 0x24}, crypto.K256: {0xe7, 0x01}}[c]
	if chance(r, 5) {
		prefix = pick(r, [][]byte{{0xed, 0x01}, {0x80, 0xa4, 0x00}, {0xe7, 0x81, 0x00}, {0x86, 0x26}, {0x81, 0x26}, {}})
	}
	point := slices.Concat([]byte{2 + byte(r.IntN(2))}, randomBytes(r, 32)) // on the curve, every other time
	if chance(r, 60) {
		if k, err := crypto.ParsePrivateKey(c, randomBytes(r, 32)); err == nil {
			point = k.PublicKey().Bytes()
		}
	}
	switch {
	case chance(r, 5):
		point[0] = byte(r.IntN(8))
	case chance(r, 5): // x at the edge of the field
		for i := range 12 {
			point[1+i] = 0xff
		}
	case chance(r, 3):
		point = pick(r, [][]byte{nil, {0}, point[:32], append(point, 0), slices.Concat([]byte{4}, point[1:], randomBytes(r, 32))})
	case chance(r, 10):
		point = mutateBytes(r, point)
	}
	return slices.Concat(prefix, point)
}
