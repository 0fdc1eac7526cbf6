package safehttp

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

const (
	schemeHTTP  = "http"
	schemeHTTPS = "https"
	localhost   = "localhost"
)

// checkURL returns a [*BlockedError] if u is not one to ask.
func (t *Transport) checkURL(u *url.URL) error {
	if reason := t.refuseURL(u); reason != "" {
		return &BlockedError{Host: u.Host, Reason: reason}
	}
	return nil
}

// refuseURL returns why u is not one to ask, or "".
func (t *Transport) refuseURL(u *url.URL) string {
	host := u.Hostname()
	local := isLocal(host) && t.opts.AllowLoopback
	switch {
	case u.Scheme != schemeHTTPS && (u.Scheme != schemeHTTP || !local):
		return "not https"
	case u.User != nil:
		return "user name in the URL"
	case !local && !t.portAllowed(u.Port()):
		return "port not allowed"
	case local:
		return ""
	}
	return t.refuseHost(host)
}

// hostPort returns the host and port of u in one spelling.
func hostPort(u *url.URL) string {
	port := "443"
	if u.Scheme == schemeHTTP {
		port = "80"
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port)))
}

// portAllowed reports whether port, as it stands in a URL, is allowed.
func (t *Transport) portAllowed(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil || n == 0 || n == 80 || port[0] == '0': // one port, one spelling
		return false
	case n == 443:
		return true
	}
	return t.opts.AllowPort != nil && t.opts.AllowPort(uint16(n))
}

// refuseHost returns why host, which is not this machine, is not one to
// connect to, or "". Names have the syntax of handles, which leaves no room for
// other spellings of addresses, such as 127.1.
func (t *Transport) refuseHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		switch use := t.specialUse(addr); {
		case use != "":
			return use
		case !t.opts.AllowIPHosts:
			return "an address instead of a name"
		}
		return ""
	}
	name, err := syntax.ParseHandle(host)
	switch {
	case err != nil && !isLocal(host):
		return "not a fully qualified name"
	case err != nil || name.HasReservedTLD():
		return "not a name of the public network"
	}
	return ""
}

// specialUse is SpecialUse with the leniencies of the options.
func (t *Transport) specialUse(addr netip.Addr) string {
	addr = addr.Unmap()
	if t.opts.AllowLoopback && addr.IsLoopback() && addr.Zone() == "" {
		return ""
	}
	if t.opts.AllowNAT64 && nat64.Contains(addr) {
		addr = embedded4(addr)
	}
	return SpecialUse(addr)
}

// isLocal reports whether host is this machine by its looks: localhost or a
// name below it, or a loopback address.
func isLocal(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback() && addr.Zone() == ""
	}
	return isLocalName(host)
}

// isLocalName reports whether host is localhost or a name below it.
//
// https://www.rfc-editor.org/rfc/rfc6761#section-6.3
func isLocalName(host string) bool {
	if strings.EqualFold(host, localhost) {
		return true
	}
	h, err := syntax.ParseHandle(host)
	return err == nil && h.TLD() == localhost
}
