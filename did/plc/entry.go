package plc

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// An Entry is an operation as a directory lists it, in the audit log of a DID
// or in an export. Everything but the operation is the directory's word.
//
// https://web.plc.directory/spec/v0.1/did-plc#audit-logs and
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
type Entry struct {
	DID       syntax.DID
	Operation *Operation
	CID       dagcbor.CID // that the directory gives, see [Operation.CID]
	CreatedAt time.Time   // when the directory took it, to the millisecond
	Nullified bool        // whether a later operation has undone it; audit logs and old exports
	Seq       int64       // its place in the directory's export, or 0: sequenced exports and streams
}

// sequencedType is the type of entries in sequenced exports.
const sequencedType = "sequenced_op"

// ErrUnknownType is in the error of [ParseEntry] when the entry is of a type
// that is not known. There may be others than operations some day; readers pass
// over them.
//
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
var ErrUnknownType = errors.New("plc: entry of unknown type")

// timeLayout is the form of the times in logs and exports.
const timeLayout = "2006-01-02T15:04:05.000Z"

// ParseEntry parses an entry in JSON: a line of an export, a message of the
// export stream, or an element of an audit log. Unknown fields are passed over.
// An entry must have either a sequence number and the type "sequenced_op", or
// say whether it is nullified.
//
// The error matches [ErrUnknownType] if the entry is of another type, and is
// otherwise one of [ParseOperation], or says what is wrong with the entry.
func ParseEntry(data []byte) (Entry, error) {
	e, _, err := parseEntry(data)
	return e, err
}

// parseEntry is ParseEntry. It returns the sequence number even of an entry
// that it refuses, if there is one.
func parseEntry(data []byte) (Entry, int64, error) {
	r := entryReader{c: converter{scan: strictjson.NewScanner(data, &strictjson.Options{MaxSize: maxJSONSize})}, size: len(data)}
	k, err := r.c.next()
	if err != nil {
		return Entry{}, 0, err
	}
	e, err := r.entry(k)
	if err != nil {
		return Entry{}, r.e.Seq, err
	}
	if _, err := r.c.next(); err != nil {
		return Entry{}, r.e.Seq, err
	}
	return e, e.Seq, nil
}

// DefaultMaxLogSize is the largest audit log, in bytes of JSON, that
// [ParseLog] and [Client.AuditLog] read.
const DefaultMaxLogSize = 16 << 20

