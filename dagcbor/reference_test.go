package dagcbor_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf8"

	"github.com/linnet-at/linnet/dagcbor"
)

// reference is a second decoder, slow and obvious: one function for each rule,
// with the default limits. It shares nothing with the package but the type CID.
type reference struct {
	b     []byte // what is left
	depth int
}

// errRefused is what reference panics with.
var errRefused = errors.New("refused")

func require1(cond bool) {
	if !cond {
		panic(errRefused)
	}
}

// decodeReference returns the value of b, as Unmarshal into an interface value
// would, and whether b is canonical.
func decodeReference(b []byte) (v any, canonical bool) {
	defer func() {
		if e := recover(); e != nil {
			if e != errRefused {
				panic(e)
			}
			v, canonical = nil, false
		}
	}()
	d := &reference{b: b}
	require1(len(b) <= 5*1024*1024)
	v = d.value()
	require1(len(d.b) == 0)
	return v, true
}

func (d *reference) take(n uint64) []byte {
	require1(n <= uint64(len(d.b)))
	taken := d.b[:n]
	d.b = d.b[n:]
	return taken
}

// head reads a head and compares it with the shortest one of the same meaning.
func (d *reference) head() (major byte, n uint64) {
	start := d.b
	first := d.take(1)[0]
	major, info := first>>5, first&31
	switch {
	case info < 24:
		n = uint64(info)
	case info <= 27:
		size := 1 << (info - 24)
		n = binary.BigEndian.Uint64(append(make([]byte, 8-size), d.take(uint64(size))...))
	default:
		panic(errRefused)
	}
	shortest := referenceHead(major, n)
	require1(major == 7 || bytes.HasPrefix(start, shortest))
	return major, n
}

func referenceHead(major byte, n uint64) []byte {
	full := binary.BigEndian.AppendUint64(nil, n)
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return append([]byte{major<<5 | 24}, full[7:]...)
	case n < 1<<16:
		return append([]byte{major<<5 | 25}, full[6:]...)
	case n < 1<<32:
		return append([]byte{major<<5 | 26}, full[4:]...)
	}
	return append([]byte{major<<5 | 27}, full...)
}

func (d *reference) value() any {
	require1(len(d.b) > 0)
	first := d.b[0]
	major, n := d.head()
	switch major {
	case 0:
		require1(n < 1<<63)
		return int64(n)
	case 1:
		require1(n < 1<<63)
		return -1 - int64(n)
	case 2:
		require1(n <= 1<<20)
		return bytes.Clone(d.take(n))
	case 3:
		require1(n <= 1<<20)
		return d.text(n)
	case 4:
		return d.array(n)
	case 5:
		return d.pairs(n)
	case 6:
		return d.link(n)
	}
	switch first {
	case 0xf4:
		return false
	case 0xf5:
		return true
	case 0xf6:
		return nil
	}
	panic(errRefused)
}

func (d *reference) text(n uint64) string {
	s := string(d.take(n))
	require1(utf8.ValidString(s))
	return s
}

func (d *reference) enter() {
	d.depth++
	require1(d.depth <= 32)
}

func (d *reference) array(n uint64) any {
	d.enter()
	require1(n <= 131072)
	list := []any{}
	for range n {
		list = append(list, d.value())
	}
	d.depth--
	return list
}

func (d *reference) pairs(n uint64) any {
	d.enter()
	require1(n <= 131072)
	m := map[string]any{}
	last := []byte(nil)
	for range n {
		start := d.b
		major, size := d.head()
		require1(major == 3 && size <= 8192)
		key := d.text(size)
		encoded := start[:len(start)-len(d.b)]
		require1(last == nil || bytes.Compare(last, encoded) < 0)
		last = encoded
		m[key] = d.value()
	}
	d.depth--
	return m
}

func (d *reference) link(tag uint64) any {
	d.enter()
	require1(tag == 42)
	major, n := d.head()
	require1(major == 2)
	b := d.take(n)
	require1(len(b) == 37 && b[0] == 0 && b[1] == 1 && (b[2] == 0x71 || b[2] == 0x55) && b[3] == 0x12 && b[4] == 32)
	d.depth--
	return dagcbor.CIDFromDigest(dagcbor.Codec(b[2]), [32]byte(b[5:]))
}
