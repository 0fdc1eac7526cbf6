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
