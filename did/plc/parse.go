package plc

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// LimitError reports something that is larger than allowed. It is that of
// package dagcbor.
type LimitError = dagcbor.LimitError

const (
	// MaxOperationSize is the largest operation that is read, in bytes of DRISL.
	//
	// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
	MaxOperationSize = 7500

	// maxJSONSize is the largest operation or log entry that is read, in bytes
	// of JSON: it leaves room to write an operation with escapes throughout.
	maxJSONSize = 65_536
)

// An OperationError says what is wrong with an operation. The text returned by
// the Error method may change between releases.
type OperationError struct {
	Field string // the field, such as "rotationKeys[1]"; empty for the whole
	Msg   string // what is wrong with it
}

func (e *OperationError) Error() string {
	if e.Field == "" {
		return "plc: invalid operation: " + e.Msg
	}
	return "plc: invalid operation: " + e.Field + " " + e.Msg
}

// ParseOperation parses a signed operation of any type in JSON. It checks its
// shape: JSON in which no name occurs twice, all fields of its type there and
// of the right kind, a CID in prev, at most [MaxOperationSize] bytes of DRISL.
// Unknown fields are kept, see [Operation.ExtraFields].
//
// What it does not check is what [Operation.Validate] does, and whether the
// signature is there rightly: histories of old hold operations that are invalid
// in these points, and are to be read all the same.
//
// The error is a [*LimitError], an [*OperationError], or says what is wrong
// with the JSON.
func ParseOperation(data []byte) (*Operation, error) {
	c := converter{scan: strictjson.NewScanner(data, &strictjson.Options{MaxSize: maxJSONSize})}
	k, err := c.next()
	if err != nil {
		return nil, err
	}
	raw, err := c.operation(k, len(data))
	if err != nil {
		return nil, err
	}
	if _, err := c.next(); err != nil { // the end, or what follows it
		return nil, err
	}
	return newOperation(raw)
}

// operation converts the operation whose first token is the current one. Its
// JSON has about size bytes.
func (c *converter) operation(k strictjson.Kind, size int) ([]byte, error) {
	if k != strictjson.Object {
		return nil, &OperationError{Msg: "not an object"}
	}
	c.out = make([]byte, 0, size)
	if c.spare == nil {
		c.spare = make([]byte, 0, size)
		c.pairs = make([]pair, 0, 16)
	}
	if err := c.value(k); err != nil {
		return nil, err
	}
	return slices.Clip(c.out), nil
}

// ParseOperationCBOR parses a signed operation in DRISL, as
// [Operation.AppendCBOR] writes it. It checks what [ParseOperation] does, and
// does not keep data.
func ParseOperationCBOR(data []byte) (*Operation, error) {
	return newOperation(slices.Clone(data))
}

// newOperation reads the fields of an operation in DRISL, which it keeps.
func newOperation(raw []byte) (*Operation, error) {
	if len(raw) > MaxOperationSize {
		return nil, &LimitError{Name: "plc: operation size", Limit: MaxOperationSize, Got: int64(len(raw)), Offset: -1}
	}
	f := fieldReader{r: dagcbor.NewReader(raw, nil), op: &Operation{raw: raw}}
	if err := f.read(); err != nil {
		return nil, err
	}
	op := f.op
	op.cid = dagcbor.Sum(dagcbor.DAGCBOR, raw)
	var unsigned [MaxOperationSize]byte
	op.digest = sha256.Sum256(op.AppendUnsigned(unsigned[:0]))
	return op, nil
}

// A fieldReader reads the fields of an operation. DRISL has shorter names
// first, so that the type is known before the fields that depend on it come.
type fieldReader struct {
	r    *dagcbor.Reader
	op   *Operation
	have fieldSet
}

type fieldSet uint16

const (
	hasSig fieldSet = 1 << iota
	hasPrev
	hasType
	hasServices
	hasAlsoKnownAs
	hasRotationKeys
	hasVerificationMethods
	hasHandle
	hasService
	hasSigningKey
	hasRecoveryKey
)

// The fields of each type. The order is that of the constants.
var fieldNames = [...]string{
	"sig", "prev", "type", "services", "alsoKnownAs", "rotationKeys", "verificationMethods",
	"handle", "service", "signingKey", "recoveryKey",
}

