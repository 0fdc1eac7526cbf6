// Package gentest is what package lexgen generates from the schemas of its tests,
// built so that it can be tested: each construct of the language, and names that
// are odd but legal.
package gentest

//go:generate go run ../../../../cmd/lexgen -config ../../testdata/gentest.json
