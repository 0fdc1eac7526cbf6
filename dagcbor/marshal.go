package dagcbor

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"unicode"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
)

// Marshal returns the canonical encoding of v, a Go value as described in the
// documentation of github.com/fxamacker/cbor/v2: structs with `cbor` field
// tags, or `json` tags where there is none; slices, maps with string keys,
// strings, integers, booleans, []byte, pointers.
//
// A [CID] is a link. A nil slice or map is an empty one, a nil pointer or
// interface is null, and a [time.Time] is text with the zone Z. A type that
// implements [encoding.TextMarshaler], such as those of package syntax, is text.
//
// What the data model does not have is an error: floating-point numbers,
// integers beyond int64, keys that are not text, text that is not UTF-8, and
// cid.Cid, in place of which a struct has CID. So is a value that nests deeper
// than [DefaultMaxDepth] or refers to itself, with a [*LimitError].
func Marshal(v any) ([]byte, error) {
	if nestsDeeper(reflect.ValueOf(v), maxGoNesting) {
		return nil, &LimitError{"dagcbor: nesting depth of a Go value", maxGoNesting, maxGoNesting + 1, -1}
	}
	b, err := modes().enc.Marshal(v)
	if err != nil {
		return nil, codecError(err)
	}
	if err := Valid(b, marshalled); err != nil {
		return nil, notCanonical(v, err)
	}
	return b, nil
}

// notCanonical turns an error of Valid into one about v. Offsets mean nothing
// to the caller, who has not seen the bytes.
func notCanonical(v any, err error) error {
	if e, ok := errors.AsType[*LimitError](err); ok {
		e.Offset = -1
		return e
	}
	msg := err.Error()
	if e, ok := errors.AsType[*Error](err); ok {
		msg = e.Msg
	}
	if msg == faultText[faultLinkPrefix] {
		msg = "cid.Cid is not a link here; dagcbor.CID is"
	}
	return fmt.Errorf("dagcbor: %T has no canonical encoding: %s", v, msg)
}

// marshalled lets pass whatever size the caller makes; depth stays limited,
// since no reader would take it.
var marshalled = &Options{MaxSize: -1, MaxContainer: -1, MaxKey: -1, MaxString: -1}

// Unmarshal reads b, which must be exactly one value in canonical form within
// the default limits, into the Go value that v points to, as described in the
// documentation of github.com/fxamacker/cbor/v2. Struct fields match map keys
// by their exact names; keys without a field are ignored. In an interface
// value maps become map[string]any, integers int64, and links [CID].
//
// Whatever v is, the same inputs are refused as by [Valid], with the same
// errors. A value that does not fit v is an error too; v may then hold a part
// of it. Nothing in v aliases b afterwards.
//
// What v takes is the affair of its type: a slice may get one element for each
// byte of the input. Interface values take up to 200 times the input where that
// is small, but no more than 32 MiB, or 16 times the input if that is more: beyond
// it is a [*LimitError]. For data of a shape that nobody
// knows there are [Reader] and package data.
func Unmarshal(b []byte, v any) error {
	if err := Valid(b, nil); err != nil {
		return err
	}
	if err := checkUntyped(b, v); err != nil {
		return err
	}
	if err := modes().dec.Unmarshal(b, v); err != nil {
		return codecError(err)
	}
	return nil
}

// codecError turns an error of the CBOR library, or of a method that it called,
// into one of this package.
func codecError(err error) error {
	msg := strings.TrimPrefix(err.Error(), "cbor: ")
	if e, ok := errors.AsType[*Error](err); ok {
		msg = e.Msg // the offset is that in a part of the input
	} else if _, ok := errors.AsType[cid.ErrInvalidCid](err); ok {
		msg = "cannot unmarshal into cid.Cid; dagcbor.CID is the type of a link"
	}
	msg = strings.TrimPrefix(msg, "dagcbor: ")
	if len(msg) > maxErrorText {
		msg = msg[:maxErrorText] + "…"
	}
	// The library quotes text of the input as it stands.
	return errors.New("dagcbor: " + strings.Map(printable, msg))
}

const maxErrorText = 300

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

type codecModes struct {
	enc cbor.EncMode
	dec cbor.DecMode
}

// modes configures the CBOR library once. Strictness is not left to it: what
// it reads has been through Valid, what it wrote goes through Valid.
var modes = sync.OnceValue(func() codecModes {
	links := cbor.NewTagSet()
	must(links.Add(cbor.TagOptions{EncTag: cbor.EncTagRequired}, reflect.TypeFor[cid.Cid](), 42))
	enc, err := cbor.EncOptions{
		Sort:          cbor.SortBytewiseLexical,
		Time:          cbor.TimeRFC3339NanoUTC,
		NilContainers: cbor.NilContainerAsEmpty,
		IndefLength:   cbor.IndefLengthForbidden,
		BigIntConvert: cbor.BigIntConvertReject,
		TextMarshaler: cbor.TextMarshalerTextString,
	}.EncModeWithTags(links)
	must(err)

	links = cbor.NewTagSet()
	must(links.Add(cbor.TagOptions{DecTag: cbor.DecTagOptional}, reflect.TypeFor[CID](), 42))
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		IntDec:            cbor.IntDecConvertSignedOrFail,
		DefaultMapType:    reflect.TypeFor[map[string]any](),
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		TextUnmarshaler:   cbor.TextUnmarshalerTextString,
		MaxNestedLevels:   2 * DefaultMaxDepth,
		MaxArrayElements:  math.MaxInt32,
		MaxMapPairs:       math.MaxInt32,
	}.DecModeWithTags(links)
	must(err)
	return codecModes{enc, dec}
})

// must is for the options above, which are constant.
func must(err error) {
	if err != nil {
		panic("dagcbor: internal error: " + err.Error())
	}
}
