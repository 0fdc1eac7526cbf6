package crypto_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/mr-tron/base58"
	"github.com/stretchr/testify/require"
)

type signatureVector struct {
	Comment            string   `json:"comment"`
	MessageBase64      string   `json:"messageBase64"`
	Algorithm          string   `json:"algorithm"`
	DIDDocSuite        string   `json:"didDocSuite"`
	PublicKeyDID       string   `json:"publicKeyDid"`
	PublicKeyMultibase string   `json:"publicKeyMultibase"`
	SignatureBase64    string   `json:"signatureBase64"`
	ValidSignature     bool     `json:"validSignature"`
	Tags               []string `json:"tags"`
}

func TestSignatureFixtures(t *testing.T) {
	ledger.Covers(t, "CRY-001", "CRY-003", "CRY-006", "CRY-007", "CRY-010", "CRY-019", "CRY-024")
	vectors := fixtures.JSON[[]signatureVector](t, fixtures.Interop(t, "crypto/signature-fixtures.json"))
	require.Len(t, vectors, 6)
	for _, v := range vectors {
		t.Run(v.Comment, func(t *testing.T) {
			message, err := base64.RawStdEncoding.DecodeString(v.MessageBase64)
			require.NoError(t, err)
			sig, err := base64.RawStdEncoding.DecodeString(v.SignatureBase64)
			require.NoError(t, err)
			key, err := crypto.ParseDIDKey(v.PublicKeyDID)
			require.NoError(t, err)
			require.Equal(t, v.Algorithm, key.Curve().Alg())

			legacy, err := crypto.ParseVerificationMethod(v.DIDDocSuite, v.PublicKeyMultibase)
			require.NoError(t, err)
			require.True(t, key.Equal(legacy))

			strict, malleable := key.Verify(message, sig), key.VerifyMalleable(message, sig)
			switch {
			case v.ValidSignature:
				require.NoError(t, strict)
				require.NoError(t, malleable)
			case v.Tags[0] == "high-s":
				requireReason(t, crypto.SignatureHighS, strict)
				require.NoError(t, malleable)
			case v.Tags[0] == "der-encoded":
				requireReason(t, crypto.SignatureLength, strict)
				requireReason(t, crypto.SignatureLength, malleable)
			default:
				t.Fatalf("vector of an unknown kind: %v", v.Tags)
			}
		})
	}
}

type didKeyVector struct {
	Hex    string `json:"privateKeyBytesHex"`
	Base58 string `json:"privateKeyBytesBase58"`
	DIDKey string `json:"publicDidKey"`
}

func TestDIDKeyFixtures(t *testing.T) {
	ledger.Covers(t, "CRY-001", "CRY-013", "CRY-014", "CRY-021")
	for c, file := range map[crypto.Curve]string{
		crypto.K256: "crypto/w3c_didkey_K256.json",
		crypto.P256: "crypto/w3c_didkey_P256.json",
	} {
		for _, v := range fixtures.JSON[[]didKeyVector](t, fixtures.Interop(t, file)) {
			raw := unhex(t, v.Hex)
			if v.Base58 != "" {
				var err error
				raw, err = base58.Decode(v.Base58)
				require.NoError(t, err)
			}
			k, err := crypto.ParsePrivateKey(c, raw)
			require.NoError(t, err)
			require.Equal(t, v.DIDKey, k.PublicKey().DIDKey())
			require.Equal(t, raw, k.ExportBytes())

			fromHex, err := crypto.ParsePrivateHex(c, hex.EncodeToString(raw))
			require.NoError(t, err)
			require.True(t, k.Equal(fromHex))

			parsed, err := crypto.ParseDIDKey(v.DIDKey)
			require.NoError(t, err)
			require.True(t, k.PublicKey().Equal(parsed))
			require.Equal(t, c, parsed.Curve())
		}
	}
}

// The two signing keys of the worked examples.
const (
	exampleK256 = "6b0b91287ae3348f8c2f2552d766f30e3604867e34adc37ccbb74a8e6b893e02"
	exampleP256 = "82ebbd63ebbd9ff60141a69bd4c9be282f2415e8eafa9d42c0ed396daccca979"
)

