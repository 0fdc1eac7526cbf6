package jwt_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestVerify(t *testing.T) {
	for _, c := range bothCurves {
		k := testKey(t, c, "verify")
		p := mustParse(t, mustSign(t, k, jwt.Header{KeyID: "#atproto"}, goodClaims()))
		require.NoError(t, p.Precheck(goodOptions()))
		v, err := p.Verify(t.Context(), k.PublicKey(), goodOptions())
		require.NoError(t, err)
		require.True(t, v.Key().Equal(k.PublicKey()))
		require.Equal(t, goodClaims(), v.Claims())
		require.Equal(t, jwt.Header{Alg: c.Alg(), Type: "JWT", KeyID: "#atproto"}, v.Header())
		s, ok := v.StringClaim("lxm")
		require.True(t, ok)
		require.Equal(t, method, s)
		raw, ok := v.Claim("exp")
		require.True(t, ok)
		require.Equal(t, "1773501026", string(raw))
	}
}

// The signature must be of the key, over these bytes, and the algorithm that of
// the key.
func TestVerifySignature(t *testing.T) {
	ledger.Covers(t, "CRY-006", "CRY-010", "CRY-024", "XRPC-081", "XRPC-092", "OAUTH-100")
	for _, c := range bothCurves {
		k, other := testKey(t, c, "signature"), testKey(t, c, "other")
		token := mustSign(t, k, jwt.Header{}, goodClaims())
		p := mustParse(t, token)

		v, err := p.Verify(t.Context(), other.PublicKey(), goodOptions())
		require.EqualError(t, err, "jwt: bad signature: made by another key or over another message ("+c.String()+")")
		require.ErrorIs(t, err, crypto.ErrInvalidSignature)
		require.Equal(t, jwt.BadSignature, reasonOf(t, err))
		require.Nil(t, v)

		// Same scalar on the other curve: the algorithm is compared first.
		elsewhere := testKey(t, crypto.P256+crypto.K256-c, "signature")
		_, err = p.Verify(t.Context(), elsewhere.PublicKey(), goodOptions())
		require.EqualError(t, err, fmt.Sprintf("jwt: wrong algorithm: the token says %s, the key is for %s", c.Alg(), elsewhere.Curve().Alg()))
		require.Equal(t, jwt.WrongAlgorithm, reasonOf(t, err))
		require.NotErrorIs(t, err, crypto.ErrInvalidSignature)

		// A header that names the other algorithm over a signature that is good.
		lie := refToken(t, k, `{"alg":"`+elsewhere.Curve().Alg()+`"}`, claimsWith(t, nil))
		for _, key := range []*crypto.PublicKey{k.PublicKey(), elsewhere.PublicKey()} {
			_, err = mustParse(t, lie).Verify(t.Context(), key, goodOptions())
			require.Contains(t, []jwt.Reason{jwt.WrongAlgorithm, jwt.BadSignature}, reasonOf(t, err))
		}

		// High s passes in a token, and nowhere else.
		signed, _, _, _, ok := refParse(token)
		require.True(t, ok)
		high := refSign(t, k, signed, true)
		require.Error(t, k.PublicKey().Verify([]byte(signed), high))
		_, err = mustParse(t, signed+"."+b64.EncodeToString(high)).Verify(t.Context(), k.PublicKey(), goodOptions())
		require.NoError(t, err)

		// Every bit of the token counts.
		for i := range len(token) {
			if token[i] == '.' {
				continue
			}
			b := []byte(token)
			b[i] ^= 1
			p, err := jwt.Parse(string(b))
			if err == nil {
				_, err = p.Verify(t.Context(), k.PublicKey(), goodOptions())
			}
			require.Error(t, err, i)
		}
		for _, zero := range []string{anySig, b64.EncodeToString(append(make([]byte, 63), 1))} {
			_, err := mustParse(t, signed+"."+zero).Verify(t.Context(), k.PublicKey(), goodOptions())
			require.EqualError(t, err, "jwt: bad signature: r or s out of range for "+c.String())
		}
	}
	for _, key := range []*crypto.PublicKey{nil, {}} {
		_, err := mustParse(t, mustSign(t, testKey(t, crypto.P256, "x"), jwt.Header{}, goodClaims())).Verify(t.Context(), key, goodOptions())
		require.EqualError(t, err, "jwt: nil or zero key")
	}
}

