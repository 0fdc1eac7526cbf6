package xrpc

import (
	"bytes"
	"net/http"

	"github.com/linnet-at/linnet/internal/strictjson"
)

const (
	maxErrorBody = 65_536 // bytes of an error body that are read
	keptBody     = 4096   // bytes of a body that are kept in an error
	maxErrorName = 128    // bytes of a name that can be one
)

// newError returns the error that a response with the given body is.
func newError(nsid string, res *http.Response, body []byte) *Error {
	e := &Error{NSID: nsid, Status: res.StatusCode, Header: res.Header, Body: beginning(body)}
	b, _ := parseErrorBody(body)
	e.Name, e.Message = b.name, b.message
	if e.Name == "" {
		e.Name = nameOf(e.Status)
	}
	return e
}

// beginning returns a copy of the beginning of a body, or nil if it is empty.
func beginning(body []byte) []byte {
	if len(body) == 0 {
		return nil
	}
	return bytes.Clone(body[:min(len(body), keptBody)])
}

// An errorBody is what the body of an error says.
type errorBody struct{ name, message string }

// parseErrorBody reads a body as an error, whatever its type is said to be. It
// takes what it can get: of a body that is cut off, that is what stands before.
// Of names that occur twice, the first counts. A name that can't be one is left
// out.
//
// strict reports whether the body is nothing but an error: an object with the
// names error and message alone.
//
// https://atproto.com/specs/xrpc#error-responses
func parseErrorBody(body []byte) (b errorBody, strict bool) {
	s := strictjson.NewScanner(body, &strictjson.Options{MaxSize: -1})
	if kind, err := s.Next(); err != nil || kind != strictjson.Object {
		return b, false
	}
	strict = true
	for {
		kind, err := s.Next()
		if err != nil {
			return b, false
		}
		if kind == strictjson.ObjectEnd {
			_, err := s.Next()
			return b, strict && err == nil && b.name != ""
		}
		into := b.field(&s)
		if kind, err = s.Next(); err != nil {
			return b, false
		}
		if into == nil || kind != strictjson.String {
			strict = false
			if !skip(&s, kind) {
				return b, false
			}
			continue
		}
		*into = string(s.AppendText(nil))
		if !validName(b.name) {
			b.name = ""
		}
	}
}

// field returns where the value of the current name belongs, or nil.
func (b *errorBody) field(s *strictjson.Scanner) *string {
	switch text := s.Text(); {
	case string(text) == "error" && b.name == "":
		return &b.name
	case string(text) == "message" && b.message == "":
		return &b.message
	}
	return nil
}

// skip moves to the end of the value that begins with the current token.
func skip(s *strictjson.Scanner, kind strictjson.Kind) bool {
	if kind != strictjson.Object && kind != strictjson.Array {
		return true
	}
	for depth := s.Depth(); s.Depth() >= depth; {
		if _, err := s.Next(); err != nil {
			return false
		}
	}
	return true
}

// validName reports whether s can be the name of an error.
//
// https://atproto.com/specs/xrpc#error-responses
func validName(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxErrorName
}

// looksLikeError reports whether a body begins as an error does, so that most
// bodies need not be read twice.
func looksLikeError(body []byte) bool {
	body, ok := bytes.CutPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
	body = bytes.TrimLeft(body, " \t\r\n")
	return ok && (bytes.HasPrefix(body, []byte(`"error"`)) || bytes.HasPrefix(body, []byte(`"message"`)))
}
