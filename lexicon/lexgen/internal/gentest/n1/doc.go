// Package n1 has the name of a variable of the code that is generated, and is what
// package gentest takes from it.
package n1