// judge returns why a token with the given claims is refused, or zero, and
// checks that Precheck says the same.
func judge(t testing.TB, header string, changes map[string]string, change func(*jwt.Options)) (jwt.Reason, error) {
	t.Helper()
	k := testKey(t, crypto.K256, "judge")
	o := goodOptions()
	if change != nil {
		change(o)
	}
	p := mustParse(t, refToken(t, k, header, claimsWith(t, changes)))
	_, err := p.Verify(t.Context(), k.PublicKey(), o)
	require.Equal(t, err, p.Precheck(o))
	_, forged := p.Verify(t.Context(), testKey(t, crypto.K256, "not the judge").PublicKey(), o)
	require.Error(t, forged, "whatever the claims")
	return reasonOf(t, err), err
}

const plainHeader = `{"alg":"ES256K","typ":"JWT"}`

func TestVerifyType(t *testing.T) {
	ledger.Covers(t, "XRPC-082")
	for _, tc := range []struct {
		typ  string // in the header, or ""
		list []string
		want bool
	}{
		{"JWT", nil, true}, {"", nil, true}, {"jwt", nil, true}, {"application/jwt", nil, true}, {"Application/JWT", nil, true},
		{"at+jwt", nil, false}, {"refresh+jwt", nil, false}, {"dpop+jwt", nil, false}, {"AT+JWT", nil, false},
		{"atproto-space-delegation+jwt", nil, false}, {"atproto-space-credential+jwt", nil, false}, {"atproto-client-attestation+jwt", nil, false},
		{"JWT ", nil, false}, {"JWTX", nil, false}, {"JOSE", nil, false}, {"text/jwt", nil, false}, {"application/", nil, false},
		{"application/application/jwt", nil, false}, {"ſWT", nil, false},
		{"dpop+jwt", []string{jwt.TypeDPoP}, true}, {"application/dpop+jwt", []string{jwt.TypeDPoP}, true}, {"dpop+JWT", []string{jwt.TypeDPoP}, true},
		{"JWT", []string{jwt.TypeDPoP}, false}, {"", []string{jwt.TypeDPoP}, false},
		{"JWT", []string{}, false}, {"", []string{}, false}, {"", []string{""}, true}, {"JWT", []string{""}, false},
		{"JWT", []string{"a", "b", "JWT"}, true}, {"k", []string{"\u212a"}, false},
	} {
		header := `{"alg":"ES256K"}`
		if tc.typ != "" {
			header = `{"alg":"ES256K","typ":"` + tc.typ + `"}`
		}
		got, err := judge(t, header, nil, func(o *jwt.Options) { o.Types = tc.list })
		want := jwt.WrongType
		if tc.want {
			want = 0
		}
		require.Equal(t, want, got, "%q %q: %v", tc.typ, tc.list, err)
	}
	_, err := judge(t, `{"alg":"ES256K","typ":"at+jwt"}`, nil, nil)
	require.EqualError(t, err, `jwt: wrong type: got "at+jwt"`)
}

func TestVerifyKeyID(t *testing.T) {
	for _, tc := range []struct {
		kid  string
		list []string
		want bool
	}{
		{"", nil, true}, {"#anything", nil, true},
		{"#atproto", []string{"#atproto", ""}, true}, {"", []string{"#atproto", ""}, true}, {"", []string{"#atproto"}, false},
		{"#atproto_label", []string{"#atproto", ""}, false}, {"atproto", []string{"#atproto"}, false}, {"#Atproto", []string{"#atproto"}, false},
		{"#atproto", []string{}, false}, {issuer + "#atproto", []string{"#atproto"}, false},
	} {
		header := plainHeader
		if tc.kid != "" {
			header = `{"alg":"ES256K","kid":"` + tc.kid + `"}`
		}
		got, err := judge(t, header, nil, func(o *jwt.Options) { o.KeyIDs = tc.list })
		require.Equal(t, tc.want, got == 0, "%q %q: %v", tc.kid, tc.list, err)
		if !tc.want {
			require.Equal(t, jwt.WrongKeyID, got)
			require.EqualError(t, err, fmt.Sprintf("jwt: wrong key ID: got %q", tc.kid))
		}
	}
}

