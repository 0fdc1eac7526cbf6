package xrpc

import (
	"maps"
	"slices"
	"strconv"
)

// Params are the parameters of a call. Generated types have this method; so
// does [Values].
type Params interface {
	// AppendQuery appends the parameters that are set to a query, in an order
	// that is always the same, by [AppendParam] and its like.
	AppendQuery(query []byte) []byte
}

// Values are parameters by name. They are written in the order of names, each
// as often as it has values, in the order of these.
type Values map[string][]string

// AppendQuery implements [Params].
func (v Values) AppendQuery(query []byte) []byte {
	for _, name := range slices.Sorted(maps.Keys(v)) {
		for _, value := range v[name] {
			query = AppendParam(query, name, value)
		}
	}
	return query
}

// AppendParam appends a parameter to a query: "&" unless it is the first, the
// name, "=", and the value. Arrays are a parameter for each of their elements.
// All but letters, digits, "-", ".", "_", "~" and ":" is percent-encoded.
//
// https://atproto.com/specs/xrpc#lexicon-http-endpoints
func AppendParam(query []byte, name, value string) []byte {
	return appendEscaped(appendName(query, name), value)
}

// AppendIntParam is AppendParam for an integer, in decimal.
func AppendIntParam(query []byte, name string, value int64) []byte {
	return strconv.AppendInt(appendName(query, name), value, 10)
}

// AppendBoolParam is AppendParam for true and false.
func AppendBoolParam(query []byte, name string, value bool) []byte {
	return strconv.AppendBool(appendName(query, name), value)
}

func appendName(query []byte, name string) []byte {
	if len(query) > 0 {
		query = append(query, '&')
	}
	return append(appendEscaped(query, name), '=')
}

const upperHex = "0123456789ABCDEF"

func appendEscaped(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~', c == ':':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}
