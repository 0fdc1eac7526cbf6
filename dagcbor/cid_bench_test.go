package dagcbor_test

import (
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
)

func BenchmarkSum(b *testing.B) {
	data := typicalPostBytes(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		dagcbor.Sum(dagcbor.DAGCBOR, data)
	}
}

func BenchmarkParseCID(b *testing.B) {
	s := dagcbor.Sum(dagcbor.DAGCBOR, nil).String()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dagcbor.ParseCID(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCIDString(b *testing.B) {
	c := dagcbor.Sum(dagcbor.DAGCBOR, nil)
	b.ReportAllocs()
	for b.Loop() {
		_ = c.String()
	}
}

func BenchmarkCIDAppendText(b *testing.B) {
	c := dagcbor.Sum(dagcbor.DAGCBOR, nil)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = c.AppendText(buf[:0])
	}
}

func BenchmarkCIDCid(b *testing.B) {
	c := dagcbor.Sum(dagcbor.DAGCBOR, nil)
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Cid()
	}
}

func BenchmarkCIDFromCid(b *testing.B) {
	c := dagcbor.Sum(dagcbor.DAGCBOR, nil).Cid()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dagcbor.CIDFromCid(c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCIDFromBytes(b *testing.B) {
	data := dagcbor.Sum(dagcbor.DAGCBOR, nil).Bytes()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dagcbor.CIDFromBytes(data); err != nil {
			b.Fatal(err)
		}
	}
}
