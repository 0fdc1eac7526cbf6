// Package schema reads, checks and writes Lexicon documents, the schemas of the
// AT Protocol (https://atproto.com/specs/lexicon), as typed trees.
//
// A [Document] is bound to one NSID and holds named definitions. Each
// definition, and each field of one, is a [Type]: a pointer to one of the
// structs of this package, named as the specification names them ([Record],
// [Query], [Object], [String], [Union] …), to be told apart with a type switch.
//
// Begin with [Parse], which reads the JSON of a document, and [ParseRecord],
// which reads one that was published in a repository. Both report all that is
// wrong, each problem with its path and offset. [Document.Check] does the same
// for a document that a program made. [Document.Format] and
// [Document.MarshalJSON] write JSON, [Document.Record] the record to publish,
// and [Document.CID] names its content, whatever the order of the names in the
// text. Whether references between documents hold is for package lexicon, with
// its catalogs; style is for package lexicon/lint.
//
// Members of a document that the language does not know are kept where they
// stand, in [Common.Extra], and written again. Parsing is strict: it accepts
// what may be published. [Options.Lenient] reads what others have published.
//
// Input of any kind gives an error, never a panic. Size and nesting are limited,
// and what is allocated is at most about 60 times the input, for one that is made
// of next to nothing. Documents are plain data: safe for concurrent use as long as nobody changes them.
package schema
