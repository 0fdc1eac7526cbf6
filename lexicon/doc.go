// Package lexicon validates data against Lexicon schemas
// (https://atproto.com/specs/lexicon): records, parameters and bodies of
// methods, and messages of subscriptions.
//
// Begin with [Load], which makes a [Catalog] of the schema documents in a
// directory or an embed.FS, or [NewCatalog], for documents that package
// lexicon/schema has parsed. [Catalog.ValidateRecord] checks a record with its
// collection and key; [Catalog.ValidateRecordJSON] is the same for JSON, and
// [Catalog.ValidateView] for any definition. Servers validate with
// [Catalog.ParseParams], [Catalog.ValidateInput] and [Catalog.ValidateWrite],
// clients with [Catalog.FormatParams] and [Catalog.ValidateOutput], consumers of
// streams with [Catalog.ValidateMessage].
//
// A catalog is compiled once to a flat program that runs over the bytes of a
// record where they stand: no tree is made, and a record without errors costs no
// allocation. What is validated is never changed; defaults are filled in
// parameters only. A value that fails is invalid as a whole: there is no result
// beside an error.
//
// Validation has two stages. The first is that of package data, and always
// happens; the second is the schema's. Properties that the schema does not know
// are no errors, and neither are members of open unions that the union does not
// list. Errors say which rule was broken where: "lexicon: reply.root.uri: …", by
// default the first, and all of them if [Options.MaxErrors] asks for it. Data
// that needs a schema that the catalog has not is neither valid nor invalid; the
// error matches [ErrNoSchema].
//
// Validation is strict, for what is written. [Lenient] is for what others have
// written.
//
// Subpackages go on from here: lint finds what is bad style in a schema, and
// what breaks in a new version of one; resolve gets schemas that were published
// from the network; publish plans what has to be written to publish them; install
// keeps a set of schemas in a directory, with a manifest.
//
// No schema and no data make the package panic, recurse without bound, or take
// more time than in proportion to the size of the data. A [Catalog] is immutable
// and safe for concurrent use.
package lexicon
