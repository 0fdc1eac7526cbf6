package data

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// FromJSON returns the DAG-CBOR of a value in its JSON form
// (https://atproto.com/specs/data-model#json-representation).
//
// The text must be strict JSON: valid UTF-8, no name twice in an object, no
// half of a surrogate pair. Numbers must be integers that fit in 64 bits, in
// any spelling that [Options.Numbers] allows: 123.0 and 1e3 are by default, 1.5
// is not. Unless [Options.Permissive] is set, objects with the key $link or
// $bytes must be links and byte strings of the right form, and $type and blobs
// are checked.
//
// The error is an [*Error] with an offset in text, or a [*dagcbor.LimitError].
func FromJSON(text []byte, o *Options) ([]byte, error) {
	return AppendCBOR(make([]byte, 0, min(len(text), DefaultMaxCBOR)), text, o)
}

// AppendCBOR is [FromJSON] and appends to dst. On an error it returns dst as
// it was. It allocates what [Validate] does if dst has room for the result
// and for once more the largest map in it, and no map has more than 12 keys.
func AppendCBOR(dst, text []byte, o *Options) ([]byte, error) {
	ru := o.rules()
	return appendCBOR(dst, text, &ru)
}

func appendCBOR(dst, text []byte, ru *rules) ([]byte, error) {
	if len(text) > ru.maxJSON {
		return dst, limitError("JSON size", ru.maxJSON, len(text), -1)
	}
	out, ok := ru.appendPlain(dst, text)
	if !ok {
		var err error
		if out, err = ru.appendAny(dst, text); err != nil {
			return dst, jsonError(err)
		}
	}
	if n := len(out) - len(dst); n > ru.maxCBOR {
		return dst, limitError("CBOR size", ru.maxCBOR, n, -1)
	}
	if err := ru.checkRecord(out[len(dst):]); err != nil {
		return dst, err
	}
	return out, nil
}

// appendAny is appendPlain with an error that says what is wrong, and has the
// last word.
func (ru *rules) appendAny(dst, text []byte) ([]byte, error) {
	t := transcoder{
		s:     strictjson.NewScanner(text, &strictjson.Options{MaxSize: -1, MaxDepth: -1}),
		rules: *ru,
		dst:   dst,
		base:  len(dst),
	}
	err := t.run()
	return t.dst, err
}

// A transcoder turns JSON text into DAG-CBOR in one pass. It recurses, to at
// most the depth that the rules allow.
//
// The head of a container is written last, when its length is known: one byte
// is kept for it, and what follows is moved if that is not enough.
type transcoder struct {
	s     strictjson.Scanner
	rules rules
	dst   []byte
	base  int // where the value begins in dst
	depth int // containers that are open
}

func (t *transcoder) run() error {
	kind, err := t.s.Next()
	if err != nil {
		return err
	}
	if err := t.value(kind); err != nil {
		return err
	}
	_, err = t.s.Next() // the end, or an error
	return err
}

// value reads the value that begins with the current token, of the given kind.
func (t *transcoder) value(kind strictjson.Kind) error {
	switch kind {
	case strictjson.String:
		t.text()
	case strictjson.Object:
		return t.object()
	case strictjson.Array:
		return t.array()
	case strictjson.Number:
		return t.number()
	case strictjson.True:
		t.dst = dagcbor.AppendBool(t.dst, true)
	case strictjson.False:
		t.dst = dagcbor.AppendBool(t.dst, false)
	default:
		t.dst = dagcbor.AppendNull(t.dst)
	}
	return nil
}

// text appends the current string or name.
func (t *transcoder) text() {
	t.dst = t.s.AppendText(cborhead.Append(t.dst, cborhead.Text, uint64(t.s.TextLen())))
}

func (t *transcoder) number() error {
	n, msg := strictjson.ParseInt(t.s.Text())
	if msg == "" {
		msg = t.rules.numbers.check(t.s.Text(), n)
	}
	if msg == "" {
		msg = t.rules.checkInt(n)
	}
	if msg != "" {
		return t.errorf("%s: %.40q", msg, t.s.Text())
	}
	t.dst = dagcbor.AppendInt(t.dst, n)
	return nil
}

func (t *transcoder) array() error {
	if t.depth >= t.rules.maxDepth {
		return t.depthError(t.s.Offset())
	}
	t.depth++
	start := len(t.dst)
	t.dst = append(t.dst, 0)
	for n := 0; ; n++ {
		kind, err := t.s.Next()
		if err != nil {
			return err
		}
		if kind == strictjson.ArrayEnd {
			t.dst = insertHead(t.dst, start, cborhead.Array, n)
			t.depth--
			return nil
		}
		if err := t.checkLen(n + 1); err != nil {
			return err
		}
		if err := t.value(kind); err != nil {
			return err
		}
	}
}

// checkLen checks that a container may hold n elements or pairs.
func (t *transcoder) checkLen(n int) error {
	if n > t.rules.maxContainer {
		return limitError("container length", t.rules.maxContainer, n, t.s.Offset())
	}
	return nil
}

