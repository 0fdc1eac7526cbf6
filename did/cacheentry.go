package did

import (
	"errors"
	"fmt"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// entryVersion is the version of the form of values in a [Cache], which are
// arrays in DAG-CBOR. Those of other versions are passed over.
//
//	[1, "account", did, resolved, handleAt or null, [alias ...],
//	    [[id, type, controller, key] ...], [[id, type, endpoint] ...]]
//	[1, "handle", handle, at, did]
//
// Times are in milliseconds since 1970.
const entryVersion = 1

const (
	kindAccount = "account"
	kindHandle  = "handle"
)

// An account is a document as it stands in a [Cache].
type account struct {
	doc      *Document
	resolved time.Time
	verified bool      // whether the declared handle leads back
	handleAt time.Time // when that was found out
}

func (a *account) append(dst []byte) []byte {
	dst = appendHead(dst, 8, kindAccount)
	dst = dagcbor.AppendText(dst, a.doc.ID.String())
	dst = dagcbor.AppendInt(dst, a.resolved.UnixMilli())
	if a.verified {
		dst = dagcbor.AppendInt(dst, a.handleAt.UnixMilli())
	} else {
		dst = dagcbor.AppendNull(dst)
	}
	dst = appendTexts(dst, a.doc.AlsoKnownAs...)
	dst = dagcbor.AppendArray(dst, len(a.doc.VerificationMethods))
	for _, m := range a.doc.VerificationMethods {
		dst = appendTexts(dst, m.ID, m.Type, m.Controller, m.PublicKeyMultibase)
	}
	dst = dagcbor.AppendArray(dst, len(a.doc.Services))
	for _, s := range a.doc.Services {
		dst = appendTexts(dst, s.ID, s.Type, s.Endpoint)
	}
	return dst
}

// appendHead appends the beginning of an array of n elements.
func appendHead(dst []byte, n int, kind string) []byte {
	dst = dagcbor.AppendInt(dagcbor.AppendArray(dst, n), entryVersion)
	return dagcbor.AppendText(dst, kind)
}

func appendTexts(dst []byte, texts ...string) []byte {
	dst = dagcbor.AppendArray(dst, len(texts))
	for _, s := range texts {
		dst = dagcbor.AppendText(dst, s)
	}
	return dst
}

// parseAccount reads what [account.append] has written, and nothing else.
func parseAccount(b []byte) (*account, error) {
	r, err := newEntryReader(b, 8, kindAccount)
	if err != nil {
		return nil, err
	}
	a := &account{doc: new(Document)}
	a.doc.ID = entryName(r, syntax.ParseDID)
	a.resolved = r.time()
	if a.verified = r.Kind() != dagcbor.KindNull; a.verified {
		a.handleAt = r.time()
	} else {
		r.check(r.Null())
	}
	r.list(func() { a.doc.AlsoKnownAs = append(a.doc.AlsoKnownAs, r.text()) })
	r.list(func() {
		r.array(4)
		a.doc.VerificationMethods = append(a.doc.VerificationMethods, VerificationMethod{r.text(), r.text(), r.text(), r.text()})
	})
	r.list(func() {
		r.array(3)
		a.doc.Services = append(a.doc.Services, Service{r.text(), r.text(), r.text()})
	})
	if _, declared := a.doc.ClaimedHandle(); a.verified && !declared {
		r.check(errors.New("a verified handle that is not declared"))
	}
	return a, r.end()
}

// A lead is where a handle leads, as it stands in a [Cache].
type lead struct {
	handle syntax.Handle // in lower case
	did    syntax.DID
	at     time.Time
}

func (l *lead) append(dst []byte) []byte {
	dst = appendHead(dst, 5, kindHandle)
	dst = dagcbor.AppendText(dst, l.handle.String())
	dst = dagcbor.AppendInt(dst, l.at.UnixMilli())
	return dagcbor.AppendText(dst, l.did.String())
}

// parseLead reads what [lead.append] has written, and nothing else.
func parseLead(b []byte) (*lead, error) {
	r, err := newEntryReader(b, 5, kindHandle)
	if err != nil {
		return nil, err
	}
	l := new(lead)
	l.handle = entryName(r, syntax.ParseHandle)
	if l.handle != l.handle.Normalize() {
		r.check(errors.New("a handle in upper case"))
	}
	l.at = r.time()
	l.did = entryName(r, syntax.ParseDID)
	return l, r.end()
}

// An entryReader reads a value of a [Cache]. After an error it returns zeros.
type entryReader struct {
	*dagcbor.Reader
	err error
}

// newEntryReader begins to read an array of n elements.
func newEntryReader(b []byte, n int, kind string) (*entryReader, error) {
	const largest = 2 * DefaultMaxDocumentSize
	if len(b) > largest {
		return nil, fmt.Errorf("is too large: %d bytes", len(b))
	}
	r := &entryReader{Reader: dagcbor.NewReader(b, nil)}
	elements, err := r.Array()
	r.check(err)
	version, err := r.Int()
	r.check(err)
	if r.err == nil && version != entryVersion {
		return nil, fmt.Errorf("has version %d", version)
	}
	if got := r.text(); r.err == nil && (got != kind || elements != n) {
		return nil, fmt.Errorf("is not of a %s", kind)
	}
	if r.err != nil {
		return nil, r.end()
	}
	return r, nil
}

func (r *entryReader) check(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *entryReader) text() string {
	if r.err != nil {
		return ""
	}
	b, err := r.Text()
	r.check(err)
	return string(b)
}

func (r *entryReader) time() time.Time {
	if r.err != nil {
		return time.Time{}
	}
	ms, err := r.Int()
	r.check(err)
	const latest = 253_402_300_799_999 // the end of the year 9999
	if ms < 0 || ms > latest {
		r.check(errors.New("a time out of range"))
	}
	return time.UnixMilli(ms)
}

// array reads the beginning of an array of n elements.
func (r *entryReader) array(n int) {
	if r.err != nil {
		return
	}
	got, err := r.Array()
	r.check(err)
	if got != n {
		r.check(errors.New("a list of another length"))
	}
}

// list reads an array, and each element by element.
func (r *entryReader) list(element func()) {
	if r.err != nil {
		return
	}
	n, err := r.Array()
	r.check(err)
	for i := 0; i < n && r.err == nil; i++ {
		element()
	}
}

func entryName[T any](r *entryReader, parse func(string) (T, error)) T {
	name, err := parse(r.text())
	r.check(err)
	return name
}

// end returns the first error, or that of what follows.
func (r *entryReader) end() error {
	if r.err == nil {
		r.err = r.End()
	}
	if r.err != nil {
		return fmt.Errorf("is not valid: %v", r.err)
	}
	return nil
}
