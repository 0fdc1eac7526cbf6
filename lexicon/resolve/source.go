package resolve

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// A Resolution is a schema with where it came from.
type Resolution struct {
	Document *schema.Document
	CID      dagcbor.CID // of the record
	URI      string      // an AT-URI, or "file:" and a name
	DID      syntax.DID  // the account, zero if the schema is not from one

	// Verified says that the account's signature covers the record. If it is
	// not set, one has to trust whoever gave the answer.
	Verified bool
}

// A Source gives schemas by their NSIDs. One that has not the schema gives an
// error that matches [ErrNotFound] or [ErrNoAuthority].
type Source interface {
	Resolve(ctx context.Context, id syntax.NSID) (*Resolution, error)
}

// SourceFunc makes a Source of a function.
type SourceFunc func(ctx context.Context, id syntax.NSID) (*Resolution, error)

// Resolve calls f.
func (f SourceFunc) Resolve(ctx context.Context, id syntax.NSID) (*Resolution, error) {
	return f(ctx, id)
}

// Pinned returns a source that gives the schemas of a catalog, whatever else is
// published under their names, and asks next, unless it is nil, for all others.
func Pinned(c *lexicon.Catalog, next Source) Source {
	return SourceFunc(func(ctx context.Context, id syntax.NSID) (*Resolution, error) {
		d := c.Document(id)
		if d == nil {
			if next == nil {
				return nil, &Error{NSID: id, Step: ErrNotFound}
			}
			return next.Resolve(ctx, id)
		}
		cid, err := d.CID()
		if err != nil {
			return nil, &Error{NSID: id, Step: ErrInvalid, Err: err}
		}
		return &Resolution{Document: d, CID: cid, URI: "pinned:" + id.String()}, nil
	})
}

// FromAnswer reads the answer of com.atproto.lexicon.resolveLexicon: an object
// in JSON with uri, cid and schema. It checks that the schema is the one that was
// asked for, of that CID. That it is what its account published is the word of
// whoever answered.
func FromAnswer(id syntax.NSID, answer []byte) (*Resolution, error) {
	b, err := data.FromJSON(answer, nil)
	if err != nil {
		return nil, &Error{NSID: id, Step: ErrInvalid, Err: err}
	}
	v, err := data.NewView(b, nil)
	if err != nil {
		return nil, &Error{NSID: id, Step: ErrInvalid, Err: err}
	}
	uri, _ := v.Get("uri")
	cid, _ := v.Get("cid")
	record, _ := v.Get("schema")
	uriText, _ := uri.Text()
	did, err := checkURI(id, uriText)
	if err != nil {
		return nil, &Error{NSID: id, Step: ErrInvalid, Err: err}
	}
	r, err := readRecord(id, did, record.Raw(), nil)
	if err != nil {
		return nil, err
	}
	if text, _ := cid.Text(); text != r.CID.String() {
		return nil, &Error{NSID: id, DID: did, Step: ErrInvalid, Err: fmt.Errorf("cid %.100q is not that of the schema, %s", text, r.CID)}
	}
	return r, nil
}

// checkURI checks that uri is that of the record of a schema.
func checkURI(id syntax.NSID, uri string) (syntax.DID, error) {
	u, err := syntax.ParseATURI(uri)
	if err != nil {
		return syntax.DID{}, err
	}
	did, ok := u.Authority().DID()
	path, hasPath := u.RepoPath()
	if !ok || !hasPath || path != recordPath(id) {
		return syntax.DID{}, fmt.Errorf("uri %.100q is not that of the schema", uri)
	}
	return did, nil
}

// recordPath returns the path of the record of a schema in its repository.
func recordPath(id syntax.NSID) syntax.RepoPath {
	path, err := syntax.ParseRepoPath(schema.Collection + "/" + id.String())
	if err != nil {
		return syntax.RepoPath{} // of the zero NSID only, which names nothing
	}
	return path
}

// readRecord reads the record of a schema, in DAG-CBOR, and checks that it is
// the one with the given NSID.
func readRecord(id syntax.NSID, did syntax.DID, record []byte, o *schema.Options) (*Resolution, error) {
	if o == nil {
		o = &schema.Options{Lenient: true}
	}
	d, err := schema.ParseRecord(record, o)
	if err == nil && d.ID != id {
		err = fmt.Errorf("it is %s", d.ID)
	}
	if err != nil {
		return nil, &Error{NSID: id, DID: did, Step: ErrInvalid, Err: err}
	}
	return &Resolution{
		Document: d, CID: dagcbor.Sum(dagcbor.DAGCBOR, record),
		URI: syntax.RecordURI(did, recordPath(id)).String(), DID: did,
	}, nil
}

// IsNotFound reports whether err says that there is no such schema, rather than
// that none could be had.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoAuthority) }
