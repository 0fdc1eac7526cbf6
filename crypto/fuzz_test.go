package crypto_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/linnet-at/linnet/crypto"
	"github.com/stretchr/testify/require"
)

var publicTexts = []string{
	"zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc",
	"zDnaembgSGUhZULN2Caob4HLJPaxBh92N7rtH21TErzqf8HQo",
	"did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N",
	"did:key:zDnaeTiq1PdzvZXUaMdezchcMJQpBdH2VN4pgrrEhMCCbmwSb",
	"z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
	"zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsomTsgQhsxLdEgCrPTLgFna8yqCnxPpNT7DBk6Ym3dgPKNu86vt9GR",
	"z25z9DTpsiYYJKGsWmSPJK2NFN8PcJtZig12K59UgW7q5t",
	"zxdM8dSstjrpZaRUwBmDvjGXweKuEMVN95A9oJBFjkWMh",
	"", "z", "z1", "did:key:", "did:key:z", "z11111111111111111111111111111111111", "Z", "zzzz\xff",
}

// requireSameKey checks that k is found again through each of its forms.
func requireSameKey(t *testing.T, k *crypto.PublicKey) {
	t.Helper()
	for _, text := range []string{k.Multikey(), k.DIDKey()} {
		same, err := crypto.ParsePublicKeyText(text)
		require.NoError(t, err)
		require.True(t, k.Equal(same))
	}
	same, err := crypto.ParsePublicKey(k.Curve(), k.Bytes())
	require.NoError(t, err)
	require.True(t, k.Equal(same))
	if k.Curve() == crypto.K256 {
		_, err := secp256k1.ParsePubKey(k.Bytes())
		require.NoError(t, err)
	}
}

func FuzzParseMultikey(f *testing.F) {
	for _, s := range publicTexts {
		f.Add(s)
	}
	for _, c := range bothCurves {
		for _, b := range malformedPoints(f, c) {
			f.Add(multibase(publicPrefix[c], b))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := crypto.ParsePublicKeyText(s)
		if err != nil {
			require.Nil(t, k)
			require.Less(t, len(err.Error()), 600)
			return
		}
		text := k.Multikey()
		if strings.HasPrefix(s, "did:key:") {
			text = k.DIDKey()
		}
		require.Equal(t, s, text, "one text per key and form")
		requireSameKey(t, k)
	})
}

func FuzzParsePublicKey(f *testing.F) {
	for _, c := range bothCurves {
		f.Add(testKey(f, c, "point").PublicKey().Bytes())
		for _, b := range malformedPoints(f, c) {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range bothCurves {
			k, err := crypto.ParsePublicKey(c, b)
			if err == nil {
				require.Equal(t, b, k.Bytes())
				requireSameKey(t, k)
			}
			if c == crypto.K256 {
				_, theirs := secp256k1.ParsePubKey(b)
				require.Equal(t, theirs == nil && len(b) == 33, err == nil)
			}
		}
	})
}

func FuzzParseVerificationMethod(f *testing.F) {
	types := []string{crypto.TypeMultikey, crypto.TypeEcdsaSecp256r1VerificationKey2019, crypto.TypeEcdsaSecp256k1VerificationKey2019}
	for _, typ := range append(types, "", "Ed25519VerificationKey2020") {
		for _, s := range publicTexts {
			f.Add(typ, s)
		}
		for _, c := range bothCurves {
			for _, b := range malformedPoints(f, c) {
				f.Add(typ, multibase(b))
			}
		}
	}
	f.Fuzz(func(t *testing.T, typ, s string) {
		k, err := crypto.ParseVerificationMethod(typ, s)
		if err != nil {
			require.Nil(t, k)
			require.Less(t, len(err.Error()), 1000)
			return
		}
		requireSameKey(t, k)
		if typ == crypto.TypeMultikey {
			require.Equal(t, s, k.Multikey())
		}
	})
}

