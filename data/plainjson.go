package data

import (
	"encoding/binary"
	"math/bits"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// A plainTranscoder turns plain JSON text into DAG-CBOR, as a transcoder does,
// in a fraction of the time. Like a checker it knows no errors, and declines
// what is not ordinary: all that is wrong, numbers in other than their usual
// spelling, links and byte strings with escapes. What it writes is what a
// transcoder would write; what it declines is left to that.
//
// It recurses, to at most the depth that the rules allow.
type plainTranscoder struct {
	in    []byte
	rules rules
	dst   []byte
	base  int // where the value begins in dst
}

// appendPlain appends the DAG-CBOR of text to dst, and reports whether it did.
func (ru *rules) appendPlain(dst, text []byte) ([]byte, bool) {
	t := plainTranscoder{in: text, rules: *ru, dst: dst, base: len(dst)}
	end := t.value(t.space(0), 0)
	if end < 0 || t.space(end) != len(text) {
		return dst, false
	}
	return t.dst, true
}

// space returns the offset at or after i of what is not white space.
func (t *plainTranscoder) space(i int) int {
	if i < len(t.in) && t.in[i] > ' ' {
		return i
	}
	return t.spaces(i)
}

func (t *plainTranscoder) spaces(i int) int {
	for i < len(t.in) && (t.in[i] == ' ' || t.in[i] == '\n' || t.in[i] == '\r' || t.in[i] == '\t') {
		i++
	}
	return i
}

// next reads the comma or the end after an element that ends at i. It returns
// the offset of what follows, and whether that is another element.
func (t *plainTranscoder) next(i int, end byte) (next int, more bool) {
	if i < 0 {
		return declined, false
	}
	if i = t.space(i); i < len(t.in) {
		switch t.in[i] {
		case ',':
			return t.space(i + 1), true
		case end:
			return i + 1, false
		}
	}
	return declined, false
}

// value reads the value at i, inside of depth containers, and returns where it
// ends.
func (t *plainTranscoder) value(i, depth int) int {
	if i >= len(t.in) {
		return declined
	}
	switch c := t.in[i]; c {
	case '"':
		return t.text(i)
	case '{':
		return t.object(i+1, depth+1)
	case '[':
		return t.array(i+1, depth+1)
	case 't':
		return t.literal(i, "true", cborhead.True)
	case 'f':
		return t.literal(i, "false", cborhead.False)
	case 'n':
		return t.literal(i, "null", cborhead.Null)
	}
	return t.number(i)
}

func (t *plainTranscoder) literal(i int, word string, value byte) int {
	end := i + len(word)
	if end > len(t.in) || string(t.in[i:end]) != word {
		return declined
	}
	t.dst = append(t.dst, value)
	return end
}

// number reads an integer of up to 18 digits and nothing else.
func (t *plainTranscoder) number(i int) int {
	neg := t.in[i] == '-'
	if neg {
		i++
	}
	from := i
	var n int64
	for ; i < len(t.in) && t.in[i]-'0' < 10; i++ {
		if i-from == 18 {
			return declined
		}
		n = n*10 + int64(t.in[i]-'0')
	}
	if i == from || t.in[from] == '0' && i > from+1 || i < len(t.in) && (t.in[i] == '.' || t.in[i]|0x20 == 'e') {
		return declined
	}
	if t.rules.safeInts && n > MaxSafeInteger {
		return declined
	}
	if neg {
		n = -n
	}
	t.dst = dagcbor.AppendInt(t.dst, n)
	return i
}

// text reads the string whose quote is at i. Most strings are ASCII and have
// no escapes: these are found here, in steps of eight bytes. Subtracting
// carries into a byte's high bit where it falls below zero; what a carry does
// to the bytes above it does not matter, for the lowest hit is the one taken.
func (t *plainTranscoder) text(i int) int {
	start := i + 1
	for at := start; at+8 <= len(t.in); at += 8 {
		x := binary.LittleEndian.Uint64(t.in[at:])
		hit := x | (x - ' '*ones) | ((x ^ '"'*ones) - ones) | ((x ^ '\\'*ones) - ones)
		if hit &= highs; hit == 0 {
			continue
		}
		if at += bits.TrailingZeros64(hit) / 8; t.in[at] != '"' {
			break
		}
		t.plainText(start, at)
		return at + 1
	}
	text, end, n := strictjson.ScanString(t.in, i)
	if end < 0 {
		return declined
	}
	t.dst = cborhead.Append(t.dst, cborhead.Text, uint64(n))
	if n == len(text) {
		t.dst = append(t.dst, text...)
	} else {
		t.dst = strictjson.AppendUnescaped(t.dst, text)
	}
	return end
}

// plainText appends in[start:end] as a text string. The short ones, which are
// most, are copied as an array of fixed size, along with what follows them: that
// is a few instructions, and what is too much is written over.
func (t *plainTranscoder) plainText(start, end int) {
	n, at := end-start, len(t.dst)
	if n < shortText && start+shortText <= len(t.in) && at+1+shortText <= cap(t.dst) {
		dst := t.dst[:at+1+shortText]
		dst[at] = cborhead.Text | byte(n)
		*(*[shortText]byte)(dst[at+1:]) = [shortText]byte(t.in[start:])
		t.dst = dst[:at+1+n]
		return
	}
	t.dst = append(cborhead.Append(t.dst, cborhead.Text, uint64(n)), t.in[start:end]...)
}

// shortText is the length below which texts have a head of one byte.
const shortText = 24

// array reads the elements from i on of an array, the bracket having been read.
func (t *plainTranscoder) array(i, depth int) int {
	if depth > t.rules.maxDepth {
		return declined
	}
	start, n := len(t.dst), 0
	t.dst = append(t.dst, 0)
	i = t.space(i)
	more := i >= len(t.in) || t.in[i] != ']'
	if !more {
		i++
	}
	for ; more; n++ {
		if n == t.rules.maxContainer {
			return declined
		}
		i, more = t.next(t.value(i, depth), ']')
	}
	if i >= 0 {
		t.dst = insertHead(t.dst, start, cborhead.Array, n)
	}
	return i
}

// object reads the pairs from i on of an object, the brace having been read.
func (t *plainTranscoder) object(i, depth int) int {
	if depth > t.rules.maxDepth {
		return declined
	}
	var room [smallMap]entry
	entries := room[:0]
	start, blob := len(t.dst), false
	t.dst = append(t.dst, 0)
	i = t.space(i)
	more := i >= len(t.in) || t.in[i] != '}'
	if !more {
		i++
	}
	for more {
		keyAt := len(t.dst)
		if i = t.name(i); i < 0 || len(entries) == t.rules.maxContainer {
			return declined
		}
		at := len(t.dst)
		prefix := keyPrefix(t.dst, keyAt)
		if isDollar(prefix) {
			key := t.dst[keyAt+1 : at]
			if isSpecial(key) {
				if len(entries) > 0 {
					return declined
				}
				return t.special(string(key) == keyLink, start, i)
			}
			if i = t.value(i, depth); i < 0 {
				return declined
			}
			is, msg := checkPair(key, t.dst[at:])
			if msg != "" && !t.rules.permissive {
				return declined
			}
			blob = blob || is
		} else if i = t.value(i, depth); i < 0 {
			return declined
		}
		entries = appendEntry(entries, entry{
			prefix: prefix,
			start:  uint32(keyAt - t.base),
			keyEnd: uint32(at - t.base),
			end:    uint32(len(t.dst) - t.base),
		})
		i, more = t.next(i, '}')
	}
	if i < 0 {
		return declined
	}
	var dup *entry
	if t.dst, dup = closeMap(t.dst, t.base, start-t.base, entries); dup != nil {
		return declined
	}
	if blob && t.rules.checkBlob(t.dst[start:]) != "" {
		return declined
	}
	return i
}

// isDollar reports whether the key whose [keyPrefix] is p, and which has fewer
// than 24 bytes, begins with a dollar sign.
func isDollar(p uint64) bool { return byte(p>>48) == '$' && p>>56 < cborhead.Text|24 }

// name reads the name at i and the colon, and returns the offset of what
// follows.
func (t *plainTranscoder) name(i int) int {
	if i < 0 || i >= len(t.in) || t.in[i] != '"' {
		return declined
	}
	start := len(t.dst)
	if i = t.text(i); i < 0 {
		return declined
	}
	n := len(t.dst) - start
	if n > t.rules.maxKey || n == 1 && !t.rules.emptyKeys {
		return declined
	}
	if i = t.space(i); i >= len(t.in) || t.in[i] != ':' {
		return declined
	}
	return t.space(i + 1)
}

// special reads the string at i, the only value of an object whose name is
// $link or $bytes, and puts the link or the byte string in the place of the
// object, at start.
func (t *plainTranscoder) special(link bool, start, i int) int {
	if i >= len(t.in) || t.in[i] != '"' {
		return declined
	}
	text, end, n := strictjson.ScanString(t.in, i)
	if end < 0 || n != len(text) {
		return declined
	}
	var msg string
	if link {
		t.dst, msg = appendCIDLink(t.dst[:start], text, t.rules.permissive)
	} else {
		t.dst, msg = appendBase64(t.dst[:start], text)
	}
	if msg != "" {
		return declined
	}
	end, more := t.next(end, '}')
	if more {
		return declined
	}
	return end
}
