package crypto_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/mr-tron/base58"
	"github.com/stretchr/testify/require"
)

// multibase returns "z" and the base58btc form of the parts together.
func multibase(parts ...[]byte) string {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return "z" + base58.Encode(all)
}

var publicPrefix = map[crypto.Curve][]byte{crypto.P256: {0x80, 0x24}, crypto.K256: {0xe7, 0x01}}

func TestCurve(t *testing.T) {
	ledger.Covers(t, "CRY-001", "CRY-002", "CRY-024")
	require.Equal(t, crypto.K256, crypto.DefaultCurve)
	require.Equal(t, "P-256", crypto.P256.String())
	require.Equal(t, "secp256k1", crypto.K256.String())
	require.Equal(t, "Curve(0)", crypto.Curve(0).String())
	require.Equal(t, "Curve(3)", crypto.Curve(3).String())
	require.Equal(t, "ES256", crypto.P256.Alg())
	require.Equal(t, "ES256K", crypto.K256.Alg())
	require.Empty(t, crypto.Curve(0).Alg())
}

// malformedPoints returns encodings of 33 bytes, and of other lengths, that are
// no compressed point of the curve.
func malformedPoints(t testing.TB, c crypto.Curve) map[string][]byte {
	ref := referenceOf(c)
	good := testKey(t, c, "point").PublicKey().Bytes()
	with := func(first byte, x *big.Int) []byte { return append([]byte{first}, fixed(x)...) }
	off := small(1)
	for _, ok := ref.lift(off); ok; _, ok = ref.lift(off) {
		off = add(off, small(1))
	}
	on := small(1)
	for _, ok := ref.lift(on); !ok; _, ok = ref.lift(on) {
		on = add(on, small(1))
	}
	q := ref.mul(num(testKey(t, c, "point").ExportBytes()), ref.g)
	full := uncompressed(q.x, q.y)
	hybrid := append([]byte{6 | full[64]&1}, full[1:]...)
	return map[string][]byte{
		"empty":             {},
		"identity":          {0},
		"identity, padded":  make([]byte, 33),
		"identity, 65":      make([]byte, 65),
		"x alone":           good[1:],
		"cut":               good[:32],
		"trailing":          append(append([]byte{}, good...), 0),
		"leading":           append([]byte{0}, good...),
		"first byte 00":     with(0, q.x),
		"first byte 01":     with(1, q.x),
		"first byte 04":     with(4, q.x),
		"first byte 05":     with(5, q.x),
		"first byte 06":     with(6, q.x),
		"first byte ff":     with(255, q.x),
		"off the curve":     with(2, off),
		"off the curve, 03": with(3, off),
		"x = p":             with(2, ref.p),
		"x = p+x":           with(2, add(ref.p, on)),
		"x = 2^256-1":       with(3, sub(new(big.Int).Lsh(small(1), 256), small(1))),
		"uncompressed":      full,
		"hybrid":            hybrid,
		"uncompressed, cut": full[:64],
	}
}

func TestParsePublicKeyMalformed(t *testing.T) {
	ledger.Covers(t, "CRY-015", "CRY-017")
	for _, c := range bothCurves {
		good := testKey(t, c, "point").PublicKey().Bytes()
		k, err := crypto.ParsePublicKey(c, good)
		require.NoError(t, err)
		require.Equal(t, good, k.Bytes())
		for name, b := range malformedPoints(t, c) {
			_, err := crypto.ParsePublicKey(c, b)
			require.ErrorContains(t, err, "crypto: invalid "+c.String()+" public key: ", name)

			text := multibase(publicPrefix[c], b)
			_, err = crypto.ParseMultikey(text)
			require.ErrorContains(t, err, "crypto: invalid multikey ", name)
			require.NotErrorIs(t, err, crypto.ErrUnsupportedKeyType, name)
			_, err = crypto.ParseDIDKey("did:key:" + text)
			require.ErrorContains(t, err, "crypto: invalid did:key ", name)
			require.NotErrorIs(t, err, crypto.ErrUnsupportedKeyType, name)
		}
	}
	_, err := crypto.ParsePublicKey(0, testKey(t, crypto.K256, "").PublicKey().Bytes())
	require.EqualError(t, err, "crypto: invalid curve")
	_, err = crypto.ParsePublicKey(crypto.K256, make([]byte, 32))
	require.EqualError(t, err, "crypto: invalid secp256k1 public key: got 32 bytes, want 33")
	_, err = crypto.ParsePublicKey(crypto.P256, make([]byte, 33))
	require.EqualError(t, err, "crypto: invalid P-256 public key: first byte 0x00, want 0x02 or 0x03")
}

