package dagcbor

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/utf8scan"
)

// Valid reports, by its error, whether b is exactly one value in canonical
// DAG-CBOR, within the limits of o: an [*Error] or a [*LimitError] says what is
// wrong and where. It works in one pass and without recursion. It does not
// allocate, except for containers that are open beyond [DefaultMaxDepth] when
// the limit is lifted: 12 bytes each, and what growing a slice costs.
func Valid(b []byte, o *Options) error {
	l := o.limits()
	if len(b) > l.size {
		return limitError(faultSize, &l, len(b), 0)
	}
	end, p := scan(b, 0, &l, 0)
	if p.f != ok {
		return p.err(&l)
	}
	if end != len(b) {
		return &Error{end, faultText[faultTrailing]}
	}
	return nil
}

// SplitFirst cuts the first value off b, which may be followed by others: the
// form of event stream frames
// (https://atproto.com/specs/event-stream#framing). The value is checked as
// [Valid] does; rest is not looked at. Both alias b.
func SplitFirst(b []byte, o *Options) (value, rest []byte, err error) {
	l := o.limits()
	if len(b) > l.size {
		return nil, nil, limitError(faultSize, &l, len(b), 0)
	}
	end, p := scan(b, 0, &l, 0)
	if p.f != ok {
		return nil, nil, p.err(&l)
	}
	return b[:end:end], b[end:], nil
}

// problem is a fault with its place; got is what a limit was compared with.
type problem struct {
	f   fault
	off int
	got int
}

func (p problem) err(l *limits) error {
	if p.f >= faultSize {
		return limitError(p.f, l, p.got, p.off)
	}
	return &Error{p.off, faultText[p.f]}
}

// frame is one open array or map. Offsets fit 32 bits because input size does.
type frame struct {
	left   uint32 // items still to come; a pair of a map counts as two
	keyOff uint32 // where the last key of a map begins; noKeys in an array
	keyEnd uint32 // where it ends; 0 before the first key
}

const noKeys = math.MaxUint32

func (f *frame) keyDue() bool { return f.keyOff != noKeys && f.left&1 == 0 }

// scan checks the value at b[off:] and returns where it ends. depth is how
// many containers are open around it. Like everything below, it names the same
// fault at the same place as the Reader does.
func scan(b []byte, off int, l *limits, depth int) (int, problem) {
	var local [DefaultMaxDepth]frame
	end, _, p := scanOn(b, off, local[:0], l, depth)
	return end, p
}

// scanOn is scan for the rest of a value, of which the containers in stack are
// open. It returns how far it came, and what is open there. If the fault is
// that b ends, it can go on from there when b has grown.
func scanOn(b []byte, off int, stack []frame, l *limits, depth int) (int, []frame, problem) {
	for {
		var top *frame
		if n := len(stack); n > 0 {
			top = &stack[n-1]
			if top.keyDue() {
				start, end, f := readKey(b, off, l, top)
				if f != ok {
					return off, stack, problem{f, start, end}
				}
				off = end
			}
		}
		k, arg, start, end, f := readItem(b, off, l)
		if f != ok {
			return off, stack, problem{f, start, int(arg)}
		}
		if k.nests() && depth+len(stack) >= l.depth {
			return off, stack, problem{faultDepth, off, depth + len(stack) + 1}
		}
		if top != nil {
			top.left--
		}
		off = end
		if k >= KindArray && arg > 0 {
			stack = append(stack, newFrame(k, arg))
			continue
		}
		for len(stack) > 0 && stack[len(stack)-1].left == 0 {
			stack = stack[:len(stack)-1]
		}
		if len(stack) == 0 {
			return off, stack, problem{}
		}
	}
}

func newFrame(k Kind, n uint64) frame {
	if k == KindMap {
		return frame{left: uint32(2 * n)}
	}
	return frame{left: uint32(n), keyOff: noKeys}
}

