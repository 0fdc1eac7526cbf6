package plc

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// ResolveVerified fetches the DID document and the audit log, verifies the log,
// and compares the document with it, so that the directory is not trusted with
// keys, names or servers. It returns the document and the state.
//
// If the DID is deactivated by its log the error matches [ErrDeactivated], and
// the state is returned nevertheless. If document and log do not agree, also
// when asked again, the error matches [ErrDocumentMismatch]. Otherwise it is
// that of [Client.AuditLog], [Client.Document] or [VerifyLog].
//
// A directory can still keep the newest operations to itself, and choose which
// of two operations came first. The document's handle is a claim until it leads
// back to the DID.
//
// https://web.plc.directory/spec/v0.1/did-plc#plc-server-trust-model
func (c *Client) ResolveVerified(ctx context.Context, id syntax.DID) (*did.Document, *State, error) {
	doc, s, err := c.resolveVerified(ctx, id)
	if errors.Is(err, ErrDocumentMismatch) { // there may have been an update in between
		doc, s, err = c.resolveVerified(ctx, id)
	}
	return doc, s, err
}

func (c *Client) resolveVerified(ctx context.Context, id syntax.DID) (*did.Document, *State, error) {
	var doc *did.Document
	var docErr error
	var wg sync.WaitGroup
	wg.Go(func() { doc, docErr = c.Document(ctx, id) })
	s, err := c.State(ctx, id)
	wg.Wait()
	switch gone := errors.Is(docErr, ErrDeactivated) || errors.Is(docErr, ErrNotFound); {
	case err != nil:
		return nil, nil, err
	case gone && s.Deactivated():
		return nil, s, fmt.Errorf("%w: %s", ErrDeactivated, id)
	case gone:
		return nil, nil, fmt.Errorf("%w: %s has none, but is active", ErrDocumentMismatch, id)
	case docErr != nil:
		return nil, nil, docErr
	case s.Deactivated():
		return nil, nil, fmt.Errorf("%w: %s has one, but is deactivated", ErrDocumentMismatch, id)
	}
	if diff := s.Data().compareDocument(id, doc); diff != "" {
		return nil, nil, fmt.Errorf("%w: %s: %s", ErrDocumentMismatch, id, diff)
	}
	return doc, s, nil
}
