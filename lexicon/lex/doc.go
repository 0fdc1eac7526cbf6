// Package lex is what the Go types stand on that package lexicon/lexgen
// generates from Lexicon schemas: values of types that nobody knows, unknown
// properties, and the reading, writing and validating of data.
//
// Programs use a few of its types, as fields of generated structs. [Unknown] is
// data of any type, such as the record in a view: [Unknown.Decode] reads it into
// a generated struct, and [Of] makes one of such a struct. [Extra] holds the
// properties of an object that its schema does not know, which are kept byte for
// byte. [Nullable] is a property that may be absent, null, or a value.
//
// All else is called by generated code. A generated type reads itself from
// DAG-CBOR with a [Reader], appends itself in canonical form, and validates
// itself with a [Validator]. Its JSON is always made of its DAG-CBOR and the
// other way around, by package data, so that there is one set of rules.
//
// Decoding is strict: it refuses all that package dagcbor refuses, with the same
// errors, values of another kind than the schema's, and objects that lack a
// required property, so that what was decoded is encoded to the same bytes. An
// [*lexicon.Error] says at what place. [Lenient] lets pass properties that are
// missing or null, for what servers answer. Whether values are in the bounds of
// the schema is for the method Validate of generated types, whose verdict is that
// of [lexicon.Catalog.ValidateRecordData].
//
// Decoding allocates at most 32 MiB, or 16 times the input if that is more.
// Strings of inputs up to 16 KiB share one copy of the input; those of larger
// inputs are copied one by one, so that keeping one keeps no more than 16 KiB.
//
// Generated types may be used like all structs: read by several goroutines, and
// changed by one.
package lex
