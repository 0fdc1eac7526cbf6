// Package mst implements Merkle Search Trees: the sorted map from keys to
// record CIDs whose root hash a repository's commit signs.
//
// It follows https://atproto.com/specs/repository#mst-structure. A key lies on
// the layer that its SHA-256 gives ([Layer]), so the shape of a tree depends on
// what is in it and on nothing else. A node holds the keys of one layer in one
// interval, and between them links to nodes of the layer below:
//
//	layer 1            ┌──── c ────┐
//	layer 0        a ─ b        d ─ e ─ f
//
// Begin with [NewWalker] to read a tree that somebody sent: it yields the
// entries in key order, each checked before it is handed out. [Tree] is an
// immutable snapshot with Get, Put, Delete and Apply, ranges in both directions,
// and [Diff]. [Builder] makes the nodes of a tree from sorted keys, in one pass
// and without holding the tree. What the operations do to a tree is drawn in the
// directory docs/mst of this module, by [Tree.SVG].
//
// Everything that comes from outside is checked as it is read: that node bytes
// are the one encoding of their content, that prefixes are compressed as far as
// they can be, that keys ascend within and across nodes, that each key lies on
// its layer and each child exactly one layer below its parent, that no node is
// empty that may not be, and that nothing goes beyond the limits of [Options].
// A violation is a [*NodeError] with the node's CID, or a [*LimitError]; a block
// that the source does not have is a [*MissingBlockError]. Other errors of the
// source come through as they are.
//
// # What a stranger's tree can cost
//
// A node that is read takes about 20 times its bytes in memory at most, when its
// prefixes expand to the longest keys; the default limits bound that to 300 kB.
// Every key has one place in a tree, so nodes that are shared or that contain
// themselves end a walk the second time that they come up. Recursion is as deep
// as there are layers.
//
// # What is not here
//
// Keys are byte strings of 1 to 1024 bytes. That they are repository paths is
// checked by package repo, as is that records are there and are what their CIDs
// say. Nothing is stored: a [Source] is only read, and [Tree.Preorder] or the
// sink of a Builder give the nodes to whoever keeps them.
//
// The zero [Tree] is not valid, use [New] or [Load]; the zero [Builder] is one
// without a sink. A Tree is safe for concurrent use, a Walker or Builder is not.
package mst

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
)

// Default limits.
const (
	DefaultMaxNodeEntries = 256        // keys in one node
	DefaultMaxLayer       = 32         // of a key
	DefaultMaxEntries     = 16_777_216 // keys in one tree
	DefaultMaxNodes       = 16_777_216 // nodes in one tree
)

// MaxKeyLen is how many bytes a key may have.
const MaxKeyLen = 1024

// A node's entry takes at most maxEntrySize bytes; no node may be larger than
// hugeNode, which keeps its offsets, and those of its expanded keys, in 32 bits.
const (
	maxEntrySize = MaxKeyLen + 128
	hugeNode     = 64 << 20
)

// Options sets what is accepted of a tree that comes from a source, and how far
// changes may bring it. A nil *Options, and a zero field, mean the default; a
// negative limit lifts it.
type Options struct {
	// MaxNodeEntries is how many keys one node may have; 0 means
	// [DefaultMaxNodeEntries]. In a tree of n honest keys a node has k or
	// more with a probability of about (3/4)^k: 256 do not occur.
	MaxNodeEntries int
	// MaxLayer is the highest layer that a key may lie on; 0 means
	// [DefaultMaxLayer]. A key of layer h takes 4^h attempts to find.
	MaxLayer int
	// MaxEntries is how many keys one tree may have; 0 means
	// [DefaultMaxEntries].
	MaxEntries int64
	// MaxNodes is how many nodes of a tree one call or iteration may visit; 0
	// means [DefaultMaxNodes]. A tree has about a third as many nodes as
	// keys.
	MaxNodes int64

	// TrustHashes skips hashing the blocks of the source. Set it for a
	// source that has compared each block with its CID, as car.Index has.
	TrustHashes bool
	// TrustLayers skips computing the layer of each key, which takes a hash of
	// it. Set it for a source that holds only nodes that have been checked
	// before, such as those that this package made. Of everything else a tree
	// with keys on wrong layers would be accepted: keys could be in it without
	// being found. What checks a proof or inverts a commit ([VerifyProof],
	// [VerifyInclusion], [VerifyExclusion], [Invert]) computes layers all the
	// same; a Tree that was loaded with it does not.
	TrustLayers bool
}

// highestLayer is that of a key whose hash is all zero.
const highestLayer = 128

type limits struct {
	nodeEntries, layer int
	nodeSize           int64
	entries, nodes     int64
	trust, trustLayers bool
}

