package syntax_test

import (
	"testing"

	"github.com/linnet-at/linnet/syntax"
)

func benchmarkParse[T any](b *testing.B, parse func(string) (T, error), inputs ...string) {
	for _, in := range inputs {
		b.Run(in[:min(len(in), 40)], func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := parse(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseDID(b *testing.B) {
	benchmarkParse(b, syntax.ParseDID, "did:plc:z72i7hdynmk6r22z27h6tvur", "did:web:example.com")
}

func BenchmarkParseHandle(b *testing.B) {
	benchmarkParse(b, syntax.ParseHandle, "atproto.com", "alice.bsky.social")
}

func BenchmarkParseNSID(b *testing.B) {
	benchmarkParse(b, syntax.ParseNSID, "app.bsky.feed.post", "com.atproto.sync.subscribeRepos")
}

func BenchmarkParseRecordKey(b *testing.B) {
	benchmarkParse(b, syntax.ParseRecordKey, "self", "3jzfcijpj2z2a")
}

func BenchmarkParseRepoPath(b *testing.B) {
	benchmarkParse(b, syntax.ParseRepoPath, "app.bsky.feed.post/3jzfcijpj2z2a")
}

func BenchmarkParseTID(b *testing.B) {
	benchmarkParse(b, syntax.ParseTID, "3jzfcijpj2z2a")
}

func BenchmarkTIDInteger(b *testing.B) {
	tid := syntax.MustParseTID("3jzfcijpj2z2a")
	b.ReportAllocs()
	for b.Loop() {
		tid.Integer()
	}
}

func BenchmarkTIDClockNext(b *testing.B) {
	var c syntax.TIDClock
	b.ReportAllocs()
	for b.Loop() {
		c.Next()
	}
}

func BenchmarkTIDClockNextParallel(b *testing.B) {
	var c syntax.TIDClock
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.Next()
		}
	})
}

func BenchmarkHandleNormalize(b *testing.B) {
	h := syntax.MustParseHandle("alice.bsky.social")
	b.ReportAllocs()
	for b.Loop() {
		h.Normalize()
	}
}

func BenchmarkRepoPathParts(b *testing.B) {
	p := syntax.MustParseRepoPath("app.bsky.feed.post/3jzfcijpj2z2a")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.Collection(), p.RecordKey()
	}
}
