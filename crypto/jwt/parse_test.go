package jwt_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

type stubSigner struct {
	key *crypto.PublicKey
	sig []byte
	err error
}

func (s stubSigner) PublicKey() *crypto.PublicKey                 { return s.key }
func (s stubSigner) Sign(context.Context, []byte) ([]byte, error) { return s.sig, s.err }

// part is base64url of s.
func part(s string) string { return b64.EncodeToString([]byte(s)) }

var anySig = strings.Repeat("A", 86)

func TestParse(t *testing.T) {
	token := part(` { "alg" : "ES256", "typ":"at+jwt","kid":"k\u0041","jku":"https://x","x5c":[1,{"a":[]}] }`) + "." +
		part(`{"iss":"i","aud":["a","b"],"exp":12.5,"nbf":3,"Iss":"not it","cnf":{"jkt":"t"},"n":null}`) + "." + anySig
	p := mustParse(t, token)
	require.Equal(t, jwt.Header{Alg: "ES256", Type: "at+jwt", KeyID: "kA"}, p.Header())
	require.Equal(t, jwt.Claims{
		Issuer: "i", Audience: []string{"a", "b"},
		Expires: time.Unix(12, 5e8).UTC(), NotBefore: time.Unix(3, 0).UTC(),
	}, p.Claims())
	cnf, ok := p.Claim("cnf")
	require.True(t, ok)
	require.JSONEq(t, `{"jkt":"t"}`, string(cnf))
	_, ok = p.Claim("CNF")
	require.False(t, ok)
	s, ok := p.StringClaim("Iss")
	require.True(t, ok)
	require.Equal(t, "not it", s)
	for _, name := range []string{"n", "cnf", "exp", "missing"} {
		_, ok = p.StringClaim(name)
		require.False(t, ok, name)
	}

	// What is handed out is a copy.
	p.Claims().Audience[0] = "changed"
	cnf[0] = 'x'
	require.Equal(t, []string{"a", "b"}, p.Claims().Audience)
	again, _ := p.Claim("cnf")
	require.JSONEq(t, `{"jkt":"t"}`, string(again))
}

func TestParseMalformed(t *testing.T) {
	ledger.Covers(t, "XRPC-080")
	h, c := part(`{"alg":"ES256"}`), part(`{}`)
	good := h + "." + c + "." + anySig
	mustParse(t, good)
	for _, token := range []string{
		"", ".", "..", "...", h, h + "." + c, h + "." + c + ".", "." + c + "." + anySig, h + ".." + anySig, good + ".", "." + good,
		good + "." + anySig, " " + good, good + " ", good + "\n", "\n" + good, good + "=", h + "=." + c + "." + anySig,
		h + "." + c + "=." + anySig, h + "\r\n." + c + "." + anySig, h[:4] + "\n" + h[4:] + "." + c + "." + anySig, h + "." + c + "\n." + anySig,
		h + "." + c + "." + anySig[:85], h + "." + c + "." + anySig + "A", h + "." + c + "." + anySig[:84], h + "." + c + "." + anySig + "AA",
		h + "." + c + "." + anySig[:84] + "\n\n", h + "." + c + "." + anySig[:85] + "B", // stray bits
		h + "." + c + "." + anySig[:85] + "+", h + "." + c + "." + anySig[:85] + "\x00",
		h + ".e31." + anySig, // stray bits in {}
		h + "." + base64.StdEncoding.EncodeToString([]byte(`{"~":"???"}`)) + "." + anySig,
		"Bearer " + good, good[:len(good)-1] + "é",
	} {
		_, err := jwt.Parse(token)
		require.Equal(t, jwt.Malformed, reasonOf(t, err), "%q", token)
		require.NotContains(t, err.Error(), anySig)
	}
	for i := range len(good) {
		_, err := jwt.Parse(good[:i])
		require.Error(t, err)
	}
}

