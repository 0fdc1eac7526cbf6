package data_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
)

func postCBOR(tb testing.TB) []byte {
	b, err := data.FromJSON([]byte(post), nil)
	require.NoError(tb, err)
	return b
}

// TestAllocations: what is promised to be free of allocations is.
func TestAllocations(t *testing.T) {
	text, b := []byte(post), postCBOR(t)
	dst := make([]byte, 0, 4096)
	check := func(want float64, f func() error) {
		t.Helper()
		require.Equal(t, want, testing.AllocsPerRun(100, func() {
			if err := f(); err != nil {
				panic(err)
			}
		}))
	}
	for _, o := range []*data.Options{nil, {SafeIntegers: true, MaxDepth: 20}, {Permissive: true}} {
		check(0, func() error { _, err := data.AppendCBOR(dst, text, o); return err })
		check(0, func() error { _, err := data.AppendJSON(dst, b, o); return err })
		check(0, func() error { return data.Validate(b, o) })
		check(0, func() error { _, err := data.NewView(b, o); return err })
	}
	check(1, func() error { return data.Validate(b, &data.Options{Record: true}) })
	check(0, func() error {
		v, err := data.NewView(b, nil)
		n := 0
		for key, value := range v.Pairs() {
			name, _ := key.AliasText()
			text, _ := value.AliasText()
			if string(name) == "facets" {
				for _, facet := range value.Elements() {
					start, _ := facet.Get("index", "byteStart")
					i, _ := start.Int()
					n += int(i)
				}
			}
			n += len(name) + len(text)
		}
		embed, _ := v.Get("embed", "images")
		image, _ := embed.At(0)
		ref, ok := image.Get("image", "ref")
		if c, isLink := ref.Link(); !ok || !isLink || !c.Defined() || n == 0 || len(image.Raw()) == 0 {
			return errors.New("the post does not hold what it should")
		}
		return err
	})
}

func BenchmarkFromJSON(b *testing.B) {
	text := []byte(post)
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := data.AppendCBOR(dst, text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToJSON(b *testing.B) {
	in := postCBOR(b)
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := data.AppendJSON(dst, in, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	in := postCBOR(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if err := data.Validate(in, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	in := postCBOR(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := data.Unmarshal(in, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	in := postCBOR(b)
	tree, err := data.Unmarshal(in, nil)
	require.NoError(b, err)
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := data.Append(dst, tree, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlobs(b *testing.B) {
	in := postCBOR(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		for _, err := range data.Blobs(in, nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkFromJSONManyNames(b *testing.B) {
	text := []byte("{")
	for i := range 100_000 {
		text = fmt.Appendf(text, `"n%d":1,`, i*7919%100_000)
	}
	text[len(text)-1] = '}'
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := data.FromJSON(text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkView validates a post and looks up three fields of it.
func BenchmarkView(b *testing.B) {
	in := postCBOR(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		v, err := data.NewView(in, nil)
		if err != nil {
			b.Fatal(err)
		}
		text, ok1 := v.Get("text")
		created, ok2 := v.Get("createdAt")
		typ, ok3 := v.Get("embed", "$type")
		if !ok1 || !ok2 || !ok3 || text.Len()+created.Len()+typ.Len() == 0 {
			b.Fatal("fields are missing")
		}
	}
}

func BenchmarkViewAppendJSON(b *testing.B) {
	v, err := data.NewView(postCBOR(b), nil)
	require.NoError(b, err)
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	b.SetBytes(int64(len(v.Raw())))
	for b.Loop() {
		if _, err := v.AppendJSON(dst, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	v, err := data.NewView(postCBOR(b), nil)
	require.NoError(b, err)
	w := viewOf(b, strings.Replace(post, "eagle", "owl", 1), nil)
	b.ReportAllocs()
	for b.Loop() {
		if data.Diff(v, w) == "" {
			b.Fatal("no difference")
		}
	}
}