func TestVerifyAudience(t *testing.T) {
	ledger.Covers(t, "XRPC-083")
	const did, svc, other = "did:web:a.example", "did:web:a.example#svc", "did:web:a.example#other"
	for _, tc := range []struct {
		aud  string // JSON, or "" for none
		list []string
		want jwt.Reason
	}{
		// The four ways for a DID and its service.
		{`"` + did + `"`, []string{did}, 0}, {`"` + svc + `"`, []string{svc}, 0},
		{`"` + svc + `"`, []string{did}, jwt.WrongAudience}, {`"` + did + `"`, []string{svc}, jwt.WrongAudience},
		{`"` + other + `"`, []string{svc}, jwt.WrongAudience},
		{`"` + did + `"`, []string{svc, did}, 0}, {`"` + svc + `"`, []string{svc, did}, 0}, {`"` + other + `"`, []string{svc, did}, jwt.WrongAudience},
		// Arrays.
		{`["` + svc + `"]`, []string{svc}, 0}, {`["` + other + `","` + svc + `"]`, []string{svc}, 0}, {`["` + other + `"]`, []string{svc}, jwt.WrongAudience},
		{`["` + other + `","` + did + `"]`, []string{svc}, jwt.WrongAudience},
		// No patterns, no folding, no joining.
		{`"*"`, []string{svc}, jwt.WrongAudience}, {`"` + svc + `"`, []string{"*"}, jwt.WrongAudience}, {`"` + svc + `"`, []string{"did:web:*"}, jwt.WrongAudience},
		{`"DID:web:a.example"`, []string{did}, jwt.WrongAudience}, {`"` + did + ` "`, []string{did}, jwt.WrongAudience}, {`"` + did + `/"`, []string{did}, jwt.WrongAudience},
		{`"` + did + `,` + svc + `"`, []string{did, svc}, jwt.WrongAudience}, {`"` + did + `#"`, []string{did}, jwt.WrongAudience},
		{`"did:web:a.exampl\u0065"`, []string{did}, 0},
		// Nobody in particular.
		{``, []string{svc}, jwt.MissingClaim}, {`"` + svc + `"`, nil, jwt.WrongAudience}, {`"` + svc + `"`, []string{""}, jwt.WrongAudience}, {``, nil, 0},
	} {
		got, err := judge(t, plainHeader, map[string]string{"aud": tc.aud}, func(o *jwt.Options) { o.Audiences = tc.list })
		require.Equal(t, tc.want, got, "%s %q: %v", tc.aud, tc.list, err)
	}
	_, err := judge(t, plainHeader, map[string]string{"aud": `["a","b"]`}, nil)
	require.EqualError(t, err, `jwt: wrong audience: the token is for "a b"`)
}

func TestVerifyParties(t *testing.T) {
	ledger.Covers(t, "XRPC-085")
	for _, tc := range []struct {
		changes map[string]string
		change  func(*jwt.Options)
		want    string
	}{
		{nil, func(o *jwt.Options) { o.Issuer = issuer }, ""},
		{nil, func(o *jwt.Options) { o.Issuer = issuer + "#atproto_labeler" },
			`jwt: wrong issuer: got "did:plc:z72i7hdynmk6r22z27h6tvur", want "did:plc:z72i7hdynmk6r22z27h6tvur#atproto_labeler"`},
		{map[string]string{"iss": ""}, func(o *jwt.Options) { o.Issuer = issuer }, "jwt: missing claim: no iss"},
		{map[string]string{"iss": ""}, nil, ""},
		{nil, func(o *jwt.Options) { o.Subject = "s" }, "jwt: missing claim: no sub"},
		{map[string]string{"sub": `"s"`}, func(o *jwt.Options) { o.Subject = "s" }, ""},
		{map[string]string{"sub": `"s"`}, func(o *jwt.Options) { o.Subject = "S" }, `jwt: wrong subject: got "s", want "S"`},
		{map[string]string{"sub": `"s"`}, nil, ""},
		{map[string]string{"lxm": `"app.bsky.feed.getTimelin"`}, nil, `jwt: wrong method: got "app.bsky.feed.getTimelin", want "app.bsky.feed.getTimeline"`},
		{map[string]string{"lxm": `"*"`}, nil, `jwt: wrong method: got "*", want "app.bsky.feed.getTimeline"`},
		{map[string]string{"lxm": ""}, nil, "jwt: missing claim: no lxm"},
		{map[string]string{"lxm": "", "LXM": `"` + method + `"`}, nil, "jwt: missing claim: no lxm"},
		{nil, func(o *jwt.Options) { o.Method = "" }, `jwt: wrong method: got "app.bsky.feed.getTimeline", want ""`},
		{map[string]string{"lxm": ""}, func(o *jwt.Options) { o.Method = "" }, ""},
	} {
		_, err := judge(t, plainHeader, tc.changes, tc.change)
		if tc.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, tc.want)
	}
}

