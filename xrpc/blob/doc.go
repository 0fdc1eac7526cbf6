// Package blob uploads and downloads blobs, the files that records of the AT
// Protocol refer to, by https://atproto.com/specs/blob.
//
// [Upload] stores content on the account's server and returns the reference to
// put into a record; [Download] streams content and [Get] reads it into memory.
// Both ways the content is hashed as it passes: what comes back without an
// error is what the CID names.
//
// A server keeps a blob that was uploaded for an hour or so; it stays, and can
// be downloaded, once a record of the same account refers to it, and goes with
// the last of these records. What size and media type a record's schema allows
// is checked when the record is written, not before. Each account needs its own
// copy: a reference to a blob of another account is refused. A video goes to a
// service that makes it smaller first, which then uploads it in the account's
// name; an example of package serviceauth shows the token that this takes.
// Where a schema has room for the proportions of a picture, they should be
// given.
//
// Blobs are the bytes of strangers. Do not show them under your own origin
// without the headers that keep them from running, such as
// "Content-Security-Policy: default-src 'none'; sandbox" and
// "X-Content-Type-Options: nosniff", and do not decode pictures and videos in
// the process that holds your secrets.
//
// The package has no state. Functions may be called concurrently.
package blob
