// Package repo reads, verifies and writes repositories: the signed collections
// of records in which the AT Protocol's accounts keep their data.
//
// It implements https://atproto.com/specs/repository. A repository is a Merkle
// Search Tree (package mst) from paths such as "app.bsky.feed.post/3jzfcijpj2z2a"
// to records in DAG-CBOR, and a commit, which names the account, a revision and
// the root of the tree, and is signed with the account's key. Whoever has that
// key, from the account's DID document, can check all of it without trusting
// whoever handed it out.
//
// # Reading
//
// Begin with [Read] to verify a repository that somebody exported as a CAR file
// (package repo/car): it checks the commit and its signature, and
// [Export.Records] then yields the records in the order of their paths, each
// checked against the tree. [ReadStream] does the same in one pass, in memory
// that does not depend on the size.
//
// # Writing
//
// [New] makes a repository in memory and [Open] one in a store (package
// repo/blockstore). [Repo.Apply] makes writes, all or none, and its [Result] has
// what a host needs to tell others of them. [Import] brings a repository that
// was exported into a store, [ImportDiff] brings it up to date, and
// [Repo.Export], [Repo.ExportSince] and [Repo.ExportCollection] write CAR files.
// [ParseCommit] and [SignCommit] are the parts for those who build a host of
// their own.
//
// An account has one repository, and a repository one account, which every commit
// of it names.
//
// Records that were deleted or moved leave no trace in the tree, nor can a diff
// tell of them: whoever needs to know has to compare with the tree before, or to
// follow the ops of commits, and who wants tombstones writes records that say so.
// A repository may have some millions of records. Keys that are near each other in
// order share nodes, which makes writing and reading them together cheap: so the
// records of one kind belong in one collection, under TIDs as keys
// ([syntax.TIDClock]), which are in the order in which they were made.
//
// # Proving
//
// [Repo.WriteProof] and [VerifyProof] prove one record, or its absence, to
// somebody who has nothing but the account's key.
//
// # Following
//
// A [Verifier] verifies the messages in which hosts tell of each commit
// ([CommitMessage], [SyncMessage]), by undoing what they say was done: whoever
// does so for all messages of an account, and keeps no more of it than a
// [State], knows that no record was left out. [Result.Message] is the side of
// the host. A commit does not say with which key it is signed: it is the one that
// the account has at present, so that only the last commit can be expected to
// verify, and a [*SignatureError] may mean that the key was changed. [VerifyWith]
// then looks for the new one.
//
// # What it means
//
// What is verified has a type that only verification makes: a [Record] comes
// out of a checked tree and nowhere else. Verification is strict; each leniency
// is a named field of [Options]. It says that the account's key signed exactly
// this content. It does not say that the content is the latest, nor that a
// record is true, follows a schema, or was written when its path says:
// revisions and record keys are the writer's claims.
//
// Damage is reported by typed errors: [*CommitError], [*SignatureError],
// [*MissingRecordError], [*RecordError], [*MessageError], those of packages mst
// and car for nodes and blocks, and [*LimitError] for what goes beyond a limit.
// Limits are on by default; no input costs more memory than a small multiple of
// its size.
package repo

import (
	"time"

	"github.com/linnet-at/linnet/dagcbor"
)

// Limits, from https://atproto.com/specs/sync#commit and
// https://atproto.com/guides/data-validation.
const (
	// DefaultMaxSize is how many bytes of a CAR file are read.
	DefaultMaxSize = 1 << 30
	// DefaultMemoryBudget is how many bytes [ReadStream] holds in memory of a
	// CAR file whose blocks are not in pre-order.
	DefaultMemoryBudget = 64 << 20
	// MaxRecordRead is how many bytes a record may have that is read.
	MaxRecordRead = 1_048_576
	// MaxRecordWrite is how many bytes a record may have that is written.
	MaxRecordWrite = 1_000_000
	// MaxWrites is how many records one commit may change, unless it is
	// announced by a #sync message.
	MaxWrites = 200
	// MaxRevSkew is how far the revision of a commit may be ahead of the
	// reader's time.
	MaxRevSkew = 5 * time.Minute
)

// A LimitError reports something that goes beyond a limit.
type LimitError = dagcbor.LimitError