// Commits without their signature, as DAG-CBOR.
const (
	unsignedCommit = "a56364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a637265766d336a7a6663696a706a" +
		"327a32616464617461d82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eb" +
		"6470726576f66776657273696f6e03"
	unsignedEmpty = "a56364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a637265766d336a7a6663696a706a" +
		"327a32616464617461d82a582500017112209dfefe61dd76ea3dcae5023880b08379d57adf20482d6fdbe2759289f647677b" +
		"6470726576f66776657273696f6e03"
)

// EX-1 of the ledger: deterministic signatures, byte for byte.
func TestCommitSignatures(t *testing.T) {
	ledger.Covers(t, "CRY-003", "CRY-004", "CRY-005", "CRY-006", "CRY-010", "CRY-012")
	for _, v := range []struct {
		curve              crypto.Curve
		secret, didKey     string
		message, sig, twin string
	}{
		{crypto.K256, exampleK256, "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N", unsignedCommit,
			"be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3d21aecaba3fbe8b82a56a7bffed8993c328ccafbae22102c53ee271c574433f8c",
			"be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3dde513545c041747d5a95840012766c3b91e22d2bcd279d7680efecc75bf301b5"},
		{crypto.P256, exampleP256, "did:key:zDnaeTiq1PdzvZXUaMdezchcMJQpBdH2VN4pgrrEhMCCbmwSb", unsignedCommit,
			"1934cf7594dac3273927136631dfbc13fd11b972ed8e28afeb6c9c4c2749cf9d6e836cbdc6ccf91e26e81087cdc2b496c3566f50c5984e7f87adc93e55449b2e", ""},
		{crypto.K256, exampleK256, "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N", unsignedEmpty,
			"7edf2bcfda9e4287739f1c312fc846bb0f0182796e6ec5aa60d815965355dbf0021c4e31cc207c4741db7f9b43f858710b68d1d1600b78c3fb90e4e8c2ad3c84", ""},
	} {
		k, err := crypto.ParsePrivateHex(v.curve, v.secret)
		require.NoError(t, err)
		require.Equal(t, v.didKey, k.PublicKey().String())
		message := unhex(t, v.message)
		for range 2 {
			sig, err := k.Sign(t.Context(), message)
			require.NoError(t, err)
			require.Equal(t, v.sig, hex.EncodeToString(sig))
		}
		require.NoError(t, k.PublicKey().Verify(message, unhex(t, v.sig)))
		if v.twin != "" {
			requireReason(t, crypto.SignatureHighS, k.PublicKey().Verify(message, unhex(t, v.twin)))
			require.NoError(t, k.PublicKey().VerifyMalleable(message, unhex(t, v.twin)))
		}
	}
}