// Decompression on P-256 against square roots by the textbook.
func TestDecompressionReference(t *testing.T) {
	ledger.Covers(t, "CRY-015")
	for _, c := range bothCurves {
		ref := referenceOf(c)
		for i := range int64(200) {
			for _, x := range []*big.Int{small(i), add(sub(ref.p, small(100)), small(i)), add(sub(ref.n, small(100)), small(i))} {
				q, ok := ref.lift(x)
				_, err := crypto.ParsePublicKey(c, append([]byte{2}, fixed(x)...))
				require.Equal(t, ok && x.Cmp(ref.p) < 0, err == nil, "%v x=%x", c, x)
				if err != nil {
					continue
				}
				for _, y := range []*big.Int{q.y, sub(ref.p, q.y)} {
					k, err := crypto.ParsePublicKey(c, compress(point{x, y}))
					require.NoError(t, err)
					typ := crypto.TypeEcdsaSecp256k1VerificationKey2019
					if c == crypto.P256 {
						typ = crypto.TypeEcdsaSecp256r1VerificationKey2019
					}
					same, err := crypto.ParseVerificationMethod(typ, multibase(uncompressed(x, y)))
					require.NoError(t, err)
					require.True(t, k.Equal(same))
				}
			}
		}
	}
}

func TestParseMultikeyMalformed(t *testing.T) {
	ledger.Covers(t, "CRY-015")
	good := testKey(t, crypto.K256, "text").PublicKey().Multikey()
	reject := func(s string) error {
		_, err := crypto.ParseMultikey(s)
		require.ErrorContains(t, err, "crypto: invalid multikey ", "%q", s)
		_, err = crypto.ParseDIDKey("did:key:" + s)
		require.ErrorContains(t, err, "crypto: invalid did:key ", "%q", s)
		_, err = crypto.ParsePublicKeyText(s)
		require.Error(t, err, "%q", s)
		return err
	}
	for _, s := range []string{
		"", "z", "Q", good[1:], "Z" + good[1:], "m" + good[1:], "u" + good[1:], "f" + good[1:],
		" " + good, good + " ", good + "\n", good + "\x00", good + "#" + good, strings.Replace(good, "s", "0", 1),
		good[:10] + "O" + good[11:], good[:10] + "I" + good[11:], good[:10] + "l" + good[11:], good[:10] + "é" + good[12:],
		multibase([]byte{0x80, 0xa4, 0x00}, testKey(t, crypto.P256, "text").PublicKey().Bytes()), // code not in its shortest form
		multibase([]byte{0xe7, 0x81, 0x00}), multibase([]byte{0x80}), multibase([]byte{0xe7}), // cut
		multibase(bytes.Repeat([]byte{0xff}, 10), []byte{1}), // beyond 64 bits
		"z" + strings.Repeat("Q", crypto.MaxKeyTextLength),
	} {
		require.NotErrorIs(t, reject(s), crypto.ErrUnsupportedKeyType, "%q", s)
	}
	// What these decode to begins with some code or other.
	for _, s := range []string{"z1" + good[1:], "z" + good, good[:len(good)-1], good + "1", strings.ToLower(good)} {
		_ = reject(s)
	}
	for _, s := range []string{"did:key:" + good, "did:key:"} {
		_, err := crypto.ParseMultikey(s)
		require.Error(t, err)
	}
	for _, s := range []string{"", good, "did:key", "did:key:", "DID:key:" + good, "did:Key:" + good, "did:key:did:key:" + good, " did:key:" + good, "did:web:" + good} {
		_, err := crypto.ParseDIDKey(s)
		require.ErrorContains(t, err, "crypto: invalid did:key ", "%q", s)
	}
}

