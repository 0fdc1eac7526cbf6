package blockstore

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// A Batch takes a store from one head to the next.
type Batch struct {
	// Prev must be the present head, undefined before the first commit.
	Prev dagcbor.CID
	// Head is the head afterwards. It may be Prev, and it may be undefined
	// if Prev is: a large import can come in several batches, of which the
	// last one sets the head.
	Head dagcbor.CID

	// Put adds a reference to each block and stores it if it is new. The
	// same block may be there several times.
	Put []car.Block
	// Drop takes a reference away from each block, after all of Put was
	// done, and the block with the last one.
	Drop []dagcbor.CID

	// TrustHashes skips hashing the blocks of Put. Set it if each was
	// compared with its CID before, as those of a [car.Index] were, or has
	// its CID from [dagcbor.Sum].
	TrustHashes bool
}

// A BatchError reports a batch that is wrong in itself, or that drops a block
// which has no reference left.
//
// The text returned by the Error method may change between releases.
type BatchError struct {
	List  string      // where the problem lies: "Put", "Drop", or "Head"
	Index int         // which one of the list
	CID   dagcbor.CID // the block
	Msg   string      // what is wrong
}

func (e *BatchError) Error() string {
	s := "blockstore: batch: " + e.List
	if e.List != "Head" {
		s += " " + strconv.Itoa(e.Index)
	}
	if e.CID.Defined() {
		s += ", block " + e.CID.String()
	}
	return s + ": " + e.Msg
}

// MaxRefs is how many references a block may have.
const MaxRefs = math.MaxInt32

// A Change is what a [Batch] does to one block.
type Change struct {
	CID  dagcbor.CID
	Data []byte // the block, if Puts is not 0
	Puts int    // references added
	// Drops is how many references are taken away, after those of Puts were added.
	Drops int

	drop int // index of the last one in Batch.Drop
}

// Apply returns how many references a block has after the change if it has refs
// before; 0 means that it is gone, or not there. The error is a [*BatchError]
// for more drops than references, or a [dagcbor.LimitError] beyond [MaxRefs].
func (c *Change) Apply(refs int) (int, error) {
	after := int64(refs) + int64(c.Puts) - int64(c.Drops)
	if after < 0 {
		return 0, &BatchError{"Drop", c.drop, c.CID, "no reference is left to drop"}
	}
	if after > MaxRefs {
		return 0, &dagcbor.LimitError{Name: "blockstore: references to a block", Limit: MaxRefs, Got: after, Offset: -1}
	}
	return int(after), nil
}

// Changes is for those who write a [Store]: it checks all of b that can be
// checked without the store, and returns what b does to each block, one Change
// for each different CID, in the order in which b names them first. The error
// is a [*BatchError].
//
// A Store then compares Prev with its head, finds the references of each block,
// and writes what [Change.Apply] gives, or nothing if one of them fails.
func (b *Batch) Changes() ([]Change, error) {
	if b.Prev.Defined() && !b.Head.Defined() {
		return nil, &BatchError{List: "Head", Msg: "undefined after one that was defined"}
	}
	s := newChangeSet(len(b.Put) + len(b.Drop))
	for i, p := range b.Put {
		if !p.CID.Defined() {
			return nil, &BatchError{List: "Put", Index: i, Msg: "undefined CID"}
		}
		if !b.TrustHashes && !p.CID.Matches(p.Data) {
			return nil, &BatchError{"Put", i, p.CID, "the bytes are not what the CID names"}
		}
		c := s.find(p.CID)
		c.Data = p.Data
		c.Puts++
	}
	for i, cid := range b.Drop {
		if !cid.Defined() {
			return nil, &BatchError{List: "Drop", Index: i, Msg: "undefined CID"}
		}
		c := s.find(cid)
		c.drop = i
		c.Drops++
	}
	return s.list, nil
}

// A changeSet finds a change by its CID, in an open-addressed table over the
// digest: a tenth of the time and memory of a map.
type changeSet struct {
	list  []Change
	slots []uint32 // 1 + index in list; 0 is free
	shift int
	seed  uint64 // odd; keeps those who choose digests from choosing slots
}

func newChangeSet(n int) *changeSet {
	size := bits.Len(uint(n)) + 1 // twice as many slots as changes, or more
	return &changeSet{make([]Change, 0, n), make([]uint32, 1<<size), 64 - size, rand.Uint64() | 1}
}

// find returns the change of c, a new one if there is none.
func (s *changeSet) find(c dagcbor.CID) *Change {
	digest := c.Digest()
	hash := (binary.LittleEndian.Uint64(digest[:]) ^ uint64(c.Codec())) * s.seed
	for i := hash >> s.shift; ; i = (i + 1) & uint64(len(s.slots)-1) {
		n := s.slots[i]
		if n == 0 {
			s.list = append(s.list, Change{CID: c})
			s.slots[i] = uint32(len(s.list))
			return &s.list[len(s.list)-1]
		}
		if s.list[n-1].CID == c {
			return &s.list[n-1]
		}
	}
}
