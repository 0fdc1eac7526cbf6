package lexicon

import (
	"fmt"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon/internal/check"
)

// typeKey is the key that says of what type a map is
// (https://atproto.com/specs/data-model#type-field).
const typeKey = "$type"

// A validator runs a program over data that package data has found valid. It
// recurses no deeper than the data does: a reference leads to a node that reads
// data itself, never to another reference.
type validator struct {
	*program
	b     []byte
	rules rules
	errs  Errors

	// The path to the value at hand: the first depth of steps, and deeper, where
	// the limit on nesting was lifted, more. It is no slice of steps, which
	// would move all of it to the heap.
	depth int
	steps [dagcbor.DefaultMaxDepth]step
	more  []step
}

// A step leads from a value into one of its parts. No property has an empty
// name.
type step struct {
	name  string // of a property, or else
	index int    // of an element
}

// stop is returned in place of an offset when no more errors are wanted.
const stop = -1

// validate checks the value that b begins with, which package data has found
// valid, against a node.
func (p *program) validate(n int32, b []byte, ru *rules) error {
	w := validator{program: p, b: b, rules: *ru}
	w.value(n, 0)
	return w.err()
}

// push adds a step to the path, and pop takes it off.
func (w *validator) push(s step) {
	if w.depth < len(w.steps) {
		w.steps[w.depth] = s
	} else {
		w.more = append(w.more[:w.depth-len(w.steps)], s)
	}
	w.depth++
}

func (w *validator) pop() { w.depth-- }

// step returns a step of the path.
func (w *validator) step(i int) *step {
	if i < len(w.steps) {
		return &w.steps[i]
	}
	return &w.more[i-len(w.steps)]
}

func (w *validator) err() error {
	switch {
	case len(w.errs) == 0:
		return nil
	case w.rules.maxErrors == 1:
		return w.errs[0]
	}
	return w.errs
}

// fail notes an error at the present path, and at a property of the value if
// name is not empty. It returns where to go on: behind the value at off.
func (w *validator) fail(n int32, off int, code Code, name, format string, args ...any) int {
	e := &Error{Path: w.pointer(name), Code: code, Def: w.defName(n), Msg: fmt.Sprintf(format, args...)}
	w.errs = append(w.errs, e)
	if len(w.errs) >= w.rules.maxErrors {
		return stop
	}
	return cborhead.Skip(w.b, off)
}

// defName returns the name of the definition that node n belongs to.
func (w *validator) defName(n int32) string { return w.names[w.nodes[n].name] }

// pointer returns the present path, and a name behind it, as a JSON pointer
// (https://www.rfc-editor.org/rfc/rfc6901).
func (w *validator) pointer(name string) string {
	var p []byte
	for i := range w.depth {
		s := w.step(i)
		switch {
		case len(p) > check.MaxPath:
		case s.name != "":
			p = check.AppendPath(p, s.name)
		default:
			p = strconv.AppendInt(append(p, '/'), int64(s.index), 10)
		}
	}
	if name != "" {
		p = check.AppendPath(p, name)
	}
	return string(p)
}

// value checks the value at b[off:] against node n. It returns where the value
// ends, or stop.
func (w *validator) value(n int32, off int) int {
	nd := &w.nodes[n]
	head := w.b[off]
	switch nd.op {
	case opString:
		if head&cborhead.Mask == cborhead.Text {
			return w.text(n, nd, off)
		}
	case opObject:
		if head&cborhead.Mask == cborhead.Map {
			return w.object(n, nd, off)
		}
	case opArray:
		if head&cborhead.Mask == cborhead.Array {
			return w.array(n, nd, off)
		}
	case opInteger:
		if head&cborhead.Mask <= cborhead.Nint {
			return w.integer(n, nd, off)
		}
	case opUnion:
		if head&cborhead.Mask == cborhead.Map {
			return w.union(n, nd, off)
		}
	case opBlob:
		if head&cborhead.Mask == cborhead.Map {
			return w.blob(n, nd, off)
		}
	case opBoolean:
		if head == cborhead.True || head == cborhead.False {
			return w.boolean(n, nd, off)
		}
	case opLink:
		if head&cborhead.Mask == cborhead.Tag {
			return cborhead.Skip(w.b, off)
		}
	case opBytes:
		if head&cborhead.Mask == cborhead.Bytes {
			return w.bytes(n, nd, off)
		}
	case opUnknown:
		if head&cborhead.Mask == cborhead.Map {
			return w.unknown(n, off)
		}
	case opUnresolved:
		return w.fail(n, off, CodeUnresolved, "", "schema %.320q is not in the catalog", w.defName(n))
	}
	return w.wrongKind(n, nd, off)
}

func (w *validator) wrongKind(n int32, nd *node, off int) int {
	if nd.op == opNoData {
		return w.fail(n, off, CodeType, "", "no data can be of definition %.320q", w.defName(n))
	}
	if w.b[off] == cborhead.Null {
		return w.fail(n, off, CodeNull, "", "null is not allowed, expected %s", nd.op)
	}
	return w.fail(n, off, CodeType, "", "%s, expected %s", check.Kind(w.b[off]), nd.op)
}

// String returns what kind of data the op takes.
func (o op) String() string {
	return [...]string{
		opBoolean: "a boolean", opInteger: "an integer", opString: "a string", opBytes: "a byte string",
		opLink: "a link", opBlob: "a blob", opArray: "an array", opObject: "an object", opUnion: "an object with $type",
		opUnknown: "an object", opUnresolved: "", opNoData: "",
	}[o]
}