func TestKeyErrorText(t *testing.T) {
	for _, v := range []struct{ s, text string }{
		{"did:key:", `crypto: invalid did:key "did:key:": no prefix "z"`},
		{"did:key:z0", `crypto: invalid did:key "did:key:z0": not base58btc`},
		{"x", `crypto: invalid multikey "x": no prefix "z"`},
		{"z4z", `crypto: invalid multikey "z4z": no multicodec code`},
		{"zAk5", `crypto: invalid multikey "zAk5": unsupported key type: multicodec 0x300`},
		{"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
			`crypto: invalid multikey "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK": unsupported key type: multicodec 0xed`},
		{"x" + strings.Repeat("y", 2000), `crypto: invalid multikey "x` + strings.Repeat("y", 95) + `"…: longer than 1024 bytes`},
	} {
		_, err := crypto.ParsePublicKeyText(v.s)
		require.EqualError(t, err, v.text)
	}
	_, err := crypto.ParseDIDKey("x\n")
	require.EqualError(t, err, `crypto: invalid did:key "x\n": no prefix "did:key:"`)
	_, err = crypto.ParseVerificationMethod("RsaVerificationKey2018", "z")
	require.EqualError(t, err, `crypto: unsupported key type: verification method of type "RsaVerificationKey2018"`)
	_, err = crypto.ParseVerificationMethod(crypto.TypeEcdsaSecp256k1VerificationKey2019, "z1")
	require.EqualError(t, err, `crypto: invalid EcdsaSecp256k1VerificationKey2019 "z1": got 1 bytes, want 65 or 33`)
}

func TestUnsupportedKeyType(t *testing.T) {
	ledger.Covers(t, "CRY-016")
	rsa := append([]byte{0x85, 0x24}, make([]byte, 526)...) // RSA with 4096 bits
	for _, s := range []string{
		"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", // Ed25519
		multibase([]byte{0xec, 0x01}, make([]byte, 32)),    // X25519
		multibase([]byte{0xeb, 0x01}, make([]byte, 48)),    // BLS12-381
		multibase([]byte{0x81, 0x24}, make([]byte, 49)),    // P-384
		multibase(rsa),
		multibase([]byte{0x81, 0x26}, make([]byte, 32)), // a private key is no public key
	} {
		for _, parse := range []func(string) (*crypto.PublicKey, error){
			crypto.ParseMultikey,
			crypto.ParsePublicKeyText,
			func(s string) (*crypto.PublicKey, error) { return crypto.ParseDIDKey("did:key:" + s) },
			func(s string) (*crypto.PublicKey, error) { return crypto.ParsePublicKeyText("did:key:" + s) },
			func(s string) (*crypto.PublicKey, error) {
				return crypto.ParseVerificationMethod(crypto.TypeMultikey, s)
			},
		} {
			k, err := parse(s)
			require.ErrorIs(t, err, crypto.ErrUnsupportedKeyType, s)
			require.Nil(t, k)
		}
	}
	good := testKey(t, crypto.K256, "type").PublicKey().Multikey()
	for _, typ := range []string{"", "multikey", "Multikey ", "Ed25519VerificationKey2020", "JsonWebKey2020", "EcdsaSecp256k1VerificationKey2018", strings.Repeat("x", 1<<20)} {
		_, err := crypto.ParseVerificationMethod(typ, good)
		require.ErrorIs(t, err, crypto.ErrUnsupportedKeyType, "%.40s", typ)
		require.Less(t, len(err.Error()), 300)
	}
}

