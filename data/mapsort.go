package data

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/linnet-at/linnet/internal/cborhead"
)

// An entry is a key of a map and its value, encoded: a range of bytes in a
// buffer. Offsets count from where the value under construction begins there.
//
// Maps are written in the order in which their keys come, and put into
// canonical order by moving these ranges once the map is complete. Encoded
// keys compare bytewise, for the head of a shorter key is the smaller one.
type entry struct {
	prefix     uint64 // first eight bytes of the encoded key, padded with zeros
	start, end uint32 // key and value
	keyEnd     uint32 // where the key ends and the value begins
	source     uint32 // offset of the key in the input, for errors
}

// appendEntry appends e. It doubles what is too small: append's own steps copy
// long lists more often.
func appendEntry(entries []entry, e entry) []entry {
	if n := len(entries); n == cap(entries) {
		entries = slices.Grow(entries, max(16, n))
	}
	return append(entries, e)
}

// keyPrefix returns the prefix of the encoded key that ends dst, from start.
func keyPrefix(dst []byte, start int) uint64 {
	if start+8 > cap(dst) {
		var key [8]byte
		copy(key[:], dst[start:])
		return binary.BigEndian.Uint64(key[:])
	}
	// What is read beyond the end of the key is shifted out.
	p := binary.BigEndian.Uint64(dst[start : start+8])
	if missing := start + 8 - len(dst); missing > 0 {
		p = p >> (8 * missing) << (8 * missing)
	}
	return p
}

func compareEntries(b []byte, x, y *entry) int {
	if x.prefix != y.prefix {
		return cmp.Compare(x.prefix, y.prefix)
	}
	return bytes.Compare(b[x.start:x.keyEnd], b[y.start:y.keyEnd])
}

// smallMap is the number of entries up to which they are sorted by insertion,
// and kept on the stack while a map is read.
const smallMap = 12

// sortEntries sorts the entries of one map, whose bytes are in b. It reports
// whether they moved, and, if two keys are equal, the one that repeats the
// other.
func sortEntries(b []byte, entries []entry) (moved bool, dup *entry) {
	inOrder := true
	for i := 1; i < len(entries) && inOrder; i++ {
		inOrder = compareEntries(b, &entries[i-1], &entries[i]) < 0
	}
	switch {
	case inOrder:
		return false, nil
	case len(entries) > smallMap:
		slices.SortFunc(entries, func(x, y entry) int {
			return cmp.Or(compareEntries(b, &x, &y), cmp.Compare(x.source, y.source))
		})
	default:
		for i := 1; i < len(entries); i++ {
			e := entries[i]
			j := i
			for ; j > 0 && compareEntries(b, &entries[j-1], &e) > 0; j-- {
				entries[j] = entries[j-1]
			}
			entries[j] = e
		}
	}
	for i := 1; i < len(entries); i++ {
		if compareEntries(b, &entries[i-1], &entries[i]) == 0 && (dup == nil || entries[i].source < dup.source) {
			dup = &entries[i]
		}
	}
	return true, dup
}

// headLen is the length of the longest head.
const headLen = 9

// closeMap completes the map that begins at offset start of dst[base:] with
// one byte for its head, and whose entries follow: it puts them in order and
// writes the head. On equal keys it returns the one that repeats another.
//
// The bytes are moved within dst: entries are appended in order behind the map
// and copied back. Each byte moves at most twice for each level of nesting.
func closeMap(dst []byte, base, start int, entries []entry) ([]byte, *entry) {
	moved, dup := sortEntries(dst[base:], entries)
	if dup != nil {
		return dst, dup
	}
	if !moved {
		return insertHead(dst, base+start, cborhead.Map, len(entries)), nil
	}
	end := len(dst)
	dst = slices.Grow(dst, end-base-start+4)
	for i := range entries {
		dst = append(dst, dst[base+int(entries[i].start):base+int(entries[i].end)]...)
	}
	var room [headLen]byte
	head := cborhead.Append(room[:0], cborhead.Map, uint64(len(entries)))
	to := base + start
	to += copy(dst[to:], head)
	// The head may have run over bytes of the first entry: they are taken from
	// the copies behind, which it cannot reach.
	to += copy(dst[to:], dst[end:])
	return dst[:to], nil
}

// insertHead writes the head of the array or map that begins at offset start
// of dst with one byte for it, moving the rest if one is not enough.
func insertHead(dst []byte, start int, major byte, n int) []byte {
	if n < 24 {
		dst[start] = major | byte(n)
		return dst
	}
	var room [headLen]byte
	head := cborhead.Append(room[:0], major, uint64(n))
	end := len(dst)
	dst = append(dst, head[1:]...) // room
	copy(dst[start+len(head):], dst[start+1:end])
	copy(dst[start:], head)
	return dst
}
