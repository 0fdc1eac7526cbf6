package lexicon

import "github.com/linnet-at/linnet/internal/cborhead"

// What stands here reads DAG-CBOR that package data has found valid, and so
// checks nothing.

// find returns where the value of a key in the map at b[off:] begins, or -1 if
// there is none. Keys are in order: the search ends where the key would stand.
func find(b []byte, off int, key string) int {
	pairs, off := cborhead.Read(b, off)
	for range pairs {
		text, next := cborhead.ReadText(b, off)
		if len(text) > len(key) {
			return -1
		}
		if string(text) == key {
			return next
		}
		off = cborhead.Skip(b, next)
	}
	return -1
}

// isText reports whether the value at b[off:] is text.
func isText(b []byte, off int) bool { return b[off]&cborhead.Mask == cborhead.Text }
