package crypto_test

import (
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/stretchr/testify/require"
	"gitlab.com/yawning/secp256k1-voi/secec"
)

// The message is as long as a commit. The Bare benchmarks do the same work with
// the libraries alone: SHA-256 and one operation on their own types.
var benchMessage = make([]byte, 118)

func BenchmarkVerify(b *testing.B) {
	for _, c := range bothCurves {
		k := testKey(b, c, "bench")
		sig := mustSign(b, k, benchMessage)
		b.Run(c.Alg(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := k.PublicKey().Verify(benchMessage, sig); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBareVerify(b *testing.B) {
	b.Run("ES256", func(b *testing.B) {
		k := testKey(b, crypto.P256, "bench")
		bare, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.ExportBytes())
		require.NoError(b, err)
		digest := sha256.Sum256(benchMessage)
		sig, err := bare.Sign(nil, digest[:], stdcrypto.SHA256)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			digest := sha256.Sum256(benchMessage)
			if !ecdsa.VerifyASN1(&bare.PublicKey, digest[:], sig) {
				b.Fatal()
			}
		}
	})
	b.Run("ES256K", func(b *testing.B) {
		k := testKey(b, crypto.K256, "bench")
		sig := mustSign(b, k, benchMessage)
		bare, err := secec.NewPublicKey(k.PublicKey().Bytes())
		require.NoError(b, err)
		opts := &secec.ECDSAOptions{Encoding: secec.EncodingCompact, RejectMalleable: true}
		b.ReportAllocs()
		for b.Loop() {
			digest := sha256.Sum256(benchMessage)
			if !bare.Verify(digest[:], sig, opts) {
				b.Fatal()
			}
		}
	})
}

func BenchmarkSign(b *testing.B) {
	for _, c := range bothCurves {
		k := testKey(b, c, "bench")
		b.Run(c.Alg(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Sign(b.Context(), benchMessage); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBareSign(b *testing.B) {
	b.Run("ES256", func(b *testing.B) {
		bare, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), testKey(b, crypto.P256, "bench").ExportBytes())
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			digest := sha256.Sum256(benchMessage)
			if _, err := bare.Sign(nil, digest[:], stdcrypto.SHA256); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ES256K", func(b *testing.B) {
		bare, err := secec.NewPrivateKey(testKey(b, crypto.K256, "bench").ExportBytes())
		require.NoError(b, err)
		opts := &secec.ECDSAOptions{Encoding: secec.EncodingCompact}
		b.ReportAllocs()
		for b.Loop() {
			digest := sha256.Sum256(benchMessage)
			if _, err := bare.Sign(secec.RFC6979SHA256(), digest[:], opts); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, c := range bothCurves {
		k := testKey(b, c, "bench")
		text, raw := k.PublicKey().DIDKey(), k.PublicKey().Bytes()
		b.Run(fmt.Sprint(c.Alg(), "/DIDKey"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := crypto.ParseDIDKey(text); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint(c.Alg(), "/PublicKey"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := crypto.ParsePublicKey(c, raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBareParse(b *testing.B) {
	b.Run("ES256", func(b *testing.B) {
		raw := testKey(b, crypto.P256, "bench").PublicKey().Bytes()
		b.ReportAllocs()
		for b.Loop() {
			if x, _ := elliptic.UnmarshalCompressed(elliptic.P256(), raw); x == nil {
				b.Fatal()
			}
		}
	})
	b.Run("ES256K", func(b *testing.B) {
		raw := testKey(b, crypto.K256, "bench").PublicKey().Bytes()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := secec.NewPublicKey(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDIDKey(b *testing.B) {
	k := testKey(b, crypto.K256, "bench").PublicKey()
	b.ReportAllocs()
	for b.Loop() {
		if k.DIDKey() == "" {
			b.Fatal()
		}
	}
}

func BenchmarkJWK(b *testing.B) {
	for _, c := range bothCurves {
		k := testKey(b, c, "bench").PublicKey()
		text, err := crypto.JWK{Key: k}.MarshalJSON()
		require.NoError(b, err)
		b.Run(c.Alg()+"/Parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := crypto.ParseJWK(text); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.Alg()+"/Marshal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (crypto.JWK{Key: k}).MarshalJSON(); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.Alg()+"/Thumbprint", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if k.Thumbprint() == "" {
					b.Fatal()
				}
			}
		})
	}
}

func BenchmarkGenerateKey(b *testing.B) {
	for _, c := range bothCurves {
		b.Run(c.Alg(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := crypto.GenerateKey(c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
