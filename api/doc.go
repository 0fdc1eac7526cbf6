// Package api is the parent of the packages that are generated from the schemas of
// the AT Protocol and of applications on it. Which schemas are in which package is
// said in lexgen.json.
package api

//go:generate go run ../cmd/lexgen -config lexgen.json
