package session

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// maxToken is the longest token, in bytes, that is taken: servers refuse longer
// headers.
const maxToken = 16_384

// An output is what createSession, refreshSession, createAccount and getSession
// give.
type output struct {
	access, refresh    string
	info               Info
	doc                []byte // the DID document in JSON; nil for none
	did, handle, email string
	status             string
	inactive           bool
}

// UnmarshalJSON implements [json.Unmarshaler].
func (o *output) UnmarshalJSON(b []byte) error {
	if err := strictjson.Check(b, nil); err != nil {
		return err
	}
	s := strictjson.NewScanner(b, nil)
	kind, err := s.Next()
	if err != nil || kind != strictjson.Object {
		return errors.New("not an object")
	}
	*o = output{}
	for {
		kind, err := s.Next()
		if err != nil || kind != strictjson.Name {
			break
		}
		name := string(s.AppendText(nil))
		if kind, err = s.Next(); err != nil {
			return err
		}
		o.set(name, kind, &s, b)
	}
	return o.check()
}

// set takes a field. What is of the wrong type is as good as absent.
func (o *output) set(name string, kind strictjson.Kind, s *strictjson.Scanner, b []byte) {
	text := map[string]*string{
		"accessJwt": &o.access, "refreshJwt": &o.refresh, "did": &o.did,
		"handle": &o.handle, "email": &o.email, "status": &o.status,
	}
	flags := map[string]*bool{"emailConfirmed": &o.info.EmailConfirmed, "emailAuthFactor": &o.info.EmailAuthFactor}
	switch kind {
	case strictjson.String:
		if into := text[name]; into != nil {
			*into = string(s.AppendText(nil))
		}
	case strictjson.True, strictjson.False:
		if into := flags[name]; into != nil {
			*into = kind == strictjson.True
		}
		o.inactive = o.inactive || name == "active" && kind == strictjson.False
	case strictjson.Object, strictjson.Array:
		start := s.Offset()
		for depth := s.Depth(); s.Depth() >= depth; {
			if _, err := s.Next(); err != nil {
				return
			}
		}
		if name == "didDoc" && kind == strictjson.Object {
			o.doc = append([]byte(nil), b[start:s.Offset()+1]...)
		}
	}
}

// check makes the Info.
func (o *output) check() error {
	var err error
	if o.info.DID, err = syntax.ParseDID(o.did); err != nil {
		return err
	}
	if o.info.Handle, err = syntax.ParseHandle(o.handle); err != nil {
		return err
	}
	o.info.Email, o.info.Status = o.email, o.status
	o.info.Active = !o.inactive
	return nil
}

// checkTokens reports what is wrong with the tokens, which it does not quote.
func (o *output) checkTokens() error {
	if !validToken(o.access) {
		return errors.New("no valid access token")
	}
	if !validToken(o.refresh) {
		return errors.New("no valid refresh token")
	}
	return nil
}

// validToken reports whether s can stand in a header.
func validToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxToken
}

// host returns the origin of the server that has the account, as the DID
// document that came along has it, or else the server that was asked. That the
// document is of another account, or has no usable server, makes it count for
// nothing.
func (o *output) host(asked string, development bool) string {
	if o.doc == nil {
		return asked
	}
	d, err := did.ParseDocument(o.doc, &did.ParseOptions{DID: o.info.DID, AllowLoopback: development})
	if err != nil {
		return asked
	}
	host, err := d.PDS()
	if err != nil {
		return asked
	}
	return host
}

// mismatch returns the error for an account that is not the one expected.
func mismatch(got, want syntax.DID) error {
	return fmt.Errorf("%w: %s instead of %s", ErrOtherAccount, got, want)
}
