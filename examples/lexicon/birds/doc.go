// Package birds is generated from the schema of the example.
package birds
