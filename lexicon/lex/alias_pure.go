//go:build purego

package lex

func alias(text []byte) string { return string(text) }

func aliasBytes(s string) []byte { return []byte(s) }
