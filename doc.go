// Package linnet is the map of an SDK for the AT Protocol (atproto), the
// standard behind Bluesky and a growing network of social apps: in it people
// are named by domains and DIDs, keep their data in signed repositories that
// anyone can verify, and move between hosts freely. The specifications are at
// https://atproto.com/specs/atp.
//
// The code is in the packages below. Each can be imported on its own, and none
// brings a runtime, a logger or a framework with it. A package stands above all
// that it imports:
//
//	examples/…         programs to read, run and copy from
//
//	repo   did         repositories: commits, records, export and verification;
//	                   DID documents
//	repo/car           CAR files
//
//	data   mst         untyped values and their JSON form; Merkle Search Trees
//
//	dagcbor  crypto    the binary encoding and CIDs; keys and signatures
//	crypto/jwt         signed tokens
//
//	syntax             DIDs, handles, NSIDs, AT-URIs, TIDs and the like; standard
//	                   library only
//
// # Where to begin
//
// To verify a repository that somebody exported: repo.Read, then
// Export.Records. To make one: repo.New, Repo.Apply, Repo.Export. To look into
// a record without a schema: data.ToJSON. To check an identifier:
// syntax.ParseDID and its siblings. Every package comment says where to begin
// in it, and the examples of each package are its manual.
//
// # What holds everywhere
//
// Nothing that comes from the network makes a package panic, loop, exhaust the
// stack, or allocate more than a small multiple of what came in. Limits are on
// by default, have names, and give typed errors.
//
// What is said to be verified, is. Everything is strict by default; each
// leniency is a named option.
//
// Errors are typed where callers branch on them or read from them; read them
// with errors.AsType. Their texts may change between releases.
//
// Values handed out are not changed afterwards. Types are safe for concurrent
// use unless they say otherwise.
package linnet