// ParseLog parses an audit log, which is a JSON array of entries, of at most
// [DefaultMaxLogSize] bytes. See [ParseEntry] for the errors.
func ParseLog(data []byte) ([]Entry, error) {
	var log []Entry
	r := entryReader{c: converter{scan: strictjson.NewScanner(data, &strictjson.Options{MaxSize: DefaultMaxLogSize})}, size: 1024}
	err := r.array(func(k strictjson.Kind) error {
		e, err := r.entry(k)
		log = append(log, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return log, nil
}

// parseOperations parses the plain log of a DID, an array of operations.
func parseOperations(data []byte) ([]*Operation, error) {
	var ops []*Operation
	r := entryReader{c: converter{scan: strictjson.NewScanner(data, &strictjson.Options{MaxSize: DefaultMaxLogSize})}, size: 1024}
	err := r.array(func(k strictjson.Kind) error {
		raw, err := r.c.operation(k, r.size)
		if err != nil {
			return err
		}
		op, err := newOperation(raw)
		ops = append(ops, op)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ops, nil
}

// An entryReader reads entries.
type entryReader struct {
	c    converter
	size int // of an operation, about

	e         Entry
	raw       []byte // of the operation
	typ       string
	nullified bool // whether the flag is there
}

// array reads an array to the end of the input. element reads an element, whose
// first token it gets.
func (r *entryReader) array(element func(strictjson.Kind) error) error {
	k, err := r.c.next()
	if err != nil {
		return err
	}
	if k != strictjson.Array {
		return errors.New("plc: log is not an array")
	}
	for i := 0; ; i++ {
		if k, err = r.c.next(); err != nil {
			return err
		}
		if k == strictjson.ArrayEnd {
			_, err := r.c.next()
			return err
		}
		if err := element(k); err != nil {
			return fmt.Errorf("%w, in entry %d of a log", err, i)
		}
	}
}

// entry reads the entry whose first token is the current one.
func (r *entryReader) entry(k strictjson.Kind) (Entry, error) {
	r.e, r.raw, r.typ, r.nullified = Entry{}, nil, "", false
	if k != strictjson.Object {
		return Entry{}, errors.New("plc: entry is not an object")
	}
	var seen [7]bool
	names := [...]string{"did", "operation", "cid", "createdAt", "nullified", "seq", "type"}
	var fault error // the first; a type that is not known counts for more
	for {
		k, err := r.c.next()
		if err != nil {
			return Entry{}, err
		}
		if k == strictjson.ObjectEnd {
			break
		}
		i := r.name(names[:])
		if k, err = r.c.next(); err != nil {
			return Entry{}, err
		}
		if i == len(names) {
			if err := r.skip(k); err != nil {
				return Entry{}, err
			}
			continue
		}
		if seen[i] {
			return Entry{}, fmt.Errorf("plc: invalid json: duplicate name %s", quote(names[i]))
		}
		seen[i] = true
		depth := r.c.scan.Depth()
		if err := r.field(names[i], k); err != nil {
			if fault == nil {
				fault = err
			}
			if err := r.unwind(k, depth); err != nil {
				return Entry{}, err
			}
		}
	}
	return r.finish(fault)
}

// unwind reads the rest of a value that was refused, which began with k at the
// given depth, its own level included.
func (r *entryReader) unwind(k strictjson.Kind, depth int) error {
	if k != strictjson.Array && k != strictjson.Object {
		return nil
	}
	for r.c.scan.Depth() >= depth {
		if _, err := r.c.next(); err != nil {
			return err
		}
	}
	return nil
}

// skip reads a value to its end.
func (r *entryReader) skip(k strictjson.Kind) error { return r.unwind(k, r.c.scan.Depth()) }

// name returns the index in names of the current name, or their number if it is
// none of them.
func (r *entryReader) name(names []string) int {
	text := r.c.scan.Text()
	if r.c.scan.Escaped() {
		text = r.c.scan.AppendText(nil)
	}
	i := 0
	for i < len(names) && string(text) != names[i] {
		i++
	}
	return i
}

// text returns the current string or name.
func (r *entryReader) text() string {
	if !r.c.scan.Escaped() {
		return string(r.c.scan.Text())
	}
	return string(r.c.scan.AppendText(nil))
}

// field reads the value of a known field.
func (r *entryReader) field(name string, k strictjson.Kind) (err error) {
	switch name {
	case "operation":
		r.raw, err = r.c.operation(k, r.size)
		return err
	case "nullified":
		r.nullified, r.e.Nullified = true, k == strictjson.True
		if k != strictjson.True && k != strictjson.False {
			return errors.New("plc: nullified is not a boolean")
		}
		return nil
	case "seq":
		var msg string
		if k == strictjson.Number {
			r.e.Seq, msg = strictjson.ParseInt(r.c.scan.Text())
		}
		if r.e.Seq <= 0 || msg != "" {
			r.e.Seq = 0
			return errors.New("plc: seq is not a positive integer")
		}
		return nil
	}
	if k != strictjson.String {
		return fmt.Errorf("plc: %s is not a text", name)
	}
	text := r.text()
	switch name {
	case "did":
		if r.e.DID, err = syntax.ParseDID(text); err != nil || !r.e.DID.IsPLC() {
			r.e.DID = syntax.DID{}
			return fmt.Errorf("plc: entry of what is not a did:plc: %s", quote(text))
		}
	case "cid":
		if r.e.CID, err = dagcbor.ParseCID(text); err != nil {
			return fmt.Errorf("plc: entry with an invalid cid: %v", err)
		}
	case "createdAt":
		r.e.CreatedAt, err = parseTime(text)
		return err
	case "type":
		r.typ = text
	}
	return nil
}

// finish checks that nothing is missing.
func (r *entryReader) finish(fault error) (Entry, error) {
	e := r.e
	sequenced := r.typ == sequencedType
	switch {
	case r.typ != "" && !sequenced:
		return Entry{}, fmt.Errorf("%w: %s", ErrUnknownType, quote(r.typ))
	case fault != nil:
		return Entry{}, fault
	case e.DID.IsZero() || r.raw == nil || !e.CID.Defined() || e.CreatedAt.IsZero():
		return Entry{}, errors.New("plc: entry lacks its did, operation, cid or createdAt")
	case sequenced != (e.Seq > 0):
		return Entry{}, errors.New("plc: entry has a type without a seq, or a seq without a type")
	case !sequenced && !r.nullified:
		return Entry{}, errors.New("plc: entry lacks both seq and nullified")
	}
	var err error
	e.Operation, err = newOperation(r.raw)
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// parseTime parses a time in the one form that directories write.
//
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeLayout, s)
	if err != nil || len(s) != len(timeLayout) || s[19] != '.' {
		return time.Time{}, fmt.Errorf("plc: time is not of the form YYYY-MM-DDTHH:mm:ss.sssZ: %s", quote(s))
	}
	return t, nil
}

// MarshalJSON implements [json.Marshaler]: a line of a sequenced export if Seq
// is not 0, and an element of an audit log otherwise.
func (e Entry) MarshalJSON() ([]byte, error) {
	if e.Operation == nil || e.DID.IsZero() || !e.CID.Defined() {
		return nil, errors.New("plc: incomplete Entry")
	}
	dst := make([]byte, 0, len(e.Operation.raw)+300)
	dst = append(dst, '{')
	if e.Seq > 0 {
		dst = append(dst, `"type":"`+sequencedType+`","seq":`...)
		dst = append(strconv.AppendInt(dst, e.Seq, 10), ',')
	}
	dst = append(append(dst, `"did":"`...), e.DID.String()...)
	dst = e.Operation.appendJSON(append(dst, `","operation":`...))
	dst = append(append(dst, `,"cid":"`...), e.CID.String()...)
	if e.Seq == 0 {
		dst = strconv.AppendBool(append(dst, `","nullified":`...), e.Nullified)
		dst = append(dst, `,"createdAt":"`...)
	} else {
		dst = append(dst, `","createdAt":"`...)
	}
	dst = e.CreatedAt.UTC().AppendFormat(dst, timeLayout)
	return append(dst, `"}`...), nil
}

// UnmarshalJSON implements [json.Unmarshaler] like [ParseEntry]. It leaves e
// alone on error.
func (e *Entry) UnmarshalJSON(data []byte) error {
	parsed, err := ParseEntry(data)
	if err == nil {
		*e = parsed
	}
	return err
}

// ReadExport reads an export: entries in JSON, one a line. It is for exports
// that were kept in a file; [Client.Export] fetches one. Entries of unknown
// types are passed over, and so are empty lines. It stops at the first error,
// which is the last pair, and says in which line it was. The reader is not
// closed.
//
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
func ReadExport(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		lines := newLineReader(r)
		for {
			line, err := lines.next()
			if err != nil {
				yield(Entry{}, err)
			}
			if line == nil {
				return
			}
			e, err := ParseEntry(line)
			switch {
			case errors.Is(err, ErrUnknownType):
				continue
			case err != nil:
				yield(Entry{}, fmt.Errorf("%w, in line %d of an export", err, lines.n))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}