// fieldsOf returns the fields that an operation of the given type has.
func fieldsOf(typ string) fieldSet {
	switch typ {
	case TypeOperation:
		return hasSig | hasPrev | hasType | hasServices | hasAlsoKnownAs | hasRotationKeys | hasVerificationMethods
	case TypeTombstone:
		return hasSig | hasPrev | hasType
	case TypeCreate:
		return hasSig | hasPrev | hasType | hasHandle | hasService | hasSigningKey | hasRecoveryKey
	}
	return 0
}

func (f *fieldReader) read() error {
	n, err := f.r.Map()
	if err != nil {
		return f.kindError("", err)
	}
	f.op.fields, f.op.body = n, f.r.Offset()
	for range n {
		start := f.r.Offset()
		key, err := f.r.Key()
		if err != nil {
			return f.kindError("", err)
		}
		if err := f.field(key); err != nil {
			return err
		}
		if string(key) == "sig" {
			f.op.sigAt = span{uint16(start), uint16(f.r.Offset())}
		}
	}
	if err := f.r.End(); err != nil {
		return f.kindError("", err)
	}
	return f.complete()
}

// complete checks that no field is missing, and what the type asks of prev.
func (f *fieldReader) complete() error {
	want := fieldsOf(f.op.typ) | hasType
	for i, name := range fieldNames {
		if bit := fieldSet(1) << i; want&^f.have&bit != 0 {
			return &OperationError{name, "is missing"}
		}
	}
	switch {
	case f.op.typ == TypeTombstone && f.op.IsGenesis():
		return &OperationError{"prev", "is null in a tombstone"}
	case f.op.typ == TypeCreate && !f.op.IsGenesis():
		return &OperationError{"prev", "is not null in an operation of type " + TypeCreate}
	case f.op.typ == TypeCreate: // in JSON order they may come either way, in DRISL the signing key is first
		slices.Reverse(f.op.keys)
	}
	return nil
}

// field reads the value of the named field.
func (f *fieldReader) field(key []byte) error {
	i := 0
	for i < len(fieldNames) && string(key) != fieldNames[i] {
		i++
	}
	bit := fieldSet(1) << i
	if bit&(hasSig|hasPrev|hasType|fieldsOf(f.op.typ)) == 0 {
		f.op.extra = append(f.op.extra, string(key))
		return f.plain(string(key))
	}
	name := fieldNames[i]
	f.have |= bit
	switch bit {
	case hasSig:
		_, s, err := f.text(name)
		f.op.sig = s
		return err
	case hasType:
		return f.typ()
	case hasPrev:
		return f.prev()
	case hasServices:
		return f.services()
	case hasAlsoKnownAs:
		_, err := f.texts(name, false)
		return err
	case hasRotationKeys:
		keys, err := f.texts(name, true)
		if n := len(keys); n > maxRotationKeysRead {
			f.op.refuse(limitError("rotation keys", maxRotationKeysRead, n))
		}
		f.op.keys = keys
		return err
	case hasVerificationMethods:
		return f.verificationMethods()
	case hasSigningKey, hasRecoveryKey:
		_, s, err := f.text(name)
		f.op.keys = append(f.op.keys, s)
		return err
	}
	_, _, err := f.text(name) // handle, service
	return err
}

// refuse notes why readers refuse the operation.
func (op *Operation) refuse(err error) {
	if op.fault == nil {
		op.fault = err
	}
}

// kindError describes a value of the wrong kind, or DRISL that is invalid.
func (f *fieldReader) kindError(field string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*OperationError](err); ok {
		return e
	}
	return &OperationError{field, "is not DRISL: " + err.Error()}
}

// text reads a text and returns where it is.
func (f *fieldReader) text(field string) ([]byte, span, error) {
	if f.r.Kind() != dagcbor.KindText {
		return nil, span{}, &OperationError{field, "is not a text"}
	}
	b, err := f.r.Text()
	end := f.r.Offset()
	return b, span{uint16(end - len(b)), uint16(end)}, f.kindError(field, err)
}

// texts reads an array of texts. It returns where they are if keep is set.
func (f *fieldReader) texts(field string, keep bool) ([]span, error) {
	if f.r.Kind() != dagcbor.KindArray {
		return nil, &OperationError{field, "is not an array"}
	}
	n, err := f.r.Array()
	if err != nil {
		return nil, f.kindError(field, err)
	}
	var spans []span
	if keep {
		spans = make([]span, 0, n)
	}
	for i := range n {
		_, s, err := f.text(field)
		if err != nil {
			return nil, &OperationError{field + "[" + strconv.Itoa(i) + "]", "is not a text"}
		}
		if keep {
			spans = append(spans, s)
		}
	}
	return spans, nil
}

