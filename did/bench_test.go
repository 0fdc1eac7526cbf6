package did_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/fixtures"
)

func BenchmarkParseDocument(b *testing.B) {
	data := fixtures.PDS(b, "alice.did.json")
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := did.ParseDocument(data, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccessors(b *testing.B) {
	d, err := did.ParseDocument(fixtures.PDS(b, "alice.did.json"), &did.ParseOptions{AllowLoopback: true})
	require.NoError(b, err)
	b.Run("SigningKey", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.SigningKey()
		}
	})
	b.Run("PDS", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.PDS()
		}
	})
	b.Run("ClaimedHandle", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.ClaimedHandle()
		}
	})
}

func BenchmarkParseTXT(b *testing.B) {
	values := []string{"v=spf1 -all", "did=" + alice}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := did.ParseTXT(values); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAtOnce is what it costs to ask two at once, beside asking them.
func BenchmarkAtOnce(b *testing.B) {
	h := parseHandle(b, "alice.example.com")
	known := did.StaticHandles{h: parseDID(b, alice)}
	for name, r := range map[string]did.HandleResolver{"AtOnce": did.AtOnce(known, known), "InOrder": did.InOrder(known, known)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.ResolveHandle(b.Context(), h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
