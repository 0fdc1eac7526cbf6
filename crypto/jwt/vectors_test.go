package jwt_test

import (
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/stretchr/testify/require"
)

// RFC 7515, appendix A.3: a token of the RFC's authors, with line breaks in the
// claims.
func TestRFC7515(t *testing.T) {
	const token = "eyJhbGciOiJFUzI1NiJ9" +
		".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
		".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	private, _, err := crypto.ParsePrivateJWK([]byte(`{"kty":"EC",
		"crv":"P-256",
		"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
		"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
		"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`))
	require.NoError(t, err)

	expires := time.Unix(1300819380, 0)
	o := &jwt.Options{Types: []string{""}, Issuer: "joe", Required: []string{"exp"}, At: expires.Add(-time.Hour)}
	v, err := mustParse(t, token).Verify(t.Context(), private.PublicKey(), o)
	require.NoError(t, err)
	require.Equal(t, jwt.Claims{Issuer: "joe", Expires: expires.UTC()}, v.Claims())
	require.Equal(t, jwt.Header{Alg: "ES256"}, v.Header())
	root, ok := v.Claim("http://example.com/is_root")
	require.True(t, ok)
	require.Equal(t, "true", string(root))

	o.At = expires.Add(5 * time.Second)
	_, err = mustParse(t, token).Verify(t.Context(), private.PublicKey(), o)
	require.Equal(t, jwt.Expired, reasonOf(t, err))
}

// RFC 9449, section 4.2: a DPoP proof, verified as a server would; section 6.1
// has the thumbprint of its key.
func TestRFC9449(t *testing.T) {
	const proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19" +
		".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ" +
		".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
	p := mustParse(t, proof)
	require.Equal(t, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", p.Header().JWK.Thumbprint())
	o := &jwt.Options{
		Types: []string{jwt.TypeDPoP}, Required: []string{"jti", "htm", "htu", "iat"}, MaxAge: time.Minute,
		At: time.Unix(1562262616, 0).Add(30 * time.Second), Replay: &countingStore{},
	}
	v, err := p.Verify(t.Context(), p.Header().JWK, o)
	require.NoError(t, err)
	require.Equal(t, "-BwC3ESc6acc2lTc", v.Claims().ID)
	htm, _ := v.StringClaim("htm")
	htu, _ := v.StringClaim("htu")
	require.Equal(t, "POST https://server.example.com/token", htm+" "+htu)

	_, err = p.Verify(t.Context(), p.Header().JWK, o)
	require.Equal(t, jwt.Replayed, reasonOf(t, err))
	o.At = o.At.Add(31 * time.Second)
	_, err = p.Verify(t.Context(), p.Header().JWK, o)
	require.Equal(t, jwt.TooOld, reasonOf(t, err))
	_, err = p.Verify(t.Context(), p.Header().JWK, nil)
	require.Equal(t, jwt.WrongType, reasonOf(t, err))
}
