// Package safehttp is an HTTP client for addresses that strangers choose: the
// hosts of handles and of did:web, servers named in DID documents, OAuth
// metadata. It is for programs inside a network that the stranger would like to
// reach into, and that must not be tied up by a server that is slow or endless.
//
// Begin with [New], which returns an ordinary [http.Client]; nil options are
// the safe ones. [NewTransport] returns the part that holds the rules, an
// [http.RoundTripper], to be wrapped by others and put into any client. [Get]
// fetches a small document; [ReadBody] reads the body of any response up to a
// limit. [SpecialUse] is the check of addresses alone, for other protocols.
//
// # What is refused
//
//   - Any scheme but https.
//   - Ports other than 443. Others have to be allowed; 80 can't be.
//   - Hosts that are not fully qualified names: addresses, single labels,
//     names under top-level domains that never lead to the public network, and
//     URLs with a user name or password.
//   - Addresses that are not of the public unicast network: those of the IANA
//     registries of special-purpose addresses, listed at [SpecialUse], and
//     multicast. The check is made on the very address that is connected to,
//     after the name was looked up and for each connection, so that it does
//     not matter what the DNS answers, or whether it answers differently the
//     next time.
//   - Redirects, unless a number of them is allowed. Each of them is held to
//     all the rules, and must not change the scheme.
//
// What is refused gives a [*BlockedError] or a [*RedirectError], and nothing is
// sent. Networks may use addresses of their own in ways that no registry knows:
// a firewall is no less needed.
//
// # What is limited
//
// The time of an exchange from its beginning to the last byte of the body; the
// time until the header; the size of the header and of the body, after
// decompression; connections and requests to one host. Beyond a limit of size
// there is a [*LimitError]: nothing is cut off silently. A time-out matches
// [context.DeadlineExceeded].
//
// The environment has no say: no proxy is taken from it. There are no cookies.
// Names are looked up as they are, without the search domains of the machine.
//
// # Concurrency and lifetime
//
// Clients and transports may be used concurrently, and are to be shared:
// each has its own pool of connections, which close after a minute without use,
// or with [http.Client.CloseIdleConnections]. Options are copied.
//
// The rules are those of
// https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
// and of https://atproto.com/specs/oauth#security-considerations.
package safehttp

import (
	"cmp"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Defaults of [Options].
const (
	DefaultTimeout       = 10 * time.Second
	DefaultHeaderTimeout = 5 * time.Second
	DefaultMaxHeader     = 65_536  // bytes
	DefaultMaxBody       = 512_000 // bytes
	DefaultMaxPerHost    = 16
	DefaultUserAgent     = "linnet (+https://github.com/linnet-at/linnet)"
)

// Options are options for [New] and [NewTransport].
type Options struct {
	// Timeout is for a whole exchange: waiting for a connection, connecting,
	// redirects, and reading the body to its end. Zero means
	// [DefaultTimeout]; a negative time none, which leaves it to the contexts
	// of the requests.
	Timeout time.Duration

	// HeaderTimeout is for the time from the end of the request to the header
	// of the response. Zero means [DefaultHeaderTimeout], and a negative time
	// none but Timeout.
	HeaderTimeout time.Duration

	// MaxHeader is the largest header of a response in bytes. Zero means
	// [DefaultMaxHeader]; it can't be lifted.
	MaxHeader int64

	// MaxBody is the largest body of a response in bytes, after decompression.
	// Zero means [DefaultMaxBody], and a negative number no limit.
	MaxBody int64

	// MaxRedirects is the number of redirects that may be followed. Zero means
	// none.
	MaxRedirects int

	// MaxPerHost is the number of requests at a time to one host and port,
	// until their bodies are read to the end or closed, and of idle
	// connections to it. Further requests wait. Zero means
	// [DefaultMaxPerHost], and a negative number no limit.
	MaxPerHost int

	// AllowPort reports which ports are allowed apart from 443. Nil means none.
	// It is not asked about 80, which is for http.
	AllowPort func(port uint16) bool

	// AllowIPHosts admits URLs whose host is an address of the public network
	// instead of a name.
	AllowIPHosts bool

	// AllowNAT64 admits addresses in 64:ff9b::/96, with which a network that
	// has IPv6 alone reaches the IPv4 address in the last four bytes, if that
	// is one of the public network (https://www.rfc-editor.org/rfc/rfc6052).
	AllowNAT64 bool

	// AllowLoopback admits this machine, at any port, with https and http: the
	// hosts localhost, names below it, and loopback addresses. With https, also
	// names that lead to loopback addresses. It is for tests and development.
	AllowLoopback bool

	// UserAgent is the User-Agent of requests that have none. Empty means
	// [DefaultUserAgent].
	UserAgent string

	// Proxy takes all requests, if it is not nil. It is the proxy then that
	// looks names up and connects, and that has to refuse the addresses which
	// nobody should reach; the rules for URLs are held to here as before.
	Proxy *url.URL

	// RootCAs are the certificate authorities to trust. Nil means the system's.
	RootCAs *x509.CertPool

	// Resolver looks up the addresses of hosts. Nil means
	// [net.DefaultResolver].
	Resolver *net.Resolver
}

// withDefaults returns a copy of o with defaults in place of zeros.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.HeaderTimeout = cmp.Or(c.HeaderTimeout, DefaultHeaderTimeout)
	if c.MaxHeader <= 0 {
		c.MaxHeader = DefaultMaxHeader
	}
	c.MaxBody = cmp.Or(c.MaxBody, DefaultMaxBody)
	c.MaxPerHost = cmp.Or(c.MaxPerHost, DefaultMaxPerHost)
	c.UserAgent = cmp.Or(c.UserAgent, DefaultUserAgent)
	return c
}

// New returns a client that holds to the rules of o; nil means the defaults.
// Its errors are those of [Transport.RoundTrip], in a [*url.Error]; read them
// with [errors.AsType].
//
// The client may be copied and its fields set. The rules are in its Transport:
// redirects are counted there, and not by CheckRedirect.
func New(o *Options) *http.Client {
	return &http.Client{
		Transport:     NewTransport(o),
		CheckRedirect: func(*http.Request, []*http.Request) error { return nil }, // asked before the Transport is
	}
}
