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
//	examples/…         programs to read, run and copy from; cmd/lexgen
//
//	api/…              generated from the published schemas; by hand:
//	                   api/bsky/richtext, api/bsky/post
//
//	xrpc               calls to servers: queries, procedures, retries, pages
//	xrpc/session       accounts logged in; xrpc/serviceauth, xrpc/blob,
//	                   xrpc/record
//
//	lexicon            validation against schemas; lexicon/schema, lexicon/lint,
//	                   lexicon/resolve, lexicon/install, lexicon/publish;
//	                   lexicon/lexgen makes Go of schemas
//
//	repo   did         repositories: commits, records, export and verification;
//	                   DID documents, resolution of DIDs and handles, a
//	                   directory of verified identities
//	repo/car           CAR files
//	repo/blockstore    where a host keeps the blocks of repositories
//	did/safehttp       an HTTP client for addresses that strangers chose
//	did/plc            operations, logs and directories of did:plc
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
// These are the twelve things that people do most. Each has an example that runs,
// in the package:
//
//  1. Check an identifier from outside, and say what is wrong with it:
//     [github.com/linnet-at/linnet/syntax.ParseDID].
//  2. Take an AT-URI apart: [github.com/linnet-at/linnet/syntax.ParseATURI].
//  3. Name new records: [github.com/linnet-at/linnet/syntax.TIDClock].
//  4. Make a key, sign and verify:
//     [github.com/linnet-at/linnet/crypto.GenerateKey].
//  5. Call a service with a token, and check one:
//     [github.com/linnet-at/linnet/crypto/jwt.Sign].
//  6. Encode a Go struct, and have its CID:
//     [github.com/linnet-at/linnet/dagcbor.Marshal].
//  7. Turn records into JSON and back:
//     [github.com/linnet-at/linnet/data.FromJSON].
//  8. Look into a record without decoding it:
//     [github.com/linnet-at/linnet/data.NewView].
//  9. Verify a repository that somebody exported, and read its records:
//     [github.com/linnet-at/linnet/repo.Read], with the key from a DID
//     document: [github.com/linnet-at/linnet/did.ParseDocument].
//  10. Make a repository, change it and export it:
//     [github.com/linnet-at/linnet/repo.New].
//  11. Log in and call a server, with types:
//     [github.com/linnet-at/linnet/xrpc/session.Open], and the functions of
//     the packages below api.
//  12. Find out whom a name means, and where their data is:
//     [github.com/linnet-at/linnet/did.NewDirectory].
//
// Every package comment says where to begin in it, and the examples of each
// package are its manual.
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
