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
