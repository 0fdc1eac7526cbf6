// Package did finds out who is behind a DID or a handle, and reads and writes DID
// documents, in which an account of the AT Protocol states its
// handle, its signing key and its server. It implements
// https://atproto.com/specs/did and https://atproto.com/specs/handle, and the
// part of https://www.w3.org/TR/did-core/ that they need.
//
// Start with [NewDirectory], which gives the [Identity] of an account that was
// checked both ways, and remembers it. Below that, [NewResolver] gives the
// [Document] of a DID, and [NewHandleResolver] the DID of a handle, asking each
// time. [ParseDocument] reads documents from elsewhere: then ask the document for
// its [Document.SigningKey], [Document.PDS] and [Document.ClaimedHandle], or
// [Document.Key] and [Document.ServiceURL] for labelers, feed generators and
// other services. [Document.MarshalJSON] writes documents.
//
// # What is read
//
// The JSON is held to strict rules: UTF-8, no name twice in an object, no data
// after the end, limits on size and depth. Names are case-sensitive. A
// document must be an object with a valid id, and its lists must be lists;
// absent and null lists are empty. Within these bounds documents are read as
// they occur: unknown fields, unknown types of entries and entries of unusual
// shape are passed over, ids may be relative ("#atproto") or absolute
// ("did:plc:...#atproto"), and keys may be Multikeys or of the two legacy
// types. A key or service is the first that passes all its checks; entries
// that pass only some do not shadow it.
//
// # Resolution
//
// A [Resolver] and a [HandleResolver] are interfaces of one method. Here are
// those for did:plc ([NewPLC]) and did:web ([NewWeb]), for handles by DNS
// ([NewDNS]) and by HTTPS ([NewHTTPS]), for both by asking a server ([XRPC]),
// and for names that are known beforehand ([Static], [StaticHandles]). [Mux],
// [InOrder] and [AtOnce] put them together. Nothing is remembered from one
// question to the next.
//
// What does not resolve gives a [*ResolveError], with an [*ArmError] for each
// way that was tried. It tells a name that is not there from one about which
// there is no answer, says why, and whether asking again can help. Names that
// are never resolved, such as those under ".local", have the errors of
// [syntax.DID.CheckResolvable] and [syntax.Handle.CheckResolvable] instead, and
// nobody is asked.
//
// # The directory
//
// A [Directory] takes a tenth of a microsecond to return what it knows. It gives out
// what is a little old while it asks anew in the background, and what is older
// when nobody answers, up to a maximum; it tells names that are not there from
// those about which there is no answer, and neither for long. Many callers that
// want the same ask once. A handle that leads to an account which does not claim
// it is an error of that handle, and changes nothing about the account.
// [Directory.Recheck] is for signatures that do not verify, [Directory.Purge] and
// [Directory.Refresh] for news. A [Cache] can be shared by many directories;
// package cachetest tests implementations.
//
// # Zero values and concurrency
//
// A Document is plain data. Its methods only read: they may be called
// concurrently as long as nobody changes the fields. Strings and lists of a
// Document never share memory with the input. Resolvers may be used
// concurrently, and are to be kept: each has its own connections. Identities do
// not change.
//
// # Security
//
// No document or resolver verifies. A document is a statement of its DID's controller,
// if it came by a way that proves as much: pass the DID that was asked for in
// [ParseOptions], so that a document of another one is refused, as the resolvers
// do. The handle in it is a claim until it resolves back to the DID, and a DID
// to which a handle leads is one until its document claims the handle. A server
// address is checked for its form alone: the host may be down, need not hold the
// account, and may resolve to a private address, which only the HTTP client can
// see.
//
// Resolvers connect to hosts that strangers name. By default they do so with
// package safehttp, which keeps them from private addresses, and with limits on
// time and size.
package did

import "errors"

// Errors to branch on.
var (
	// ErrIDMismatch is in the error of [ParseDocument] when the document is
	// that of another DID than the one expected.
	ErrIDMismatch = errors.New("did: document has another id")

	// ErrKeyNotDeclared is in the error of [Document.Key] and
	// [Document.SigningKey] when no entry of the document is a usable key.
	ErrKeyNotDeclared = errors.New("did: no usable key declared")

	// ErrPDSNotDeclared is in the error of [Document.PDS] when no entry of the
	// document is a usable server.
	ErrPDSNotDeclared = errors.New("did: no usable PDS declared")

	// ErrServiceNotDeclared is in the error of [Document.ServiceURL] when no
	// entry of the document is a usable service.
	ErrServiceNotDeclared = errors.New("did: no usable service declared")
)
