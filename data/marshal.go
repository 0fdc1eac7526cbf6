package data

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/dagcbor"
)

// Marshal encodes a tree of Go values as DAG-CBOR, keys in canonical order.
//
// Beside the types that [Unmarshal] makes, it takes all types of integers
// whose value fits in an int64, cid.Cid for any link, [Blob], and []string
// for arrays of strings. It refuses everything else: floating-point numbers,
// other types (named types among them), strings that are not valid UTF-8,
// undefined CIDs, empty map keys, values that are not valid in the sense of
// [Validate], and nil maps and slices, which would leave open whether null or
// an empty value is meant. A tree that contains itself exceeds the limit on
// nesting.
//
// The error is an [*Error] with a path, or a [*dagcbor.LimitError].
func Marshal(v any, o *Options) ([]byte, error) {
	return Append(nil, v, o)
}

// Append is [Marshal] and appends to dst. On an error it returns dst as it
// was. It must not run while v is changed.
func Append(dst []byte, v any, o *Options) ([]byte, error) {
	ru := o.rules()
	w := treeWriter{dst: dst, base: len(dst), rules: ru}
	if err := w.value(v); err != nil {
		return dst, err
	}
	if n := len(w.dst) - w.base; n > ru.maxCBOR {
		return dst, limitError("CBOR size", ru.maxCBOR, n, -1)
	}
	if err := ru.checkRecord(w.dst[w.base:]); err != nil {
		if bad, found := errors.AsType[*Error](err); found {
			bad.Offset = -1 // a tree has none
		}
		return dst, err
	}
	return w.dst, nil
}

// A treeWriter encodes a tree. It recurses, to at most the depth that the
// rules allow.
type treeWriter struct {
	dst     []byte
	base    int // where the value begins in dst
	rules   rules
	depth   int
	entries []entry // pairs of the maps being written, outermost first
}

func treeErrorf(format string, args ...any) error {
	return &Error{Offset: -1, Msg: fmt.Sprintf(format, args...)}
}

func (w *treeWriter) value(v any) error {
	switch v := v.(type) {
	case nil:
		w.dst = dagcbor.AppendNull(w.dst)
	case bool:
		w.dst = dagcbor.AppendBool(w.dst, v)
	case string:
		return w.text(v)
	case []byte:
		if v == nil {
			return treeErrorf("nil []byte, neither null nor empty")
		}
		w.dst = dagcbor.AppendBytes(w.dst, v)
	case map[string]any:
		return w.mapValue(v)
	case []any:
		return appendArray(w, v, w.value)
	case []string:
		return appendArray(w, v, w.text)
	case dagcbor.CID:
		return w.link(v)
	case cid.Cid:
		return w.anyLink(v)
	case Blob:
		var err error
		w.dst, err = w.blob(v)
		return err
	default:
		return w.number(v)
	}
	return w.checkSize()
}

// checkSize stops before a value that is too large takes more memory.
func (w *treeWriter) checkSize() error {
	if n := len(w.dst) - w.base; n > w.rules.maxCBOR {
		return limitError("CBOR size", w.rules.maxCBOR, n, -1)
	}
	return nil
}

func (w *treeWriter) number(v any) error {
	switch v := v.(type) {
	case int64:
		return w.int(v)
	case int:
		return w.int(int64(v))
	case int32:
		return w.int(int64(v))
	case int16:
		return w.int(int64(v))
	case int8:
		return w.int(int64(v))
	case uint8:
		return w.int(int64(v))
	case uint16:
		return w.int(int64(v))
	case uint32:
		return w.int(int64(v))
	case uint:
		return w.uint(uint64(v))
	case uint64:
		return w.uint(v)
	case float32, float64:
		return treeErrorf("%T, and the data model has no floating-point numbers", v)
	}
	return treeErrorf("Go type %T, which no value of the data model has", v)
}

func (w *treeWriter) int(n int64) error {
	if msg := w.rules.checkInt(n); msg != "" {
		return treeErrorf("%s: %d", msg, n)
	}
	w.dst = dagcbor.AppendInt(w.dst, n)
	return nil
}

func (w *treeWriter) uint(n uint64) error {
	if n > math.MaxInt64 {
		return treeErrorf("integer does not fit in 64 bits with sign: %d", n)
	}
	return w.int(int64(n))
}

func (w *treeWriter) text(s string) error {
	if !utf8.ValidString(s) {
		return treeErrorf("string %.64q is not valid UTF-8", s)
	}
	w.dst = dagcbor.AppendText(w.dst, s)
	return w.checkSize()
}

