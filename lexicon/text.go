//go:build !purego

package lexicon

import "unsafe"

// alias returns text as a string without copying it. It is for calls that keep
// nothing of it, as long as nobody changes the record. With the build tag
// purego the text is copied.
func alias(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
