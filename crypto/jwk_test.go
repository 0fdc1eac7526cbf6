package crypto_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

var b64 = base64.RawURLEncoding

// A jwk is what the standard library's decoder makes of one.
type jwk struct {
	Kty string `json:"kty,omitempty"`
	Crv string `json:"crv,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
	D   string `json:"d,omitempty"`
	Kid string `json:"kid,omitempty"`
	Alg string `json:"alg,omitempty"`
	Use string `json:"use,omitempty"`
}

// referenceJWK returns the JWK of the public key of scalar d.
func referenceJWK(c crypto.Curve, d *big.Int) jwk {
	ref := referenceOf(c)
	u := ref.mul(d, ref.g)
	return jwk{Kty: "EC", Crv: c.String(), X: b64.EncodeToString(fixed(u.x)), Y: b64.EncodeToString(fixed(u.y))}
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

// shortScalars returns a scalar whose public key has an x, and one whose public
// key has a y, that begins with a zero byte.
func shortScalars(c crypto.Curve) []*big.Int {
	ref := referenceOf(c)
	var shortX, shortY *big.Int
	for i, u := int64(1), ref.g; shortX == nil || shortY == nil; i, u = i+1, ref.add(u, ref.g) {
		if u.x.BitLen() <= 248 && shortX == nil {
			shortX = small(i)
		}
		if u.y.BitLen() <= 248 && shortY == nil {
			shortY = small(i)
		}
	}
	return []*big.Int{shortX, shortY}
}

func TestJWK(t *testing.T) {
	ledger.Covers(t, "CRY-023", "CRY-024")
	for _, c := range bothCurves {
		scalars := append(edgeScalars(c), shortScalars(c)...)
		for i := range 20 {
			scalars = append(scalars, num(testKey(t, c, fmt.Sprint("jwk", i)).ExportBytes()))
		}
		for _, d := range scalars {
			k, err := crypto.ParsePrivateKey(c, fixed(d))
			require.NoError(t, err)
			want := referenceJWK(c, d)

			text := marshal(t, crypto.JWK{Key: k.PublicKey()})
			require.Equal(t, fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, want.Crv, want.X, want.Y), text)
			require.Len(t, want.X, 43)
			require.Len(t, want.Y, 43)
			got, err := crypto.ParseJWK([]byte(marshal(t, want)))
			require.NoError(t, err)
			require.True(t, got.Key.Equal(k.PublicKey()))
			require.Equal(t, crypto.JWK{Key: got.Key}, *got)

			sum := sha256.Sum256([]byte(text)) // RFC 7638: these members, in this order
			require.Equal(t, b64.EncodeToString(sum[:]), k.PublicKey().Thumbprint())

			// Without the zero in front, it is another text: refused.
			for _, short := range []*string{&want.X, &want.Y} {
				raw, err := b64.DecodeString(*short)
				require.NoError(t, err)
				if raw[0] != 0 {
					continue
				}
				full := *short
				*short = b64.EncodeToString(raw[1:])
				_, err = crypto.ParseJWK([]byte(marshal(t, want)))
				require.EqualError(t, err, "crypto: invalid JWK: x or y is not base64url of exactly 32 bytes")
				*short = full
			}
		}
	}
}

func TestJWKMembers(t *testing.T) {
	ledger.Covers(t, "CRY-024")
	for _, c := range bothCurves {
		k := testKey(t, c, "members").PublicKey()
		for _, j := range []crypto.JWK{
			{Key: k, KeyID: "a\"\\\n\u2028é😀</"}, {Key: k, Alg: c.Alg()}, {Key: k, Use: "sig"}, {Key: k, KeyID: "1", Alg: c.Alg(), Use: "sig"},
		} {
			text := marshal(t, j)
			var ref jwk
			require.NoError(t, json.Unmarshal([]byte(text), &ref))
			require.Equal(t, []string{j.KeyID, j.Alg, j.Use}, []string{ref.Kid, ref.Alg, ref.Use})
			var same crypto.JWK
			require.NoError(t, json.Unmarshal([]byte(text), &same))
			require.True(t, same.Key.Equal(k))
			require.Equal(t, text, marshal(t, same))
		}
		other := crypto.P256 + crypto.K256 - c
		for _, tc := range []struct {
			j    crypto.JWK
			want string
		}{
			{crypto.JWK{}, "crypto: nil or zero key"},
			{crypto.JWK{Key: &crypto.PublicKey{}}, "crypto: nil or zero key"},
			{crypto.JWK{Key: k, Alg: other.Alg()}, "crypto: invalid JWK: alg is not that of the curve"},
			{crypto.JWK{Key: k, Use: "enc"}, `crypto: invalid JWK: use is not "sig"`},
			{crypto.JWK{Key: k, KeyID: "\xff"}, "crypto: invalid JWK: kid is not UTF-8"},
		} {
			_, err := tc.j.MarshalJSON()
			require.EqualError(t, err, tc.want)
		}
	}
	for _, k := range []*crypto.PublicKey{nil, {}} {
		require.Empty(t, k.Thumbprint())
	}
}

// with returns the JWK of a key with a member set to a JSON text, or removed if
// that is empty.
func with(t testing.TB, j jwk, name, value string) string {
	t.Helper()
	m := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal([]byte(marshal(t, j)), &m))
	if m[name] = json.RawMessage(value); value == "" {
		delete(m, name)
	}
	return marshal(t, m)
}

func TestParseJWKMember(t *testing.T) {
	ledger.Covers(t, "CRY-023", "CRY-024")
	p256, k256 := referenceJWK(crypto.P256, small(7)), referenceJWK(crypto.K256, small(7))
	const (
		members     = "crypto: invalid JWK: kty, crv, x and y must all be strings"
		coordinate  = "crypto: invalid JWK: x or y is not base64url of exactly 32 bytes"
		private     = "crypto: invalid JWK: it holds a private key"
		use         = "crypto: invalid JWK: unsupported key type: not for signatures"
		ops         = "crypto: invalid JWK: key_ops is not a list of different strings"
		alg         = "crypto: invalid JWK: alg is not that of the curve"
		kid         = "crypto: invalid JWK: kid is not a string, or empty"
		offP256     = "crypto: invalid JWK: P-256: no point of the curve"
		unsupported = "crypto: invalid JWK: unsupported key type: "
	)
	for _, tc := range []struct{ name, value, want string }{
		{"kty", ``, members}, {"kty", `null`, members}, {"kty", `["EC"]`, members}, {"kty", `"ec"`, unsupported + "kty is not EC"},
		{"kty", `"RSA"`, unsupported + "kty is not EC"}, {"kty", `"OKP"`, unsupported + "kty is not EC"}, {"kty", `"oct"`, unsupported + "kty is not EC"}, {"kty", `"E\u0043"`, ""},
		{"crv", ``, members}, {"crv", `1`, members}, {"crv", `"P-384"`, unsupported + "crv is neither P-256 nor secp256k1"},
		{"crv", `"p-256"`, unsupported + "crv is neither P-256 nor secp256k1"}, {"crv", `"Curve(0)"`, unsupported + "crv is neither P-256 nor secp256k1"},
		{"crv", `"secp256k1"`, "crypto: invalid JWK: secp256k1: no point of the curve"},
		{"x", ``, members}, {"x", `null`, members}, {"y", ``, members}, {"y", `7`, members},
		{"x", `""`, coordinate}, {"x", `"` + p256.X[:42] + `"`, coordinate}, {"x", `"` + p256.X + `A"`, coordinate}, {"x", `"` + p256.X + `="`, coordinate},
		{"x", `"A` + p256.X + `"`, coordinate}, {"y", `"` + p256.Y[:42] + `\n"`, coordinate}, {"y", `"` + p256.Y + `\r\n"`, coordinate},
		{"y", `" ` + p256.Y[1:] + `"`, coordinate}, {"y", `"+` + p256.Y[1:] + `"`, coordinate}, {"y", `"/` + p256.Y[1:] + `"`, coordinate},
		{"x", `"` + p256.X[:42] + `B"`, coordinate}, // stray bits
		{"x", `"` + p256.Y + `"`, offP256}, {"y", `"` + p256.X + `"`, offP256}, {"y", `"` + k256.Y + `"`, offP256},
		{"x", `"` + b64.EncodeToString(make([]byte, 32)) + `"`, offP256}, {"x", `"` + b64.EncodeToString(fixed(referenceOf(crypto.P256).p)) + `"`, offP256},
		{"alg", `"ES256"`, ""}, {"alg", `"ES256K"`, alg}, {"alg", `"none"`, alg}, {"alg", `""`, alg}, {"alg", `null`, alg}, {"alg", `"ECDH-ES"`, alg},
		{"use", `"sig"`, ""}, {"use", `"enc"`, use}, {"use", `""`, use}, {"use", `null`, "crypto: invalid JWK: use is not a string"},
		{"key_ops", `["verify"]`, ""}, {"key_ops", `["sign","verify"]`, ""}, {"key_ops", `[]`, use}, {"key_ops", `["sign"]`, use}, {"key_ops", `["deriveKey"]`, use},
		{"key_ops", `"verify"`, ops}, {"key_ops", `["verify",1]`, ops}, {"key_ops", `["verify","verify"]`, ops}, {"key_ops", `null`, ops},
		{"kid", `"k"`, ""}, {"kid", `""`, kid}, {"kid", `null`, kid}, {"kid", `7`, kid},
		{"d", `"x"`, private}, {"d", `null`, private}, {"\\u0064", `1`, private}, {"p", `""`, private}, {"q", `""`, private}, {"dp", `""`, private}, {"dq", `""`, private},
		{"qi", `""`, private}, {"oth", `[]`, private}, {"k", `""`, private}, {"priv", `""`, private},
		{"D", `"x"`, ""}, {"ext", `true`, ""}, {"x5c", `["",{"a":[null]}]`, ""}, {"KTY", `"RSA"`, ""}, {"Alg", `"none"`, ""},
	} {
		text := with(t, p256, tc.name, tc.value)
		if strings.HasPrefix(tc.name, `\`) {
			text = strings.Replace(marshal(t, p256), `{`, `{"`+tc.name+`":`+tc.value+`,`, 1)
		}
		j, err := crypto.ParseJWK([]byte(text))
		if tc.want == "" {
			require.NoError(t, err, text)
			continue
		}
		require.EqualError(t, err, tc.want, text)
		require.Nil(t, j)
		if strings.HasPrefix(tc.want, unsupported) {
			require.ErrorIs(t, err, crypto.ErrUnsupportedKeyType)
		} else {
			require.NotErrorIs(t, err, crypto.ErrUnsupportedKeyType)
		}
	}
	_, err := crypto.ParseJWK([]byte(with(t, k256, "alg", `"ES256"`)))
	require.EqualError(t, err, alg)
}

func TestParseJWKStrict(t *testing.T) {
	good := marshal(t, referenceJWK(crypto.K256, small(9)))
	for text, want := range map[string]string{
		"":                 "not valid JSON",
		"null":             "not a JSON object",
		"[" + good + "]":   "not a JSON object",
		good + good:        "not valid JSON",
		good + ",":         "not valid JSON",
		"\xef\xbb\xbf{}":   "not valid JSON",
		good[:50] + "\xff": "not valid UTF-8",
		strings.Replace(good, "{", `{"kty":"EC",`, 1):                                              "a name is there twice in one object",
		strings.Replace(good, "{", `{"k\u0074y":"EC",`, 1):                                         "a name is there twice in one object",
		strings.Replace(good, "{", `{"a":{"b":1,"b":2},`, 1):                                       "a name is there twice in one object",
		strings.Replace(good, "{", `{"a":"\ud800",`, 1):                                            "half of a surrogate pair",
		strings.Replace(good, "{", `{"a":`+strings.Repeat("[", 16)+strings.Repeat("]", 16)+`,`, 1): "nested too deeply",
		good + strings.Repeat(" ", crypto.MaxJWKSize):                                              "longer than 8192 bytes",
	} {
		_, err := crypto.ParseJWK([]byte(text))
		require.EqualError(t, err, "crypto: invalid JWK: "+want)
		before := crypto.JWK{KeyID: "before"}
		require.Error(t, before.UnmarshalJSON([]byte(text)))
		require.Equal(t, crypto.JWK{KeyID: "before"}, before)
	}
	_, err := crypto.ParseJWK([]byte(" \t\r\n" + good + strings.Repeat(" ", crypto.MaxJWKSize-len(good)-4)))
	require.NoError(t, err)
}

func TestJWKSet(t *testing.T) {
	p256, k256 := testKey(t, crypto.P256, "set").PublicKey(), testKey(t, crypto.K256, "set").PublicKey()
	set := crypto.JWKSet{Keys: []crypto.JWK{{Key: p256, KeyID: "one", Alg: "ES256", Use: "sig"}, {Key: k256, KeyID: "two"}}}
	text := marshal(t, set)
	require.Equal(t, `{"keys":[`+marshal(t, set.Keys[0])+`,`+marshal(t, set.Keys[1])+`]}`, text)
	var same crypto.JWKSet
	require.NoError(t, json.Unmarshal([]byte(text), &same))
	require.Equal(t, text, marshal(t, same))
	require.True(t, same.Lookup("one").Equal(p256))
	require.True(t, same.Lookup("two").Equal(k256))
	require.Nil(t, same.Lookup("One"))
	require.Nil(t, same.Lookup(""))
	require.Nil(t, (*crypto.JWKSet)(nil).Lookup("one"))
	require.Equal(t, `{"keys":[]}`, marshal(t, crypto.JWKSet{}))

	// A set inside a document, as in client metadata.
	document := struct {
		JWKS *crypto.JWKSet `json:"jwks,omitempty"`
	}{}
	require.NoError(t, json.Unmarshal([]byte(`{"jwks":`+text+`}`), &document))
	require.Equal(t, `{"jwks":`+text+`}`, marshal(t, document))

	for _, bad := range []crypto.JWKSet{
		{Keys: []crypto.JWK{{Key: p256}}}, {Keys: []crypto.JWK{{Key: p256, KeyID: "a"}, {Key: k256, KeyID: "a"}}}, {Keys: []crypto.JWK{{KeyID: "a"}}},
	} {
		_, err := bad.MarshalJSON()
		require.Error(t, err)
	}
}

func TestParseJWKSet(t *testing.T) {
	kid := func(c crypto.Curve, kid string) string {
		j := referenceJWK(c, small(5))
		j.Kid = kid
		return marshal(t, j)
	}
	one, two := kid(crypto.P256, "one"), kid(crypto.K256, "two")
	const rsa, okp = `{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"one"}`, `{"kty":"OKP","crv":"Ed25519","x":"AA"}`
	enc := with(t, referenceJWK(crypto.P256, small(5)), "use", `"enc"`)
	for _, tc := range []struct {
		text string
		n    int
		want string
	}{
		{`{"keys":[]}`, 0, ""}, {`{"keys":[` + one + `,` + two + `]}`, 2, ""}, {`{"a":1,"keys":[` + one + `]}`, 1, ""},
		{`{"keys":[` + rsa + `,` + one + `,` + okp + `,` + enc + `]}`, 1, ""}, {`{"keys":[` + rsa + `]}`, 0, ""},
		{`{}`, 0, "keys is not a list"}, {`{"keys":null}`, 0, "keys is not a list"}, {`{"keys":` + one + `}`, 0, "keys is not a list"}, {`{"Keys":[]}`, 0, "keys is not a list"},
		{one, 0, "keys is not a list"}, {`[` + one + `]`, 0, "not a JSON object"}, {`{"keys":[1]}`, 0, "key 0: not a JSON object"},
		{`{"keys":[` + one + `],"keys":[]}`, 0, "a name is there twice in one object"},
		{`{"keys":[` + one + `,` + one + `]}`, 0, `two keys with the kid "one"`},
		{`{"keys":[` + one + `,` + kid(crypto.P256, "") + `]}`, 0, "a key without kid"},
		{`{"keys":[` + one + `,{"kty":"EC","crv":"P-256"}]}`, 0, "key 1: kty, crv, x and y must all be strings"},
		{`{"keys":[{}]}`, 0, "key 0: kty, crv, x and y must all be strings"},
		{`{"keys":[` + one + `,` + strings.Replace(two, "{", `{"d":"",`, 1) + `]}`, 0, "key 1: it holds a private key"},
		{`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}]}`, 0, "key 0: it holds a private key"},
		{`{"keys":[{"kty":"oct","k":"AQAB"}]}`, 0, "key 0: it holds a private key"},
		{`{"keys":[` + one + `]}` + strings.Repeat(" ", crypto.MaxJWKSetSize), 0, "longer than 65536 bytes"},
		{`{"keys":[` + strings.Replace(one, "{", `{"a":"`+strings.Repeat("x", crypto.MaxJWKSize)+`",`, 1) + `]}`, 0, "key 0: longer than 8192 bytes"},
	} {
		s, err := crypto.ParseJWKSet([]byte(tc.text))
		if tc.want == "" {
			require.NoError(t, err, tc.text)
			require.Len(t, s.Keys, tc.n)
			continue
		}
		require.EqualError(t, err, "crypto: invalid JWK set: "+tc.want)
		before := crypto.JWKSet{Keys: make([]crypto.JWK, 3)}
		require.Error(t, before.UnmarshalJSON([]byte(tc.text)))
		require.Len(t, before.Keys, 3)
	}
}

// RFC 7515, appendix A.3, and RFC 9449, section 6.1: known keys and their
// thumbprints.
func TestThumbprintVector(t *testing.T) {
	ledger.Covers(t, "OAUTH-098")
	j, err := crypto.ParseJWK([]byte(`{"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","crv":"P-256","kty":"EC","kid":"1"}`))
	require.NoError(t, err)
	require.Equal(t, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", j.Key.Thumbprint())

	j, err = crypto.ParseJWK([]byte(`{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}`))
	require.NoError(t, err)
	require.Equal(t, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", j.Key.Thumbprint())
}

func FuzzJWK(f *testing.F) {
	for _, c := range bothCurves {
		j := referenceJWK(c, small(11))
		j.Kid, j.Alg, j.Use = "k", c.Alg(), "sig"
		f.Add(marshal(f, j))
		f.Add(`{"keys":[` + marshal(f, j) + `,{"kty":"RSA"}]}`)
		f.Add(string(testKey(f, c, "fuzz").ExportJWK()))
		f.Add(strings.Replace(marshal(f, j), "{", `{"\u006bty":"EC","a":["\ud800",{"":1e5}],`, 1))
	}
	f.Add(`{"kty":"EC"} {}`)
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := crypto.ParseJWKSet([]byte(text)); err == nil {
			again, err := crypto.ParseJWKSet([]byte(marshal(t, s)))
			require.NoError(t, err)
			require.Equal(t, marshal(t, s), marshal(t, again))
		}
		if k, j, err := crypto.ParsePrivateJWK([]byte(text)); err == nil {
			same, _, err := crypto.ParsePrivateJWK(k.ExportJWK())
			require.NoError(t, err)
			require.True(t, k.Equal(same))
			require.True(t, k.PublicKey().Equal(j.Key))
			_, err = crypto.ParseJWK([]byte(text))
			require.Error(t, err, "private")
		}
		j, err := crypto.ParseJWK([]byte(text))
		if err != nil {
			require.Nil(t, j)
			require.Less(t, len(err.Error()), 200)
			return
		}
		requireSameKey(t, j.Key)
		var ref map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &ref))
		out := marshal(t, j)
		var same map[string]any
		require.NoError(t, json.Unmarshal([]byte(out), &same))
		for name, value := range same {
			require.Equal(t, ref[name], value, name)
		}
		require.NotContains(t, ref, "d")
		again, err := crypto.ParseJWK([]byte(out))
		require.NoError(t, err)
		require.Equal(t, out, marshal(t, again))
	})
}
