package dagcbor

import "reflect"

// What untyped values may take: interface values hold maps and slices of which
// the input decides how many there are, and a map of one pair, which is 4 bytes
// of input, takes 400 in Go.
const (
	untypedFloor  = 32 << 20 // bytes that any input may take
	untypedFactor = 16       // times its size that a large one may take
)

// Upper estimates of what a value takes in an interface, in bytes.
const (
	untypedMap    = 360
	untypedPair   = 80 // beside the key's text and the value
	untypedArray  = 48
	untypedScalar = 32
)

// checkUntyped refuses a valid value that takes too much memory if v, into
// which it is to be decoded, holds interface values.
func checkUntyped(b []byte, v any) error {
	limit := max(untypedFloor, untypedFactor*len(b))
	// No input takes more than this for each of its bytes.
	if len(b) <= limit/untypedMap || !mayNest(reflect.TypeOf(v)) {
		return nil
	}
	l := (&Options{MaxDepth: -1, MaxContainer: -1}).limits()
	total := 0
	for off := 0; off < len(b); {
		k, arg, start, end, f := readItem(b, off, &l)
		if f != ok {
			return &Error{start, faultText[f]}
		}
		switch k {
		case KindMap:
			total += untypedMap + untypedPair*int(arg)
		case KindArray:
			total += untypedArray + 16*int(arg)
		default:
			total += untypedScalar + (end - start)
		}
		if total > limit {
			return &LimitError{Name: "dagcbor: memory of an untyped value", Limit: int64(limit), Got: int64(total), Offset: int64(off)}
		}
		off = end
	}
	return nil
}