// readKey reads the map key at b[off:], checks it against the key before it in
// m, and notes it there. The key is b[start:end]. On a fault start is its place
// and end what a limit was compared with.
func readKey(b []byte, off int, l *limits, m *frame) (start, end int, f fault) {
	arg, start := uint64(0), off+1
	if uint(off) < uint(len(b)) && b[off]&cborhead.ArgMask < cborhead.ArgInline {
		arg = uint64(b[off] & cborhead.ArgMask)
	} else if arg, start, f = readLongHead(b, off); f != ok {
		return start, 0, f
	}
	switch {
	case b[off]&cborhead.Mask != cborhead.Text:
		return off, 0, faultKeyKind
	case arg > uint64(len(b)-start):
		return len(b), 0, faultTruncated
	case arg > uint64(l.key):
		return off, int(arg), faultKeyLen
	}
	end = start + int(arg)
	if bad := utf8scan.Invalid(b[start:end]); bad >= 0 {
		return start + bad, 0, faultUTF8
	}
	if m.keyEnd != 0 && arg <= uint64(m.keyEnd-m.keyOff) {
		if f := compareKey(b[start:end], b[m.keyOff:m.keyEnd]); f != ok {
			return off, 0, f
		}
	}
	m.keyOff, m.keyEnd = uint32(start), uint32(end)
	m.left--
	return start, end, ok
}

// compareKey checks that key, which is not the longer one, comes after last.
func compareKey(key, last []byte) fault {
	if len(key) < len(last) {
		return faultKeyOrder
	}
	switch bytes.Compare(key, last) {
	case -1:
		return faultKeyOrder
	case 0:
		return faultKeyDuplicate
	}
	return ok
}

// readHead reads the head of the item at b[off:]: its argument, and where the
// head ends. On a fault next is its place. The major type is in b[off].
func readHead(b []byte, off int) (arg uint64, next int, f fault) {
	if uint(off) < uint(len(b)) && b[off]&cborhead.ArgMask < cborhead.ArgInline {
		return uint64(b[off] & cborhead.ArgMask), off + 1, ok
	}
	return readLongHead(b, off)
}

// readLongHead is readHead for the rest: an argument in bytes of its own.
func readLongHead(b []byte, off int) (arg uint64, next int, f fault) {
	if uint(off) >= uint(len(b)) {
		return 0, len(b), faultTruncated
	}
	major, info, rest := b[off]&cborhead.Mask, b[off]&cborhead.ArgMask, b[off+1:]
	if major == cborhead.Other {
		return 0, off, specialFault(info)
	}
	if info <= 27 && len(rest) < 1<<(info-24) {
		return 0, len(b), faultTruncated
	}
	var least uint64
	switch info {
	case 24:
		arg, least = uint64(rest[0]), 24
	case 25:
		arg, least = uint64(binary.BigEndian.Uint16(rest)), math.MaxUint8+1
	case 26:
		arg, least = uint64(binary.BigEndian.Uint32(rest)), math.MaxUint16+1
	case 27:
		arg, least = binary.BigEndian.Uint64(rest), math.MaxUint32+1
	case 31:
		if major >= cborhead.Bytes && major <= cborhead.Map {
			return 0, off, faultIndefinite
		}
		return 0, off, faultReserved
	default:
		return 0, off, faultReserved
	}
	if arg < least {
		return 0, off, faultNotShortest
	}
	return arg, off + 1 + 1<<(info-24), ok
}

// specialFault says what is wrong with an item of major type 7 whose
// additional information is 24 or more: nothing there is allowed.
func specialFault(info byte) fault {
	switch info {
	case 24:
		return faultSimple
	case 25, 26, 27:
		return faultFloat
	case 31:
		return faultBreak
	}
	return faultReserved
}

