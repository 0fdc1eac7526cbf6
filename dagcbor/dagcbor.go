// Package dagcbor reads and writes the DAG-CBOR of the AT Protocol, the
// encoding of commits, tree nodes, records and event frames, and its content
// identifiers (CIDs).
//
// It implements the data model's binary form
// (https://atproto.com/specs/data-model), also called DRISL: the subset of
// CBOR (RFC 8949) that gives each value exactly one encoding. Allowed are null,
// booleans, integers that fit in an int64, byte strings, UTF-8 text, arrays,
// maps with text keys in canonical order, and links (tag 42). Heads are in
// their shortest form and lengths definite. Everything else, floating-point
// numbers among it, is an error with the offset at which it stands.
//
// Begin with [Marshal] and [Unmarshal] for Go structs. [Reader] and the Append
// functions are what those who write a codec by hand want: nothing is copied,
// nothing is allocated. [Valid] checks without decoding. Where values follow each
// other, [SplitFirst] cuts off the first, [Values] goes through those in a slice,
// and a [Decoder] through those of a stream. Untyped values, blobs and the JSON
// form are in package data.
//
// A [CID] is a small comparable value; [CID.Cid] and [CIDFromCid] convert to and from
// github.com/ipfs/go-cid. [Sum] makes one, [CID.Matches] checks data against one.
//
// Bad input gives an [*Error], or a [*LimitError] where it goes beyond a limit
// of [Options]. Limits are on by default. No input makes the package panic or
// recurse without bound, and lengths that the input declares are compared with
// the bytes that are there before they are used. Valid and Values allocate
// nothing, a Reader next to nothing, a Decoder all in all at most five times its
// input and 16 KiB; what [Unmarshal] allocates depends on the type that it fills,
// and is at most 200 times the input for interface values.
//
// Functions are safe for concurrent use; a Reader is for one goroutine.
package dagcbor
