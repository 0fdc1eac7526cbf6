//go:build purego

package lexicon

// alias returns text as a string.
func alias(text []byte) string { return string(text) }
