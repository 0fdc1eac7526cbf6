package jwt_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/stretchr/testify/require"
)

// What Parse reads, the other implementation reads too, and finds the same.
func FuzzParse(f *testing.F) {
	for _, c := range bothCurves {
		k := testKey(f, c, "fuzz")
		f.Add(mustSign(f, k, jwt.Header{}, goodClaims()))
		f.Add(mustSign(f, k, jwt.Header{Type: jwt.TypeDPoP, KeyID: "#k", JWK: k.PublicKey()}, jwt.Claims{Audience: []string{"a", "b"}}))
	}
	f.Add(part(`{"alg":"none"}`) + "." + part(`{}`) + ".")
	f.Add(part(`{"alg":"ES256","\u0061lg":"none"}`) + "." + part(`{"exp":1e9,"aud":[]}`) + "." + anySig)
	f.Add(part(`{"alg":"ES256","crit":[]}`) + "." + part(`{"a":"\ud800","b":[{}]}`) + "." + anySig)
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		p, err := jwt.Parse(token)
		if err != nil {
			require.Nil(t, p)
			require.NotZero(t, reasonOf(t, err))
			return
		}
		signed, header, claims, sig, ok := refParse(token)
		require.True(t, ok)
		require.Equal(t, token, signed+"."+b64.EncodeToString(sig), "one text for a signature")
		h, c := p.Header(), p.Claims()
		requireString(t, header, "alg", h.Alg)
		requireString(t, header, "typ", h.Type)
		requireString(t, header, "kid", h.KeyID)
		requireString(t, claims, "iss", c.Issuer)
		requireString(t, claims, "sub", c.Subject)
		requireString(t, claims, "lxm", c.Method)
		requireString(t, claims, "jti", c.ID)
		for name, at := range map[string]time.Time{"exp": c.Expires, "nbf": c.NotBefore, "iat": c.IssuedAt} {
			n, has := claims[name]
			require.Equal(t, has, !at.IsZero())
			if has {
				f, err := n.(json.Number).Float64()
				require.NoError(t, err)
				require.InDelta(t, f, float64(at.Unix())+float64(at.Nanosecond())/1e9, 1e-3+f*1e-12)
			}
		}
		for name := range claims {
			text, ok := p.Claim(name)
			require.True(t, ok)
			require.True(t, json.Valid(text))
		}
		k := testKey(t, crypto.P256, "fuzz")
		if h.Alg == crypto.K256.Alg() {
			k = testKey(t, crypto.K256, "fuzz")
		}
		_, err = p.Verify(t.Context(), k.PublicKey(), &jwt.Options{
			Types: []string{h.Type}, Audiences: c.Audience, Method: c.Method, Required: []string{}, MaxAge: -1, MaxLifetime: -1, At: c.IssuedAt,
		})
		if err == nil {
			require.True(t, refVerify(k.PublicKey(), signed, sig))
		} else if reasonOf(t, err) == jwt.BadSignature {
			require.False(t, refVerify(k.PublicKey(), signed, sig))
		}
	})
}

func requireString(t *testing.T, m map[string]any, name, got string) {
	t.Helper()
	want, has := m[name]
	require.Equal(t, has, got != "", name)
	if has {
		require.Equal(t, want, got, name)
	}
}

// What is signed reads back as it was given, and verifies.
func FuzzSign(f *testing.F) {
	f.Add(true, "#atproto", "did:plc:x", "", "did:web:a#b", "", method, "id", int64(1773500966), int64(60))
	f.Add(false, "", "\"\\\x00\x1f\u2028", "\xff", "a", "b", "", "é😀", int64(0), int64(-5))
	f.Fuzz(func(t *testing.T, k256 bool, kid, iss, sub, aud, aud2, lxm, jti string, iat, lifetime int64) {
		k := testKey(t, crypto.P256, "fuzz")
		if k256 {
			k = testKey(t, crypto.K256, "fuzz")
		}
		c := jwt.Claims{Issuer: iss, Subject: sub, Method: lxm, ID: jti, IssuedAt: time.Unix(iat, 0).UTC(), Expires: time.Unix(iat+lifetime, 0).UTC()}
		if c.IssuedAt.IsZero() { // which would leave the claim out
			c.IssuedAt = c.IssuedAt.Add(time.Second)
		}
		for _, a := range []string{aud, aud2} {
			if a != "" {
				c.Audience = append(c.Audience, a)
			}
		}
		token, err := jwt.Sign(t.Context(), k, jwt.Header{KeyID: kid}, c)
		if err != nil {
			require.Empty(t, token)
			return
		}
		require.Equal(t, 2, strings.Count(token, "."))
		v, err := mustParse(t, token).Verify(t.Context(), k.PublicKey(), &jwt.Options{
			KeyIDs: []string{kid}, Issuer: iss, Subject: sub, Audiences: c.Audience, Method: lxm, Required: []string{}, MaxLifetime: -1, At: c.IssuedAt,
		})
		require.NoError(t, err)
		require.Equal(t, c, v.Claims())
		signed, _, _, sig, ok := refParse(token)
		require.True(t, ok)
		require.True(t, refVerify(k.PublicKey(), signed, sig))
	})
}
