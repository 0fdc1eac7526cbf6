package crypto_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"math/big"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestGenerateKey(t *testing.T) {
	ledger.Covers(t, "CRY-001")
	for _, c := range bothCurves {
		k, err := crypto.GenerateKey(c)
		require.NoError(t, err)
		require.Equal(t, c, k.Curve())
		other, err := crypto.GenerateKey(c)
		require.NoError(t, err)
		require.False(t, k.Equal(other))

		message := []byte("generated")
		require.NoError(t, k.PublicKey().Verify(message, mustSign(t, k, message)))
		same, err := crypto.ParsePrivateKey(c, k.ExportBytes())
		require.NoError(t, err)
		require.True(t, k.Equal(same))
		require.True(t, k.PublicKey().Equal(same.PublicKey()))
		require.Equal(t, mustSign(t, k, message), mustSign(t, same, message))
		same, err = crypto.ParsePrivateMultikey(k.ExportMultikey())
		require.NoError(t, err)
		require.True(t, k.Equal(same))
	}
	_, err := crypto.GenerateKey(0)
	require.EqualError(t, err, "crypto: invalid curve")
}

func TestPrivateScalarRange(t *testing.T) {
	ledger.Covers(t, "CRY-022")
	prefix := map[crypto.Curve][]byte{crypto.P256: {0x86, 0x26}, crypto.K256: {0x81, 0x26}}
	for _, c := range bothCurves {
		ref := referenceOf(c)
		for _, d := range edgeScalars(c) {
			k, err := crypto.ParsePrivateKey(c, fixed(d))
			require.NoError(t, err, "%x", d)
			require.Equal(t, fixed(d), k.ExportBytes())
			require.Equal(t, compress(ref.mul(d, ref.g)), k.PublicKey().Bytes())
			require.Equal(t, multibase(prefix[c], fixed(d)), k.ExportMultikey())
			require.NoError(t, k.PublicKey().Verify(nil, mustSign(t, k, nil)))
		}
		for _, d := range []*big.Int{small(0), ref.n, add(ref.n, small(1)), ref.p, sub(new(big.Int).Lsh(small(1), 256), small(1))} {
			_, err := crypto.ParsePrivateKey(c, fixed(d))
			require.EqualError(t, err, "crypto: invalid "+c.String()+" private key: not in the range 1 to n-1")
			_, err = crypto.ParsePrivateHex(c, hex.EncodeToString(fixed(d)))
			require.Error(t, err)
			_, err = crypto.ParsePrivateMultikey(multibase(prefix[c], fixed(d)))
			require.Error(t, err)
		}
		for _, n := range []int{0, 1, 31, 33, 34, 64, 65, 1000} {
			raw := bytes.Repeat([]byte{1}, n)
			_, err := crypto.ParsePrivateKey(c, raw)
			require.EqualError(t, err, fmt.Sprintf("crypto: invalid %v private key: got %d bytes, want 32", c, n))
			_, err = crypto.ParsePrivateHex(c, hex.EncodeToString(raw))
			require.Error(t, err)
			_, err = crypto.ParsePrivateMultikey(multibase(prefix[c], raw))
			require.Error(t, err)
		}
	}
	_, err := crypto.ParsePrivateKey(0, fixed(small(1)))
	require.EqualError(t, err, "crypto: invalid curve")
	_, err = crypto.ParsePrivateHex(3, hex.EncodeToString(fixed(small(1))))
	require.EqualError(t, err, "crypto: invalid curve")
}

func TestParsePrivateMultikeyMalformed(t *testing.T) {
	k := testKey(t, crypto.K256, "malformed")
	good := k.ExportMultikey()
	for _, s := range []string{
		"", "z", good[1:], "Z" + good[1:], " " + good, good + " ", "z1" + good[1:], good[:len(good)-1], good + "1",
		"did:key:" + good, "z0", strings.ToLower(good), multibase(k.ExportBytes()), multibase(nil), multibase([]byte{0x81}),
		multibase([]byte{0x81, 0xa6, 0x00}, k.ExportBytes()),
	} {
		_, err := crypto.ParsePrivateMultikey(s)
		require.ErrorContains(t, err, "crypto: invalid ", "%q", s)
		requireNoSecret(t, k, err.Error())
	}
	for _, s := range []string{k.PublicKey().Multikey(), multibase([]byte{0x80, 0x26}, k.ExportBytes()), "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"} {
		_, err := crypto.ParsePrivateMultikey(s)
		require.EqualError(t, err, "crypto: invalid private multikey: unsupported key type")
		require.ErrorIs(t, err, crypto.ErrUnsupportedKeyType)
	}
	_, err := crypto.ParsePrivateHex(crypto.K256, strings.Repeat("g", 64))
	require.EqualError(t, err, "crypto: invalid private key: not hexadecimal")
}

func TestPrivateEqual(t *testing.T) {
	for _, c := range bothCurves {
		k, same, other := testKey(t, c, "equal"), testKey(t, c, "equal"), testKey(t, c, "other")
		require.True(t, k.Equal(same))
		require.False(t, k.Equal(other))
		elsewhere := testKey(t, crypto.P256+crypto.K256-c, "equal")
		require.Equal(t, k.ExportBytes(), elsewhere.ExportBytes())
		require.False(t, k.Equal(elsewhere))

		// What is exported is a copy.
		clear(k.ExportBytes())
		require.True(t, k.Equal(same))
	}
}

