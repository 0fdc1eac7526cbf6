package dagcbor

import "strconv"

// An Error describes input that is not canonical DAG-CBOR, or not of the kind
// that the caller asked for.
//
// The text returned by the Error method may change between releases.
type Error struct {
	Offset int    // byte offset in the input at which the problem lies
	Msg    string // what is wrong there
}

func (e *Error) Error() string {
	return "dagcbor: " + e.Msg + " at offset " + strconv.Itoa(e.Offset)
}

// fault is why an item is refused; the scanning code passes it in a register
// and only a failure builds an error from it.
type fault uint8

const (
	ok fault = iota
	faultTruncated
	faultReserved
	faultNotShortest
	faultIndefinite
	faultIntRange
	faultUTF8
	faultKeyKind
	faultKeyOrder
	faultKeyDuplicate
	faultTag
	faultTagContent
	faultLinkPrefix
	faultLinkCID
	faultFloat
	faultUndefined
	faultSimple
	faultBreak
	faultTrailing
	// Faults from here on are limits.
	faultSize
	faultDepth
	faultContainer
	faultKeyLen
	faultStringLen
)

var faultText = [...]string{
	faultTruncated:    "unexpected end of input",
	faultReserved:     "reserved additional information",
	faultNotShortest:  "number or length is not in its shortest form",
	faultIndefinite:   "indefinite length",
	faultIntRange:     "integer does not fit in 64 bits with sign",
	faultUTF8:         "text is not valid UTF-8",
	faultKeyKind:      "map key is not a text string",
	faultKeyOrder:     "map keys are out of order",
	faultKeyDuplicate: "map key occurs twice",
	faultTag:          "tag is not 42",
	faultTagContent:   "link is not a byte string",
	faultLinkPrefix:   "link lacks its 0x00 prefix",
	faultLinkCID:      "link is not a CID of the blessed form",
	faultFloat:        "floating-point number",
	faultUndefined:    "undefined",
	faultSimple:       "unassigned simple value",
	faultBreak:        "break outside of an indefinite-length item",
	faultTrailing:     "more bytes after the value",
}

// limitError names the limit that f stands for.
func limitError(f fault, l *limits, got, off int) error {
	e := &LimitError{Got: int64(got), Offset: int64(off)}
	switch f {
	case faultSize:
		e.Name, e.Limit = "dagcbor: input size", int64(l.size)
	case faultDepth:
		e.Name, e.Limit = "dagcbor: nesting depth", int64(l.depth)
	case faultContainer:
		e.Name, e.Limit = "dagcbor: container length", int64(l.container)
	case faultKeyLen:
		e.Name, e.Limit = "dagcbor: map key length", int64(l.key)
	case faultStringLen:
		e.Name, e.Limit = "dagcbor: string length", int64(l.str)
	}
	return e
}
