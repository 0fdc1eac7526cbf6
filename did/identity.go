package did

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/syntax"
)

// Why a handle and a DID do not belong together. They are in a [*HandleError].
var (
	// ErrHandleMismatch means that the handle leads to one account, and that
	// the handle is claimed by another one, or not by this one.
	ErrHandleMismatch = errors.New("did: handle and DID do not lead to each other")

	// ErrHandleNotDeclared means that the document claims no handle at all.
	ErrHandleNotDeclared = errors.New("did: no handle declared")

	// ErrHandleNotVerified means that nobody looked where the handle leads, as
	// [DirectoryOptions].SkipHandleVerification says.
	ErrHandleNotVerified = errors.New("did: handle not verified")
)

// An Identity is an account as a [Directory] found it: a DID, its document, and
// a handle that was checked both ways. It does not change, is shared by all who
// ask, and may be used concurrently.
type Identity struct {
	doc       *Document
	handle    syntax.Handle // "handle.invalid" if not verified
	declared  syntax.Handle // zero if none
	handleErr error         // nil if verified
	pds       string
	pdsErr    error
	resolved  time.Time
	key       atomic.Pointer[signingKey] // of the document, once it was asked for
}

// A signingKey is what [Document.SigningKey] returned.
type signingKey struct {
	key *crypto.PublicKey
	err error
}

// newIdentity returns the identity of a document whose handle leads elsewhere,
// or nowhere, because of handleErr, or if that is nil back to the DID.
func newIdentity(doc *Document, handleErr error, resolved time.Time) *Identity {
	id := &Identity{doc: doc, handle: syntax.InvalidHandle(), handleErr: handleErr, resolved: resolved}
	id.declared, _ = doc.ClaimedHandle()
	id.pds, id.pdsErr = doc.PDS()
	if handleErr == nil {
		id.handle = id.declared
	}
	return id
}

// verified returns a copy of id whose declared handle leads to it.
func (id *Identity) verified() *Identity {
	c := newIdentity(id.doc, nil, id.resolved)
	c.key.Store(id.key.Load())
	return c
}

// DID returns the account's DID.
func (id *Identity) DID() syntax.DID { return id.doc.ID }

// Handle returns the account's handle in lower case: it leads to the DID, whose
// document claims it. It is "handle.invalid" if there is none of which that is
// true; [Identity.HandleError] says why.
//
// https://atproto.com/specs/handle#handle-resolution
func (id *Identity) Handle() syntax.Handle { return id.handle }

// HandleError returns nil if the handle is verified. Otherwise it is a
// [*HandleError] whose cause matches [ErrHandleNotDeclared], [ErrHandleMismatch],
// [ErrHandleNotVerified], or the errors of a [HandleResolver].
func (id *Identity) HandleError() error { return id.handleErr }

// DeclaredHandle returns the handle that the document claims, if any, whether it
// is the account's or not. Anybody can claim any handle: it is not to be shown
// as a name, or used as one. See [Document.ClaimedHandle].
func (id *Identity) DeclaredHandle() (h syntax.Handle, ok bool) {
	return id.declared, !id.declared.IsZero()
}

// Document returns the DID document, for all else that is in it. It must not be
// changed.
func (id *Identity) Document() *Document { return id.doc }

// SigningKey returns the key that signs the account's repository and tokens, or
// an error that matches [ErrKeyNotDeclared]. It is decoded once.
func (id *Identity) SigningKey() (*crypto.PublicKey, error) {
	k := id.key.Load()
	if k == nil {
		k = new(signingKey)
		k.key, k.err = id.doc.SigningKey()
		id.key.Store(k)
	}
	return k.key, k.err
}

// PDS returns the address of the account's server, such as
// "https://pds.example.com", or an error that matches [ErrPDSNotDeclared].
//
// An address is a claim: the server may be down, or may not have the account.
func (id *Identity) PDS() (string, error) { return id.pds, id.pdsErr }

// Resolved returns when the document was asked for.
func (id *Identity) Resolved() time.Time { return id.resolved }

// sameKey reports whether two identities have the same signing key, or none.
func (id *Identity) sameKey(other *Identity) bool {
	a, _ := id.SigningKey()
	b, _ := other.SigningKey()
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(b)
}

// A HandleError says why a handle is not that of an account.
type HandleError struct {
	Handle   syntax.Handle // the handle; zero if none is declared
	DID      syntax.DID    // the account
	Declared syntax.Handle // what the account's document claims; may be zero
	LeadsTo  syntax.DID    // where the handle leads, if that is known
	Err      error         // what matches; never nil
}

// Error describes the reason in one line. The text may change between releases.
func (e *HandleError) Error() string {
	who := quote(e.DID.String())
	switch {
	case errors.Is(e.Err, ErrHandleMismatch) && e.LeadsTo == e.DID && e.Declared.IsZero():
		return fmt.Sprintf("did: handle %s leads to %s, which declares none", quote(e.Handle.String()), who)
	case errors.Is(e.Err, ErrHandleMismatch) && e.LeadsTo == e.DID:
		return fmt.Sprintf("did: handle %s leads to %s, which declares %s", quote(e.Handle.String()), who, quote(e.Declared.String()))
	case errors.Is(e.Err, ErrHandleMismatch):
		return fmt.Sprintf("did: handle %s is declared by %s, but leads to %s", quote(e.Handle.String()), who, quote(e.LeadsTo.String()))
	case errors.Is(e.Err, ErrHandleNotDeclared) && !e.Handle.IsZero():
		return fmt.Sprintf("did: handle %s leads to %s, which declares none", quote(e.Handle.String()), who)
	case errors.Is(e.Err, ErrHandleNotDeclared):
		return fmt.Sprintf("did: %s declares no handle", who)
	case errors.Is(e.Err, ErrHandleNotVerified):
		return fmt.Sprintf("did: handle %s of %s was not verified", quote(e.Handle.String()), who)
	}
	return fmt.Sprintf("did: handle of %s: %s", who, trimPrefix(e.Err))
}

// trimPrefix returns the text of an error of this package without its name.
func trimPrefix(err error) string {
	const prefix = "did: "
	text := err.Error()
	if len(text) > len(prefix) && text[:len(prefix)] == prefix {
		return text[len(prefix):]
	}
	return text
}

// Unwrap returns Err.
func (e *HandleError) Unwrap() error { return e.Err }