func (f *fieldReader) typ() error {
	b, _, err := f.text("type")
	if err != nil {
		return err
	}
	switch string(b) {
	case TypeOperation:
		f.op.typ = TypeOperation
	case TypeTombstone:
		f.op.typ = TypeTombstone
	case TypeCreate:
		f.op.typ = TypeCreate
	default:
		return &OperationError{"type", "is unknown: " + quote(string(b))}
	}
	return nil
}

func (f *fieldReader) prev() error {
	if f.r.Kind() == dagcbor.KindNull {
		return f.r.Null()
	}
	b, _, err := f.text("prev")
	if err != nil {
		return &OperationError{"prev", "is neither a text nor null"}
	}
	if f.op.prev, err = dagcbor.ParseCID(string(b)); err != nil || f.op.prev.Codec() != dagcbor.DAGCBOR {
		return &OperationError{"prev", "is not the CID of an operation: " + quote(string(b))}
	}
	return nil
}

// object opens the map of a field.
func (f *fieldReader) object(field string) (int, error) {
	if f.r.Kind() != dagcbor.KindMap {
		return 0, &OperationError{field, "is not an object"}
	}
	n, err := f.r.Map()
	return n, f.kindError(field, err)
}

func (f *fieldReader) verificationMethods() error {
	const field = "verificationMethods"
	n, err := f.object(field)
	if err != nil {
		return err
	}
	if n > maxVerificationMethods {
		f.op.refuse(limitError("verification methods", maxVerificationMethods, n))
	}
	for range n {
		name, err := f.r.Key()
		if err != nil {
			return f.kindError(field, err)
		}
		key, _, err := f.text("")
		if err != nil {
			return &OperationError{field + "." + clip(name), "is not a text"}
		}
		if !isDIDKey(string(key)) {
			f.op.refuse(&OperationError{field + "." + clip(name), "is not a did:key: " + quote(string(key))})
		}
	}
	return nil
}

func (f *fieldReader) services() error {
	n, err := f.object("services")
	if err != nil {
		return err
	}
	for range n {
		id, err := f.r.Key()
		if err != nil {
			return f.kindError("services", err)
		}
		if err := f.service(id); err != nil {
			return err
		}
	}
	return nil
}

func (f *fieldReader) service(id []byte) error {
	if f.r.Kind() != dagcbor.KindMap {
		return &OperationError{"services." + clip(id), "is not an object"}
	}
	n, err := f.r.Map()
	var found int
	for i := 0; err == nil && i < n; i++ {
		var key []byte
		if key, err = f.r.Key(); err != nil {
			break
		}
		switch string(key) {
		case "type", "endpoint":
			found++
			if _, _, err := f.text(""); err != nil {
				return &OperationError{"services." + clip(id) + "." + string(key), "is not a text"}
			}
		default:
			name := "services." + clip(id) + "." + clip(key)
			f.op.extra = append(f.op.extra, name)
			err = f.plain(name)
		}
	}
	if err == nil && found < 2 {
		return &OperationError{"services." + clip(id), "lacks its type or endpoint"}
	}
	return f.kindError("services", err)
}

// plain passes over a value of an unknown field, if it is one that JSON has.
func (f *fieldReader) plain(field string) error {
	var err error
	switch f.r.Kind() {
	case dagcbor.KindBytes, dagcbor.KindLink:
		return &OperationError{field, "is not of a kind that JSON has"}
	case dagcbor.KindArray, dagcbor.KindMap:
		isMap := f.r.Kind() == dagcbor.KindMap
		open := f.r.Array
		if isMap {
			open = f.r.Map
		}
		n, err := open()
		for i := 0; err == nil && i < n; i++ {
			if isMap {
				_, err = f.r.Key()
			}
			if err == nil {
				err = f.plain(field)
			}
		}
		return f.kindError(field, err)
	default:
		err = f.r.Skip()
	}
	return f.kindError(field, err)
}

// clip returns the beginning of a name, for an error.
func clip(name []byte) string { return fmt.Sprintf("%.64s", name) }