func TestVerifyRequired(t *testing.T) {
	ledger.Covers(t, "XRPC-086")
	for _, name := range []string{"exp", "iat", "jti"} {
		_, err := judge(t, plainHeader, map[string]string{name: ""}, nil)
		require.EqualError(t, err, "jwt: missing claim: no "+name)
		got, err := judge(t, plainHeader, map[string]string{name: ""}, func(o *jwt.Options) { o.Required = []string{} })
		require.Zero(t, got, err)
	}
	_, err := judge(t, plainHeader, nil, func(o *jwt.Options) { o.Required = []string{"jti", "htm"} })
	require.EqualError(t, err, "jwt: missing claim: no htm")
	_, err = judge(t, plainHeader, map[string]string{"htm": `"POST"`, "exp": ""}, func(o *jwt.Options) { o.Required = []string{"jti", "htm"} })
	require.NoError(t, err)

	// Something must end the life of a token.
	forever := "jwt: missing claim: no exp, and nothing else that ends the token's life"
	_, err = judge(t, plainHeader, map[string]string{"exp": "", "iat": ""}, func(o *jwt.Options) { o.Required = []string{} })
	require.EqualError(t, err, forever)
	_, err = judge(t, plainHeader, map[string]string{"exp": ""}, func(o *jwt.Options) { o.Required, o.MaxAge = []string{}, -1 })
	require.EqualError(t, err, forever)
	_, err = judge(t, plainHeader, map[string]string{"exp": "", "iat": "", "nbf": "5"}, func(o *jwt.Options) { o.Required = []string{} })
	require.EqualError(t, err, forever)
}

// at is now with an offset, as JSON.
func at(d time.Duration) string {
	t := now.Add(d)
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}

