package repo

import (
	"errors"
	"math"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

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
	// AllowVersion2 accepts commits of version 2 as well, which the network
	// wrote until 2023, to read and verify old exports. Their trees and
	// signatures are like those of [Version], but they may lack a revision
	// ([Commit.Rev] is zero then) and so have no place among later commits:
	// they are not imported, and no message has them.
	AllowVersion2 bool

	// Now is the time at which the commit is judged; zero means the present. A
	// commit whose revision is more than [MaxRevSkew] later is refused with a
	// [*FutureRevError], unless AllowFutureRev is set: accepted once, such a
	// revision would make all honest later ones look old
	// (https://atproto.com/specs/repository#commit-objects).
	Now            time.Time
	AllowFutureRev bool

	// MaxSize is how many bytes the CAR file may have; 0 means
	// [DefaultMaxSize]. A negative number lifts the limit as far as it goes:
	// to 4 GiB - 1 for what is held in memory, altogether for [ReadStream].
	MaxSize int64
	// Progress, if not nil, is called now and then while a repository is read
	// and its records are handed out, by the goroutine that does so.
	Progress func(Progress)

	// RefuseExtra makes [Export.Records] end with an [*ExtraBlockError] if the
	// CAR file has blocks that are neither the commit nor a node nor a record
	// of the repository. Blocks that are there several times are refused by
	// car.Options.RefuseDuplicates. A stream refuses either only together with
	// RequirePreorder, and a file of changes or a proof cannot be asked for
	// RefuseExtra: what does not do what these options say fails. It does not
	// concern [Export.Get] and an [Export.Range] with bounds.
	RefuseExtra bool
	// RequirePreorder makes [ReadStream] refuse a CAR file with an
	// [*OrderError] if its blocks do not stand in pre-order, each where it is
	// needed, also if it was there before, and none besides. Nothing is kept
	// then but the path to the present record, in memory or elsewhere. What
	// reads a file as a whole, as [Read] does, cannot be asked for it and fails.
	RequirePreorder bool
	// ReuseMemory makes the Bytes of a record that a [Stream] yields valid only
	// until the next step of the loop. Memory is then used again, instead of
	// being left to the garbage collector: about as much as the CAR file has.
	// [Record.Clone] keeps what is to be kept.
	ReuseMemory bool
	// MemoryBudget is how many bytes ReadStream holds in memory of a CAR file
	// in another order, before it goes on in a temporary file; 0 means
	// [DefaultMemoryBudget]. For a moment, when the file has come to its end
	// and the pieces are joined, it is twice as much. A negative number lifts
	// the limit as far as it goes, to 4 GiB - 1.
	MemoryBudget int64
	// TempDir is the directory of temporary files; "" means [os.TempDir].
	TempDir string

	// CAR and Tree are further limits; nil means the defaults. [VerifyProof]
	// and [Export.Get] compute the layers of keys even if Tree says
	// TrustLayers: a key on a wrong one could hide another.
	CAR  *car.Options
	Tree *mst.Options
}

// maxFile is the largest CAR file that a [car.Index] can hold.
const maxFile = min(math.MaxUint32, math.MaxInt)

// maxSize returns the limit for what is held in memory.
func (o *Options) maxSize() int64 { return min(o.maxStream(), maxFile) }

// maxStream returns the limit for what is not.
func (o *Options) maxStream() int64 {
	switch {
	case o.MaxSize == 0:
		return DefaultMaxSize
	case o.MaxSize < 0:
		return math.MaxInt64
	}
	return o.MaxSize
}

func (o *Options) memoryBudget() int64 {
	switch {
	case o.MemoryBudget == 0:
		return DefaultMemoryBudget
	case o.MemoryBudget < 0:
		return maxFile
	}
	return min(o.MemoryBudget, maxFile)
}

// carOptions returns a copy of the limits for CAR files.
func (o *Options) carOptions() car.Options {
	if o.CAR == nil {
		return car.Options{}
	}
	return *o.CAR
}

var errNoKey = errors.New("repo: no key to verify with: set Options.Key, or SkipSignature to do without")

var (
	errStreamExtra = errors.New("repo: a stream refuses extra blocks and duplicates only with RequirePreorder")
	errPartExtra   = errors.New("repo: RefuseExtra is for whole repositories")
	errWholeOrder  = errors.New("repo: RequirePreorder is for streams")
)

// checkStream is check for a file that is read as a stream.
func (o *Options) checkStream() error {
	if err := o.check(); err != nil {
		return err
	}
	if !o.RequirePreorder && (o.RefuseExtra || o.CAR != nil && o.CAR.RefuseDuplicates) {
		return errStreamExtra
	}
	return nil
}

// checkWhole is check for a file that is held in memory.
func (o *Options) checkWhole() error {
	if err := o.check(); err != nil {
		return err
	}
	if o.RequirePreorder {
		return errWholeOrder
	}
	return nil
}

// checkPart is checkWhole for a file that has a part of a repository.
func (o *Options) checkPart() error {
	if err := o.checkWhole(); err != nil {
		return err
	}
	if o.RefuseExtra {
		return errPartExtra
	}
	return nil
}

func (o *Options) check() error {
	if o == nil || o.Key.Curve() == 0 && !o.SkipSignature {
		return errNoKey
	}
	return nil
}

// treeOptions returns the limits for the tree in a CAR file.
func (o *Options) treeOptions() mst.Options {
	tree := mst.Options{}
	if o.Tree != nil {
		tree = *o.Tree
	}
	tree.TrustHashes = true // every block of a CAR file is hashed
	return tree
}
