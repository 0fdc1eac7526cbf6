package xrpc

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// userAgent is the name of the header that says who is asking.
const userAgent = "User-Agent"

// checkHeader checks that the names and values of h can be sent.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-5
func checkHeader(h http.Header) error {
	for name, values := range h {
		if !validHeaderName(name) {
			return fmt.Errorf("xrpc: invalid name of a header %s", quote(name))
		}
		for _, v := range values {
			if !validHeaderValue(v) {
				return fmt.Errorf("xrpc: invalid value of the header %s", name)
			}
		}
	}
	return nil
}

func validHeaderName(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return s != ""
}

func validHeaderValue(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// canonicalHeader returns h with names as they are written, which is h itself if
// all are. Case does not matter in names: what stands under several spellings
// of one is joined, in the order of these.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-5.1
func canonicalHeader(h http.Header) http.Header {
	canonical := true
	for name := range h {
		canonical = canonical && name == http.CanonicalHeaderKey(name)
	}
	if canonical {
		return h
	}
	c := make(http.Header, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		key := http.CanonicalHeaderKey(name)
		c[key] = slices.Concat(c[key], h[name])
	}
	return c
}

// setHeader puts the headers of from, which is canonical, into h: a name without
// values is taken out.
func setHeader(h, from http.Header) {
	for name, values := range from {
		switch {
		case len(values) > 0:
			h[name] = values
		case name == userAgent:
			h[name] = nil // or else package net/http would add its own
		default:
			delete(h, name)
		}
	}
}
