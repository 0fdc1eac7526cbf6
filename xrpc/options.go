package xrpc

import (
	"cmp"
	"net/http"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/syntax"
)

// Defaults of [Options].
const (
	DefaultTimeout        = 2 * time.Minute
	DefaultAttemptTimeout = 30 * time.Second
	DefaultMaxOutput      = 5 << 20 // bytes
)

// maxURL is the longest URL, in bytes, that is sent: servers and proxies
// commonly refuse longer ones.
const maxURL = 8192

// Options are options for [New]. They are copied.
type Options struct {
	// Auth adds credentials to requests. Nil means none.
	Auth Auth

	// HTTPClient makes the requests; its CheckRedirect is not used. Nil means
	// one for this client with the rules of [safehttp.New], which refuses
	// private addresses. Any other goes wherever it is sent.
	HTTPClient *http.Client

	// UserAgent should name your program, its version, and how to reach you.
	// Empty means that of this library.
	UserAgent string

	// Header is sent with each call. Case does not matter in names.
	Header http.Header

	// Proxy is the service to which the account's server passes calls on. It
	// is not sent with com.atproto methods, which are the server's own; for
	// those there is [CallOptions]. Zero means none.
	Proxy syntax.ServiceRef

	// Labelers are those whose labels are wanted. Nil leaves it to the service
	// which labels there are, and an empty list means that none are wanted.
	Labelers []Labeler

	// Timeout is for a whole call, with all attempts and the waits between
	// them. Streams, in and out, do not count: what has no end in sight is for
	// the caller's context to end. Zero means [DefaultTimeout], and a negative
	// time none.
	Timeout time.Duration

	// AttemptTimeout is for one attempt. Where there is a stream, it is the
	// time without progress: until the server takes the next bytes of an
	// upload, begins to answer, or sends the next bytes. Zero means
	// [DefaultAttemptTimeout], and a negative time none.
	AttemptTimeout time.Duration

	// MaxOutput is the largest output, in bytes after decompression, that is
	// decoded; beyond it there is a [*LimitError]. Zero means
	// [DefaultMaxOutput], and a negative number no limit.
	MaxOutput int64

	// Retry says what is tried again. Nil means the defaults.
	Retry *Retry

	// Hooks are called when calls and attempts begin and end.
	Hooks Hooks

	// Development admits http, and with the default HTTPClient servers on this
	// machine and no others with it. Credentials are then readable by whoever
	// is on the way.
	Development bool
}

// withDefaults returns a copy of o in which the fields that have defaults are
// set.
func (o *Options) withDefaults() *Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.UserAgent = cmp.Or(c.UserAgent, safehttp.DefaultUserAgent)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.AttemptTimeout = cmp.Or(c.AttemptTimeout, DefaultAttemptTimeout)
	c.MaxOutput = cmp.Or(c.MaxOutput, DefaultMaxOutput)
	c.Retry = c.Retry.withDefaults()
	c.HTTPClient = c.httpClient()
	return &c
}

// httpClient returns the client that makes the requests. It follows no
// redirects: we do.
func (o *Options) httpClient() *http.Client {
	var c http.Client
	if o.HTTPClient != nil {
		c = *o.HTTPClient
	} else {
		c.Transport = safehttp.NewTransport(&safehttp.Options{
			Timeout:       -1,
			HeaderTimeout: -1,
			MaxBody:       -1,
			MaxPerHost:    -1,
			AllowPort:     func(uint16) bool { return true },
			AllowLoopback: o.Development,
		})
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}
