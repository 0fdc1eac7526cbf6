package safehttp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// maxErrorBody is how many bytes of a body are kept in a [StatusError].
const maxErrorBody = 4096

// GetOptions are options for [Get].
type GetOptions struct {
	// Accept is the header of that name. Empty means none.
	Accept string

	// MaxBody is the largest body in bytes. Zero means [DefaultMaxBody]; a
	// negative number means no limit but that of the client.
	MaxBody int64

	// MaxRedirects is the number of redirects that may be followed, if the
	// client does not allow fewer. Zero means none.
	MaxRedirects int
}

// Get fetches a URL with the given client and returns the body of a response
// with a status of 2xx; nil options mean the defaults. It is for documents,
// which are read into memory. The client should be one of [New]; with any other
// the options hold, but none of the rules for addresses.
//
// The error is a [*StatusError] if the status is another; a [*LimitError] if
// the body is too large, with the bytes up to the limit; and otherwise that of
// the client's Transport, not wrapped in a [*url.Error].
func Get(ctx context.Context, client *http.Client, rawURL string, o *GetOptions) ([]byte, error) {
	var opts GetOptions
	if o != nil {
		opts = *o
	}
	if opts.MaxBody == 0 {
		opts.MaxBody = DefaultMaxBody
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		return nil, cause(err)
	}
	if opts.Accept != "" {
		req.Header.Set("Accept", opts.Accept)
	}
	c := *client
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		return redirectError(via[len(via)-1].URL, req.URL, len(via), opts.MaxRedirects)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, cause(err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, statusError(res)
	}
	return ReadBody(res, opts.MaxBody)
}

// statusError reads the beginning of the body of res for an error.
func statusError(res *http.Response) error {
	text, _ := ReadBody(res, maxErrorBody)
	return &StatusError{URL: res.Request.URL.Redacted(), Status: res.StatusCode, Header: res.Header, Body: text}
}

// cause returns what err says without the method and the URL, which the caller
// has.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
