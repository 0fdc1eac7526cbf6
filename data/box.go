//go:build !purego

package data

import "unsafe"

// A boxer makes interface values of strings, with one allocation for many
// headers, where a conversion would make one for each. In trees of small
// records that is a third of all allocations.
//
// It relies on what an interface value that holds a string is in this and
// every earlier version of Go's compilers: a pointer to the type, and one to
// the header of the string, which nothing changes. TestBoxer looks at that.
// With the build tag purego strings are converted one by one.
type boxer struct {
	headers []string // its spare capacity is for the strings to come
	due     int      // how many to allocate next
}

// Headers of strings that are allocated at once.
const (
	minBoxes = 4
	maxBoxes = 32
)

// boxesMemory is how much more memory than the strings' own a boxer may take.
const boxesMemory = maxBoxes * memScalar

// newBoxer returns a boxer for the strings of a value of the given size.
func newBoxer(size int) boxer {
	const perString = 48 // bytes of a typical record to one string that is no key
	return boxer{due: min(max(size/perString, minBoxes), maxBoxes)}
}

// box returns s.
func (x *boxer) box(s string) any {
	if len(x.headers) == cap(x.headers) {
		x.headers, x.due = make([]string, 0, x.due), maxBoxes
	}
	x.headers = append(x.headers, s)
	var v any = ""
	(*boxed)(unsafe.Pointer(&v)).header = &x.headers[len(x.headers)-1]
	return v
}

// boxed is the layout of an interface value that holds a string.
type boxed struct {
	typ    unsafe.Pointer
	header *string
}
