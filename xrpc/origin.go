package xrpc

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Reasons why a host is not one, to be read after it.
var (
	errOriginURL   = errors.New("is not the origin of a server, such as \"https://pds.example.com\"")
	errOriginPath  = errors.New("has more than scheme, host and port")
	errOriginPlain = errors.New("is not https, which needs Options.Development")
)

// parseOrigin reads the origin of a server: scheme, host, maybe a port, and
// maybe a slash. The scheme is https, and with plain maybe http.
//
// https://atproto.com/specs/xrpc#lexicon-http-endpoints
func parseOrigin(s string, plain bool) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "" {
		return nil, fmt.Errorf("xrpc: host %s %w", quote(redacted(s)), errOriginURL)
	}
	bare := url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
	if u.Path = strings.TrimSuffix(u.Path, "/"); !strings.EqualFold(u.String(), bare.String()) {
		return nil, fmt.Errorf("xrpc: host %s %w", quote(redacted(s)), errOriginPath)
	}
	if bare.Scheme == "http" && !plain {
		return nil, fmt.Errorf("xrpc: host %s %w", quote(s), errOriginPlain)
	}
	return &bare, nil
}

// redacted cuts a user name and password off, as they do not belong into an
// error.
func redacted(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return "…" + s[i:]
	}
	return s
}

// sameOrigin reports whether two URLs have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}
