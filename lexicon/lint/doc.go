// Package lint finds what is bad style in Lexicon schemas, and what breaks
// others in a new version of one.
//
// Begin with [Text], which lints a document as it is being written, [Document],
// for one that was parsed, or [Catalog], which also looks at what references
// lead to. [Breaking] compares two versions of a document; one that was published
// counts as released, so compare with the published one before you publish.
//
// Each [Issue] names its [Rule], with the place where it was broken. An issue of
// level [Error] is against the rules of the language or breaks others; a
// [Warning] is advice, from the style guide
// (https://atproto.com/guides/lexicon-style-guide) and the specification
// (https://atproto.com/specs/lexicon#lexicon-evolution). [Options.Ignore] turns
// rules off.
//
// The functions keep no state, return issues in the order of the document, and
// are safe for concurrent use. They take time in proportion to the size of the
// documents.
package lint