func FuzzVerify(f *testing.F) {
	for _, c := range bothCurves {
		k := testKey(f, c, "fuzz")
		sig := mustSign(f, k, []byte("message"))
		n := referenceOf(c).n
		high := compact(num(sig[:32]), sub(n, num(sig[32:])))
		for _, s := range [][]byte{sig, high, sig[:63], append(sig[:64:64], 0), make([]byte, 64), der(f, num(sig[:32]), num(sig[32:])), nil} {
			f.Add(k.PublicKey().Bytes(), []byte("message"), s)
		}
		for _, v := range edgeScalars(c) {
			f.Add(k.PublicKey().Bytes(), []byte("message"), compact(v, v))
		}
	}
	f.Fuzz(func(t *testing.T, point, message, sig []byte) {
		digest := sha256.Sum256(message)
		for _, c := range bothCurves {
			k, err := crypto.ParsePublicKey(c, point)
			if err != nil {
				continue
			}
			strict, malleable := k.Verify(message, sig), k.VerifyMalleable(message, sig)
			require.Equal(t, strict, k.VerifyDigest(digest, sig))
			if strict == nil {
				require.NoError(t, malleable)
			}
			if malleable == nil {
				twin := compact(num(sig[:32]), sub(referenceOf(c).n, num(sig[32:])))
				require.NoError(t, k.VerifyMalleable(message, twin))
				require.NotEqual(t, strict == nil, k.Verify(message, twin) == nil, "exactly one of the twins")
				fromDER, err := crypto.SignatureFromDER(c, der(t, num(sig[:32]), num(sig[32:])))
				require.NoError(t, err)
				require.NoError(t, k.Verify(message, fromDER))
			}
			if c == crypto.K256 {
				theirs, err := secp256k1.ParsePubKey(point)
				require.NoError(t, err)
				require.Equal(t, decredVerify(theirs, digest[:], sig, false), strict == nil)
				require.Equal(t, decredVerify(theirs, digest[:], sig, true), malleable == nil)
			}
		}
	})
}

// Any scalar and message: what we sign verifies, strictly, and on K-256 is what
// the other implementation signs.
func FuzzSign(f *testing.F) {
	for _, c := range bothCurves {
		for _, d := range edgeScalars(c) {
			f.Add(fixed(d), []byte("message"))
		}
	}
	f.Add(make([]byte, 32), []byte{})
	f.Fuzz(func(t *testing.T, scalar, message []byte) {
		for _, c := range bothCurves {
			k, err := crypto.ParsePrivateKey(c, scalar)
			if err != nil {
				requireScalarError(t, c, scalar)
				continue
			}
			sig := mustSign(t, k, message)
			require.NoError(t, k.PublicKey().Verify(message, sig))
			if c == crypto.K256 {
				digest := sha256.Sum256(message)
				require.Equal(t, decredSign(secp256k1.PrivKeyFromBytes(scalar), digest[:]), sig)
			}
		}
	})
}

// requireScalarError checks that scalar is rightly refused.
func requireScalarError(t *testing.T, c crypto.Curve, scalar []byte) {
	t.Helper()
	if len(scalar) == 32 {
		d := num(scalar)
		require.True(t, d.Sign() == 0 || d.Cmp(referenceOf(c).n) >= 0)
	}
}

func FuzzParsePrivateMultikey(f *testing.F) {
	f.Add("z3vLbCkX8Z5iiCREadakZAwtVHmjSS7DM25xX3X79TynUmB7")
	f.Add("z42trhNZPkHNQh97NA8uet3WJ1zvq3628w4K1i9fjdPbTSzU")
	for _, s := range publicTexts {
		f.Add(s)
	}
	for _, c := range bothCurves {
		for _, d := range append(edgeScalars(c), small(0), referenceOf(c).n) {
			f.Add(multibase([]byte{0x81, 0x26}, fixed(d)))
			f.Add(multibase([]byte{0x86, 0x26}, fixed(d)))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := crypto.ParsePrivateMultikey(s)
		if err != nil {
			require.Nil(t, k)
			if len(s) > 20 {
				require.NotContains(t, err.Error(), s[:20])
			}
			return
		}
		require.Equal(t, s, k.ExportMultikey())
		same, err := crypto.ParsePrivateKey(k.Curve(), k.ExportBytes())
		require.NoError(t, err)
		require.True(t, k.Equal(same))
		require.NoError(t, k.PublicKey().Verify([]byte(s), mustSign(t, k, []byte(s))))
	})
}

func FuzzSignatureFromDER(f *testing.F) {
	for _, c := range bothCurves {
		for _, v := range edgeScalars(c) {
			f.Add(der(f, v, v))
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range bothCurves {
			sig, err := crypto.SignatureFromDER(c, b)
			if err != nil {
				continue
			}
			n := referenceOf(c).n
			r, s := num(sig[:32]), num(sig[32:])
			require.LessOrEqual(t, s.Cmp(half(n)), 0)
			require.Contains(t, []string{string(der(t, r, s)), string(der(t, r, sub(n, s)))}, string(b), "one encoding per signature and sign")
			reason, ok := errors.AsType[*crypto.SignatureError](testKey(t, c, "der").PublicKey().Verify(nil, sig))
			require.True(t, ok)
			require.Equal(t, crypto.SignatureMismatch, reason.Reason)
		}
	})
}