func (t *transcoder) object() error {
	var room [smallMap]entry
	entries := room[:0]
	start, source := len(t.dst), t.s.Offset()
	t.dst = append(t.dst, 0)
	t.depth++
	blob := false
	for {
		kind, err := t.s.Next()
		if err != nil {
			return err
		}
		if kind == strictjson.ObjectEnd {
			break
		}
		e := entry{start: uint32(len(t.dst) - t.base), source: uint32(t.s.Offset())}
		t.text()
		key := t.dst[len(t.dst)-t.s.TextLen():]
		if isSpecial(key) {
			done, err := t.specialObject(key, len(entries), start, source)
			if done || err != nil {
				return err
			}
			key = t.dst[len(t.dst)-t.s.TextLen():]
		}
		if err := t.checkKey(len(key), len(entries), source); err != nil {
			return err
		}
		e.keyEnd = uint32(len(t.dst) - t.base)
		e.prefix = keyPrefix(t.dst, t.base+int(e.start))
		is, err := t.pairValue(string(key) == keyType)
		if err != nil {
			return err
		}
		blob = blob || is
		e.end = uint32(len(t.dst) - t.base)
		entries = appendEntry(entries, e)
	}
	if t.depth > t.rules.maxDepth {
		return t.depthError(source)
	}
	t.depth--
	var dup *entry
	if t.dst, dup = closeMap(t.dst, t.base, start-t.base, entries); dup != nil {
		key := t.dst[t.base+int(dup.start) : t.base+int(dup.keyEnd)]
		return &Error{Offset: int(dup.source), Msg: fmt.Sprintf("duplicate name %.64q", textOf(key))}
	}
	if blob {
		if msg := t.rules.checkBlob(t.dst[start:]); msg != "" {
			return &Error{Offset: source, Msg: msg}
		}
	}
	return nil
}

// checkKey checks the current name, of n bytes, in an object that began at
// offset source and has some pairs already.
func (t *transcoder) checkKey(n, pairs, source int) error {
	switch {
	case t.depth > t.rules.maxDepth:
		return t.depthError(source)
	case n == 0 && !t.rules.emptyKeys:
		return t.errorf("empty map key")
	case n > t.rules.maxKey:
		return limitError("map key length", t.rules.maxKey, n, t.s.Offset())
	}
	return t.checkLen(pairs + 1)
}

// pairValue reads the value of a pair. If it is the $type, it must be a string
// and not empty, and pairValue reports whether it is "blob".
func (t *transcoder) pairValue(typ bool) (blob bool, err error) {
	kind, err := t.s.Next()
	if err != nil {
		return false, err
	}
	if typ && !t.rules.permissive && (kind != strictjson.String || t.s.TextLen() == 0) {
		return false, t.errorf("$type is not a string, or is empty")
	}
	start := len(t.dst)
	err = t.value(kind)
	return typ && err == nil && isBlobType(t.dst[start:]), err
}

// isSpecial reports whether key turns an object into a link or a byte string.
func isSpecial(key []byte) bool {
	return len(key) > 0 && key[0] == '$' && (string(key) == keyLink || string(key) == keyBytes)
}

// specialObject reads the rest of an object in which, behind some pairs, the
// name key is $link or $bytes. It returns false if the object is a map like any
// other, as the rules may let pass: then the name is the current token again.
func (t *transcoder) specialObject(key []byte, pairs, start, source int) (done bool, err error) {
	switch {
	case pairs > 0 && t.rules.permissive:
		return false, nil
	case pairs > 0:
		return false, t.errorf("object with %s and other names", key)
	}
	name := keyBytes
	if string(key) == keyLink {
		name = keyLink
	}
	before, depth := t.s, t.depth
	err = t.special(name, start, source)
	if _, wrong := errors.AsType[*Error](err); !wrong || !t.rules.permissive {
		return true, err // errors of the scanner are of another type
	}
	t.s, t.depth = before, depth
	t.dst = append(t.dst[:start], 0)
	t.text()
	return false, nil
}

// special reads the rest of an object whose name is $link or $bytes, and puts
// the link or the byte string in its place, at start. Both take one level of
// nesting in JSON; in DAG-CBOR, where it counts, byte strings take none.
func (t *transcoder) special(name string, start, source int) error {
	if name == keyLink && t.depth > t.rules.maxDepth {
		return t.depthError(source)
	}
	t.depth--
	kind, err := t.s.Next()
	if err != nil {
		return err
	}
	if kind != strictjson.String {
		return t.errorf("%s is not a string", name)
	}
	text := t.s.Text()
	if t.s.Escaped() {
		text = t.s.AppendText(nil)
	}
	t.dst = t.dst[:start]
	var msg string
	if name == keyLink {
		t.dst, msg = appendCIDLink(t.dst, text, t.rules.permissive)
	} else {
		t.dst, msg = appendBase64(t.dst, text)
	}
	if msg != "" {
		return t.errorf("%s %.100q is %s", name, text, msg)
	}
	if kind, err = t.s.Next(); err != nil {
		return err
	}
	if kind != strictjson.ObjectEnd {
		return t.errorf("object with %s and other names", name)
	}
	return nil
}

func (t *transcoder) errorf(format string, args ...any) error {
	return &Error{Offset: t.s.Offset(), Msg: fmt.Sprintf(format, args...)}
}

func (t *transcoder) depthError(offset int) error {
	return limitError("nesting depth", t.rules.maxDepth, t.rules.maxDepth+1, offset)
}