func TestZeroPrivateKey(t *testing.T) {
	good := testKey(t, crypto.K256, "zero")
	for _, k := range []*crypto.PrivateKey{nil, {}} {
		require.Nil(t, k.PublicKey())
		require.Equal(t, crypto.Curve(0), k.Curve())
		require.Nil(t, k.ExportBytes())
		require.Empty(t, k.ExportMultikey())
		require.False(t, k.Equal(k))
		require.False(t, k.Equal(good))
		require.False(t, good.Equal(k))
		_, err := k.Sign(t.Context(), nil)
		require.EqualError(t, err, "crypto: nil or zero key")
		_, err = crypto.Sign(t.Context(), k, nil)
		require.EqualError(t, err, "crypto: nil or zero key")
		_ = fmt.Sprintf("%v %+v %#v", k, k, k)
	}
	require.False(t, reflect.TypeFor[crypto.PrivateKey]().Comparable())
}

// requireNoSecret looks for the scalar of k in text, in the forms in which
// printers and encoders would show it.
func requireNoSecret(t testing.TB, k *crypto.PrivateKey, text string) {
	t.Helper()
	raw := k.ExportBytes()
	words := make([]string, 0, 4)
	for i := 0; i < len(raw); i += 8 {
		words = append(words, hex.EncodeToString(raw[i:i+8]), num(raw[i:i+8]).String())
	}
	lower := strings.ToLower(text)
	for _, form := range append(words,
		string(raw), hex.EncodeToString(raw), num(raw).String(), k.ExportMultikey(), k.ExportMultikey()[8:],
		strings.Trim(fmt.Sprintf("%d", raw[:8]), "[]"), base64.StdEncoding.EncodeToString(raw[:24]), fmt.Sprintf("%#v", raw[:4])[6:],
	) {
		require.NotContains(t, lower, strings.ToLower(form))
	}
}

func TestPrivateKeyDoesNotLeak(t *testing.T) {
	type byPointer struct {
		Name     string
		Key      *crypto.PrivateKey
		unshown  *crypto.PrivateKey
		unshown2 any
	}
	type byValue struct {
		Key     crypto.PrivateKey
		unshown crypto.PrivateKey
	}
	for _, c := range bothCurves {
		k := testKey(t, c, "leak")
		want := "PrivateKey(" + k.PublicKey().DIDKey() + ")"
		verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%o", "%e", "%U", "%c", "%t", "% x", "%#x", "%100v", "%-v", "%z"}
		for _, verb := range verbs {
			require.Equal(t, want, fmt.Sprintf(verb, k), verb)
			require.Equal(t, want, fmt.Sprintf(verb, *k), verb)
			for _, holder := range []any{
				byPointer{"x", k, k, k}, &byPointer{"x", k, k, k}, byValue{*k, *k}, &byValue{*k, *k},
				[]*crypto.PrivateKey{k}, map[string]crypto.PrivateKey{"x": *k}, struct{ any }{*k},
			} {
				requireNoSecret(t, k, fmt.Sprintf(verb, holder))
			}
		}
		require.Equal(t, want, fmt.Sprint(k))

		for _, v := range []any{k, *k, byPointer{Key: k}, byValue{Key: *k}, map[string]any{"k": k}} {
			out, err := json.Marshal(v)
			require.ErrorContains(t, err, "crypto: private keys do not marshal")
			require.Empty(t, out)
		}
		out, err := xml.Marshal(k)
		require.Error(t, err)
		require.Empty(t, out)
		var buf bytes.Buffer
		require.Error(t, gob.NewEncoder(&buf).Encode(k))
		requireNoSecret(t, k, buf.String())
		for _, h := range []slog.Handler{slog.NewTextHandler(&buf, nil), slog.NewJSONHandler(&buf, nil)} {
			slog.New(h).Info("key", "pointer", k, "value", *k, "holder", byValue{*k, *k})
		}
		requireNoSecret(t, k, buf.String())

		// Printers by reflection, which use no methods, stop at the function.
		requireNoSecret(t, k, deepPrint(reflect.ValueOf(k), 0))
	}
}

// deepPrint writes all that can be reached from v by reflection.
func deepPrint(v reflect.Value, depth int) string {
	if depth > 20 {
		return "…"
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "nil"
		}
		return deepPrint(v.Elem(), depth+1)
	case reflect.Struct:
		var out strings.Builder
		for _, field := range v.Fields() {
			out.WriteString(deepPrint(field, depth+1) + " ")
		}
		return out.String()
	case reflect.Slice, reflect.Array:
		var out strings.Builder
		for i := range v.Len() {
			out.WriteString(deepPrint(v.Index(i), depth+1) + " ")
		}
		return out.String()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.String:
		return v.String()
	}
	return v.Kind().String()
}

// Arithmetic on secrets is the libraries': this package has no big numbers and
// multiplies no points.
func TestNoArithmeticOfOurOwn(t *testing.T) {
	ledger.Covers(t, "CRY-026")
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var seen int
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		seen++
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, imp := range f.Imports {
			require.NotContains(t, []string{`"math/big"`, `"math/rand"`, `"math/rand/v2"`, `"reflect"`, `"unsafe"`, `"gitlab.com/yawning/secp256k1-voi"`}, imp.Path.Value, name)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				require.NotContains(t, []string{"ScalarMult", "ScalarBaseMult", "CombinedMult", "SignRaw", "GenericCurve", "init"}, id.Name, name)
			}
			return true
		})
	}
	require.Greater(t, seen, 5)
}