// readItem reads the item at b[off:], the elements of arrays and maps left
// out. For strings and links b[start:end] is the content; for the rest arg is
// the value or the number of elements. On a fault start is its place and arg
// what a limit was compared with.
func readItem(b []byte, off int, l *limits) (k Kind, arg uint64, start, end int, f fault) {
	arg, next := uint64(0), off+1
	if uint(off) < uint(len(b)) && b[off]&cborhead.ArgMask < cborhead.ArgInline {
		arg = uint64(b[off] & cborhead.ArgMask)
	} else if arg, next, f = readLongHead(b, off); f != ok {
		return 0, 0, next, 0, f
	}
	switch major := b[off] & cborhead.Mask; major {
	case cborhead.Text, cborhead.Bytes:
		if arg > uint64(len(b)-next) {
			return 0, 0, len(b), 0, faultTruncated
		}
		if arg > uint64(l.str) {
			return 0, arg, off, 0, faultStringLen
		}
		end = next + int(arg)
		if major == cborhead.Bytes {
			return KindBytes, arg, next, end, ok
		}
		if bad := utf8scan.Invalid(b[next:end]); bad >= 0 {
			return 0, 0, next + bad, 0, faultUTF8
		}
		return KindText, arg, next, end, ok
	case cborhead.Uint, cborhead.Nint:
		if arg > math.MaxInt64 {
			return 0, 0, off, 0, faultIntRange
		}
		if major == cborhead.Nint {
			arg = ^arg
		}
		return KindInt, arg, off, next, ok
	case cborhead.Array, cborhead.Map:
		k, most := KindArray, uint64(len(b)-next)
		if major == cborhead.Map {
			k, most = KindMap, most/2
		}
		if arg > most {
			return 0, 0, len(b), 0, faultTruncated
		}
		if arg > uint64(l.container) {
			return 0, arg, off, 0, faultContainer
		}
		return k, arg, off, next, ok
	case cborhead.Tag:
		return readLink(b, off, next, arg, l)
	}
	switch b[off] {
	case cborhead.False:
		return KindBool, 0, off, next, ok
	case cborhead.True:
		return KindBool, 1, off, next, ok
	case cborhead.Null:
		return KindNull, 0, off, next, ok
	case cborhead.Undefined:
		return 0, 0, off, 0, faultUndefined
	}
	return 0, 0, off, 0, faultSimple
}

// readLink reads what follows the head of a tag, which stands at off.
func readLink(b []byte, off, next int, tag uint64, l *limits) (k Kind, arg uint64, start, end int, f fault) {
	if tag != cborhead.LinkTag {
		return 0, 0, off, 0, faultTag
	}
	n, start, f := readHead(b, next)
	switch {
	case f != ok:
		return 0, 0, start, 0, f
	case b[next]&cborhead.Mask != cborhead.Bytes:
		return 0, 0, next, 0, faultTagContent
	case n > uint64(len(b)-start):
		return 0, 0, len(b), 0, faultTruncated
	case n == 0 || b[start] != 0:
		return 0, 0, next, 0, faultLinkPrefix
	}
	end = start + int(n)
	start++
	if !isBlessed(b[start:end]) && (!l.foreign || !isForeign(b[start:end])) {
		return 0, 0, next, 0, faultLinkCID
	}
	return KindLink, n - 1, start, end, ok
}

// maxVarintLen is the longest that the multiformats allow an unsigned varint to
// be (https://github.com/multiformats/unsigned-varint#practical-maximum-of-9-bytes-for-security).
const maxVarintLen = 9

// isForeign reports whether b is the binary form of a CIDv1, of whatever codec
// and hash function, of at most 100 bytes.
func isForeign(b []byte) bool {
	if len(b) > maxCIDLen || len(b) == 0 || b[0] != 1 {
		return false
	}
	rest := b[1:]
	var size uint64
	for range 3 { // codec, hash function, digest length
		n := 0
		if size, n = binary.Uvarint(rest); n <= 0 || n > maxVarintLen || n > 1 && rest[n-1] == 0 {
			return false
		}
		rest = rest[n:]
	}
	return size == uint64(len(rest))
}
