package jwt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// The bytes of a token, and what another implementation reads in it.
func TestSign(t *testing.T) {
	ledger.Covers(t, "CRY-003", "CRY-004", "CRY-005", "CRY-024", "XRPC-077", "OAUTH-100")
	for _, c := range bothCurves {
		k := testKey(t, c, "sign")
		token := mustSign(t, k, jwt.Header{}, goodClaims())
		parts := strings.Split(token, ".")
		require.Len(t, parts, 3)

		header, err := b64.DecodeString(parts[0])
		require.NoError(t, err)
		require.Equal(t, `{"typ":"JWT","alg":"`+c.Alg()+`"}`, string(header))
		claims, err := b64.DecodeString(parts[1])
		require.NoError(t, err)
		require.Equal(t, `{"iss":"did:plc:z72i7hdynmk6r22z27h6tvur","aud":"did:web:api.example.com#bsky_appview",`+
			`"lxm":"app.bsky.feed.getTimeline","jti":"0123456789abcdef0123456789abcdef","iat":1773500966,"exp":1773501026}`, string(claims))
		sig, err := b64.DecodeString(parts[2])
		require.NoError(t, err)
		require.True(t, refVerify(k.PublicKey(), parts[0]+"."+parts[1], sig))
		require.NoError(t, k.PublicKey().Verify([]byte(parts[0]+"."+parts[1]), sig), "low s")
		require.Equal(t, token, mustSign(t, k, jwt.Header{Alg: c.Alg(), Type: "JWT"}, goodClaims()))
		require.Len(t, token, len(strings.TrimSpace(token)))
	}
}

func TestSignHeader(t *testing.T) {
	k := testKey(t, crypto.P256, "sign header")
	h := jwt.Header{Type: jwt.TypeDPoP, KeyID: "#atproto_\"label\n", JWK: k.PublicKey()}
	token := mustSign(t, k, h, jwt.Claims{ID: "x"})
	_, header, claims, _, ok := refParse(token)
	require.True(t, ok)
	require.Equal(t, "dpop+jwt", header["typ"])
	require.Equal(t, "ES256", header["alg"])
	require.Equal(t, h.KeyID, header["kid"])
	require.Equal(t, map[string]any{"jti": "x"}, claims)
	jwk, err := json.Marshal(header["jwk"])
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"kty", "crv", "x", "y"}, keysOf(header["jwk"].(map[string]any)))
	parsed, err := crypto.ParseJWK(jwk)
	require.NoError(t, err)
	require.True(t, parsed.Key.Equal(k.PublicKey()))

	got := mustParse(t, token).Header()
	require.Equal(t, h.KeyID, got.KeyID)
	require.True(t, got.JWK.Equal(k.PublicKey()))
}

func keysOf(m map[string]any) (names []string) {
	for name := range m {
		names = append(names, name)
	}
	return names
}

func TestSignClaims(t *testing.T) {
	k := testKey(t, crypto.K256, "claims")
	for _, tc := range []struct {
		claims jwt.Claims
		want   string
	}{
		{jwt.Claims{}, `{}`},
		{jwt.Claims{Audience: []string{"a"}}, `{"aud":"a"}`},
		{jwt.Claims{Audience: []string{"a", "b", "c"}}, `{"aud":["a","b","c"]}`},
		{jwt.Claims{Issuer: "i", Subject: "s", Audience: []string{"a"}, Method: "m", ID: "j"}, `{"iss":"i","sub":"s","aud":"a","lxm":"m","jti":"j"}`},
		{jwt.Claims{Issuer: "\"\\\x00\x1f\u2028é😀</>&"}, "{\"iss\":\"\\\"\\\\\\u0000\\u001f\u2028é😀</>&\"}"},
		{jwt.Claims{IssuedAt: time.Unix(0, 0), NotBefore: time.Unix(1, 999_999_999), Expires: time.Unix(253402300799, 0)}, `{"iat":0,"nbf":1,"exp":253402300799}`},
		{jwt.Claims{ID: "j", Other: map[string]any{"htm": "POST", "htu": "https://x/", "cnf": map[string]string{"jkt": "t"}, "ath": nil}},
			`{"jti":"j","ath":null,"cnf":{"jkt":"t"},"htm":"POST","htu":"https://x/"}`},
		{jwt.Claims{Other: map[string]any{"ISS": 1, "": 2.5}}, `{"":2.5,"ISS":1}`},
	} {
		token := mustSign(t, k, jwt.Header{}, tc.claims)
		raw, err := b64.DecodeString(strings.Split(token, ".")[1])
		require.NoError(t, err)
		require.Equal(t, tc.want, string(raw))
		got := mustParse(t, token).Claims()
		require.Equal(t, tc.claims.Issuer, got.Issuer)
		require.Equal(t, tc.claims.Audience, got.Audience)
		require.Equal(t, tc.claims.IssuedAt.Unix(), got.IssuedAt.Unix())
		require.Nil(t, got.Other)
	}
}

