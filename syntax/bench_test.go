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
	benchmarkParse(b, syntax.ParseDID, "did:plc:z72i7hdynmk6r22z27h6tvur", "did:web:example.com", "did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N")
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

func BenchmarkParseAtIdentifier(b *testing.B) {
	benchmarkParse(b, syntax.ParseAtIdentifier, "did:plc:z72i7hdynmk6r22z27h6tvur", "alice.bsky.social")
}

func BenchmarkParseATURI(b *testing.B) {
	benchmarkParse(b, syntax.ParseATURI, "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3jzfcijpj2z2a", "at://alice.bsky.social")
}

func BenchmarkParseFullATURI(b *testing.B) {
	benchmarkParse(b, syntax.ParseFullATURI, "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3jzfcijpj2z2a#/text")
}

func BenchmarkParseSpaceRecordURI(b *testing.B) {
	benchmarkParse(b, syntax.ParseSpaceRecordURI,
		"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/space/com.example.forum/self/did:plc:44ybard66vv44zksje25o7dz/com.example.post/3jzfcijpj2z2a")
}

func BenchmarkParseDatetime(b *testing.B) {
	benchmarkParse(b, syntax.ParseDatetime, "2023-06-30T15:03:01.887Z", "1985-04-12T23:20:50.123456789+01:45")
}

func BenchmarkParseDatetimeLenient(b *testing.B) {
	benchmarkParse(b, syntax.ParseDatetimeLenient, "2023-06-30T15:03:01.887Z", "1985-04-12 23:20:50.123")
}

func BenchmarkParseLanguage(b *testing.B) {
	benchmarkParse(b, syntax.ParseLanguage, "ja", "pt-BR", "en-GB-boont-r-extended-sequence-x-private", "i-navajo")
}

func BenchmarkParseURI(b *testing.B) {
	benchmarkParse(b, syntax.ParseURI, "https://example.com/path?q=blah&yes=true#frag.123")
}

func BenchmarkParseCIDString(b *testing.B) {
	benchmarkParse(b, syntax.ParseCIDString, "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm")
}

func BenchmarkParseServiceRef(b *testing.B) {
	benchmarkParse(b, syntax.ParseServiceRef, "did:web:api.bsky.app#bsky_appview")
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

func BenchmarkATURIParts(b *testing.B) {
	u := syntax.MustParseATURI("at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3jzfcijpj2z2a")
	b.ReportAllocs()
	for b.Loop() {
		u.Authority()
		u.Collection()
		u.RecordKey()
	}
}

func BenchmarkRecordURI(b *testing.B) {
	did, path := syntax.MustParseDID("did:plc:z72i7hdynmk6r22z27h6tvur"), syntax.MustParseRepoPath("app.bsky.feed.post/3jzfcijpj2z2a")
	b.ReportAllocs()
	for b.Loop() {
		syntax.RecordURI(did, path)
	}
}

func BenchmarkATURINormalize(b *testing.B) {
	u := syntax.MustParseATURI("at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3jzfcijpj2z2a")
	b.ReportAllocs()
	for b.Loop() {
		u.Normalize()
	}
}

func BenchmarkDatetimeTime(b *testing.B) {
	d := syntax.MustParseDatetime("2023-06-30T15:03:01.887Z")
	b.ReportAllocs()
	for b.Loop() {
		d.Time()
	}
}

func BenchmarkNewDatetime(b *testing.B) {
	t := syntax.MustParseDatetime("2023-06-30T15:03:01.887Z").Time()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := syntax.NewDatetime(t); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDIDScan(b *testing.B) {
	src := any([]byte("did:plc:z72i7hdynmk6r22z27h6tvur"))
	var d syntax.DID
	b.ReportAllocs()
	for b.Loop() {
		if err := d.Scan(src); err != nil {
			b.Fatal(err)
		}
	}
}
