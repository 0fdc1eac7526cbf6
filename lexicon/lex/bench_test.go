package lex_test

import (
	"testing"

	"github.com/linnet-at/linnet/api/bsky"
)

func BenchmarkParseQuery(b *testing.B) {
	const query = "q=linnet%20birds&sort=latest&since=2026-01-01T00:00:00Z&author=alice.example.com&lang=en&tag=birds&tag=linnet&limit=25"
	b.ReportAllocs()
	b.SetBytes(int64(len(query)))
	for b.Loop() {
		var p bsky.FeedSearchPostsParams
		if err := p.ParseQuery(query); err != nil {
			b.Fatal(err)
		}
	}
}
