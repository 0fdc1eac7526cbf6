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
// Begin with [Read] to verify a repository that somebody exported as a CAR file
// (package repo/car): it checks the commit and its signature, and
// [Export.Records] then yields the records in the order of their paths, each
// checked against the tree. [New] and [Repo.Apply] make a repository in memory
// and change it, [Repo.Export] writes it as a CAR file. [ParseCommit] and
// [SignCommit] are the parts for those who build a host of their own.
//
// What is verified has a type that only verification makes: a [Record] comes
// out of a checked tree and nowhere else. Verification is strict; each leniency
// is a named field of [Options]. It says that the account's key signed exactly
// this content. It does not say that the content is the latest, nor that a
// record is true, follows a schema, or was written when its path says:
// revisions and record keys are the writer's claims.
//
// Damage is reported by typed errors: [*CommitError], [*SignatureError],
// [*MissingRecordError], [*RecordError], those of packages mst and car for
// nodes and blocks, and [*LimitError] for what goes beyond a limit. Limits are
// on by default; no input costs more memory than a small multiple of its size.
package repo

import (
	"math"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// Limits, from https://atproto.com/specs/sync#commit and
// https://atproto.com/guides/data-validation.
const (
	// DefaultMaxSize is how many bytes of a CAR file are held in memory.
	DefaultMaxSize = 1 << 30
	// MaxRecordRead is how many bytes a record may have that is read.
	MaxRecordRead = 1_048_576
	// MaxRecordWrite is how many bytes a record may have that is written.
	MaxRecordWrite = 1_000_000
	// MaxWrites is how many records one commit may change.
	MaxWrites = 200
	// MaxRevSkew is how far the revision of a commit may be ahead of the
	// reader's time.
	MaxRevSkew = 5 * time.Minute
)

// A LimitError reports something that goes beyond a limit.
type LimitError = dagcbor.LimitError

// Options says what a repository that is read has to be, and what is tolerated.
type Options struct {
	// Key is the account's signing key, from its DID document. Without it
	// reading fails, unless SkipSignature is set.
	Key *crypto.PublicKey
	// SkipSignature reads repositories without checking who signed them: the
	// content is then only consistent, not authentic. Key is ignored.
	SkipSignature bool

	// DID is the account that the repository must belong to. The zero DID
	// accepts any: the caller has to compare [Commit.DID] itself.
	DID syntax.DID

	// SkipRecords does without the records: a CAR file that has only the
	// commit and the tree is complete, and [Record.Bytes] returns nil.
	SkipRecords bool
	// CheckRecords fails on a record that [Record.Validate] refuses. By
	// default such a record is handed out like any other, since one record
	// that is wrong says nothing about the rest
	// (https://atproto.com/guides/data-validation).
	CheckRecords bool
	// AllowMissingPrev accepts commits without the field prev, which some
	// early writers left out.
	AllowMissingPrev bool

	// Now is the time at which the commit is judged; zero means the present. A
	// commit whose revision is more than [MaxRevSkew] later is refused with a
	// [*FutureRevError], unless AllowFutureRev is set: accepted once, such a
	// revision would make all honest later ones look old
	// (https://atproto.com/specs/repository#commit-objects).
	Now            time.Time
	AllowFutureRev bool

	// MaxSize is how many bytes the CAR file may have, which is held in
	// memory; 0 means [DefaultMaxSize]. A negative number lifts the limit as
	// far as it goes, to 4 GiB - 1.
	MaxSize int64
	// CAR and Tree are further limits; nil means the defaults.
	CAR  *car.Options
	Tree *mst.Options
}

// maxFile is the largest CAR file that a [car.Index] can hold.
const maxFile = min(math.MaxUint32, math.MaxInt)

// maxSize returns the limit.
func (o *Options) maxSize() int64 {
	switch {
	case o.MaxSize == 0:
		return DefaultMaxSize
	case o.MaxSize < 0:
		return maxFile
	}
	return min(o.MaxSize, maxFile)
}
