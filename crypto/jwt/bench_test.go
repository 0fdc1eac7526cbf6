package jwt_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
)

// The token is a service auth token. The Bare benchmarks are the signature
// alone.

func BenchmarkSign(b *testing.B) {
	for _, c := range bothCurves {
		k := testKey(b, c, "bench")
		claims := goodClaims()
		b.Run(c.Alg(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := jwt.Sign(b.Context(), k, jwt.Header{}, claims); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	k := testKey(b, crypto.P256, "bench")
	for name, token := range map[string]string{
		"ServiceAuth": mustSign(b, k, jwt.Header{}, goodClaims()),
		"DPoP": mustSign(b, k, jwt.Header{Type: jwt.TypeDPoP, JWK: k.PublicKey()}, jwt.Claims{
			ID: jwt.NewID(), IssuedAt: now, Other: map[string]any{"htm": "POST", "htu": "https://pds.example.com/xrpc/x", "nonce": jwt.NewID()},
		}),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(token)))
			for b.Loop() {
				if _, err := jwt.Parse(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, c := range bothCurves {
		k := testKey(b, c, "bench")
		p := mustParse(b, mustSign(b, k, jwt.Header{}, goodClaims()))
		o := goodOptions()
		b.Run(c.Alg(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Verify(b.Context(), k.PublicKey(), o); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.Alg()+"/Bare", func(b *testing.B) {
			signed, _, _, sig, _ := refParse(mustSign(b, k, jwt.Header{}, goodClaims()))
			message := []byte(signed)
			b.ReportAllocs()
			for b.Loop() {
				if err := k.PublicKey().VerifyMalleable(message, sig); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPrecheck(b *testing.B) {
	p := mustParse(b, mustSign(b, testKey(b, crypto.P256, "bench"), jwt.Header{}, goodClaims()))
	o := goodOptions()
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Precheck(o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMemoryReplayStore(b *testing.B) {
	for _, capacity := range []int{1000, jwt.DefaultReplayCapacity} {
		b.Run(fmt.Sprint(capacity), func(b *testing.B) {
			s := jwt.NewMemoryReplayStore(&jwt.MemoryReplayOptions{Capacity: capacity})
			expires := time.Now().Add(time.Hour)
			key := make([]byte, 43)
			n := 0
			use := func() {
				n++
				for i, v := 0, n; i < 8; i, v = i+1, v>>4 {
					key[i] = byte('a' + v&15)
				}
				if is, err := s.Seen(b.Context(), string(key), expires.Add(time.Duration(n)*time.Millisecond)); is || err != nil {
					b.Fatal(is, err)
				}
			}
			for range capacity {
				use()
			}
			b.ReportAllocs()
			for b.Loop() {
				use()
			}
		})
	}
}