func (o *Options) limits() limits {
	if o == nil {
		o = &Options{}
	}
	nodeEntries := limitOr(int64(o.MaxNodeEntries), DefaultMaxNodeEntries, math.MaxInt32)
	return limits{
		nodeEntries: int(nodeEntries),
		layer:       int(limitOr(int64(o.MaxLayer), DefaultMaxLayer, highestLayer)),
		nodeSize:    min(max(nodeEntries, DefaultMaxNodeEntries)*maxEntrySize, hugeNode),
		entries:     limitOr(o.MaxEntries, DefaultMaxEntries, math.MaxInt64),
		nodes:       limitOr(o.MaxNodes, DefaultMaxNodes, math.MaxInt64),
		trust:       o.TrustHashes,
		trustLayers: o.TrustLayers,
	}
}

func limitOr(n, def, lifted int64) int64 {
	switch {
	case n == 0:
		return def
	case n < 0 || n > lifted:
		return lifted
	}
	return n
}

// A Source gives the blocks of a tree by their CIDs. It returns an error that
// matches [ErrNotFound] for a block that it does not have. The slice is not
// changed afterwards by either side. Methods are called by several goroutines
// at once if the trees on the source are used by several. A nil Source has no
// blocks.
type Source interface {
	Block(ctx context.Context, c dagcbor.CID) ([]byte, error)
}

// A BatchSource is a [Source] that gives several blocks for less than one after
// the other: a database that is asked once for all of them, or memory, whose
// delays then come at the same time. A [Walker] looks for it, and asks for the
// children of a node before it goes through them. It is not asked of a source.
type BatchSource interface {
	Source
	// Blocks sets each blocks[i] to the block that cids[i] names, or to nil
	// if there is none. There are no more than 16 of them. After an error
	// the blocks are not looked at, but asked for one by one.
	Blocks(ctx context.Context, cids []dagcbor.CID, blocks [][]byte) error
}

// SourceFunc makes a [Source] of a function.
type SourceFunc func(ctx context.Context, c dagcbor.CID) ([]byte, error)

// Block calls f. A nil f has no blocks.
func (f SourceFunc) Block(ctx context.Context, c dagcbor.CID) ([]byte, error) {
	if f == nil {
		return nil, ErrNotFound
	}
	return f(ctx, c)
}

// A MapSource is a [Source] in memory.
type MapSource map[dagcbor.CID][]byte

// Block returns m[c].
func (m MapSource) Block(_ context.Context, c dagcbor.CID) ([]byte, error) {
	if b, found := m[c]; found {
		return b, nil
	}
	return nil, ErrNotFound
}

// ErrNotFound says that a [Source] does not have a block.
var ErrNotFound = errors.New("mst: not found")

// ErrNoKey says that a key is not in the tree. That a node is missing on the way
// to the key is another error, [*MissingBlockError].
var ErrNoKey = errors.New("mst: no such key")

// ErrExists says that a key is in the tree already.
var ErrExists = errors.New("mst: key exists")

// A MissingBlockError reports a node that the source does not have. It matches
// [ErrNotFound].
type MissingBlockError struct {
	CID dagcbor.CID
}

func (e *MissingBlockError) Error() string {
	return "mst: node " + e.CID.String() + " is missing"
}

// Unwrap returns [ErrNotFound].
func (e *MissingBlockError) Unwrap() error { return ErrNotFound }

// A LimitError reports a tree that goes beyond a limit of [Options].
type LimitError = dagcbor.LimitError

func limitError(what string, limit, got int64) error {
	return &LimitError{Name: "mst: " + what, Limit: limit, Got: got, Offset: -1}
}

// A NodeError reports a node that is not one of a valid tree.
//
// The text returned by the Error method may change between releases.
type NodeError struct {
	CID    dagcbor.CID // the node
	Offset int         // in the node's bytes, or -1 if it is not one place there
	Key    string      // the key at which the problem lies, if it is known
	Msg    string      // what is wrong
}

func (e *NodeError) Error() string {
	s := "mst: node " + e.CID.String() + ": " + e.Msg
	switch {
	case e.Key != "":
		s += " at key " + quote(e.Key)
	case e.Offset >= 0:
		s += " at offset " + strconv.Itoa(e.Offset)
	}
	return s
}

// quote prints a key of somebody else's, not all of it if it is long.
func quote(key string) string {
	if len(key) > 128 {
		return strconv.Quote(key[:128]) + "…"
	}
	return strconv.Quote(key)
}

// A KeyError reports a key that no tree can have.
type KeyError struct {
	Key string
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("mst: key %s has %d bytes, not 1 to %d", quote(e.Key), len(e.Key), MaxKeyLen)
}

func checkKey(key string) error {
	if len(key) == 0 || len(key) > MaxKeyLen {
		return &KeyError{key}
	}
	return nil
}

// An Entry is a key and the CID of its record.
type Entry struct {
	Key   string
	Value dagcbor.CID
}

// A budget counts what one walk through a tree has come by.
type budget struct{ nodes, entries int64 }

func (b *budget) node(l *limits) error {
	if b.nodes++; b.nodes > l.nodes {
		return limitError("nodes in tree", l.nodes, b.nodes)
	}
	return nil
}

func (b *budget) entry(l *limits) error {
	if b.entries++; b.entries > l.entries {
		return limitError("entries in tree", l.entries, b.entries)
	}
	return nil
}
