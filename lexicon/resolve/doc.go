// Package resolve finds Lexicon schemas that were published in the network
// (https://atproto.com/specs/lexicon#lexicon-publication-and-resolution).
//
// The authority of an NSID is a domain name; a TXT record of _lexicon under it
// names an account, and in the repository of that account the schema is a record
// under the NSID. A [Resolver] follows these steps and verifies the proof that
// the record is in the repository, with the signature of the account, so that
// the host cannot have made it up. Begin with [New].
//
// The package itself opens no connection. What it needs of the network comes
// through three small interfaces: a [TXTLooker], which a *net.Resolver is; an
// [AccountLocator], for the account's host and key; and a [ProofFetcher], for
// com.atproto.sync.getRecord. They have to guard against addresses that must not
// be connected to, since strangers name the hosts.
//
// A [Source] is anything that schemas come from. [Pinned] puts those of a catalog
// before another source, and [FromAnswer] reads what a service answers that
// resolves for others.
//
// What goes wrong is an [*Error], which matches one of the errors of this
// package: each step has its own. The document that an answer holds is checked
// to be the one that was asked for, but leniently: it is somebody else's.
//
// Answers are kept only if [Config.Cache] says where. All types are safe for
// concurrent use if what they were given is.
package resolve
