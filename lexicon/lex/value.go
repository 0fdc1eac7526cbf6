package lex

import (
	"github.com/linnet-at/linnet/dagcbor"
)

// A Value is data of a type that was generated: a pointer to a struct that
// stands for an object, a record or a union. Programs call the methods of the
// type that bear the usual names, such as UnmarshalCBOR and Validate; those of
// this interface are what these consist of.
type Value interface {
	Appender

	// ReadLex sets the value to the next one of r. It must be zero.
	ReadLex(r *Reader)

	// ValidateLex reports to v what is wrong with the value.
	ValidateLex(v *Validator)
}

// An Appender is data that appends itself in DAG-CBOR. All values do.
type Appender interface {
	// AppendLex appends the value to dst in canonical form. What it appended is
	// not defined after an error.
	AppendLex(dst []byte, m Mode) ([]byte, error)
}

// A Mode says where in the data a value is written: how deep, and whether it is
// a member of a union, which has to name its type.
type Mode uint32

const (
	modeTyped   Mode = 1 << iota // $type is due
	modeChecked                  // the depth is checked when all is written
	modeLevel                    // and more: levels that are left
)

// lowDepth is from how many levels on that are left the depth is checked with
// care. No generated code opens more of them without a look at what is left.
const lowDepth = 8

// Root is the mode of a value that is in no other.
const Root = modeLevel * dagcbor.DefaultMaxDepth

// Typed reports whether the value is a member of a union.
func (m Mode) Typed() bool { return m&modeTyped != 0 }

// In returns the mode for what is the given number of levels deeper.
func (m Mode) In(levels int) Mode {
	left := max(int(m/modeLevel)-levels, 0)
	return Mode(left)*modeLevel | m&modeChecked
}

// Member returns m for the member of a union that has this mode itself.
func (m Mode) Member() Mode { return m | modeTyped }

// Deep reports whether [AppendDeep] has to do the work.
func (m Mode) Deep() bool {
	return m < modeLevel*lowDepth && (m&modeChecked == 0 || m < modeLevel)
}

// AppendDeep appends a value where the limit on nesting is near, unless it is
// that of a nil pointer.
func AppendDeep(dst []byte, x Appender, isNil bool, m Mode) ([]byte, error) {
	if isNil {
		return dst, &encodeError{err: errNil}
	}
	start, left := len(dst), int(m/modeLevel)
	if left == 0 {
		return dst, depthError()
	}
	dst, err := x.AppendLex(dst, m|modeChecked)
	if err != nil {
		return dst, err
	}
	if dagcbor.Valid(dst[start:], &dagcbor.Options{MaxSize: -1, MaxContainer: -1, MaxKey: -1, MaxString: -1, MaxDepth: left, ForeignLinks: true}) != nil {
		return dst, depthError()
	}
	return dst, nil
}

func depthError() error {
	return &dagcbor.LimitError{Name: "lex: nesting depth", Limit: dagcbor.DefaultMaxDepth, Got: dagcbor.DefaultMaxDepth + 1, Offset: -1}
}
