package dagcbor

import (
	"math"
	"strconv"
)

// Default limits, from the AT Protocol's data validation guide
// (https://atproto.com/guides/data-validation).
const (
	DefaultMaxSize      = 5 << 20   // bytes of one input
	DefaultMaxDepth     = 32        // arrays, maps and tags inside each other
	DefaultMaxContainer = 131_072   // elements of one array, pairs of one map
	DefaultMaxKey       = 8192      // bytes of one map key
	DefaultMaxString    = 1_048_576 // bytes of one text or byte string
)

// Options sets what a reader accepts. A nil *Options, and a zero field, mean
// the default; a negative limit lifts it. No input may be larger than
// 2 GiB - 1, whatever the options say.
//
// [Options.ForeignLinks] is the only leniency, since it is the only one that
// keeps the promise that a value has one encoding: what is accepted is written
// again as it was, and still has the hash by which the network names it. Heads
// that are not the shortest, indefinite lengths, and keys that are out of order
// or occur twice are other spellings of values that have one already. Floats,
// undefined, other simple values, tags other than 42, keys that are not text,
// and integers beyond int64 are no values of the data model
// (https://atproto.com/specs/data-model#data-types): there is nothing to decode
// them to, and to drop or change them would break the hash. Where the network
// holds such a record, a program skips it, keeps its bytes if it has to, and
// goes on with the next one. What is lenient about shapes, such as those of
// blobs, is in package data.
type Options struct {
	MaxSize      int // bytes of input; 0 means [DefaultMaxSize]
	MaxDepth     int // nesting of arrays, maps and tags; 0 means [DefaultMaxDepth]
	MaxContainer int // elements of an array or pairs of a map; 0 means [DefaultMaxContainer]
	MaxKey       int // bytes of a map key; 0 means [DefaultMaxKey]
	MaxString    int // bytes of a text or byte string; 0 means [DefaultMaxString]

	// ForeignLinks accepts links to any well-formed CIDv1 of at most 100
	// bytes, to pass on data that names other codecs and hash functions, which
	// old records do
	// (https://atproto.com/specs/repository#cid-formats).
	// By default only the CIDs that the protocol blesses are links: version
	// 1, codec dag-cbor or raw, SHA-256.
	ForeignLinks bool
}

// A LimitError reports an input that goes beyond a limit. The packages built
// on this one use it too.
type LimitError struct {
	Name   string // what is limited, with its package: "dagcbor: nesting depth"
	Limit  int64  // the largest value allowed
	Got    int64  // the value met, or the smallest that it can have
	Offset int64  // where in the input, in bytes; -1 if that does not apply
}

// Error says which limit was exceeded, by what, and where. The text may
// change between releases.
func (e *LimitError) Error() string {
	s := e.Name + " " + strconv.FormatInt(e.Got, 10) + " exceeds the limit of " + strconv.FormatInt(e.Limit, 10)
	if e.Offset >= 0 {
		s += " at offset " + strconv.FormatInt(e.Offset, 10)
	}
	return s
}

// limits holds Options with the defaults filled in: every limit is a number.
type limits struct {
	size, depth, container, key, str int
	foreign                          bool
}

const unlimited = math.MaxInt32

func (o *Options) limits() limits {
	if o == nil {
		o = &Options{}
	}
	return limits{
		size:      limitOr(o.MaxSize, DefaultMaxSize),
		depth:     limitOr(o.MaxDepth, DefaultMaxDepth),
		container: limitOr(o.MaxContainer, DefaultMaxContainer),
		key:       limitOr(o.MaxKey, DefaultMaxKey),
		str:       limitOr(o.MaxString, DefaultMaxString),
		foreign:   o.ForeignLinks,
	}
}

func limitOr(n, def int) int {
	switch {
	case n == 0:
		return def
	case n < 0:
		return unlimited
	}
	return min(n, unlimited)
}
