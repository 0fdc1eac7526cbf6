package crypto_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestPrivateJWK(t *testing.T) {
	ledger.Covers(t, "CRY-022")
	for _, c := range bothCurves {
		for _, d := range append(edgeScalars(c), shortScalars(c)...) {
			k, err := crypto.ParsePrivateKey(c, fixed(d))
			require.NoError(t, err)
			want := referenceJWK(c, d)
			want.D = b64.EncodeToString(fixed(d))
			require.Equal(t, fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q,"d":%q}`, want.Crv, want.X, want.Y, want.D), string(k.ExportJWK()))

			want.Kid, want.Alg, want.Use = "id", c.Alg(), "sig"
			same, public, err := crypto.ParsePrivateJWK([]byte(marshal(t, want)))
			require.NoError(t, err)
			require.True(t, k.Equal(same))
			require.Equal(t, crypto.JWK{Key: same.PublicKey(), KeyID: "id", Alg: c.Alg(), Use: "sig"}, *public)
			require.NotContains(t, marshal(t, public), want.D)
		}
	}
	for _, k := range []*crypto.PrivateKey{nil, {}} {
		require.Nil(t, k.ExportJWK())
	}
}

func TestParsePrivateJWKMalformed(t *testing.T) {
	ledger.Covers(t, "CRY-022")
	const scalar, noScalar = "not in the range 1 to n-1", "d is not base64url of exactly 32 bytes"
	for _, c := range bothCurves {
		k := testKey(t, c, "private jwk")
		good := referenceJWK(c, num(k.ExportBytes()))
		good.D = b64.EncodeToString(k.ExportBytes())
		n := referenceOf(c).n
		for _, tc := range []struct{ name, value, want string }{
			{"d", ``, noScalar}, {"d", `null`, noScalar}, {"d", `7`, noScalar}, {"d", `""`, noScalar}, {"d", `"` + good.D + `="`, noScalar},
			{"d", `"` + good.D[:42] + `"`, noScalar}, {"d", `"` + good.D + `A"`, noScalar}, {"d", `"` + good.D[:40] + `"`, noScalar},
			{"d", `"` + b64.EncodeToString(make([]byte, 32)) + `"`, scalar}, {"d", `"` + b64.EncodeToString(fixed(n)) + `"`, scalar},
			{"d", `"` + b64.EncodeToString(fixed(sub(n, num(k.ExportBytes())))) + `"`, "x and y are not of the key that d is"},
			{"d", `"` + b64.EncodeToString(fixed(small(7))) + `"`, "x and y are not of the key that d is"},
			{"x", ``, "kty, crv, x and y must all be strings"}, {"y", ``, "kty, crv, x and y must all be strings"},
			{"kty", `"oct"`, "unsupported key type: kty is not EC"}, {"alg", `"none"`, "alg is not that of the curve"},
			{"key_ops", `["verify"]`, "unsupported key type: not for signatures"}, {"key_ops", `["sign"]`, ""},
			{"crv", `"` + good.D + `"`, "unsupported key type: crv is neither P-256 nor secp256k1"}, {good.D, `1`, ""},
		} {
			_, _, err := crypto.ParsePrivateJWK([]byte(with(t, good, tc.name, tc.value)))
			if tc.want == "" {
				require.NoError(t, err)
				continue
			}
			require.EqualError(t, err, "crypto: invalid private JWK: "+tc.want)
			requireNoSecret(t, k, err.Error())
			require.NotContains(t, err.Error(), good.D)
		}
		for _, text := range []string{good.D, `"` + good.D + `"`, `{"d":"` + good.D + `","d":1}`, `{"` + good.D, `{"` + good.D + `":1,"` + good.D + `":2}`} {
			_, _, err := crypto.ParsePrivateJWK([]byte(text))
			require.Error(t, err)
			require.NotContains(t, err.Error(), good.D[:10])
		}
	}
}

// The standard library reads what we write and writes what we read, byte for
// byte.
func TestPEM(t *testing.T) {
	ledger.Covers(t, "CRY-022")
	for _, d := range append(edgeScalars(crypto.P256), shortScalars(crypto.P256)...) {
		k, err := crypto.ParsePrivateKey(crypto.P256, fixed(d))
		require.NoError(t, err)
		text, err := k.ExportPEM()
		require.NoError(t, err)
		std, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), fixed(d))
		require.NoError(t, err)
		der, err := x509.MarshalPKCS8PrivateKey(std)
		require.NoError(t, err)
		require.Equal(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), string(text))

		for _, around := range []string{"%s", "\n\t %s\r\n\n"} {
			same, err := crypto.ParsePrivatePEM(fmt.Appendf(nil, around, text))
			require.NoError(t, err)
			require.True(t, k.Equal(same))
		}
	}
	_, err := testKey(t, crypto.K256, "pem").ExportPEM()
	require.ErrorIs(t, err, crypto.ErrUnsupportedKeyType)
	require.EqualError(t, err, "crypto: cannot export as PEM: unsupported key type: secp256k1 in PKCS #8")
	for _, k := range []*crypto.PrivateKey{nil, {}} {
		_, err := k.ExportPEM()
		require.EqualError(t, err, "crypto: nil or zero key")
	}
}