func TestLegacyVerificationMethod(t *testing.T) {
	ledger.Covers(t, "CRY-018", "CRY-019", "CRY-020")
	types := map[crypto.Curve]string{
		crypto.P256: crypto.TypeEcdsaSecp256r1VerificationKey2019,
		crypto.K256: crypto.TypeEcdsaSecp256k1VerificationKey2019,
	}
	for _, c := range bothCurves {
		ref := referenceOf(c)
		k := testKey(t, c, "point")
		q := ref.mul(num(k.ExportBytes()), ref.g)
		full := uncompressed(q.x, q.y)
		for _, raw := range [][]byte{full, compress(q)} {
			got, err := crypto.ParseVerificationMethod(types[c], multibase(raw))
			require.NoError(t, err)
			require.True(t, k.PublicKey().Equal(got))
			require.Equal(t, c, got.Curve())
			require.Equal(t, k.PublicKey().Multikey(), got.Multikey())

			// The type decides the curve, on which this is no point.
			_, err = crypto.ParseVerificationMethod(types[crypto.P256+crypto.K256-c], multibase(full))
			require.Error(t, err)
			require.NotErrorIs(t, err, crypto.ErrUnsupportedKeyType)
			_, err = crypto.ParseVerificationMethod(crypto.TypeMultikey, multibase(raw))
			require.Error(t, err)
		}
		bad := malformedPoints(t, c)
		delete(bad, "uncompressed")
		bad["uncompressed, trailing"] = append(append([]byte{}, full...), 0)
		bad["with multicodec"] = append(append([]byte{}, publicPrefix[c]...), compress(q)...)
		bad["y = p-y off by one"] = uncompressed(q.x, sub(q.y, small(1)))
		bad["y >= p"] = uncompressed(q.x, sub(new(big.Int).Lsh(small(1), 256), small(1)))
		bad["x = y = 0"] = uncompressed(small(0), small(0))
		for name, raw := range bad {
			_, err := crypto.ParseVerificationMethod(types[c], multibase(raw))
			require.ErrorContains(t, err, "crypto: invalid "+types[c]+" ", name)
			require.NotErrorIs(t, err, crypto.ErrUnsupportedKeyType, name)
		}
		good := multibase(full)
		for _, s := range []string{"", "z", good[1:], "z1" + good[1:], good + " ", "did:key:" + good, "z" + strings.Repeat("2", 1<<20)} {
			_, err := crypto.ParseVerificationMethod(types[c], s)
			require.ErrorContains(t, err, "crypto: invalid "+types[c]+" ", "%.60q", s)
		}
		_, err := crypto.ParseVerificationMethod(types[c], k.PublicKey().Multikey())
		require.Error(t, err)
	}
}

func TestEqual(t *testing.T) {
	ledger.Covers(t, "CRY-025")
	for _, c := range bothCurves {
		k := testKey(t, c, "equal").PublicKey()
		same, err := crypto.ParseDIDKey(k.DIDKey())
		require.NoError(t, err)
		require.NotSame(t, k, same)
		require.True(t, k.Equal(same))
		require.False(t, k.Equal(testKey(t, c, "other").PublicKey()))

		b := k.Bytes()
		b[0] ^= 1 // the same x, the opposite y
		opposite, err := crypto.ParsePublicKey(c, b)
		require.NoError(t, err)
		require.False(t, k.Equal(opposite))
		require.True(t, k.Equal(k), "Bytes returns a copy")
	}
	// One encoding that is a point of both curves.
	p, k := referenceOf(crypto.P256), referenceOf(crypto.K256)
	x := small(1)
	for {
		_, onP := p.lift(x)
		if _, onK := k.lift(x); onP && onK {
			break
		}
		x = add(x, small(1))
	}
	b := append([]byte{2}, fixed(x)...)
	a, err := crypto.ParsePublicKey(crypto.P256, b)
	require.NoError(t, err)
	other, err := crypto.ParsePublicKey(crypto.K256, b)
	require.NoError(t, err)
	require.Equal(t, a.Bytes(), other.Bytes())
	require.False(t, a.Equal(other))
}

