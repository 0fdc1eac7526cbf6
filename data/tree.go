package data

import "github.com/ipfs/go-cid"

// Unmarshal decodes a value in DAG-CBOR to a tree of plain Go values:
//
//	null         nil
//	boolean      bool
//	integer      int64
//	string       string
//	byte string  []byte, never nil
//	link         cid.Cid
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
	return unmarshal(b, o.rules())
}

// UnmarshalRecord is [Unmarshal] for records: the value must be a map whose
// $type is an NSID, as with [Options.Record].
func UnmarshalRecord(b []byte, o *Options) (map[string]any, error) {
	ru := *o.rules()
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
	if err := ru.validate(b); err != nil {
		return nil, err
	}
	return makeTree(b, ru)
}

// makeTree decodes the value b, which is valid.
func makeTree(b []byte, ru *rules) (any, error) {
	t := treeReader{in: b, text: string(b), most: ru.maxTree, mem: len(b)}
	v, _, err := t.value(0)
	return v, err
}

// A treeReader decodes DAG-CBOR that is valid to a tree. It recurses, to at
// most the depth to which the value was checked. What containers hold is
// there, so that memory for it may be set aside at once.
type treeReader struct {
	in   []byte
	text string // a copy of in, of which all strings are parts
	most int    // memory that the tree may take
	mem  int    // estimate of the memory of the tree so far
}

// Memory that a value takes on a 64-bit machine, beside the 16 bytes of the
// interface that holds it. The figures for maps are those of the runtime's
// tables: groups of eight slots of 33 bytes, in tables filled to at least
// seven sixteenths of the slots.
const (
	memScalar   = 16 // string header; integer
	memBytes    = 48 // slice header, array rounded up
	memLink     = 64 // string header, array
	memSlice    = 24
	memElement  = 16
	memMap      = 48
	memSmallMap = 288 // one group
	memPair     = 80  // a pair of a larger map
)

// charge accounts for n bytes of memory, for what stands at off.
func (t *treeReader) charge(n, off int) error {
	if t.mem += n; t.mem > t.most {
		return limitError("memory of a tree", t.most, t.mem, off)
	}
	return nil
}

// value decodes the value at in[off:], and returns where that ends.
func (t *treeReader) value(off int) (v any, next int, err error) {
	switch head := t.in[off]; head & majorMask {
	case majorText:
		n, start := readHead(t.in, off)
		return t.text[start : start+n], start + n, t.charge(memScalar, off)
	case majorMap:
		return t.mapValue(off)
	case majorArray:
		return t.array(off)
	case majorUint, majorNint:
		n, next := readInt(t.in, off)
		return n, next, t.charge(memScalar, off)
	case majorTag:
		return t.link(off)
	case majorBytes:
		n, start := readHead(t.in, off)
		if err := t.charge(memBytes+n, off); err != nil {
			return nil, off, err
		}
		return append([]byte{}, t.in[start:start+n]...), start + n, nil
	default:
		if head == byteNull {
			return nil, off + 1, nil
		}
		return head == byteTrue, off + 1, nil
	}
}

func (t *treeReader) link(off int) (any, int, error) {
	b, next := readLink(t.in, off)
	if err := t.charge(memLink+len(b), off); err != nil {
		return nil, off, err
	}
	c, err := cid.Cast(b)
	if err != nil {
		return nil, off, &Error{Offset: off, Msg: "link is not a CID"}
	}
	return c, next, nil
}

func (t *treeReader) array(off int) (any, int, error) {
	n, next := readHead(t.in, off)
	if err := t.charge(memSlice+n*memElement, off); err != nil {
		return nil, off, err
	}
	a := make([]any, n)
	for i := range a {
		var err error
		if a[i], next, err = t.value(next); err != nil {
			return nil, next, err
		}
	}
	return a, next, nil
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

func (t *treeReader) mapValue(off int) (any, int, error) {
	pairs, next := readHead(t.in, off)
	if err := t.charge(mapMemory(pairs), off); err != nil {
		return nil, off, err
	}
	m := make(map[string]any, pairs)
	for range pairs {
		n, start := readHead(t.in, next)
		at := start + n
		v, end, err := t.value(at)
		if err != nil {
			return nil, end, err
		}
		m[t.text[start:at]] = v
		next = end
	}
	return m, next, nil
}
