package xrpc

import (
	"fmt"
	"net/http"
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

// setHeader puts the headers of from into h: a name without values is taken
// out.
func setHeader(h, from http.Header) {
	for name, values := range from {
		name = http.CanonicalHeaderKey(name)
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
