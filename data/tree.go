package data

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/dagcbor"
)

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
	t := treeReader{r: *dagcbor.NewReader(b, &ru.cbor), in: b, text: string(b), rules: ru, mem: len(b)}
	v, err := t.value()
	if err != nil {
		return nil, err
	}
	if err := t.r.End(); err != nil {
		return nil, err
	}
	if err := ru.checkRecord(b); err != nil {
		return nil, err
	}
	return v, nil
}

// A treeReader decodes DAG-CBOR to a tree. It recurses, to at most the depth
// to which the reader is limited.
type treeReader struct {
	r     dagcbor.Reader
	in    []byte // what r reads
	text  string // a copy of in, of which all strings are parts
	rules *rules
	mem   int // estimate of the memory of the tree so far
	due   int // values that the open containers still have to hold
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

// charge accounts for n bytes of memory.
func (t *treeReader) charge(n int) error {
	if t.mem += n; t.mem > t.rules.maxTree {
		return limitError("memory of a tree", t.rules.maxTree, t.mem, t.r.Offset())
	}
	return nil
}

func (t *treeReader) value() (any, error) {
	switch t.r.Kind() {
	case dagcbor.KindText:
		s, err := t.string()
		if err != nil {
			return nil, err
		}
		return s, t.charge(memScalar)
	case dagcbor.KindMap:
		return t.mapValue()
	case dagcbor.KindArray:
		return t.array()
	case dagcbor.KindInt:
		return t.int()
	case dagcbor.KindLink:
		return t.link()
	case dagcbor.KindBytes:
		b, err := t.r.Bytes()
		if err != nil {
			return nil, err
		}
		if err := t.charge(memBytes + len(b)); err != nil {
			return nil, err
		}
		return append([]byte{}, b...), nil
	case dagcbor.KindBool:
		return t.bool()
	}
	return nil, t.r.Null() // or the error of what is not a value
}

func (t *treeReader) bool() (any, error) {
	v, err := t.r.Bool()
	return v, err
}

func (t *treeReader) int() (any, error) {
	at := t.r.Offset()
	n, err := t.r.Int()
	if err != nil {
		return nil, err
	}
	if msg := t.rules.checkInt(n); msg != "" {
		return nil, &Error{Offset: at, Msg: msg}
	}
	return n, t.charge(memScalar)
}

// string reads a text string as a part of t.text.
func (t *treeReader) string() (string, error) {
	text, err := t.r.Text()
	end := t.r.Offset()
	return t.text[end-len(text) : end], err
}

func (t *treeReader) link() (any, error) {
	if !t.rules.permissive {
		c, err := t.r.CID()
		if err != nil {
			return nil, err
		}
		return c.Cid(), t.charge(memLink)
	}
	at := t.r.Offset()
	b, err := t.r.Link()
	if err != nil {
		return nil, err
	}
	c, err := cid.Cast(b)
	if err != nil {
		return nil, &Error{Offset: at, Msg: "link is not a CID"}
	}
	return c, t.charge(memLink + len(b))
}

// open accounts for a container of mem bytes that has to hold n more values.
// Every value takes a byte at least, so that more values than bytes are a lie:
// this is found out here, before memory is set aside for them, over all the
// containers that are open.
func (t *treeReader) open(n, mem int) error {
	if t.due += n; t.due > len(t.in)-t.r.Offset() {
		return &Error{Offset: t.r.Offset(), Msg: fmt.Sprintf("%d values are due in %d bytes", t.due, len(t.in)-t.r.Offset())}
	}
	return t.charge(mem)
}

func (t *treeReader) array() (any, error) {
	n, err := t.r.Array()
	if err != nil {
		return nil, err
	}
	if err := t.open(n, memSlice+n*memElement); err != nil {
		return nil, err
	}
	a := make([]any, n)
	for i := range a {
		t.due--
		if a[i], err = t.value(); err != nil {
			return nil, err
		}
	}
	return a, nil
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

func (t *treeReader) mapValue() (any, error) {
	start := t.r.Offset()
	n, err := t.r.Map()
	if err != nil {
		return nil, err
	}
	if err := t.open(2*n, mapMemory(n)); err != nil {
		return nil, err
	}
	m := make(map[string]any, n)
	blob := false
	for range n {
		t.due -= 2
		keyBytes, err := t.r.Key()
		if err != nil {
			return nil, err
		}
		at := t.r.Offset()
		key := t.text[at-len(keyBytes) : at]
		v, err := t.value()
		if err != nil {
			return nil, err
		}
		m[key] = v
		if len(key) > 0 && key[0] == '$' {
			is, msg := t.rules.checkPair(keyBytes, t.in[at:t.r.Offset()])
			if msg != "" {
				return nil, &Error{Offset: at, Msg: msg}
			}
			blob = blob || is
		}
	}
	if blob {
		if msg := t.rules.checkBlob(t.in[start:t.r.Offset()]); msg != "" {
			return nil, &Error{Offset: start, Msg: msg}
		}
	}
	return m, nil
}