func TestSignRefuses(t *testing.T) {
	k, other := testKey(t, crypto.K256, "refuses"), testKey(t, crypto.K256, "other")
	for _, tc := range []struct {
		header jwt.Header
		claims jwt.Claims
		want   string
	}{
		{jwt.Header{Alg: "ES256"}, jwt.Claims{}, `jwt: wrong algorithm: the header says "ES256", the signer's key is for ES256K`},
		{jwt.Header{Alg: "none"}, jwt.Claims{}, `jwt: wrong algorithm: the header says "none", the signer's key is for ES256K`},
		{jwt.Header{JWK: other.PublicKey()}, jwt.Claims{}, "jwt: cannot sign: the key in the header is not the signer's"},
		{jwt.Header{JWK: &crypto.PublicKey{}}, jwt.Claims{}, "jwt: cannot sign: the key in the header is not the signer's"},
		{jwt.Header{KeyID: "\xff"}, jwt.Claims{}, "jwt: malformed token: the header part: not valid UTF-8"},
		{jwt.Header{}, jwt.Claims{Issuer: "\xff"}, "jwt: malformed token: the claims part: not valid UTF-8"},
		{jwt.Header{}, jwt.Claims{Audience: []string{""}}, "jwt: malformed token: aud is neither a string nor an array of strings, or has an empty one"},
		{jwt.Header{}, jwt.Claims{Audience: []string{"a", ""}}, "jwt: malformed token: aud is neither a string nor an array of strings, or has an empty one"},
		{jwt.Header{}, jwt.Claims{Other: map[string]any{"aud": "x"}}, `jwt: cannot sign: claim "aud" has a field of its own`},
		{jwt.Header{}, jwt.Claims{Other: map[string]any{"x": make(chan int)}}, `jwt: cannot sign: claim "x": json: unsupported type: chan int`},
		{jwt.Header{}, jwt.Claims{Other: map[string]any{"x": json.RawMessage(`{"a":1,"a":2}`)}}, "jwt: malformed token: the claims part: a name is there twice in one object"},
		{jwt.Header{}, jwt.Claims{IssuedAt: time.Unix(-1, 0)}, "jwt: cannot sign: iat is not between 1970 and 9999"},
		{jwt.Header{}, jwt.Claims{Expires: time.Unix(253402300800, 0)}, "jwt: cannot sign: exp is not between 1970 and 9999"},
		{jwt.Header{}, jwt.Claims{IssuedAt: now, Expires: now}, "jwt: malformed token: exp is not after iat"},
		{jwt.Header{}, jwt.Claims{ID: strings.Repeat("x", 8192)}, "jwt: token too large: got 11062 bytes, want at most 8192"},
	} {
		token, err := jwt.Sign(t.Context(), k, tc.header, tc.claims)
		require.EqualError(t, err, tc.want)
		require.Empty(t, token)
	}
	_, err := jwt.Sign(t.Context(), nil, jwt.Header{}, jwt.Claims{})
	require.EqualError(t, err, "jwt: nil Signer")
	_, err = jwt.Sign(t.Context(), (*crypto.PrivateKey)(nil), jwt.Header{}, jwt.Claims{})
	require.EqualError(t, err, "jwt: nil or zero key")
}

// A token of just the limit is made and read.
func TestSize(t *testing.T) {
	k := testKey(t, crypto.P256, "size")
	for _, n := range []int{6000, 6020, 6023, 6024, 6025, 6026, 6040} {
		token, err := jwt.Sign(t.Context(), k, jwt.Header{}, jwt.Claims{ID: strings.Repeat("x", n)})
		if err != nil {
			require.Equal(t, jwt.TooLarge, reasonOf(t, err))
			continue
		}
		require.LessOrEqual(t, len(token), jwt.MaxSize)
		mustParse(t, token)
	}
	whole := mustSign(t, k, jwt.Header{}, jwt.Claims{})
	_, err := jwt.Parse(whole + strings.Repeat("x", jwt.MaxSize-len(whole)))
	require.Equal(t, jwt.Malformed, reasonOf(t, err))
	_, err = jwt.Parse(strings.Repeat("x", jwt.MaxSize+1))
	require.EqualError(t, err, "jwt: token too large: got 8193 bytes, want at most 8192")
	require.Equal(t, jwt.TooLarge, reasonOf(t, err))
}

// A failing signer's error comes through, and a wrong signature does not.
func TestSignSigner(t *testing.T) {
	k := testKey(t, crypto.P256, "signer")
	failed := errors.New("out of order")
	_, err := jwt.Sign(t.Context(), stubSigner{k.PublicKey(), nil, failed}, jwt.Header{}, jwt.Claims{})
	require.ErrorIs(t, err, failed)
	_, err = jwt.Sign(t.Context(), stubSigner{k.PublicKey(), make([]byte, 64), nil}, jwt.Header{}, jwt.Claims{})
	require.ErrorIs(t, err, crypto.ErrInvalidSignature)
}

func TestNewID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := jwt.NewID()
		require.Regexp(t, `^[0-9a-f]{32}$`, id)
		require.False(t, seen[id])
		seen[id] = true
	}
}

// What we sign, the other implementation verifies, and the reverse.
func TestDifferential(t *testing.T) {
	ledger.Covers(t, "CRY-010")
	for i := range 60 {
		c := bothCurves[i%2]
		k := testKey(t, c, fmt.Sprint("differential", i))
		claims := goodClaims()
		claims.ID = fmt.Sprint(i)

		signed, header, _, sig, ok := refParse(mustSign(t, k, jwt.Header{}, claims))
		require.True(t, ok)
		require.Equal(t, c.Alg(), header["alg"])
		require.True(t, refVerify(k.PublicKey(), signed, sig))

		for _, highS := range []bool{false, true} {
			token := signed + "." + b64.EncodeToString(refSign(t, k, signed, highS))
			v, err := mustParse(t, token).Verify(t.Context(), k.PublicKey(), goodOptions())
			require.NoError(t, err, "high s: %v", highS)
			require.Equal(t, claims.ID, v.Claims().ID)
		}
	}
}
