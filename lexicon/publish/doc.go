// Package publish plans what has to be written to publish Lexicon schemas, as
// records of the collection com.atproto.lexicon.schema
// (https://atproto.com/specs/lexicon#lexicon-publication-and-resolution).
//
// Begin with [New], which takes the documents, and what is published and what
// DNS says at present, and returns a [Plan]: what is to be created, updated or
// left alone, and what stands in the way. [Plan.String] is a report to show
// before anything is written, and [Step.Record] what to write then. [Withdraw]
// plans to take schemas back.
//
// The functions are pure: they ask nobody and write nothing.
package publish
