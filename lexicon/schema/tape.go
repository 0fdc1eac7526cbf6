package schema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/internal/strictjson"
)

// A tape is JSON text as a list of its values, each before what is in it. It is
// allocated in one piece, whose size is known from the text.
type tape struct {
	src     string
	escaped strings.Builder // names and strings that hold escapes, resolved
	nodes   []jsonNode
}

// A jsonNode is a value on the tape.
type jsonNode struct {
	kind strictjson.Kind
	off  uint32 // where it begins in the text
	next uint32 // the node behind it and all that is in it
	name span   // if it is a member of an object
	text span   // of a string or number; the extent of an array or object
}

// A span is text[start:end) of the source followed by what was escaped.
type span struct{ start, end uint32 }

// at is the index of a node.
type at = int

// readTape reads exactly one strict JSON value, in which no object has two
// equal names. The error is one of package strictjson.
func readTape(text []byte, o *strictjson.Options) (*tape, error) {
	s := strictjson.NewScanner(text, o)
	kind, err := s.Next() // which refuses a text that is too large
	if err != nil {
		return nil, err
	}
	values := bytes.Count(text, []byte{','}) + bytes.Count(text, []byte{'['}) + bytes.Count(text, []byte{'{'}) + 1
	t := &tape{src: string(text), nodes: make([]jsonNode, 0, values)}
	var open []at
	var name span
	for ; kind != strictjson.End; kind, err = s.Next() {
		switch kind {
		case strictjson.Name:
			name = t.span(&s)
		case strictjson.ArrayEnd, strictjson.ObjectEnd:
			n := open[len(open)-1]
			open = open[:len(open)-1]
			t.nodes[n].next, t.nodes[n].text.end = uint32(len(t.nodes)), uint32(s.Offset()+1)
			if kind == strictjson.ObjectEnd {
				err = t.checkNames(n)
			}
		case strictjson.Array, strictjson.Object:
			open = append(open, len(t.nodes))
			t.push(kind, &s, name, span{start: uint32(s.Offset())})
			name = span{}
		case strictjson.String, strictjson.Number:
			t.push(kind, &s, name, t.span(&s))
			name = span{}
		default:
			t.push(kind, &s, name, span{})
			name = span{}
		}
		if err != nil {
			return nil, err
		}
	}
	return t, err
}

func (t *tape) push(kind strictjson.Kind, s *strictjson.Scanner, name, text span) {
	t.nodes = append(t.nodes, jsonNode{kind, uint32(s.Offset()), uint32(len(t.nodes) + 1), name, text})
}

// span returns the text of the token that the scanner is at.
func (t *tape) span(s *strictjson.Scanner) span {
	if s.Escaped() {
		start := uint32(len(t.src) + t.escaped.Len())
		_, _ = t.escaped.Write(s.AppendText(nil))
		return span{start, start + uint32(s.TextLen())}
	}
	start := uint32(s.Offset())
	if b := t.src[start]; b == '"' {
		start++
	}
	return span{start, start + uint32(len(s.Text()))}
}

// get returns what a span holds.
func (t *tape) get(s span) string {
	if base := uint32(len(t.src)); s.start >= base && s.end > s.start {
		return t.escaped.String()[s.start-base : s.end-base]
	}
	return t.src[s.start:s.end]
}

// kindAt, offset, nameAt and textAt return parts of a node.
func (t *tape) kindAt(n at) strictjson.Kind { return t.nodes[n].kind }
func (t *tape) offset(n at) int             { return int(t.nodes[n].off) }
func (t *tape) nameAt(n at) string          { return t.get(t.nodes[n].name) }
func (t *tape) textAt(n at) string          { return t.get(t.nodes[n].text) }

// after returns the node behind n and all that is in it.
func (t *tape) after(n at) at { return at(t.nodes[n].next) }

// count returns how many elements or members an array or object has.
func (t *tape) count(n at) int {
	count := 0
	if k := t.kindAt(n); k == strictjson.Array || k == strictjson.Object {
		for m := n + 1; m < t.after(n); m = t.after(m) {
			count++
		}
	}
	return count
}

// fewNames is how many names are compared each with each.
const fewNames = 16

// checkNames reports a name that the object at node n has twice.
func (t *tape) checkNames(n at) error {
	var room [fewNames]at
	list := room[:0]
	for m := n + 1; m < len(t.nodes); m = t.after(m) {
		if len(list) < fewNames {
			for _, other := range list {
				if t.nameAt(other) == t.nameAt(m) {
					return t.duplicate(m)
				}
			}
		}
		list = append(list, m)
	}
	if len(list) <= fewNames {
		return nil
	}
	slices.SortStableFunc(list, func(a, b at) int { return strings.Compare(t.nameAt(a), t.nameAt(b)) })
	for i := 1; i < len(list); i++ {
		if t.nameAt(list[i]) == t.nameAt(list[i-1]) {
			return t.duplicate(list[i])
		}
	}
	return nil
}

func (t *tape) duplicate(n at) error {
	return &strictjson.Error{Offset: t.offset(n), Msg: "duplicate name " + quote(t.nameAt(n))}
}

// raw returns the JSON of a node without white space.
func (t *tape) raw(n at) string {
	switch t.kindAt(n) {
	case strictjson.Array, strictjson.Object:
		var b bytes.Buffer
		if err := json.Compact(&b, []byte(t.textAt(n))); err != nil {
			return "null" // which cannot be: the text was scanned
		}
		return b.String()
	case strictjson.String:
		return string(appendString(nil, t.textAt(n)))
	case strictjson.Number:
		return t.textAt(n)
	case strictjson.True:
		return "true"
	case strictjson.False:
		return "false"
	}
	return "null"
}
