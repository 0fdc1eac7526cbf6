package car

import (
	"context"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// A Cursor finds blocks of an [Index] for somebody who asks for them in about
// the order in which they stand in the file, as a walk through a tree in
// pre-order does. It looks first at the block behind the last one: where the
// order is as expected nothing else is needed, not even the table of a large
// file. Otherwise it does what the Index does.
//
// A Cursor must not be used by several goroutines at once; each can have one.
// It is a [mst.Source].
type Cursor struct {
	x    *Index
	next int // where the section begins that is looked at first
}

// Cursor returns a cursor that stands before the first block.
func (x *Index) Cursor() *Cursor { return &Cursor{x, x.start} }

// Get returns the block that c names and whether the file has it, as
// [Index.Get] does.
func (r *Cursor) Get(c dagcbor.CID) (data []byte, found bool) {
	if r.next < len(r.x.b) {
		if content, end := r.x.section(r.next); isOf(content, c) {
			r.next = end
			return content[cidLen:], true
		}
	}
	off := r.x.find(c)
	if off == 0 {
		return nil, false
	}
	content, end := r.x.section(off)
	if off > r.next { // others were passed over; what was passed before does not count
		r.next = end
	}
	return content[cidLen:], true
}

// Block returns the block that c names, as Get does, or [mst.ErrNotFound].
func (r *Cursor) Block(_ context.Context, c dagcbor.CID) ([]byte, error) {
	b, found := r.Get(c)
	if !found {
		return nil, mst.ErrNotFound
	}
	return b, nil
}
