package lex

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
)

// Extra holds the properties of an object that its schema does not know: of a
// newer version of it, or of somebody else. They are written again as they came.
// The zero Extra has none. A copy of an Extra shares nothing with it that can
// change.
//
// https://atproto.com/specs/lexicon#object
type Extra struct {
	pairs string // keys and values in DAG-CBOR, in canonical order
}

// IsZero reports whether there are no properties.
func (e Extra) IsZero() bool { return e.pairs == "" }

// All returns the names and the values in DAG-CBOR, in canonical order. The
// values must not be changed.
func (e Extra) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for p := range e.each() {
			if !yield(p.name(), aliasBytes(p.value())) {
				return
			}
		}
	}
}

// Get returns the value of a property in DAG-CBOR, which must not be changed, or
// nil. [Unmarshal] and package data decode it.
func (e Extra) Get(name string) []byte {
	for p := range e.each() {
		if p.name() == name {
			return aliasBytes(p.value())
		}
	}
	return nil
}

// Set sets a property to a value in DAG-CBOR. The name must be none that the
// schema knows, which is seen when the object is encoded.
func (e *Extra) Set(name string, value []byte) error {
	if err := dagcbor.Valid(value, &dagcbor.Options{ForeignLinks: true}); err != nil {
		return err
	}
	key := dagcbor.AppendText(nil, name)
	if err := dagcbor.Valid(key, nil); err != nil {
		return err
	}
	e.Delete(name)
	list := append(slices.Collect(e.each()), pair{string(key) + string(value), len(key)})
	e.set(list)
	return nil
}

// Delete removes a property.
func (e *Extra) Delete(name string) {
	list := slices.Collect(e.each())
	e.set(slices.DeleteFunc(list, func(p pair) bool { return p.name() == name }))
}

func (e *Extra) set(list []pair) {
	slices.SortFunc(list, comparePairs)
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.text)
	}
	e.pairs = b.String()
}

// A pair is an encoded key with an encoded value.
type pair struct {
	text string
	key  int // length of the key with its head
}

func (p pair) name() string {
	_, start := cborhead.Read(aliasBytes(p.text), 0)
	return p.text[start:p.key]
}

func (p pair) value() string { return p.text[p.key:] }

// comparePairs orders pairs by their keys. Encoded keys are in the order of
// their bytes: the shorter is the lesser for its head.
func comparePairs(a, b pair) int { return cmp.Compare(a.text[:a.key], b.text[:b.key]) }

// eachPair returns the pairs of valid data.
func eachPair(pairs string) iter.Seq[pair] {
	return func(yield func(pair) bool) {
		b := aliasBytes(pairs)
		for off := 0; off < len(b); {
			key := cborhead.Skip(b, off)
			end := cborhead.Skip(b, key)
			if !yield(pair{pairs[off:end], key - off}) {
				return
			}
			off = end
		}
	}
}

func (e Extra) each() iter.Seq[pair] { return eachPair(e.pairs) }

// errShadow is the error of a property that stands twice in an object.
const errShadow textError = "extra property is one of the schema"

// AppendExtra merges e into the map at dst[start:], which was written without
// it, and is within m.
func AppendExtra(dst []byte, start int, e Extra, m Mode) ([]byte, error) {
	_, at := cborhead.Read(dst, start)
	own := string(dst[at:])
	list := slices.AppendSeq(slices.Collect(eachPair(own)), e.each())
	slices.SortStableFunc(list, comparePairs)
	list = slices.CompactFunc(list, func(a, b pair) bool { return comparePairs(a, b) == 0 && a.text[:a.key] == typeKey })
	dst = dagcbor.AppendMap(dst[:start], len(list))
	for i, p := range list {
		if i > 0 && comparePairs(list[i-1], p) == 0 {
			return dst, In(p.name(), errShadow)
		}
		dst = append(dst, p.text...)
	}
	left := max(int(m/modeLevel), 1)
	if err := dagcbor.Valid(dst[start:], &dagcbor.Options{MaxSize: -1, MaxDepth: left, MaxString: -1, ForeignLinks: true}); err != nil {
		return dst, err
	}
	return dst, nil
}
