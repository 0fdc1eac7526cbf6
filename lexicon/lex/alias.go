//go:build !purego

package lex

import "unsafe"

// alias returns text as a string without copying it. It is for text that nobody
// changes as long as the string lives. With the build tag purego the text is
// copied.
func alias(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }

// aliasBytes returns s as bytes without copying it, which nobody may change.
func aliasBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
