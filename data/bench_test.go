package data_test

import (
	"fmt"
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
	check(0, func() error { _, err := data.AppendCBOR(dst, text, nil); return err })
	check(0, func() error { _, err := data.AppendJSON(dst, b, nil); return err })
	check(0, func() error { return data.Validate(b, nil) })
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
