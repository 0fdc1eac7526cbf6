package richtext_test

import (
	"strings"
	"testing"

	"github.com/linnet-at/linnet/api/bsky/richtext"
)

const benchText = "Привет @alice.example.com and @bob.example.org! Have a look at https://example.com/linnets/why-they-sing?q=1 (or " +
	"example.org/birds), they say it is worth the time. 🐦 #linnets #birds and others, such as goldfinches and siskins, 見て"

func BenchmarkDetect(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchText)))
	for b.Loop() {
		n := 0
		for range richtext.Detect(benchText, nil) {
			n++
		}
		if n != 6 {
			b.Fatal(n)
		}
	}
}

func BenchmarkSegments(b *testing.B) {
	text, err := richtext.New(b.Context(), benchText, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		for range text.Segments() {
		}
	}
}

func BenchmarkGraphemes(b *testing.B) {
	for name, text := range map[string]string{"ascii": strings.Repeat("a linnet ", 33), "mixed": benchText} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				richtext.Graphemes(text)
			}
		})
	}
}
