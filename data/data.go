// Package data is the data model of the AT Protocol
// (https://atproto.com/specs/data-model): values as records hold them, in
// their three forms, without a schema, and views of the first.
//
// The first form is DAG-CBOR, which is canonical, and is what is stored,
// hashed and signed; package dagcbor is its codec. The second is JSON, in
// which links and byte strings are written as objects, {"$link": …} and
// {"$bytes": …}. The third is a tree of plain Go values: map[string]any,
// []any, string, int64, bool, nil, []byte and dagcbor.CID.
//
// Begin with [ToJSON] and [FromJSON], which convert between the first two in
// one pass and without a tree, and with [Unmarshal] and [Marshal], which
// convert between DAG-CBOR and trees. To read a few fields of a record, or all
// without decoding it, take a [View]: [NewView] checks the record once, and the
// view looks things up where they stand; [View.Tree] and [View.AppendJSON] make
// the other forms of any part of it, [View.Raw] is its bytes. [UnmarshalJSON] and
// [MarshalJSON] convert between JSON and trees. All these ways lose nothing.
// [Validate] only checks.
//
// [Blobs] finds the references to blobs in a record, [Links] all links, and
// [View.Walk] whatever is asked for, with its place; a [Blob] is such a reference. [Equal] compares trees, and [Diff] says in what two
// values differ.
//
// What is checked is what can be said without a schema
// (https://atproto.com/guides/data-validation): encoding, $type, links, byte
// strings, blobs, integers, UTF-8. The formats of strings and all that a
// Lexicon demands are for package lexicon. All functions are strict unless
// [Options] name a leniency: [Options.Permissive] reads what the network holds
// but nobody should write.
//
// Nothing that these functions are given can make them panic, exhaust the
// stack, or allocate more than a small multiple of its size. All that
// [FromJSON] allocates is at most 16 times its input; all that [ToJSON]
// allocates is at most 6 times its result, which may have 14 bytes for one of
// the input, but never more than [Options.MaxJSON]; trees take what
// [Unmarshal] says. Views, Validate and Links take next to nothing, Blobs what
// it hands out. Limits on size, depth and containers are on by default.
// Text is not made safe for HTML.
//
// Functions are safe for concurrent use, and their results alias none of the
// input, except for views and what their methods Raw and Alias… return.
package data
