package data

import (
	"math"

	"github.com/linnet-at/linnet/dagcbor"
)

// Default limits, from the AT Protocol's data validation guide
// (https://atproto.com/guides/data-validation). Depth, container and key
// length are those of package dagcbor.
const (
	DefaultMaxCBOR = 1_048_576  // bytes of a value in DAG-CBOR
	DefaultMaxJSON = 2_097_152  // bytes of a value in JSON
	DefaultMaxTree = 32_000_000 // bytes of memory of a value as a tree
)

// MaxSafeInteger is the largest integer that every implementation reads
// exactly, and -MaxSafeInteger is the smallest: those beyond do not survive in
// a 64-bit floating-point number (https://atproto.com/specs/data-model#integer).
const MaxSafeInteger = 1<<53 - 1

// Bounds of the limits themselves: what is nested is walked recursively, and
// offsets fit in 32 bits.
const (
	maxDepth = 1000
	maxSize  = 1 << 30
)

// Options sets what the functions of this package accept and produce. A nil
// *Options means strict validation and the default limits.
//
// Of each limit, zero means the default and a negative number lifts it as far
// as it goes. The limits hold for both sides: what is written can be read back.
type Options struct {
	MaxCBOR      int // bytes of DAG-CBOR; 0 means [DefaultMaxCBOR], at most 1 GiB
	MaxJSON      int // bytes of JSON; 0 means [DefaultMaxJSON], at most 1 GiB
	MaxDepth     int // nesting of arrays, maps and links; 0 means [dagcbor.DefaultMaxDepth], at most 1000
	MaxContainer int // elements of an array or pairs of a map; 0 means [dagcbor.DefaultMaxContainer]
	MaxKey       int // bytes of a map key; 0 means [dagcbor.DefaultMaxKey]

	// MaxTree is the memory, in bytes, that a tree may take by a careful
	// estimate; 0 means [DefaultMaxTree]. Values of small maps and arrays
	// take many times their encoded size as a tree.
	MaxTree int

	// Record requires what a record must be: a map whose $type is an NSID.
	Record bool

	// Permissive lets pass what the network already holds although it breaks
	// the rules of the data model: links to CIDs of other codecs and hash
	// functions, $type that is not a string or is empty, blobs of the wrong
	// shape, maps with the keys $link or $bytes that are no links or byte
	// strings, which JSON reserves, and the empty map key in what is produced.
	//
	// A map with $link or $bytes is written to JSON as it is. It reads back as
	// the same, unless DAG-CBOR has a map that looks like a link or a byte
	// string in JSON: that becomes one.
	Permissive bool

	// NoEmptyKeys makes [Validate] and [NewView] refuse the empty map key, which
	// is tolerated in what is read and refused in what is produced
	// (https://atproto.com/guides/data-validation).
	NoEmptyKeys bool

	// Numbers says which spellings of integers in JSON are read; zero means
	// [IntegralNumbers].
	Numbers NumberSpelling

	// SafeIntegers refuses integers beyond [MaxSafeInteger], which the data
	// model advises against in new data.
	SafeIntegers bool

	// LegacyBlobs makes [Blobs] find blob references of the legacy form, which
	// can be mistaken for other maps of the same two keys.
	LegacyBlobs bool
}

// rules holds Options with the defaults filled in. It is a value, so that it
// stays on the stack of the call that it is for.
type rules struct {
	maxCBOR, maxJSON, maxDepth, maxContainer, maxKey, maxTree int
	record, permissive, safeInts, emptyKeys, legacyBlobs      bool
	noEmptyKeys                                               bool // when reading
	numbers                                                   NumberSpelling
}

func (o *Options) rules() rules {
	if o == nil {
		return rules{
			maxCBOR: DefaultMaxCBOR, maxJSON: DefaultMaxJSON, maxDepth: dagcbor.DefaultMaxDepth,
			maxContainer: dagcbor.DefaultMaxContainer, maxKey: dagcbor.DefaultMaxKey, maxTree: DefaultMaxTree,
		}
	}
	return rules{
		maxCBOR:      min(limitOr(o.MaxCBOR, DefaultMaxCBOR), maxSize),
		maxJSON:      min(limitOr(o.MaxJSON, DefaultMaxJSON), maxSize),
		maxDepth:     min(limitOr(o.MaxDepth, dagcbor.DefaultMaxDepth), maxDepth),
		maxContainer: limitOr(o.MaxContainer, dagcbor.DefaultMaxContainer),
		maxKey:       limitOr(o.MaxKey, dagcbor.DefaultMaxKey),
		maxTree:      limitOr(o.MaxTree, DefaultMaxTree),
		record:       o.Record,
		permissive:   o.Permissive,
		safeInts:     o.SafeIntegers,
		emptyKeys:    o.Permissive,
		legacyBlobs:  o.LegacyBlobs,
		noEmptyKeys:  o.NoEmptyKeys,
		numbers:      o.Numbers,
	}
}

// allowAll makes the rules those of a value that is known to be valid, under
// whatever rules: only what is made of it stays limited.
func (ru *rules) allowAll() {
	ru.maxCBOR, ru.maxDepth, ru.maxContainer, ru.maxKey = maxSize, maxDepth, math.MaxInt, math.MaxInt
	ru.record, ru.permissive, ru.safeInts, ru.noEmptyKeys = false, true, false, false
}

// cbor returns the options of a reader that is as strict as the rules.
func (ru *rules) cbor() *dagcbor.Options {
	return &dagcbor.Options{
		MaxSize:      ru.maxCBOR,
		MaxDepth:     ru.maxDepth,
		MaxContainer: ru.maxContainer,
		MaxKey:       ru.maxKey,
		MaxString:    ru.maxCBOR,
		ForeignLinks: ru.permissive,
	}
}

func limitOr(n, def int) int {
	switch {
	case n == 0:
		return def
	case n < 0:
		return math.MaxInt
	}
	return n
}
