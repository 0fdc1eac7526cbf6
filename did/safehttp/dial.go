package safehttp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// connectTimeout is for a TCP connection, names looked up, and again for TLS.
const connectTimeout = 5 * time.Second

// dial connects to an address of the public network. The check is made by the
// dialer on each address that it is about to connect to: what was looked up
// before plays no part.
func (t *Transport) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{
		Timeout:  t.connect,
		Resolver: t.opts.Resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return t.checkAddr(host, hostPort, address)
		},
	}
	name := dialName(host)
	conn, err := d.DialContext(ctx, network, net.JoinHostPort(name, port))
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return nil, t.confirmNotFound(ctx, name, err)
	}
	return conn, err
}

// dialName returns host as it is looked up: with a dot at its end, lest search
// domains of this machine be tried. Names below localhost are not looked up at
// all.
func dialName(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	if isLocalName(host) {
		return localhost
	}
	return host + "."
}

// checkAddr checks an address that is about to be connected to.
func (t *Transport) checkAddr(host, hostPort, address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &BlockedError{Host: hostPort, Reason: "no address"}
	}
	addr := ap.Addr().Unmap()
	use := t.specialUse(addr)
	if use == "" && isLocal(host) && !addr.IsLoopback() {
		use = "not loopback, as the host is"
	}
	if use == "" {
		return nil
	}
	return &BlockedError{Host: hostPort, Addr: addr, Reason: use}
}

// confirmNotFound returns an error for a name that was not found: notFound, or
// one that says that the answer is not known, if either kind of address can't
// be asked for. A dialer that asks for both and has no address returns the
// first of the two errors, whatever the second is.
func (t *Transport) confirmNotFound(ctx context.Context, name string, notFound error) error {
	r := t.opts.Resolver
	if r == nil {
		r = net.DefaultResolver
	}
	for _, network := range []string{"ip4", "ip6"} {
		_, err := r.LookupNetIP(ctx, network, name)
		if dns, ok := errors.AsType[*net.DNSError](err); ok && !dns.IsNotFound {
			return err
		}
	}
	return notFound
}