func TestParseObjects(t *testing.T) {
	ledger.Covers(t, "XRPC-080")
	for _, text := range []string{
		``, ` `, `null`, `1`, `"x"`, `[]`, `true`, `{`, `{}}`, `{} {}`, `{}x`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{'a':1}`,
		`{"a":1 "b":2}`, `{"a":01}`, `{"a":+1}`, `{"a":NaN}`, `{"a":.5}`, "\xef\xbb\xbf{}", "{\"a\":\"\x00\"}", "{\"a\":\"\xff\"}", "{\"\xed\xa0\x80\":1}",
		`{"a":"\ud800"}`, `{"a":"\udc00"}`, `{"a":"\ud800\u0041"}`, `{"a":"\ud83d \ude00"}`, `{"\udead":1}`, `{"a":["\ud800"]}`,
		`{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":1}}`, `{"a":[{"b":1,"b":1}]}`, `{"a":[[{"b":{"":0,"":0}}]]}`,
		`{"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, `{"x":` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `}`,
		strings.Repeat(`{"x":`, 17) + "1" + strings.Repeat("}", 17), strings.Repeat(`{"x":`, 1000) + "1" + strings.Repeat("}", 1000),
		manyNames(17) + `,"n3":0}`, manyNames(500) + `,"n499":0}`,
	} {
		for i, parts := range [][2]string{{text, `{}`}, {`{"alg":"ES256"}`, text}} {
			_, err := jwt.Parse(part(parts[0]) + "." + part(parts[1]) + "." + anySig)
			require.Equal(t, jwt.Malformed, reasonOf(t, err), "part %d: %q", i, text)
			require.Contains(t, err.Error(), [2]string{"the header part: ", "the claims part: "}[i])
		}
	}
	for _, text := range []string{
		`{}`, " {\t\r\n} ", `{"a":1,"A":1}`, `{"a":"\ud83d\ude00","😀":"\u0000\/\b"}`, `{"a":-1.5e+10,"b":[],"c":[1, 2 ,[ ]],"d":{},"e":true,"f":false,"g":null}`,
		`{"x":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`, manyNames(500) + "}",
	} {
		mustParse(t, part(`{"alg":"ES256"}`)+"."+part(text)+"."+anySig)
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `%c"n%d":0`, "{,"[min(i, 1)], i)
	}
	return b.String()
}

// Thousands of names in a token take no time to speak of.
func TestParseManyNames(t *testing.T) {
	var b strings.Builder
	for i := range 600 {
		fmt.Fprintf(&b, `%c"%x":0`, "{,"[min(i, 1)], i)
	}
	token := part(`{"alg":"ES256"}`) + "." + part(b.String()+"}") + "." + anySig
	allocs := testing.AllocsPerRun(10, func() { mustParse(t, token) })
	require.Less(t, allocs, 60.0)
}

func TestParseHeader(t *testing.T) {
	ledger.Covers(t, "XRPC-081")
	key, err := json.Marshal(crypto.JWK{Key: testKey(t, crypto.P256, "jwk").PublicKey()})
	require.NoError(t, err)
	for _, tc := range []struct {
		header string
		reason jwt.Reason
		want   string
	}{
		{`{"alg":"ES256"}`, 0, ""},
		{`{"alg":"ES256K","b64":true}`, 0, ""},
		{`{"alg":"ES256","jwk":` + string(key) + `}`, 0, ""},
		{`{}`, jwt.Malformed, "jwt: malformed token: alg is missing or not a string"},
		{`{"Alg":"ES256"}`, jwt.Malformed, "jwt: malformed token: alg is missing or not a string"},
		{`{"alg":null}`, jwt.Malformed, "jwt: malformed token: alg is missing or not a string"},
		{`{"alg":["ES256"]}`, jwt.Malformed, "jwt: malformed token: alg is missing or not a string"},
		{`{"alg":"none"}`, jwt.UnsupportedAlgorithm, `jwt: unsupported algorithm: got "none", want ES256 or ES256K`},
		{`{"alg":"None"}`, jwt.UnsupportedAlgorithm, ""}, {`{"alg":""}`, jwt.UnsupportedAlgorithm, ""}, {`{"alg":"HS256"}`, jwt.UnsupportedAlgorithm, ""},
		{`{"alg":"RS256"}`, jwt.UnsupportedAlgorithm, ""}, {`{"alg":"PS256"}`, jwt.UnsupportedAlgorithm, ""}, {`{"alg":"ES384"}`, jwt.UnsupportedAlgorithm, ""},
		{`{"alg":"EdDSA"}`, jwt.UnsupportedAlgorithm, ""}, {`{"alg":"es256"}`, jwt.UnsupportedAlgorithm, ""}, {`{"alg":"ES256 "}`, jwt.UnsupportedAlgorithm, ""},
		{`{"alg":"` + strings.Repeat("x", 1000) + `"}`, jwt.UnsupportedAlgorithm, ""},
		{`{"alg":"ES256","crit":["b64"],"b64":false}`, jwt.Malformed, "jwt: malformed token: no critical header parameter is understood"},
		{`{"alg":"ES256","crit":[]}`, jwt.Malformed, ""}, {`{"alg":"ES256","crit":null}`, jwt.Malformed, ""},
		{`{"alg":"ES256","typ":1}`, jwt.Malformed, "jwt: malformed token: typ is not a string, or empty"},
		{`{"alg":"ES256","typ":""}`, jwt.Malformed, ""}, {`{"alg":"ES256","typ":null}`, jwt.Malformed, ""},
		{`{"alg":"ES256","kid":""}`, jwt.Malformed, "jwt: malformed token: kid is not a string, or empty"},
		{`{"alg":"ES256","kid":{}}`, jwt.Malformed, ""},
		{`{"alg":"ES256","jwk":null}`, jwt.Malformed, "jwt: malformed token: invalid JWK: not a JSON object"},
		{`{"alg":"ES256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}`, jwt.Malformed, "jwt: malformed token: invalid JWK: unsupported key type: kty is not EC"},
		{`{"alg":"ES256","jwk":` + string(testKey(t, crypto.P256, "jwk").ExportJWK()) + `}`, jwt.Malformed, "jwt: malformed token: invalid JWK: it holds a private key"},
	} {
		_, err := jwt.Parse(part(tc.header) + "." + part(`{}`) + "." + anySig)
		require.Equal(t, tc.reason, reasonOf(t, err), tc.header)
		if tc.want != "" {
			require.EqualError(t, err, tc.want)
		}
	}
}

func TestParseClaims(t *testing.T) {
	for _, tc := range []struct{ claims, want string }{
		{`{"iss":""}`, "jwt: malformed token: iss is not a string, or empty"},
		{`{"sub":1}`, "jwt: malformed token: sub is not a string, or empty"},
		{`{"lxm":["app.bsky.x.y"]}`, "jwt: malformed token: lxm is not a string, or empty"},
		{`{"jti":null}`, "jwt: malformed token: jti is not a string, or empty"},
		{`{"jti":7}`, "jwt: malformed token: jti is not a string, or empty"},
		{`{"aud":[]}`, "jwt: malformed token: aud is an empty array"},
		{`{"iat":20,"exp":20}`, "jwt: malformed token: exp is not after iat"},
		{`{"iat":20,"exp":19.9}`, "jwt: malformed token: exp is not after iat"},
	} {
		_, err := jwt.Parse(part(`{"alg":"ES256"}`) + "." + part(tc.claims) + "." + anySig)
		require.EqualError(t, err, tc.want)
	}
	for _, aud := range []string{`null`, `""`, `1`, `{}`, `[""]`, `["a",""]`, `["a",1]`, `["a",null]`, `[["a"]]`, `true`} {
		_, err := jwt.Parse(part(`{"alg":"ES256"}`) + "." + part(`{"aud":`+aud+`}`) + "." + anySig)
		require.Equal(t, jwt.Malformed, reasonOf(t, err), aud)
	}
}

func TestNumericDate(t *testing.T) {
	for _, name := range []string{"exp", "nbf", "iat"} {
		field := map[string]func(jwt.Claims) time.Time{
			"exp": func(c jwt.Claims) time.Time { return c.Expires },
			"nbf": func(c jwt.Claims) time.Time { return c.NotBefore },
			"iat": func(c jwt.Claims) time.Time { return c.IssuedAt },
		}[name]
		parse := func(text string) (time.Time, error) {
			p, err := jwt.Parse(part(`{"alg":"ES256"}`) + "." + part(`{"`+name+`":`+text+`}`) + "." + anySig)
			return field(p.Claims()), err
		}
		for text, want := range map[string]time.Time{
			"0": time.Unix(0, 0), "1": time.Unix(1, 0), "1773500966": now, "253402300799": time.Unix(253402300799, 0),
			"0.0": time.Unix(0, 0), "1773500966.5": now.Add(time.Second / 2), "1.000000001": time.Unix(1, 1),
			"1.9999999999999999999": time.Unix(1, 999999999), "1.0000000009": time.Unix(1, 0),
		} {
			got, err := parse(text)
			require.NoError(t, err, text)
			require.Equal(t, want.UTC(), got, text)
		}
		for _, text := range []string{
			"-1", "-0", "1e9", "1E9", "1.5e9", "1773500966e0", "253402300800", "9007199254740993", "18446744073709551617",
			strings.Repeat("9", 400), `"1773500966"`, "null", "true", "[1]", "{}",
		} {
			_, err := parse(text)
			require.EqualError(t, err, "jwt: malformed token: "+name+" is not a number of seconds since 1970", text)
		}
	}
}

// Zero and nil values give errors and empty results.
func TestZero(t *testing.T) {
	k := testKey(t, crypto.P256, "zero").PublicKey()
	for _, p := range []*jwt.Token{nil, {}} {
		require.Zero(t, p.Header())
		require.Zero(t, p.Claims())
		_, ok := p.Claim("iss")
		require.False(t, ok)
		_, ok = p.StringClaim("iss")
		require.False(t, ok)
		require.EqualError(t, p.Precheck(nil), "jwt: malformed token: nil or zero Token")
		_, err := p.Verify(t.Context(), k, nil)
		require.EqualError(t, err, "jwt: malformed token: nil or zero Token")
	}
	for _, v := range []*jwt.Verified{nil, {}} {
		require.Nil(t, v.Key())
		require.Zero(t, v.Header())
		require.Zero(t, v.Claims())
		_, ok := v.Claim("iss")
		require.False(t, ok)
		_, ok = v.StringClaim("iss")
		require.False(t, ok)
	}
	require.Equal(t, "Reason(0)", jwt.Reason(0).String())
	require.Equal(t, "Reason(200)", jwt.Reason(200).String())
	for r := jwt.TooLarge; r <= jwt.Replayed; r++ {
		require.NotContains(t, r.String(), "Reason")
	}
	require.Zero(t, reflect.TypeFor[jwt.Verified]().NumField()-2)
}
