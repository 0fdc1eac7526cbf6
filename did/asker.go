package did

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
)

// An asker makes requests over HTTP, and says of those that fail why.
type asker struct {
	client  *http.Client
	limiter Limiter
	timeout time.Duration
}

// get fetches a URL. If it fails, the error has all but the name of the arm, and
// the beginning of a body that was too large is returned as well.
func (a *asker) get(ctx context.Context, rawURL string, o *safehttp.GetOptions) ([]byte, *ArmError) {
	if a.limiter != nil {
		u, err := url.Parse(rawURL)
		if err != nil {
			return nil, &ArmError{Asked: rawURL, Reason: ReasonInvalid, Err: err}
		}
		if err := a.limiter.Wait(ctx, strings.ToLower(u.Host)); err != nil {
			return nil, limited(ctx, rawURL, err)
		}
	}
	ctx, cancel := withTimeout(ctx, a.timeout)
	defer cancel()
	body, err := safehttp.Get(ctx, a.client, rawURL, o)
	if err == nil {
		return body, nil
	}
	e := explain(err)
	e.Asked = rawURL
	if e.Reason == ReasonTooLarge && isHTML(body) {
		e.Reason = ReasonHTML
	}
	return body, e
}

// limited returns the error for one of a limiter.
func limited(ctx context.Context, rawURL string, err error) *ArmError {
	e := &ArmError{Asked: rawURL, Reason: ReasonLimited, Temporary: true, Err: err}
	if ctx.Err() != nil {
		e = explain(ctx.Err())
		e.Asked = rawURL
	}
	return e
}

// withTimeout is context.WithTimeout for a time that may be negative.
func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d < 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d)
}

// explain returns why a question over the network has no answer.
func explain(err error) *ArmError {
	e := &ArmError{Err: err}
	e.Reason, e.Temporary = classify(err)
	if s, ok := errors.AsType[*safehttp.StatusError](err); ok {
		e.Status, e.Temporary, e.RetryAfter = s.Status, s.Temporary(), s.RetryAfter(time.Now())
	}
	return e
}

// classify returns the reason for an error of the network, and whether asking
// again can help.
func classify(err error) (r Reason, temporary bool) {
	if _, ok := errors.AsType[*safehttp.StatusError](err); ok {
		return ReasonStatus, false
	}
	if _, ok := errors.AsType[*safehttp.BlockedError](err); ok {
		return ReasonRefused, false
	}
	if _, ok := errors.AsType[*safehttp.RedirectError](err); ok {
		return ReasonRefused, false
	}
	if _, ok := errors.AsType[*safehttp.LimitError](err); ok {
		return ReasonTooLarge, false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound && !dns.IsTemporary && !dns.IsTimeout {
		return ReasonNotFound, false
	}
	if errors.Is(err, context.Canceled) {
		return ReasonCanceled, true
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return ReasonTimeout, true
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return ReasonNetwork, !certificate
}

// isHTML reports whether a body that should be a DID or JSON is a web page: no
// DID and no JSON begins with "<".
func isHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// invalid returns the error for a body that is not what was asked for.
func invalid(asked string, body []byte, err error) *ArmError {
	e := &ArmError{Asked: asked, Reason: ReasonInvalid, Err: err}
	if isHTML(body) {
		e.Reason = ReasonHTML
	}
	return e
}
