package safehttp

import (
	"context"
	"net"
	"strings"
	"time"
)

// Route makes t reach one address, such as "a.test:443", at another, without
// checks, so that tests can have servers that look public.
func (t *Transport) Route(from, to string) {
	dial := t.base.DialContext
	t.base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.EqualFold(addr, from) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", to)
		}
		return dial(ctx, network, addr)
	}
}

// Hosts returns the number of hosts that t keeps account of.
func (t *Transport) Hosts() int {
	t.gate.mu.Lock()
	defer t.gate.mu.Unlock()
	return len(t.gate.hosts)
}

// Options returns the options of t, with defaults.
func (t *Transport) Options() Options { return t.opts }

// DialName is how hosts are looked up.
var DialName = dialName

// CheckAddr checks what a host led to.
func (t *Transport) CheckAddr(host, address string) error { return t.checkAddr(host, host, address) }

// HasProxy reports whether t may use a proxy.
func (t *Transport) HasProxy() bool { return t.base.Proxy != nil }

// SetConnectTimeout changes the time for TCP and for TLS, for slow machines.
func (t *Transport) SetConnectTimeout(d time.Duration) {
	t.connect, t.base.TLSHandshakeTimeout = d, d
}
