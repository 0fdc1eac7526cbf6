package jwt_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	decred "github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/stretchr/testify/require"
)

// A second reading and writing of tokens, with encoding/json, the standard
// library's ES256 and decred's ES256K.

var bothCurves = []crypto.Curve{crypto.P256, crypto.K256}

var b64 = base64.RawURLEncoding

// testKey returns a key that is the same in every run.
func testKey(t testing.TB, c crypto.Curve, seed string) *crypto.PrivateKey {
	t.Helper()
	digest := sha256.Sum256([]byte(seed))
	k, err := crypto.ParsePrivateKey(c, digest[:])
	require.NoError(t, err)
	return k
}

// refSign signs with the other implementation, with high s if asked for.
func refSign(t testing.TB, k *crypto.PrivateKey, message string, highS bool) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(message))
	r, s, n := new(big.Int), new(big.Int), elliptic.P256().Params().N
	if k.Curve() == crypto.K256 {
		n = secp256k1.Params().N
		sig := decred.Sign(secp256k1.PrivKeyFromBytes(k.ExportBytes()), digest[:])
		sr, ss := sig.R(), sig.S()
		rb, sb := sr.Bytes(), ss.Bytes()
		r.SetBytes(rb[:])
		s.SetBytes(sb[:])
	} else {
		std, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), k.ExportBytes())
		require.NoError(t, err)
		r, s, err = ecdsa.Sign(nil, std, digest[:])
		require.NoError(t, err)
	}
	if isHigh := s.Cmp(new(big.Int).Rsh(n, 1)) > 0; isHigh != highS {
		s.Sub(n, s)
	}
	return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
}

// refVerify verifies with the other implementation.
func refVerify(k *crypto.PublicKey, message string, sig []byte) bool {
	digest := sha256.Sum256([]byte(message))
	if k.Curve() == crypto.K256 {
		key, err := secp256k1.ParsePubKey(k.Bytes())
		var r, s secp256k1.ModNScalar
		if err != nil || len(sig) != 64 || r.SetByteSlice(sig[:32]) || s.SetByteSlice(sig[32:]) || r.IsZero() || s.IsZero() {
			return false
		}
		return decred.NewSignature(&r, &s).Verify(digest[:], key)
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), k.Bytes())
	full := append(append([]byte{4}, x.FillBytes(make([]byte, 32))...), y.FillBytes(make([]byte, 32))...)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), full)
	return err == nil && len(sig) == 64 && ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

// refToken signs two JSON texts, whatever is in them.
func refToken(t testing.TB, k *crypto.PrivateKey, header, claims string) string {
	t.Helper()
	signed := b64.EncodeToString([]byte(header)) + "." + b64.EncodeToString([]byte(claims))
	return signed + "." + b64.EncodeToString(refSign(t, k, signed, false))
}

// refParse takes a token apart, and returns false if it is no token.
func refParse(token string) (signed string, header, claims map[string]any, sig []byte, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", nil, nil, nil, false
	}
	var raw [3][]byte
	for i, part := range parts {
		var err error
		if raw[i], err = b64.DecodeString(part); err != nil {
			return "", nil, nil, nil, false
		}
	}
	for i, into := range []*map[string]any{&header, &claims} {
		dec := json.NewDecoder(bytes.NewReader(raw[i]))
		dec.UseNumber()
		if dec.Decode(into) != nil || *into == nil {
			return "", nil, nil, nil, false
		}
	}
	return parts[0] + "." + parts[1], header, claims, raw[2], true
}

// now is the time of all tokens that are made by hand.
var now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

const (
	issuer  = "did:plc:z72i7hdynmk6r22z27h6tvur"
	service = "did:web:api.example.com#bsky_appview"
	method  = "app.bsky.feed.getTimeline"
)

// goodClaims are those of a service auth token, issued now.
func goodClaims() jwt.Claims {
	return jwt.Claims{
		Issuer: issuer, Audience: []string{service}, Method: method, ID: "0123456789abcdef0123456789abcdef",
		IssuedAt: now, Expires: now.Add(time.Minute),
	}
}

// goodOptions accept goodClaims.
func goodOptions() *jwt.Options {
	return &jwt.Options{Audiences: []string{service}, Method: method, At: now}
}

func mustSign(t testing.TB, k crypto.Signer, h jwt.Header, c jwt.Claims) string {
	t.Helper()
	token, err := jwt.Sign(t.Context(), k, h, c)
	require.NoError(t, err)
	return token
}

func mustParse(t testing.TB, token string) *jwt.Token {
	t.Helper()
	parsed, err := jwt.Parse(token)
	require.NoError(t, err)
	return parsed
}

// reasonOf returns the reason in err, or zero if it is nil.
func reasonOf(t testing.TB, err error) jwt.Reason {
	t.Helper()
	if err == nil {
		return 0
	}
	var e *jwt.Error
	require.ErrorAs(t, err, &e)
	require.Less(t, len(err.Error()), 500)
	return e.Reason
}

// claimsWith returns the JSON of the claims of a good token, with some replaced
// by other JSON or, if that is empty, removed.
func claimsWith(t testing.TB, changes map[string]string) string {
	t.Helper()
	c := map[string]json.RawMessage{
		"iss": json.RawMessage(`"` + issuer + `"`), "aud": json.RawMessage(`"` + service + `"`), "lxm": json.RawMessage(`"` + method + `"`),
		"jti": json.RawMessage(`"id"`), "iat": fmt.Append(nil, now.Unix()), "exp": fmt.Append(nil, now.Unix()+60),
	}
	for name, text := range changes {
		if c[name] = json.RawMessage(text); text == "" {
			delete(c, name)
		}
	}
	text, err := json.Marshal(c)
	require.NoError(t, err)
	return string(text)
}

// A countingStore is a replay store that keeps what it is asked.
type countingStore struct {
	keys    []string
	expires []time.Time
	err     error
}

func (s *countingStore) Seen(_ context.Context, key string, expires time.Time) (bool, error) {
	if s.err != nil {
		return false, s.err
	}
	if slices.Contains(s.keys, key) {
		return true, nil
	}
	s.keys, s.expires = append(s.keys, key), append(s.expires, expires)
	return false, nil
}
