package xrpc

import "strings"

const typeJSON = "application/json"

// matchMediaType reports whether a Content-Type is the media type that a method
// declares, which may be "*/*", for which anything will do, or of the form
// "image/*". Case and parameters do not matter.
//
// https://atproto.com/specs/xrpc#lexicon-http-endpoints
func matchMediaType(declared, contentType string) bool {
	want, _ := essence(declared)
	if want == "*/*" {
		return true
	}
	got, ok := essence(contentType)
	if !ok {
		return false
	}
	if strings.EqualFold(want, got) {
		return true
	}
	top, ok := strings.CutSuffix(want, "/*")
	return ok && len(got) > len(top) && got[len(top)] == '/' && strings.EqualFold(got[:len(top)], top)
}

// essence returns a media type without its parameters, and whether it is of the
// form type/subtype.
func essence(contentType string) (string, bool) {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.Trim(t, " \t")
	slash := strings.IndexByte(t, '/')
	return t, slash > 0 && slash < len(t)-1 && strings.LastIndexByte(t, '/') == slash
}

// validMediaType reports whether s is a media type that content can have: not
// "image/*", and with anything a header can hold as its parameters.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1
func validMediaType(s string) bool {
	t, ok := essence(s)
	if !ok || !validHeaderValue(s) {
		return false
	}
	for _, c := range []byte(t) {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9':
		case strings.IndexByte("/!#$%&'+-.^_`|~", c) < 0:
			return false
		}
	}
	return true
}
