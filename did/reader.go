package did

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// A reader picks the parts of a document out of JSON that [strictjson.Check]
// has accepted, so that no name occurs twice in an object. Unlike
// encoding/json, it does not fold the case of names.
type reader struct {
	scan strictjson.Scanner
	name []byte // the current name, escapes resolved
	err  error  // of the scanner, which Check has ruled out
}

// readDocument reads a document.
func readDocument(data []byte) (*Document, error) {
	r := &reader{scan: strictjson.NewScanner(data, &strictjson.Options{MaxSize: -1})}
	d, err := r.document()
	if r.err != nil {
		return nil, r.err
	}
	return d, err
}

func (r *reader) document() (*Document, error) {
	if r.next() != strictjson.Object {
		return nil, errors.New("not an object")
	}
	d := new(Document)
	var id string
	var hasID bool
	var err error
	for r.nextName() {
		value := r.next()
		switch string(r.name) {
		case "id":
			id, hasID = r.text(value)
		case "alsoKnownAs":
			d.AlsoKnownAs, err = readList(r, value, (*reader).text)
		case "verificationMethod":
			d.VerificationMethods, err = readList(r, value, (*reader).verificationMethod)
		case "service":
			d.Services, err = readList(r, value, (*reader).service)
		default:
			r.skip(value)
		}
		if err != nil {
			return nil, err
		}
	}
	if !hasID {
		return nil, errors.New("no id")
	}
	d.ID, err = syntax.ParseDID(id)
	return d, err
}

// readList reads a list, which may be null, and returns the elements that
// element takes. The current token is the value's first, as for all methods
// that take a Kind.
func readList[T any](r *reader, value strictjson.Kind, element func(*reader, strictjson.Kind) (T, bool)) ([]T, error) {
	if value == strictjson.Null {
		return nil, nil
	}
	if value != strictjson.Array {
		return nil, fmt.Errorf("%s is not an array", r.name)
	}
	var list []T
	for r.err == nil {
		k := r.next()
		if k == strictjson.ArrayEnd {
			break
		}
		if v, ok := element(r, k); ok {
			list = append(list, v)
		}
	}
	return list, nil
}

// verificationMethod takes objects that have all the strings that the methods
// of DID documents must have. The key may be missing. An empty controller,
// which MarshalJSON takes for the DID, is nobody.
func (r *reader) verificationMethod(value strictjson.Kind) (VerificationMethod, bool) {
	v, has := r.entry(value, &[4]string{"id", "type", "controller", "publicKeyMultibase"})
	return VerificationMethod{v[0], v[1], v[2], v[3]}, has[0] && has[1] && v[2] != ""
}

// service takes objects whose id, type and endpoint are strings. Endpoints may
// be objects and types lists in DID documents, but not in the protocol.
func (r *reader) service(value strictjson.Kind) (Service, bool) {
	v, has := r.entry(value, &[4]string{"id", "type", "serviceEndpoint"})
	return Service{v[0], v[1], v[2]}, has[0] && has[1] && has[2]
}

// entry reads a value. If it is an object, it returns the strings that have
// the given names in it, and which of them there are.
func (r *reader) entry(value strictjson.Kind, names *[4]string) (v [4]string, has [4]bool) {
	if value != strictjson.Object {
		r.skip(value)
		return v, has
	}
	for r.nextName() {
		i := 0
		for i < len(names) && (names[i] == "" || names[i] != string(r.name)) {
			i++
		}
		if value := r.next(); i < len(names) {
			v[i], has[i] = r.text(value)
		} else {
			r.skip(value)
		}
	}
	return v, has
}

// text reads a value and returns it if it is a string.
func (r *reader) text(value strictjson.Kind) (string, bool) {
	if value != strictjson.String {
		r.skip(value)
		return "", false
	}
	if !r.scan.Escaped() {
		return string(r.scan.Text()), true
	}
	return string(r.scan.AppendText(nil)), true
}

// skip reads a value to its end.
func (r *reader) skip(value strictjson.Kind) {
	if value != strictjson.Array && value != strictjson.Object {
		return
	}
	for outside := r.scan.Depth() - 1; r.err == nil && r.scan.Depth() > outside; {
		r.next()
	}
}

// nextName moves to the next name of the current object, and reports whether
// there is one.
func (r *reader) nextName() bool {
	if r.next() != strictjson.Name {
		return false
	}
	r.name = r.scan.AppendText(r.name[:0])
	return true
}

// next moves to the next token.
func (r *reader) next() strictjson.Kind {
	k, err := r.scan.Next()
	if err != nil {
		r.err = err
	}
	return k
}