// EX-2 of the ledger: public keys in their text forms.
func TestKeyEncodings(t *testing.T) {
	ledger.Covers(t, "CRY-013", "CRY-014", "CRY-017", "CRY-018", "CRY-019", "CRY-020", "CRY-025", "CRY-028")
	for _, v := range []struct {
		curve    crypto.Curve
		multikey string
		point    string   // compressed
		legacy   []string // the same key without multicodec
	}{
		{crypto.K256, "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc",
			"03a7d7fbf04846fa1fcff728ba594f3c5819345e88908e874b537ba5a65d1fc3bb",
			[]string{"z25z9DTpsiYYJKGsWmSPJK2NFN8PcJtZig12K59UgW7q5t"}},
		{crypto.P256, "zDnaembgSGUhZULN2Caob4HLJPaxBh92N7rtH21TErzqf8HQo",
			"033a8273eece6b0d82e95c3506617db5000e14ff0023325d0bb0274918bc6a6cdc",
			[]string{"zxdM8dSstjrpZaRUwBmDvjGXweKuEMVN95A9oJBFjkWMh"}},
		{crypto.K256, "zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF",
			"029951fea6921a35a4c9386dae5c27ecdb052edf760556938e7961caefae53b1d8",
			[]string{"zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsomTsgQhsxLdEgCrPTLgFna8yqCnxPpNT7DBk6Ym3dgPKNu86vt9GR"}},
		{crypto.K256, "zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N",
			"02b52d132694fdf9452926f8cc654c80d02d2823d97b556f1dd800e9b5844955d3",
			[]string{"zR6Xgzi7irroYQQfq7UrpJU5NE7EjgxH4Fovoxze3GWYyLyHoKvcGqHEj1YHS811uFtL48XgUKXsHpAA7RXGgFf5Z"}},
		{crypto.P256, "zDnaeTiq1PdzvZXUaMdezchcMJQpBdH2VN4pgrrEhMCCbmwSb",
			"0230e4d86041888fcce87bc49a07f35e25612425a2545aafa08b649c981cfa8104", nil},
	} {
		k, err := crypto.ParseMultikey(v.multikey)
		require.NoError(t, err)
		require.Equal(t, v.curve, k.Curve())
		require.Equal(t, v.point, hex.EncodeToString(k.Bytes()))
		require.Len(t, k.Bytes(), 33)
		require.Equal(t, v.multikey, k.Multikey())
		require.Equal(t, "did:key:"+v.multikey, k.DIDKey())
		prefix := map[crypto.Curve]string{crypto.K256: "zQ3s", crypto.P256: "zDna"}[v.curve]
		require.True(t, strings.HasPrefix(k.Multikey(), prefix))

		for _, text := range []string{v.multikey, "did:key:" + v.multikey} {
			same, err := crypto.ParsePublicKeyText(text)
			require.NoError(t, err)
			require.True(t, k.Equal(same))
		}
		same, err := crypto.ParsePublicKey(v.curve, unhex(t, v.point))
		require.NoError(t, err)
		require.True(t, k.Equal(same))

		same, err = crypto.ParseVerificationMethod(crypto.TypeMultikey, v.multikey)
		require.NoError(t, err)
		require.True(t, k.Equal(same))
		typ := map[crypto.Curve]string{
			crypto.P256: "EcdsaSecp256r1VerificationKey2019",
			crypto.K256: "EcdsaSecp256k1VerificationKey2019",
		}[v.curve]
		for _, legacy := range v.legacy {
			same, err := crypto.ParseVerificationMethod(typ, legacy)
			require.NoError(t, err)
			require.True(t, k.Equal(same))
			require.Equal(t, v.multikey, same.Multikey(), "a legacy key is written as a multikey")
		}
	}
}

// EX-2 of the ledger: private keys as multibase.
func TestPrivateEncodings(t *testing.T) {
	ledger.Covers(t, "CRY-021")
	for _, v := range []struct {
		curve            crypto.Curve
		secret, multikey string
	}{
		{crypto.K256, exampleK256, "z3vLbCkX8Z5iiCREadakZAwtVHmjSS7DM25xX3X79TynUmB7"},
		{crypto.P256, exampleP256, "z42trhNZPkHNQh97NA8uet3WJ1zvq3628w4K1i9fjdPbTSzU"},
	} {
		k, err := crypto.ParsePrivateMultikey(v.multikey)
		require.NoError(t, err)
		require.Equal(t, v.curve, k.Curve())
		require.Equal(t, v.secret, hex.EncodeToString(k.ExportBytes()))
		require.Equal(t, v.multikey, k.ExportMultikey())
		same, err := crypto.ParsePrivateKey(v.curve, unhex(t, v.secret))
		require.NoError(t, err)
		require.True(t, k.Equal(same))
	}
}

// RFC 6979, appendix A.2.5: P-256 with SHA-256. The second of the two
// signatures there has a high S, which we replace.
func TestRFC6979(t *testing.T) {
	ledger.Covers(t, "CRY-005", "CRY-012")
	k, err := crypto.ParsePrivateHex(crypto.P256, "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
	require.NoError(t, err)
	ref := referenceOf(crypto.P256)
	for _, v := range []struct{ message, r, s string }{
		{"sample", "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
			"F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
		{"test", "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
			"019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
	} {
		s := num(unhex(t, v.s))
		if s.Cmp(half(ref.n)) > 0 {
			s = sub(ref.n, s)
		}
		sig, err := k.Sign(t.Context(), []byte(v.message))
		require.NoError(t, err)
		require.Equal(t, compact(num(unhex(t, v.r)), s), sig)
	}
}
