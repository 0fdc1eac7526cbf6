// Package hostile makes input for tests of decoders: what nobody means well
// with, in all shapes that are known to have taken much memory or time
// somewhere. The same seed gives the same input.
package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// MaxSize is the size of the largest input, in bytes.
const MaxSize = 1 << 20

// Inputs returns n inputs of up to [MaxSize] bytes: each shape in turn, of
// sizes that are spread evenly over the orders of magnitude. The shapes are
// those that shapes names, and changed copies of real, which is real input.
func Inputs(seed uint64, n int, shapes []Shape, real ...[]byte) [][]byte {
	r := rand.New(rand.NewPCG(seed, 0))
	all := make([][]byte, n)
	for i := range all {
		size := 1 << r.IntN(20)
		size += r.IntN(size)
		if k := i % (len(shapes) + len(real)); k < len(shapes) {
			all[i] = shapes[k](r, size)
		} else {
			all[i] = changed(r, real[k-len(shapes)], size)
		}
	}
	return all
}

// A Shape makes input of about the given size, which is at most [MaxSize].
type Shape func(r *rand.Rand, size int) []byte

// changed returns real, repeated to a size, with some bytes changed, cut out,
// or put in again elsewhere.
func changed(r *rand.Rand, real []byte, size int) []byte {
	b := bytes.Repeat(real, max(size/len(real), 1))
	for range r.IntN(10) {
		at := r.IntN(len(b))
		switch r.IntN(3) {
		case 0:
			b[at] = byte(r.Uint32())
		case 1:
			b = append(b[:at], b[min(at+r.IntN(20), len(b)-1):]...)
		case 2:
			copy(b[r.IntN(len(b)):], b[at:])
		}
	}
	return b
}

