package crypto_test

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/linnet-at/linnet/crypto"
	"github.com/stretchr/testify/require"
)

var bothCurves = []crypto.Curve{crypto.P256, crypto.K256}

// A reference is ECDSA over y² = x³ + ax + b in affine coordinates, as the
// textbook has it: slow, and short enough to be checked by reading.
type reference struct {
	p, n, a, b *big.Int
	g          point
}

// A point is affine; x is nil for the identity.
type point struct{ x, y *big.Int }

func referenceOf(c crypto.Curve) reference {
	if c == crypto.K256 {
		k := secp256k1.Params()
		return reference{k.P, k.N, big.NewInt(0), big.NewInt(7), point{k.Gx, k.Gy}}
	}
	p := elliptic.P256().Params()
	return reference{p.P, p.N, big.NewInt(-3), p.B, point{p.Gx, p.Gy}}
}

func mod(x, m *big.Int) *big.Int { return new(big.Int).Mod(x, m) }
func add(x, y *big.Int) *big.Int { return new(big.Int).Add(x, y) }
func sub(x, y *big.Int) *big.Int { return new(big.Int).Sub(x, y) }
func mul(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }
func half(x *big.Int) *big.Int   { return new(big.Int).Rsh(x, 1) }
func num(b []byte) *big.Int      { return new(big.Int).SetBytes(b) }
func small(x int64) *big.Int     { return big.NewInt(x) }

// div returns x/y modulo m.
func div(x, y, m *big.Int) *big.Int {
	return mod(mul(x, new(big.Int).ModInverse(mod(y, m), m)), m)
}

// rhs returns x³ + ax + b.
func (r reference) rhs(x *big.Int) *big.Int {
	return mod(add(mul(add(mul(x, x), r.a), x), r.b), r.p)
}

func (r reference) onCurve(x, y *big.Int) bool {
	return x.Cmp(r.p) < 0 && y.Cmp(r.p) < 0 && mod(mul(y, y), r.p).Cmp(r.rhs(x)) == 0
}

// lift returns the point of the given x with even y, if there is one.
func (r reference) lift(x *big.Int) (point, bool) {
	y := new(big.Int).ModSqrt(r.rhs(x), r.p)
	if y == nil {
		return point{}, false
	}
	if y.Bit(0) == 1 {
		y = sub(r.p, y)
	}
	return point{x, y}, true
}

func (r reference) add(u, v point) point {
	switch {
	case u.x == nil:
		return v
	case v.x == nil:
		return u
	}
	var slope *big.Int
	switch {
	case u.x.Cmp(v.x) != 0:
		slope = div(sub(v.y, u.y), sub(v.x, u.x), r.p)
	case mod(add(u.y, v.y), r.p).Sign() == 0:
		return point{}
	default:
		slope = div(add(mul(small(3), mul(u.x, u.x)), r.a), mul(small(2), u.y), r.p)
	}
	x := mod(sub(sub(mul(slope, slope), u.x), v.x), r.p)
	return point{x, mod(sub(mul(slope, sub(u.x, x)), u.y), r.p)}
}

func (r reference) mul(k *big.Int, u point) point {
	var sum point
	for i := k.BitLen() - 1; i >= 0; i-- {
		sum = r.add(sum, sum)
		if k.Bit(i) == 1 {
			sum = r.add(sum, u)
		}
	}
	return sum
}

// verify is SEC 1, section 4.1.4, with the protocol's rules about form.
func (r reference) verify(q point, digest [32]byte, sig []byte, allowHighS bool) bool {
	if len(sig) != 64 {
		return false
	}
	sr, ss := num(sig[:32]), num(sig[32:])
	if sr.Sign() == 0 || sr.Cmp(r.n) >= 0 || ss.Sign() == 0 || ss.Cmp(r.n) >= 0 {
		return false
	}
	if !allowHighS && ss.Cmp(half(r.n)) > 0 {
		return false
	}
	sum := r.add(r.mul(div(num(digest[:]), ss, r.n), r.g), r.mul(div(sr, ss, r.n), q))
	return sum.x != nil && mod(sum.x, r.n).Cmp(sr) == 0
}

// compress returns the 33-byte form of a point.
func compress(u point) []byte {
	b := make([]byte, 33)
	b[0] = 2 + byte(u.y.Bit(0))
	u.x.FillBytes(b[1:])
	return b
}

// uncompressed returns the 65-byte form of two coordinates.
func uncompressed(x, y *big.Int) []byte {
	b := make([]byte, 65)
	b[0] = 4
	x.FillBytes(b[1:33])
	y.FillBytes(b[33:])
	return b
}

// fixed returns x as 32 bytes.
func fixed(x *big.Int) []byte { return x.FillBytes(make([]byte, 32)) }

// compact returns r and s as 64 bytes.
func compact(r, s *big.Int) []byte { return append(fixed(r), fixed(s)...) }

// publicOf parses the public key of a reference point.
func publicOf(t testing.TB, c crypto.Curve, u point) *crypto.PublicKey {
	t.Helper()
	k, err := crypto.ParsePublicKey(c, compress(u))
	require.NoError(t, err)
	return k
}

// craft returns a key and its signature over message with the given nonce and
// exactly the given s: it solves the signing equation for the key.
func craft(t testing.TB, c crypto.Curve, nonce, s *big.Int, message []byte) (*crypto.PrivateKey, []byte) {
	t.Helper()
	ref := referenceOf(c)
	digest := sha256.Sum256(message)
	r := mod(ref.mul(nonce, ref.g).x, ref.n)
	d := div(sub(mul(s, nonce), num(digest[:])), r, ref.n)
	k, err := crypto.ParsePrivateKey(c, fixed(d))
	require.NoError(t, err)
	return k, compact(r, s)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

// testKey returns a key that is the same in every run.
func testKey(t testing.TB, c crypto.Curve, seed string) *crypto.PrivateKey {
	t.Helper()
	digest := sha256.Sum256([]byte(seed))
	k, err := crypto.ParsePrivateKey(c, digest[:])
	require.NoError(t, err)
	return k
}

// The reference itself: group laws and the two forms of one point.
func TestReference(t *testing.T) {
	for _, c := range bothCurves {
		ref := referenceOf(c)
		require.True(t, ref.onCurve(ref.g.x, ref.g.y))
		require.Nil(t, ref.mul(ref.n, ref.g).x)
		require.Equal(t, ref.mul(small(5), ref.g), ref.add(ref.mul(small(2), ref.g), ref.mul(small(3), ref.g)))
		require.Equal(t, compress(ref.mul(small(7), ref.g)), publicOf(t, c, ref.mul(small(7), ref.g)).Bytes())
	}
}
