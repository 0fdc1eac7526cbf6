package did

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// Reasons why an endpoint is not usable, to be read after the endpoint.
var (
	errScheme      = errors.New("is not an https URL")
	errPlainHTTP   = errors.New("is not https")
	errLoopback    = errors.New("is on this machine, which needs AllowLoopback")
	errMoreThanURL = errors.New("has more than scheme, host and port")
	errHost        = errors.New("has no valid host")
	errPort        = errors.New("has no valid port")
)

// parseOrigin checks that s is a scheme, a host and maybe a port, and maybe a
// slash, which it cuts off. It returns the scheme in lower case.
//
// It does not use net/url, which accepts much that is no such thing.
//
// https://atproto.com/specs/did#did-documents
func parseOrigin(s string, allowLoopback bool) (string, error) {
	scheme, authority, ok := strings.Cut(s, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "https" && scheme != "http" {
		return "", errScheme
	}
	authority = strings.TrimSuffix(authority, "/")
	if strings.ContainsAny(authority, `/?#@\`) {
		return "", errMoreThanURL
	}
	host, port, err := splitAuthority(authority)
	if err != nil {
		return "", err
	}
	if port != "" && !validPort(port[1:]) {
		return "", errPort
	}
	loopback, err := checkHost(host)
	switch {
	case err != nil:
		return "", err
	case loopback && !allowLoopback:
		return "", errLoopback
	case scheme == "http" && !loopback:
		return "", errPlainHTTP
	}
	return scheme + "://" + authority, nil
}

// splitAuthority splits at the colon before the port, which stays with the
// port. The host keeps its brackets.
func splitAuthority(s string) (host, port string, err error) {
	end := 0
	if strings.HasPrefix(s, "[") {
		if end = strings.IndexByte(s, ']') + 1; end == 0 {
			return "", "", errHost
		}
	}
	colon := strings.IndexByte(s[end:], ':')
	if colon < 0 {
		return s, "", nil
	}
	return s[:end+colon], s[end+colon:], nil
}

// validPort reports whether s is a port number, in its only form.
func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == s
}

// checkHost checks that host is an IPv4 address, an IPv6 address in brackets,
// or a DNS name, and reports whether it is on this machine by its looks.
func checkHost(host string) (loopback bool, err error) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		if err != nil || !ok || !addr.Is6() || addr.Zone() != "" {
			return false, errHost
		}
		return addr.Unmap().IsLoopback(), nil
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return addr.IsLoopback(), nil
	}
	if strings.EqualFold(host, "localhost") {
		return true, nil
	}
	// What is a handle is a DNS name whose last label can't be a number.
	h, err := syntax.ParseHandle(host)
	if err != nil {
		return false, errHost
	}
	return h.TLD() == "localhost", nil
}
