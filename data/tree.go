package data

import (
	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/utf8scan"
)

// Unmarshal decodes a value in DAG-CBOR to a tree of plain Go values:
//
//	null         nil
//	boolean      bool
//	integer      int64
//	string       string
//	byte string  []byte, never nil
//	link         dagcbor.CID; cid.Cid for one that [Options.Permissive] lets pass
//	array        []any, never nil
//	map          map[string]any, never nil
//
// A blob is a map; [BlobOf] reads it. The tree holds all there is to say:
// [Marshal] gives the same bytes again. Nothing in it aliases b. Its strings
// share one copy of b, so that a string that is kept keeps all of them; use
// strings.Clone where that matters.
//
// The value is checked as by [Validate], and the errors are the same. A tree
// takes up to about 170 times the memory of its encoding, where that is made
// of small maps, and never more than [Options.MaxTree].
func Unmarshal(b []byte, o *Options) (any, error) {
	ru := o.rules()
	return unmarshal(b, &ru)
}

// UnmarshalRecord is [Unmarshal] for records: the value must be a map whose
// $type is an NSID, as with [Options.Record].
func UnmarshalRecord(b []byte, o *Options) (map[string]any, error) {
	ru := o.rules()
	ru.record = true
	v, err := unmarshal(b, &ru)
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

func unmarshal(b []byte, ru *rules) (any, error) {
	if len(b) > ru.maxCBOR {
		return nil, limitError("CBOR size", ru.maxCBOR, len(b), -1)
	}
	t := treeReader{checker: ru.checker(b), text: string(b), items: len(b), most: ru.maxTree, mem: len(b) + boxesMemory, boxer: newBoxer(len(b))}
	v, end := t.value(0, 0)
	if end != len(b) {
		if err := ru.judge(b); err != nil {
			return nil, err
		}
		return nil, limitError("memory of a tree", t.most, t.mem, t.off)
	}
	if err := ru.checkRecord(b); err != nil {
		return nil, err
	}
	return v, nil
}

// A treeReader checks a value and decodes it to a tree, in one pass. Like the
// checker that it contains it knows no errors: it declines what is not valid,
// and what takes too much memory. It recurses, to at most the depth to which
// the checker allows.
//
// Memory for a container is set aside before what it holds is known to be
// there. Since every item has at least one byte, items sees to it that all
// containers together hold no more of them than the input has bytes.
type treeReader struct {
	checker
	text  string // a copy of b, of which all strings are parts
	items int    // how many items the containers that come may hold
	most  int    // memory that the tree may take
	mem   int    // estimate of the memory of the tree so far
	off   int    // where mem went beyond most
	boxer boxer
}

// Memory that a value takes on a 64-bit machine, beside the 16 bytes of the
// interface that holds it. The figures for maps are those of the runtime's
// tables: groups of eight slots of 33 bytes, in tables filled to at least
// seven sixteenths of the slots.
const (
	memScalar   = 16 // string header; integer
	memBytes    = 48 // slice header, array rounded up
	memLink     = 64 // CID, rounded up; string header, array
	memSlice    = 24
	memElement  = 16
	memMap      = 48
	memSmallMap = 288 // one group
	memPair     = 80  // a pair of a larger map
)

// charge accounts for n bytes of memory, for what stands at off, and reports
// whether that is too much.
func (t *treeReader) charge(n, off int) bool {
	if t.mem += n; t.mem <= t.most {
		return false
	}
	t.off = off
	return true
}

// value decodes the value at b[off:], inside of depth containers, and returns
// where it ends.
func (t *treeReader) value(off, depth int) (v any, next int) {
	b := t.b
	if uint(off) >= uint(len(b)) {
		return nil, declined
	}
	head := b[off]
	arg, next := uint64(head&cborhead.ArgMask), off+1
	if arg >= cborhead.ArgInline {
		if arg, next = cborhead.Long(b, off); next < 0 {
			return nil, declined
		}
	}
	switch head & cborhead.Mask {
	case cborhead.Text:
		if arg > uint64(len(b)-next) {
			return nil, declined
		}
		end := next + int(arg)
		if !utf8scan.Valid(b[next:end]) || t.charge(memScalar, off) {
			return nil, declined
		}
		return t.boxer.box(t.text[next:end]), end
	case cborhead.Map:
		if arg > uint64(t.maxContainer) || depth >= t.maxDepth {
			return nil, declined
		}
		return t.mapValue(off, next, int(arg), depth+1)
	case cborhead.Array:
		if arg > uint64(t.maxContainer) || depth >= t.maxDepth {
			return nil, declined
		}
		return t.array(off, next, int(arg), depth+1)
	}
	end := t.scalar(head, arg, off, next, depth)
	if end < 0 {
		return nil, declined
	}
	return t.other(head, arg, off, next, end)
}

// other decodes the valid value b[off:end], of which the head ends at next, and
// which is neither text nor a container.
func (t *treeReader) other(head byte, arg uint64, off, next, end int) (any, int) {
	switch head & cborhead.Mask {
	case cborhead.Uint, cborhead.Nint:
		if t.charge(memScalar, off) {
			return nil, declined
		}
		if head >= cborhead.Nint {
			arg = ^arg
		}
		return int64(arg), end
	case cborhead.Bytes:
		if t.charge(memBytes+end-next, off) {
			return nil, declined
		}
		return append([]byte{}, t.b[next:end]...), end
	case cborhead.Tag:
		return t.linkValue(off, end)
	}
	if head == cborhead.Null {
		return nil, end
	}
	return head == cborhead.True, end
}

// linkValue decodes the valid link b[off:end].
func (t *treeReader) linkValue(off, end int) (any, int) {
	if t.charge(memLink+end-off, off) {
		return nil, declined
	}
	b, _ := cborhead.ReadLink(t.b, off)
	if c, err := dagcbor.CIDFromBytes(b); err == nil {
		return c, end
	}
	c, err := cid.Cast(b)
	if err != nil {
		return nil, declined
	}
	return c, end
}

// array decodes the array at b[start:], with n elements from b[off:] on.
func (t *treeReader) array(start, off, n, depth int) (any, int) {
	if n > t.items || t.charge(memSlice+n*memElement, start) {
		return nil, declined
	}
	t.items -= n
	a := make([]any, n)
	for i := range a {
		if a[i], off = t.value(off, depth); off < 0 {
			return nil, declined
		}
	}
	return a, off
}

func mapMemory(n int) int {
	switch {
	case n == 0:
		return memMap
	case n <= 8:
		return memMap + memSmallMap
	}
	return memMap + memSmallMap + n*memPair
}

// mapValue decodes the map at b[start:], with n pairs from b[off:] on.
func (t *treeReader) mapValue(start, off, n, depth int) (any, int) {
	if n > t.items/2 || t.charge(mapMemory(n), start) {
		return nil, declined
	}
	t.items -= 2 * n
	m := make(map[string]any, n)
	var key mapKey
	for range n {
		at := t.key(&key, off)
		if at < 0 {
			return nil, declined
		}
		var v any
		if v, off = t.value(at, depth); off < 0 {
			return nil, declined
		}
		if key.prefix>>56 == '$' && !t.pair(&key, t.b[at:off]) {
			return nil, declined
		}
		m[t.text[at-len(key.text):at]] = v
	}
	return m, t.closeMap(&key, start, off)
}
