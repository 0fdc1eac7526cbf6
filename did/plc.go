package did

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/syntax"
)

const methodPLC = "plc"

// acceptDocument is the header Accept of requests for DID documents.
//
// https://web.plc.directory/spec/v0.1/did-plc
const acceptDocument = "application/did+ld+json,application/json"

// A documents fetches DID documents.
type documents struct {
	*asker
	opts Options
}

// fetch returns the document of id at a URL.
func (f *documents) fetch(ctx context.Context, id syntax.DID, rawURL string) (*Document, *ArmError) {
	size := int64(f.opts.MaxDocumentSize)
	body, e := f.get(ctx, rawURL, &safehttp.GetOptions{Accept: acceptDocument, MaxBody: size})
	if e != nil {
		return nil, e
	}
	return f.parse(id, rawURL, body)
}

// parse returns the document of id that was found at a URL.
func (f *documents) parse(id syntax.DID, rawURL string, body []byte) (*Document, *ArmError) {
	d, err := ParseDocument(body, &ParseOptions{DID: id, MaxSize: f.opts.MaxDocumentSize, AllowLoopback: f.opts.Development})
	if err != nil {
		return nil, invalid(rawURL, body, err)
	}
	return d, nil
}

// A plcResolver asks a directory of did:plc.
type plcResolver struct {
	documents
	base string // the URL of the directory, without slash at the end
}

// NewPLC returns a resolver of did:plc, which asks the directory
// [Options].PLC; nil options mean the defaults. It fails if that is not a URL.
// Redirects are not followed.
//
// The directory is trusted to say what the document is. Package plc checks the
// history of a DID by its signatures.
//
// https://web.plc.directory/spec/v0.1/did-plc
func NewPLC(o *Options) (Resolver, error) {
	opts := o.withDefaults()
	u, err := parseBase(opts.PLC)
	if err != nil {
		return nil, fmt.Errorf("did: PLC directory %s %v", quote(opts.PLC), err)
	}
	return opts.observeDID(armPLC, &plcResolver{documents{opts.newAsker(u), opts}, strings.TrimSuffix(opts.PLC, "/")}), nil
}

// parseBase checks the URL of a server. It comes from the program's
// configuration, so that it may be anywhere.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return nil, errors.New("is not the URL of a server")
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return nil, errors.New("has more than scheme, host, port and path")
	}
	return u, nil
}

// ResolveDID implements [Resolver].
func (r *plcResolver) ResolveDID(ctx context.Context, id syntax.DID) (*Document, error) {
	if err := id.CheckResolvable(r.opts.policy()); err != nil {
		return nil, err
	}
	if !id.IsPLC() {
		return nil, fmt.Errorf("did: %s is not a did:plc: %w", quote(id.String()), syntax.ErrUnsupportedMethod)
	}
	d, e := r.fetch(ctx, id, r.base+"/"+id.String())
	if e == nil {
		return d, nil
	}
	switch e.Status {
	case http.StatusNotFound:
		e.Reason = ReasonNotFound
		if saysTombstone(e.Err) {
			e.Reason = ReasonDeactivated
		}
	case http.StatusGone:
		e.Reason = ReasonDeactivated
	}
	return nil, didError(id, armPLC, e)
}

// saysTombstone reports whether the body of a response with status 404 is that
// of the reference server for a DID with a tombstone. The API description has
// status 410 for that.
//
// https://web.plc.directory/api/redoc
func saysTombstone(err error) bool {
	s, ok := errors.AsType[*safehttp.StatusError](err)
	return ok && bytes.Contains(s.Body, []byte("DID not available"))
}

// didError returns the error of a resolver that has one arm.
func didError(id syntax.DID, arm string, e *ArmError) error {
	e.Arm = arm
	return &ResolveError{DID: id, Arms: []*ArmError{e}}
}

// handleError returns the error of a resolver that has one arm.
func handleError(h syntax.Handle, arm string, e *ArmError) error {
	e.Arm = arm
	return &ResolveError{Handle: h, Arms: []*ArmError{e}}
}
