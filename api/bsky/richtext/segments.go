package richtext

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Segment is a part of a text that is all of one facet, or of none.
type Segment struct {
	Text  string
	Facet *Facet // nil for text without a meaning; not to be changed
}

// Segments returns the parts of a text in order, to be shown one after the
// other: put together they are the text. The facets may be a stranger's, and in
// any order. One is passed over if it is not valid: if it is empty, reaches
// beyond the text, or begins or ends within a character; if it overlaps another
// one that begins before it, or is before it in the list; or if there is nothing
// but white space in it.
//
// What a link leads to need not be what its text says. Look at the scheme before
// showing it as one, since that may be "javascript", and show the host beside a
// text that is itself the name of another one.
//
// https://docs.bsky.app/docs/advanced-guides/post-richtext#rich-text-facets
func Segments(text string, facets []Facet) iter.Seq[Segment] {
	return func(yield func(Segment) bool) {
		done := 0 // bytes
		for _, i := range byStart(facets) {
			f := &facets[i]
			start, end, ok := valid(text, f)
			if !ok || start < done || strings.IndexFunc(text[start:end], func(r rune) bool { return !isSpace(r) }) < 0 {
				continue
			}
			if start > done && !yield(Segment{Text: text[done:start]}) {
				return
			}
			if !yield(Segment{text[start:end], f}) {
				return
			}
			done = end
		}
		if done < len(text) {
			yield(Segment{Text: text[done:]})
		}
	}
}

// Segments is the function [Segments] for t.
func (t Text) Segments() iter.Seq[Segment] { return Segments(t.Text, t.Facets) }

// byStart returns the indices of facets in the order of where they begin.
func byStart(facets []Facet) []int {
	order := make([]int, len(facets))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(facets[i].Index.ByteStart, facets[j].Index.ByteStart)
	})
	return order
}

// valid returns where a facet begins and ends in a text, and whether it can.
func valid(text string, f *Facet) (start, end int, ok bool) {
	a, b := f.Index.ByteStart, f.Index.ByteEnd
	if a < 0 || a >= b || b > int64(len(text)) {
		return 0, 0, false
	}
	start, end = int(a), int(b)
	return start, end, utf8.RuneStart(text[start]) && (end == len(text) || utf8.RuneStart(text[end]))
}