func (w *treeWriter) link(c dagcbor.CID) error {
	switch {
	case w.depth >= w.rules.maxDepth:
		return limitError("nesting depth", w.rules.maxDepth, w.depth+1, -1)
	case !c.Defined():
		return treeErrorf("undefined CID")
	}
	w.dst = dagcbor.AppendLink(w.dst, c)
	return w.checkSize()
}

// anyLink is link for a CID of whatever form.
func (w *treeWriter) anyLink(c cid.Cid) error {
	if blessed, err := dagcbor.CIDFromCid(c); err == nil || !c.Defined() {
		return w.link(blessed)
	}
	if w.depth >= w.rules.maxDepth {
		return limitError("nesting depth", w.rules.maxDepth, w.depth+1, -1)
	}
	start := len(w.dst)
	w.dst = dagcbor.AppendLinkBytes(w.dst, c.Bytes())
	if !isLink(w.dst[start:], w.rules.permissive) {
		return treeErrorf("link to %.120s, which is not a CID of version 1, dag-cbor or raw, SHA-256", c)
	}
	return w.checkSize()
}

func (w *treeWriter) blob(b Blob) ([]byte, error) {
	switch {
	case b.Legacy() && !w.rules.permissive:
		return w.dst, treeErrorf("blob reference of the legacy form")
	case b.Legacy() && w.depth >= w.rules.maxDepth, !b.Legacy() && w.depth+1 >= w.rules.maxDepth:
		return w.dst, limitError("nesting depth", w.rules.maxDepth, w.rules.maxDepth+1, -1)
	}
	return b.appendCBOR(w.dst)
}

// open enters a container of n elements or pairs.
func (w *treeWriter) open(n int) error {
	if n > w.rules.maxContainer {
		return limitError("container length", w.rules.maxContainer, n, -1)
	}
	if w.depth >= w.rules.maxDepth {
		return limitError("nesting depth", w.rules.maxDepth, w.depth+1, -1)
	}
	w.depth++
	return nil
}

func appendArray[T any](w *treeWriter, a []T, appendValue func(T) error) error {
	if a == nil {
		return treeErrorf("nil %T, neither null nor empty", a)
	}
	if err := w.open(len(a)); err != nil {
		return err
	}
	w.dst = dagcbor.AppendArray(w.dst, len(a))
	for i, v := range a {
		if err := appendValue(v); err != nil {
			return under(err, strconv.Itoa(i))
		}
	}
	w.depth--
	return w.checkSize()
}

func (w *treeWriter) mapValue(m map[string]any) error {
	if m == nil {
		return treeErrorf("nil %T, neither null nor empty", m)
	}
	if err := w.open(len(m)); err != nil {
		return err
	}
	start, rest := len(w.dst), len(w.entries)
	w.dst = append(w.dst, 0) // for the head
	blob := false
	for key, v := range m {
		is, err := w.pair(key, v)
		if err != nil {
			return under(err, key)
		}
		blob = blob || is
	}
	w.dst, _ = closeMap(w.dst, w.base, start-w.base, w.entries[rest:])
	w.entries = w.entries[:rest]
	if blob {
		if msg := w.rules.checkBlob(w.dst[start:]); msg != "" {
			return treeErrorf("%s", msg)
		}
	}
	w.depth--
	return w.checkSize()
}

// pair encodes a pair, and reports whether it says that the map is a blob.
func (w *treeWriter) pair(key string, v any) (blob bool, err error) {
	switch {
	case key == "" && !w.rules.emptyKeys:
		return false, treeErrorf("empty map key")
	case len(key) > w.rules.maxKey:
		return false, limitError("map key length", w.rules.maxKey, len(key), -1)
	}
	start := len(w.dst)
	if err := w.text(key); err != nil {
		return false, err
	}
	at, i := len(w.dst), len(w.entries)
	w.entries = appendEntry(w.entries, entry{
		prefix: keyPrefix(w.dst, start),
		start:  uint32(start - w.base),
		keyEnd: uint32(at - w.base),
	})
	if err := w.value(v); err != nil {
		return false, err
	}
	w.entries[i].end = uint32(len(w.dst) - w.base)
	if key != "" && key[0] == '$' {
		var msg string
		if blob, msg = checkPair(w.dst[at-len(key):at], w.dst[at:]); msg != "" && !w.rules.permissive {
			return false, treeErrorf("%s", msg)
		}
	}
	return blob, nil
}