func TestZeroPublicKey(t *testing.T) {
	good := testKey(t, crypto.K256, "zero").PublicKey()
	for _, k := range []*crypto.PublicKey{nil, {}} {
		require.Equal(t, crypto.Curve(0), k.Curve())
		require.Nil(t, k.Bytes())
		require.Empty(t, k.Multikey())
		require.Empty(t, k.DIDKey())
		require.Empty(t, k.String())
		require.False(t, k.Equal(k))
		require.False(t, k.Equal(good))
		require.False(t, good.Equal(k))
		_, err := k.MarshalText()
		require.EqualError(t, err, "crypto: nil or zero key")
		for _, err := range []error{k.Verify(nil, make([]byte, 64)), k.VerifyMalleable(nil, nil), k.VerifyDigest([32]byte{}, make([]byte, 64))} {
			require.EqualError(t, err, "crypto: nil or zero key")
			require.NotErrorIs(t, err, crypto.ErrInvalidSignature)
		}
	}
	require.Error(t, (*crypto.PublicKey)(nil).UnmarshalText([]byte(good.DIDKey())))
	require.False(t, reflect.TypeFor[crypto.PublicKey]().Comparable())
}

func TestPublicKeyText(t *testing.T) {
	ledger.Covers(t, "CRY-028")
	type document struct {
		Key *crypto.PublicKey `json:"key"`
	}
	for _, c := range bothCurves {
		k := testKey(t, c, "text").PublicKey()
		text, err := json.Marshal(document{k})
		require.NoError(t, err)
		require.Equal(t, `{"key":"`+k.DIDKey()+`"}`, string(text))

		for _, s := range []string{k.DIDKey(), k.Multikey()} {
			var doc document
			require.NoError(t, json.Unmarshal([]byte(`{"key":"`+s+`"}`), &doc))
			require.True(t, k.Equal(doc.Key))
			require.NoError(t, doc.Key.Verify(text, mustSign(t, testKey(t, c, "text"), text)))

			// A second document must not change the key of the first.
			held := doc.Key
			other := testKey(t, c, "other").PublicKey()
			require.Error(t, json.Unmarshal([]byte(`{"key":"`+other.DIDKey()+`"}`), &doc))
			require.True(t, k.Equal(held))
		}
		appended, err := k.AppendText([]byte("key="))
		require.NoError(t, err)
		require.Equal(t, "key="+k.DIDKey(), string(appended))

		var zero crypto.PublicKey
		require.Error(t, zero.UnmarshalText([]byte("did:key:z")))
		require.False(t, zero.Equal(&zero))
		require.NoError(t, zero.UnmarshalText([]byte(k.DIDKey())))
		require.True(t, zero.Equal(k))
	}
}

func mustSign(t testing.TB, k *crypto.PrivateKey, message []byte) []byte {
	t.Helper()
	sig, err := k.Sign(t.Context(), message)
	require.NoError(t, err)
	return sig
}

// Base58 takes quadratic time: text beyond the limit is refused undecoded.
func TestLongText(t *testing.T) {
	for _, n := range []int{crypto.MaxKeyTextLength - 1, crypto.MaxKeyTextLength, crypto.MaxKeyTextLength + 1, 1 << 24} {
		s := "z" + strings.Repeat("z", n-1)
		start := time.Now()
		_, err := crypto.ParsePublicKeyText(s)
		require.Error(t, err)
		_, err = crypto.ParsePublicKeyText("did:key:" + s)
		require.Error(t, err)
		_, err = crypto.ParseVerificationMethod(crypto.TypeEcdsaSecp256r1VerificationKey2019, s)
		require.Error(t, err)
		_, err = crypto.ParsePrivateMultikey(s)
		require.Error(t, err)
		require.Less(t, len(err.Error()), 300)
		require.Less(t, time.Since(start), time.Second)
	}
}