// Structures of PKCS #8, to be spoilt.
type info struct {
	Version   int
	Algorithm struct{ ID, Curve asn1.ObjectIdentifier }
	Key       []byte
}

type ecKey struct {
	Version int
	Scalar  []byte
	Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	Public  asn1.BitString        `asn1:"optional,explicit,tag:1"`
}

var (
	oidEC   = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidP256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	oidP384 = asn1.ObjectIdentifier{1, 3, 132, 0, 34}
	oidK256 = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

func encode(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	require.NoError(t, err)
	return der
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestParsePrivatePEMStructure(t *testing.T) {
	k, other := testKey(t, crypto.P256, "pem"), testKey(t, crypto.P256, "other")
	bits := func(b []byte) asn1.BitString { return asn1.BitString{Bytes: b, BitLength: 8 * len(b)} }
	point := func(k *crypto.PrivateKey) []byte {
		std, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.ExportBytes())
		require.NoError(t, err)
		b, err := std.PublicKey.Bytes()
		require.NoError(t, err)
		return b
	}
	const pkcs8, scalar, public = "not PKCS #8 in DER", "not in the range 1 to n-1", "the public key is not that of the private key"
	for i, tc := range []struct {
		change func(o *info, in *ecKey)
		want   string
	}{
		{func(*info, *ecKey) {}, ""},
		{func(_ *info, in *ecKey) { in.Curve = oidP256 }, ""},
		{func(_ *info, in *ecKey) { in.Public = bits(point(k)) }, ""},
		{func(_ *info, in *ecKey) { in.Public = bits(k.PublicKey().Bytes()) }, ""},
		{func(_ *info, in *ecKey) { in.Curve = oidP384 }, pkcs8},
		{func(_ *info, in *ecKey) { in.Public = bits(point(other)) }, public},
		{func(_ *info, in *ecKey) { in.Public = bits([]byte{4}) }, public},
		{func(o *info, _ *ecKey) { o.Version = 2 }, pkcs8},
		{func(_ *info, in *ecKey) { in.Version = 0 }, pkcs8},
		{func(_ *info, in *ecKey) { in.Scalar = in.Scalar[1:] }, scalar},
		{func(_ *info, in *ecKey) { in.Scalar = append([]byte{0}, in.Scalar...) }, scalar},
		{func(_ *info, in *ecKey) { in.Scalar = nil }, scalar},
		{func(_ *info, in *ecKey) { in.Scalar = make([]byte, 32) }, scalar},
		{func(_ *info, in *ecKey) { in.Scalar = fixed(referenceOf(crypto.P256).n) }, scalar},
		{func(o *info, _ *ecKey) { o.Algorithm.Curve = oidK256 }, "unsupported key type: secp256k1 in PKCS #8"},
		{func(o *info, _ *ecKey) { o.Algorithm.Curve = oidP384 }, "unsupported key type: not a key on P-256"},
		{func(o *info, _ *ecKey) { o.Algorithm.ID = oidP256 }, "unsupported key type: not a key on P-256"},
	} {
		inner := ecKey{Version: 1, Scalar: k.ExportBytes()}
		outer := info{}
		outer.Algorithm.ID, outer.Algorithm.Curve = oidEC, oidP256
		tc.change(&outer, &inner)
		outer.Key = encode(t, inner)
		same, err := crypto.ParsePrivatePEM(pemOf(encode(t, outer)))
		if tc.want == "" {
			require.NoError(t, err, i)
			require.True(t, k.Equal(same))
			continue
		}
		require.EqualError(t, err, "crypto: invalid private PEM: "+tc.want, i)
		requireNoSecret(t, k, err.Error())
		require.Equal(t, strings.HasPrefix(tc.want, "unsupported"), strings.Contains(err.Error(), crypto.ErrUnsupportedKeyType.Error()))
	}

	// Bytes after either structure.
	inner := ecKey{Version: 1, Scalar: k.ExportBytes()}
	outer := info{Key: append(encode(t, inner), 0)}
	outer.Algorithm.ID, outer.Algorithm.Curve = oidEC, oidP256
	_, err := crypto.ParsePrivatePEM(pemOf(encode(t, outer)))
	require.EqualError(t, err, "crypto: invalid private PEM: "+pkcs8)
	outer.Key = encode(t, inner)
	_, err = crypto.ParsePrivatePEM(pemOf(append(encode(t, outer), 0)))
	require.EqualError(t, err, "crypto: invalid private PEM: "+pkcs8)
	der := encode(t, outer)
	for n := range der {
		_, err := crypto.ParsePrivatePEM(pemOf(der[:n]))
		require.Error(t, err)
	}
}

func TestParsePrivatePEMText(t *testing.T) {
	good, err := testKey(t, crypto.P256, "pem").ExportPEM()
	require.NoError(t, err)
	block, _ := pem.Decode(good)
	sec1 := func() []byte {
		std, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), testKey(t, crypto.P256, "pem").ExportBytes())
		require.NoError(t, err)
		der, err := x509.MarshalECPrivateKey(std)
		require.NoError(t, err)
		return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	}()
	ed, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, 32)))
	require.NoError(t, err)
	const kind, around = `the PEM block is not of type "PRIVATE KEY", unencrypted PKCS #8`, "there is more than the PEM block"
	for _, tc := range []struct{ text, want string }{
		{"", "no PEM block"}, {"hello", "no PEM block"}, {string(good[:100]), "no PEM block"}, {string(block.Bytes), "no PEM block"},
		{string(sec1), kind}, {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: block.Bytes})), kind},
		{string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: block.Bytes})), kind},
		{string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: block.Bytes, Headers: map[string]string{"a": "b"}})), "the PEM block has headers"},
		{"comment\n" + string(good), around}, {string(good) + "comment", around}, {string(good) + string(good), around},
		{string(pemOf(ed)), "unsupported key type: not a key on P-256"}, {string(pemOf(nil)), "not PKCS #8 in DER"},
	} {
		_, err := crypto.ParsePrivatePEM([]byte(tc.text))
		require.EqualError(t, err, "crypto: invalid private PEM: "+tc.want)
	}
}

func FuzzParsePrivatePEM(f *testing.F) {
	for _, d := range []*big.Int{small(1), num(testKey(f, crypto.P256, "pem").ExportBytes())} {
		k, err := crypto.ParsePrivateKey(crypto.P256, fixed(d))
		require.NoError(f, err)
		text, err := k.ExportPEM()
		require.NoError(f, err)
		block, _ := pem.Decode(text)
		f.Add(block.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		k, err := crypto.ParsePrivatePEM(pemOf(der))
		if err != nil {
			require.Nil(t, k)
			return
		}
		// The standard library reads the same scalar.
		std, err := x509.ParsePKCS8PrivateKey(der)
		require.NoError(t, err)
		raw, err := std.(*ecdsa.PrivateKey).Bytes()
		require.NoError(t, err)
		require.True(t, bytes.Equal(raw, k.ExportBytes()))
	})
}