func noise(r *rand.Rand, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// CBOR returns shapes of CBOR: noise, well-formed values, one item very often,
// items inside of items, and heads that claim more than there is.
func CBOR() []Shape {
	return []Shape{noise, cborValues, cborRepeated, cborNested, cborLiars}
}

// appendHead appends a head, mostly the shortest.
func appendHead(dst []byte, r *rand.Rand, major byte, n uint64) []byte {
	switch {
	case n < 24 && r.IntN(5000) > 0:
		return append(dst, major<<5|byte(n))
	case n < 1<<8:
		return append(dst, major<<5|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, major<<5|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, major<<5|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major<<5|27), n)
}

// cborItem appends an item, and what it holds, to a depth.
func cborItem(dst []byte, r *rand.Rand, room, depth int) []byte {
	kind := r.IntN(9)
	if depth == 0 || room < 10 {
		kind = r.IntN(6)
	}
	switch kind {
	case 0, 1:
		return appendHead(dst, r, byte(kind), r.Uint64()>>(1+r.IntN(63)))
	case 2, 3:
		n := r.IntN(max(min(room, 40), 1))
		return append(appendHead(dst, r, byte(kind), uint64(n)), bytes.Repeat([]byte("x"), n)...)
	case 4:
		link := append(dst, "\xd8\x2a\x58\x25\x00\x01\x71\x12\x20"...)
		return append(link, bytes.Repeat([]byte{byte(room)}, 32)...)
	case 5:
		return append(dst, []byte("\xf4\xf5\xf6\x80\xa0\x60\x40")[r.IntN(7)])
	}
	n := 1 << r.IntN(1+min(depth, 6))
	if kind == 6 {
		dst = appendHead(dst, r, 4, uint64(n))
	} else {
		dst = appendHead(dst, r, 5, uint64(n))
	}
	for i := range n {
		if kind != 6 {
			dst = append(appendHead(dst, r, 3, 4), fmt.Sprintf("k%03d", i)...)
		}
		dst = cborItem(dst, r, room/n-5, depth-1)
	}
	return dst
}

func cborValues(r *rand.Rand, size int) []byte {
	n := 1 + size/50
	b := appendHead(nil, r, 4, uint64(n))
	for range n {
		b = cborItem(b, r, size/n, 8)
	}
	return b
}

func cborRepeated(r *rand.Rand, size int) []byte {
	units := []string{
		"\x01", "\x19\xff\xff", "\x40", "\x60", "\x61a", "\x80", "\xa0", "\x81\x01", "\xa1\x60\x01", "\xa1\x61a\xa0", "\xf6", "\x82\x80\xa0",
		"\xa9\x60\x01\x61a\x01\x61b\x01\x61c\x01\x61d\x01\x61e\x01\x61f\x01\x61g\x01\x61h\x01",
		"\xa2\x63cid\x60\x68mimeType\x60", "\xa1\x65$type\x64blob",
	}
	unit := units[r.IntN(len(units))]
	n := 1 + size/len(unit)
	if n > 1000 && r.IntN(2) == 0 { // in rows, for the limit on one container
		row := append(appendHead(nil, r, 4, 1000), bytes.Repeat([]byte(unit), 1000)...)
		return append(appendHead(nil, r, 4, uint64(n/1000)), bytes.Repeat(row, n/1000)...)
	}
	return append(appendHead(nil, r, 4, uint64(n)), bytes.Repeat([]byte(unit), n)...)
}

func cborNested(r *rand.Rand, size int) []byte {
	units := []string{"\x81", "\xa1\x60", "\x82\x80", "\xa1\x61a", "\xd8\x2a", "\x9f", "\xa2\x60\x01\x61a"}
	unit := units[r.IntN(len(units))]
	depth := 31
	if r.IntN(2) == 0 {
		depth = 1 + size/len(unit)
	}
	one := append(bytes.Repeat([]byte(unit), depth), 0x01)
	n := 1 + size/len(one)
	return append(appendHead(nil, r, 4, uint64(n)), bytes.Repeat(one, n)...)
}

func cborLiars(r *rand.Rand, size int) []byte {
	var b []byte
	for range 1 + r.IntN(31) {
		claims := []uint64{1 << 16, 1 << 32, 1 << 63, uint64(max(size-300, 0)), uint64(size / 2), 130_000}
		b = appendHead(b, r, byte(2+r.IntN(4)), min(claims[r.IntN(len(claims))], uint64(r.IntN(2))<<40+uint64(size)))
		if r.IntN(2) == 0 {
			b = append(b, '`')
		}
	}
	return append(b, make([]byte, size)...)
}

// JSON returns shapes of JSON text: noise, well-formed values, one value very
// often, values inside of values, and objects of very many names.
func JSON() []Shape {
	return []Shape{noise, jsonValues, jsonRepeated, jsonNested, jsonNames}
}

func jsonValue(dst []byte, r *rand.Rand, room, depth int) []byte {
	plain := []string{
		"1", "-0.0", "1e18", "1e-400", "null", "true", `""`, `"a\u0001\ud83d\ude00"`, `"` + "é—🐦" + `"`, `{"$bytes":"nFE"}`, "{}", "[]",
		`{"$link":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}`, `{"$link":"b"}`, `"\ud800"`, "01",
	}
	if depth == 0 || room < 10 || r.IntN(2) == 0 {
		return append(dst, plain[r.IntN(len(plain)-3*r.IntN(2))]...)
	}
	n, object := 1<<r.IntN(1+min(depth, 6)), r.IntN(2) == 0
	dst = append(dst, '[')
	if object {
		dst[len(dst)-1] = '{'
	}
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if object {
			dst = fmt.Appendf(dst, `"k%d":`, n-i)
		}
		dst = jsonValue(dst, r, room/n-5, depth-1)
	}
	if object {
		return append(dst, '}')
	}
	return append(dst, ']')
}

func jsonValues(r *rand.Rand, size int) []byte {
	b := []byte("[1")
	for len(b) < size-200 {
		b = jsonValue(append(b, ','), r, 200, 8)
	}
	return append(b, ']')
}

func jsonRepeated(r *rand.Rand, size int) []byte {
	units := []string{"1", "1e18", "{}", "[]", `""`, `{"a":1}`, `{"b":1,"a":{}}`, `{"$bytes":""}`, `{"$type":"blob"}`, `"\u0001"`}
	unit := units[r.IntN(len(units))]
	return append(append([]byte("["), bytes.Repeat([]byte(unit+","), size/(len(unit)+1))...), unit+"]"...)
}

func jsonNested(r *rand.Rand, size int) []byte {
	units := []string{"[", `{"a":`, `{"b":1,"a":`, `[[],`, `{"$type":`}
	unit := units[r.IntN(len(units))]
	depth := 31
	if r.IntN(2) == 0 {
		depth = 1 + size/len(unit)
	}
	one := bytes.Repeat([]byte(unit), depth)
	one = append(one, '1')
	for range depth {
		one = append(one, map[byte]byte{'[': ']', '{': '}'}[unit[0]])
	}
	return one
}

func jsonNames(r *rand.Rand, size int) []byte {
	b := []byte("{")
	for i := 0; len(b) < size; i++ {
		b = fmt.Appendf(b, `"%x":%d,`, r.Uint32()>>r.IntN(32), i)
	}
	b[len(b)-1] = '}'
	return b
}
