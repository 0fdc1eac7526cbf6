package did

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/syntax"
)

// Defaults of [Options].
const (
	// DefaultPLC is the public directory of did:plc.
	//
	// https://web.plc.directory/spec/v0.1/did-plc
	DefaultPLC = "https://plc.directory"

	// DefaultTimeout is for the answer to one question.
	DefaultTimeout = 5 * time.Second
)

// Limits of requests.
const (
	maxHandleBody      = 2048 // bytes of a DID at a well-known place: that of the longest DID
	maxHandleRedirects = 5
	maxSmall           = 16_384 // bytes of the output of a method with nothing but a DID in it, and fields that are not known
	maxAround          = 1024   // bytes around a document in the output of a method
)

// Options are options for all resolvers that use the network.
type Options struct {
	// PLC is the URL of the directory of did:plc. Empty means [DefaultPLC].
	PLC string

	// Client makes the requests. Nil means one of [safehttp.New] for each
	// resolver, which refuses private addresses. Any other will be asked for
	// whatever hosts strangers name in handles and DIDs.
	Client *http.Client

	// DNS answers questions for TXT records. Nil means the DNS servers of the
	// system. If it is a [*net.Resolver], such as one of package doh, addresses
	// of hosts are looked up there too, unless there is a Client.
	//
	// Who controls the network, or the resolver, can forge DNS answers. On the
	// devices of end users, prefer DNS over HTTPS, or ask a service that is
	// trusted with [NewXRPC].
	// (https://atproto.com/specs/handle#resolution-best-practices)
	DNS TXTResolver

	// Limiter is asked before each request over HTTP. Nil means no limits.
	Limiter Limiter

	// Timeout is for the answer to one question: a request with its redirects,
	// or a DNS lookup. Zero means [DefaultTimeout], and a negative time none but
	// that of the client and the context.
	Timeout time.Duration

	// MaxDocumentSize is the largest DID document in bytes. Zero means
	// [DefaultMaxDocumentSize], and a negative number no limit but that of a
	// Client.
	MaxDocumentSize int

	// Sequential makes [NewHandleResolver] ask the DNS first and the web server
	// only if that does not help, instead of both at once.
	Sequential bool

	// Observe is called after each question, for metrics, or to show how a name
	// was resolved. It may be called concurrently, and holds the answer up. Names
	// that are never resolved are no questions. Nil is not called.
	Observe func(context.Context, Question)

	// Development admits what exists on a developer's machine or network alone:
	// did:web:localhost, with a port or without, over http; names under ".test";
	// loopback addresses, as [safehttp.Options].AllowLoopback does; and
	// documents with them, as [ParseOptions].AllowLoopback does.
	Development bool
}

// A Limiter keeps requests within a rate.
type Limiter interface {
	// Wait blocks until a request may be made to a host, which is in lower case
	// and has a port if its URL has one. It is not asked about redirects. An
	// error, such as that of a context that is done, stands for the answer.
	Wait(ctx context.Context, host string) error
}

// withDefaults returns a copy of o with defaults in place of zeros, but for the
// client.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.PLC = cmp.Or(c.PLC, DefaultPLC)
	c.DNS = promptDNS(c.DNS)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.MaxDocumentSize = cmp.Or(c.MaxDocumentSize, DefaultMaxDocumentSize)
	return c
}

// policy says which names are resolved.
func (o *Options) policy() *syntax.Policy { return &syntax.Policy{Development: o.Development} }

// newAsker returns what makes requests, to whatever hosts, and if base is not
// nil also to its port.
func (o *Options) newAsker(base *url.URL) *asker {
	a := &asker{client: o.Client, limiter: o.Limiter, timeout: o.Timeout}
	if a.client == nil {
		so := &safehttp.Options{
			Timeout:       o.Timeout,
			HeaderTimeout: o.Timeout,
			MaxBody:       o.maxBody(),
			MaxRedirects:  maxHandleRedirects,
			AllowLoopback: o.Development,
		}
		if r, ok := o.DNS.(*net.Resolver); ok {
			so.Resolver = r
		}
		if base != nil {
			so.AllowPort = func(port uint16) bool { return base.Port() == strconv.Itoa(int(port)) }
		}
		a.client = safehttp.New(so)
	}
	return a
}

// maxBody returns the size of the largest body that any question needs.
func (o *Options) maxBody() int64 {
	if o.MaxDocumentSize < 0 {
		return -1
	}
	return max(int64(o.MaxDocumentSize)+maxAround, maxSmall)
}

// NewResolver returns a resolver for the methods of the protocol, "plc" and
// "web", to which others may be added; nil options mean the defaults. It fails
// if [Options].PLC is not a URL.
//
// https://atproto.com/specs/did#blessed-did-methods
func NewResolver(o *Options) (Mux, error) {
	plc, err := NewPLC(o)
	if err != nil {
		return nil, err
	}
	return Mux{methodPLC: plc, methodWeb: NewWeb(o)}, nil
}

// NewHandleResolver returns a resolver that asks the DNS and the web server of a
// handle's name, at once or with [Options].Sequential one after the other; nil
// options mean the defaults. If both have an answer, that of the DNS counts.
//
// https://atproto.com/specs/handle#handle-resolution
func NewHandleResolver(o *Options) HandleResolver {
	arms := []HandleResolver{NewDNS(o), NewHTTPS(o)}
	if o != nil && o.Sequential {
		return InOrder(arms...)
	}
	return AtOnce(arms...)
}
