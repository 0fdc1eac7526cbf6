package strictjson

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// A nameStack holds the names of the objects that are open, to find equal ones
// when an object ends. It costs 12 bytes a name, and the text of names that
// hold escapes.
type nameStack struct {
	data  []byte
	texts []byte   // names with escapes, resolved, end to end
	names []name   // of all open objects, outermost first
	marks []uint32 // index in names of the first name of each open object
}

// A name is text[start:end) of data followed by texts.
type name struct {
	start, end uint32
	offset     uint32 // of its quote in data
}

func (ns *nameStack) open() {
	ns.marks = append(ns.marks, uint32(len(ns.names)))
}

func (ns *nameStack) add(s *Scanner) {
	start := s.start + 1
	if s.escaped {
		start = len(ns.data) + len(ns.texts)
		ns.texts = s.AppendText(ns.texts)
	}
	if len(ns.names) == cap(ns.names) { // doubling copies less than append's steps for long lists
		ns.names = slices.Grow(ns.names, max(16, len(ns.names)))
	}
	ns.names = append(ns.names, name{uint32(start), uint32(start + s.textLen), uint32(s.start)})
}

func (ns *nameStack) text(n name) []byte {
	if base := uint32(len(ns.data)); n.start >= base {
		return ns.texts[n.start-base : n.end-base]
	}
	return ns.data[n.start:n.end]
}

// close ends the innermost object: it fails if two of its names are equal, at
// the first name that repeats another.
func (ns *nameStack) close() error {
	last := len(ns.marks) - 1
	mark := ns.marks[last]
	names := ns.names[mark:]
	ns.marks, ns.names = ns.marks[:last], ns.names[:mark]

	slices.SortFunc(names, func(a, b name) int {
		if c := cmp.Compare(a.end-a.start, b.end-b.start); c != 0 {
			return c
		}
		return cmp.Or(bytes.Compare(ns.text(a), ns.text(b)), cmp.Compare(a.offset, b.offset))
	})
	var dup *name
	for i := 1; i < len(names); i++ {
		if bytes.Equal(ns.text(names[i-1]), ns.text(names[i])) && (dup == nil || names[i].offset < dup.offset) {
			dup = &names[i]
		}
	}
	if dup == nil {
		return nil
	}
	return &Error{Offset: int(dup.offset), Msg: fmt.Sprintf("duplicate name %.64q", ns.text(*dup))}
}
