// Package lexgen generates Go from Lexicon schemas
// (https://atproto.com/specs/lexicon): types for records, objects and the inputs
// and outputs of methods, with their codecs and validation, and functions that
// call the methods.
//
// Begin with [Generate], or with the command lexgen, which does the same from the
// command line:
//
//	//go:generate go run github.com/linnet-at/linnet/cmd/lexgen -config lexgen.json
//
// A [Config] says which schemas belong to which Go package: each [Package] has the
// documents whose NSIDs begin with one of its prefixes. Packages without a
// directory are those that others have generated; code refers to them, so that
// teams can publish theirs as libraries.
//
// # What is generated
//
// For the document app.bsky.feed.post in the package with the prefix app.bsky, the
// main definition is FeedPost, and the definition replyRef is FeedPostReplyRef.
// Objects, inputs, outputs, parameters and unions that have no name of their own
// are named for where they stand: FeedPostEmbed, FeedGetTimelineParams.
//
// Objects and records are structs. A property that is required is a plain value;
// an optional boolean, integer, string, object or blob is a pointer, and an
// optional list, byte string, link, union or object of unknown type is absent if it
// is nil or zero. A property that may be null, but not absent, is null where an
// optional one would be absent; one that may be both is a lex.Nullable. Strings are plain
// strings whatever their format is, for real data holds invalid ones.
//
// A union is a struct with a pointer for each member, of which one is set, and
// for other types Unknown, unless it is closed. Its method Value returns the one
// that is set, to switch over.
//
// An optional boolean, integer or string that has a default is also read by a
// method such as LimitOrDefault.
//
// A method, such as app.bsky.feed.getTimeline, is a function that calls it,
// FeedGetTimeline, and one that describes it to servers and tools,
// FeedGetTimelineMethod, with the kind, the parameters, the encodings and the names
// of the errors, see [schema.Method]. Parameters write themselves to a query by
// AppendQuery and read themselves from one by ParseQuery, so that both sides of a
// call stand on the same code. Nil parameters, and a nil input, are the empty ones.
//
// Lexicons have no mark for what is deprecated; what begins its description with
// that word, or has it in capitals, gets a paragraph for Go's tools that says so.
//
// Values of strings that are known, enumerations and tokens are constants, and so
// are the names of errors of methods. All types have the methods AppendCBOR,
// MarshalCBOR, UnmarshalCBOR, AppendJSON, MarshalJSON, UnmarshalJSON and Validate;
// what these promise is said in package lex; those that decode leave their target
// alone on error. Validate finds one problem of a value at most, that which a
// catalog finds, and nothing that it lets pass fails to be encoded. There is no
// reflection, no registry and no code that runs when a program begins.
//
// # Names
//
// Names depend on the documents of a package alone, and the same documents always
// give the same text. Where two names would be one, the second of them, in the
// order of definitions before the rest, of NSIDs, and of the text, gets a number.
//
// The constant of a value is called for its words, with a line between two
// numbers: Level0_5 is "0.5". Signs before a number and at the end count, as in
// LevelMinus1 and LanguageCPlusPlus, and so do all symbols of a value that has
// nothing else, or whose words are those of a value before it.
//
// No input makes the package panic. Its functions are safe for concurrent use.
package lexgen
