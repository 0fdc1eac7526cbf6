// Package jsontext appends the pieces of JSON that several packages write:
// strings, and names in JSON pointers.
package jsontext

// AppendString appends s as a JSON string, in which only what has to be is
// escaped (https://www.rfc-editor.org/rfc/rfc8259#section-7). Bytes that are not
// UTF-8 are left as they are: check with [unicode/utf8.Valid] first where s is
// not known.
func AppendString[T ~string | ~[]byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// AppendPointer appends a name, or an index, to a JSON pointer
// (https://www.rfc-editor.org/rfc/rfc6901#section-3).
func AppendPointer[T ~string | ~[]byte](dst []byte, name T) []byte {
	dst = append(dst, '/')
	for i := range len(name) {
		switch c := name[i]; c {
		case '~':
			dst = append(dst, "~0"...)
		case '/':
			dst = append(dst, "~1"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
