package bsky_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

// postJSON is a typical post: a reply with facets and an external embed.
const postJSON = `{"$type":"app.bsky.feed.post","createdAt":"2026-08-19T12:34:56.789Z","embed":{"$type":"app.bsky.embed.external",` +
	`"external":{"description":"A long read about birds, their songs, and how they learn them","thumb":{"$type":"blob","mimeType":"image/jpeg",` +
	`"ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},"size":231344},"title":"Why linnets sing","uri":"https://example.com/linnets/why-they-sing"}},` +
	`"facets":[{"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.com/linnets/why-they-sing"}],"index":{"byteEnd":64,"byteStart":35}}],` +
	`"langs":["en"],"reply":{"parent":{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",` +
	`"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"},"root":{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",` +
	`"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"}},"text":"This is worth your time, all of it: example.com/linnets/why-the… 🐦"}`

func typicalPost(t testing.TB) (post bsky.FeedPost, b []byte) {
	t.Helper()
	b, err := data.FromJSON([]byte(postJSON), nil)
	require.NoError(t, err)
	require.NoError(t, post.UnmarshalCBOR(b))
	return post, b
}

func BenchmarkPostUnmarshalCBOR(b *testing.B) {
	_, record := typicalPost(b)
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		x := new(bsky.FeedPost)
		if err := x.UnmarshalCBOR(record); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPostAppendCBOR(b *testing.B) {
	post, record := typicalPost(b)
	dst := make([]byte, 0, len(record))
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := post.AppendCBOR(dst); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPostValidate(b *testing.B) {
	post, _ := typicalPost(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := post.Validate(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPostUnmarshalJSON(b *testing.B) {
	b.SetBytes(int64(len(postJSON)))
	b.ReportAllocs()
	for b.Loop() {
		x := new(bsky.FeedPost)
		if err := x.UnmarshalJSON([]byte(postJSON)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPostAppendJSON(b *testing.B) {
	post, record := typicalPost(b)
	dst := make([]byte, 0, 2*len(record))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := post.AppendJSON(dst); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkValid is for comparison: checking the encoding alone.
func BenchmarkValid(b *testing.B) {
	_, record := typicalPost(b)
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		if err := dagcbor.Valid(record, nil); err != nil {
			b.Fatal(err)
		}
	}
}