func TestVerifyTimes(t *testing.T) {
	ledger.Covers(t, "XRPC-086")
	const s, ns = time.Second, time.Nanosecond
	skew := func(d time.Duration) func(*jwt.Options) { return func(o *jwt.Options) { o.ClockSkew = d } }
	lax := func(o *jwt.Options) { o.MaxAge, o.MaxLifetime, o.Required = -1, -1, []string{} }
	for i, tc := range []struct {
		changes map[string]string
		change  func(*jwt.Options)
		want    jwt.Reason
	}{
		// exp, with five seconds of tolerance or none.
		{map[string]string{"iat": at(-60 * s), "exp": at(ns)}, nil, 0},
		{map[string]string{"iat": at(-60 * s), "exp": at(-5*s + ns)}, nil, 0},
		{map[string]string{"iat": at(-60 * s), "exp": at(-5 * s)}, nil, jwt.Expired},
		{map[string]string{"iat": at(-60 * s), "exp": at(ns)}, skew(-1), 0},
		{map[string]string{"iat": at(-60 * s), "exp": at(0)}, skew(-1), jwt.Expired},
		{map[string]string{"iat": at(-60 * s), "exp": at(-29 * s)}, skew(30 * s), 0},
		{map[string]string{"iat": at(-60 * s), "exp": at(-30 * s)}, skew(30 * s), jwt.Expired},
		{map[string]string{"iat": "0", "exp": "1"}, nil, jwt.Expired},
		// From the future.
		{map[string]string{"iat": at(5 * s)}, nil, 0},
		{map[string]string{"iat": at(5*s + ns)}, nil, jwt.NotYetValid},
		{map[string]string{"iat": at(0)}, skew(-1), 0},
		{map[string]string{"iat": at(ns)}, skew(-1), jwt.NotYetValid},
		{map[string]string{"nbf": at(5 * s)}, nil, 0},
		{map[string]string{"nbf": at(5*s + ns)}, nil, jwt.NotYetValid},
		{map[string]string{"iat": "253402300000", "exp": "253402300799"}, nil, jwt.NotYetValid},
		{map[string]string{"iat": "", "nbf": "253402300000", "exp": "253402300799"}, lax, jwt.NotYetValid},
		// Too old, even if exp is later.
		{map[string]string{"iat": at(-300 * s)}, nil, 0},
		{map[string]string{"iat": at(-300*s - ns)}, nil, jwt.TooOld},
		{map[string]string{"iat": at(-60 * s), "exp": ""}, func(o *jwt.Options) { o.MaxAge, o.Required = 60*s, []string{} }, 0},
		{map[string]string{"iat": at(-60*s - ns), "exp": ""}, func(o *jwt.Options) { o.MaxAge, o.Required = 60*s, []string{} }, jwt.TooOld},
		{map[string]string{"iat": at(-300*s - ns)}, func(o *jwt.Options) { o.MaxAge = -1 }, 0},
		{map[string]string{"iat": "0"}, func(o *jwt.Options) { o.MaxAge = math.MaxInt64; o.MaxLifetime = -1 }, 0},
		// Good for too long.
		{map[string]string{"exp": at(3600 * s)}, nil, 0},
		{map[string]string{"exp": at(3600*s + ns)}, nil, jwt.LifetimeTooLong},
		{map[string]string{"exp": "253402300799"}, nil, jwt.LifetimeTooLong},
		{map[string]string{"exp": "253402300799"}, func(o *jwt.Options) { o.MaxLifetime = -1 }, 0},
		{map[string]string{"exp": at(61 * s)}, func(o *jwt.Options) { o.MaxLifetime = 60 * s }, jwt.LifetimeTooLong},
		{map[string]string{"iat": "", "exp": at(3605 * s)}, func(o *jwt.Options) { o.Required = []string{} }, 0},
		{map[string]string{"iat": "", "exp": at(3605*s + ns)}, func(o *jwt.Options) { o.Required = []string{} }, jwt.LifetimeTooLong},
	} {
		got, err := judge(t, plainHeader, tc.changes, tc.change)
		require.Equal(t, tc.want, got, "case %d %v: %v", i, tc.changes, err)
	}
	_, err := judge(t, plainHeader, map[string]string{"iat": at(-60 * s), "exp": at(-10 * s)}, nil)
	require.EqualError(t, err, "jwt: expired: exp is 2026-03-14T15:09:16Z, and it is 2026-03-14T15:09:26Z")
	_, err = judge(t, plainHeader, map[string]string{"iat": at(-301 * s)}, nil)
	require.EqualError(t, err, "jwt: too old: issued 5m1s ago, want at most 5m0s")
	_, err = judge(t, plainHeader, map[string]string{"exp": at(2 * 3600 * s)}, nil)
	require.EqualError(t, err, "jwt: lifetime too long: good for 2h0m0s, want at most 1h0m0s")
}

// Without At, it is now; nil options are the zero ones.
func TestVerifyNow(t *testing.T) {
	k := testKey(t, crypto.P256, "now")
	c := jwt.Claims{ID: "x", IssuedAt: time.Now(), Expires: time.Now().Add(time.Minute)}
	for _, o := range []*jwt.Options{nil, {}} {
		_, err := mustParse(t, mustSign(t, k, jwt.Header{}, c)).Verify(t.Context(), k.PublicKey(), o)
		require.NoError(t, err)
		_, err = mustParse(t, mustSign(t, k, jwt.Header{}, goodClaims())).Verify(t.Context(), k.PublicKey(), o)
		require.Equal(t, jwt.WrongAudience, reasonOf(t, err))
	}
}
