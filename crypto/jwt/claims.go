package jwt

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/linnet-at/linnet/crypto/internal/jose"
	"github.com/linnet-at/linnet/internal/jsontext"
)

// Claims are the claims of a token. It is plain data; a zero field is a claim
// that is not there. An empty string in its place does not exist in a token.
//
// https://www.rfc-editor.org/rfc/rfc7519#section-4.1
type Claims struct {
	// Issuer is iss, whose token it is: a DID, or the URL of a client.
	Issuer string
	// Subject is sub, whom the token is about.
	Subject string
	// Audience is aud, whom the token is for: "did:web:example.com#service", or
	// the URL of a server. One audience is written as a string, several as an
	// array; both are read.
	Audience []string
	// Method is lxm, the NSID of the endpoint that the token is good for.
	//
	// https://atproto.com/specs/xrpc#inter-service-authentication-jwt
	Method string
	// ID is jti, different for every token of an issuer; see [NewID].
	ID string

	// IssuedAt, NotBefore and Expires are iat, nbf and exp. They are written in
	// whole seconds, rounded down, and may be between 1970 and 9999.
	IssuedAt, NotBefore, Expires time.Time

	// Other holds further claims by name, which package encoding/json marshals,
	// for signing. Names of the claims above are an error. It is nil in what
	// Parse and Verify return; see [Token.Claim].
	Other map[string]any
}

// claimNames are the names of the claims that have a field.
var claimNames = [...]string{"iss", "sub", "aud", "lxm", "jti", "iat", "nbf", "exp"}

func (c Claims) clone() Claims {
	c.Audience = slices.Clone(c.Audience)
	return c
}

func parseClaims(o jose.Object) (Claims, error) {
	var c Claims
	for _, f := range []struct {
		name  string
		field *string
	}{{"iss", &c.Issuer}, {"sub", &c.Subject}, {"lxm", &c.Method}, {"jti", &c.ID}} {
		var err error
		if *f.field, err = stringMember(o, f.name); err != nil {
			return c, err
		}
	}
	for _, f := range []struct {
		name  string
		field *time.Time
	}{{"iat", &c.IssuedAt}, {"nbf", &c.NotBefore}, {"exp", &c.Expires}} {
		if text, ok := o.Get(f.name); ok {
			if *f.field, ok = parseTime(text); !ok {
				return c, newError(Malformed, f.name, "%s is not a number of seconds since 1970", f.name)
			}
		}
	}
	if !c.Expires.IsZero() && !c.IssuedAt.IsZero() && !c.Expires.After(c.IssuedAt) {
		return c, newError(Malformed, "exp", "exp is not after iat")
	}
	var err error
	c.Audience, err = parseAudience(o)
	return c, err
}

// parseAudience reads aud, a string or an array of strings (RFC 7519, section
// 4.1.3).
func parseAudience(o jose.Object) ([]string, error) {
	text, ok := o.Get("aud")
	if !ok {
		return nil, nil
	}
	elements, isArray := jose.Elements(text)
	if !isArray {
		elements = []string{text}
	}
	audience := make([]string, len(elements))
	for i, e := range elements {
		if audience[i], ok = jose.String(e); !ok || audience[i] == "" {
			return nil, newError(Malformed, "aud", "aud is neither a string nor an array of strings, or has an empty one")
		}
	}
	if len(audience) == 0 {
		return nil, newError(Malformed, "aud", "aud is an empty array")
	}
	return audience, nil
}

// maxTime is the last second of the year 9999, beyond which no two libraries
// agree what a number means.
const maxTime = 253_402_300_799

// parseTime reads a NumericDate (RFC 7519, section 2) in plain decimal notation.
// The text is a JSON value. Digits beyond the nanosecond are cut off.
func parseTime(text string) (time.Time, bool) {
	var sec, nsec int64
	i := 0
	for ; i < len(text) && text[i]-'0' < 10; i++ {
		if sec = sec*10 + int64(text[i]-'0'); sec > maxTime {
			return time.Time{}, false
		}
	}
	if i == 0 {
		return time.Time{}, false
	}
	if i < len(text) && text[i] == '.' {
		unit := int64(time.Second)
		for i++; i < len(text) && text[i]-'0' < 10; i++ {
			unit /= 10
			nsec += unit * int64(text[i]-'0')
		}
	}
	return time.Unix(sec, nsec).UTC(), i == len(text)
}

// append appends the JSON of c in a fixed order: the claims of the fields, then
// the others by name.
func (c *Claims) append(dst []byte) ([]byte, error) {
	b := objectBuilder{buf: append(dst, '{')}
	b.string("iss", c.Issuer)
	b.string("sub", c.Subject)
	b.audience(c.Audience)
	b.string("lxm", c.Method)
	b.string("jti", c.ID)
	b.time("iat", c.IssuedAt)
	b.time("nbf", c.NotBefore)
	b.time("exp", c.Expires)
	for _, name := range slices.Sorted(maps.Keys(c.Other)) {
		b.other(name, c.Other[name])
	}
	return append(b.buf, '}'), b.err
}

// An objectBuilder writes the members of an object, and keeps the first error.
type objectBuilder struct {
	buf  []byte
	some bool // a member was written
	err  error
}

func (b *objectBuilder) name(name string) {
	if b.some {
		b.buf = append(b.buf, ',')
	}
	b.some = true
	b.buf = append(jsontext.AppendString(b.buf, name), ':')
}

func (b *objectBuilder) string(name, s string) {
	if s != "" {
		b.name(name)
		b.buf = jsontext.AppendString(b.buf, s)
	}
}

// audience writes one audience as a string: not every verifier takes an array
// of one.
func (b *objectBuilder) audience(audience []string) {
	switch len(audience) {
	case 0:
		return
	case 1:
		b.name("aud")
		b.buf = jsontext.AppendString(b.buf, audience[0])
		return
	}
	b.name("aud")
	for i, s := range audience {
		b.buf = append(b.buf, "[,"[min(i, 1)])
		b.buf = jsontext.AppendString(b.buf, s)
	}
	b.buf = append(b.buf, ']')
}

func (b *objectBuilder) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	if sec := t.Unix(); sec < 0 || sec > maxTime {
		b.fail(fmt.Errorf("jwt: cannot sign: %s is not between 1970 and 9999", name))
	}
	b.name(name)
	b.buf = strconv.AppendInt(b.buf, t.Unix(), 10)
}

func (b *objectBuilder) other(name string, v any) {
	if slices.Contains(claimNames[:], name) {
		b.fail(fmt.Errorf("jwt: cannot sign: claim %q has a field of its own", name))
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		b.fail(fmt.Errorf("jwt: cannot sign: claim %s: %v", quote(name), err))
		return
	}
	b.name(name)
	b.buf = append(b.buf, text...)
}

func (b *objectBuilder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}
