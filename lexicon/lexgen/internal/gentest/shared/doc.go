// Package shared is what package gentest takes from another package.
package shared
