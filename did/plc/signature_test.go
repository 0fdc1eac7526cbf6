package plc_test

import (
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
)

// Ways to write a signature other than its only one. What is lenient takes
// those that still show who signed.
func TestSignatureForm(t *testing.T) {
	ledger.Covers(t, "PLC-011", "PLC-012", "PLC-045")
	for _, k := range keys(t, 2) {
		f := forgeOf(dataOf(t, k), null{})
		sig, err := k.Sign(t.Context(), encode(f))
		require.NoError(t, err)
		text := base64.RawURLEncoding.EncodeToString(sig)
		high, der := highS(t, k.Curve(), sig), derOf(sig)
		for _, c := range []struct {
			sig     string
			reason  plc.Reason
			lenient bool
		}{
			{text, 0, true},
			{text + "==", plc.ReasonSignatureForm, true},
			{text + "=", plc.ReasonSignatureForm, true},
			{text + "\n", plc.ReasonSignatureForm, true},
			{text[:40] + "\r\n" + text[40:], plc.ReasonSignatureForm, true},
			{text[:85] + "\n", plc.ReasonSignatureForm, false},
			{"\n\n" + text[:84], plc.ReasonSignatureForm, false},
			{text[:85] + stray(text[85]), plc.ReasonSignatureForm, true},
			{base64.RawURLEncoding.EncodeToString(der), plc.ReasonSignatureForm, true},
			{base64.RawURLEncoding.EncodeToString(high), plc.ReasonSignature, true},
			{base64.RawURLEncoding.EncodeToString(sig[:63]), plc.ReasonSignatureForm, false},
			{base64.RawURLEncoding.EncodeToString(append(sig[:64:64], 0)), plc.ReasonSignatureForm, false},
			{hex.EncodeToString(sig), plc.ReasonSignatureForm, false},
			{strings.Repeat("A", 86), plc.ReasonSignature, false},
			{"", plc.ReasonSignatureForm, false},
			{strings.Repeat("!", 86), plc.ReasonSignatureForm, false},
		} {
			op := f.signed(t, c.sig)
			id, err := op.DID()
			require.NoError(t, err)
			_, verdicts, err := plc.VerifyLog(id, history(id, op), nil)
			_, sigErr := op.VerifySignature(k.PublicKey())
			require.Equal(t, c.reason == 0, sigErr == nil)
			if c.reason == 0 {
				require.NoError(t, err)
				require.NoError(t, op.Validate())
				continue
			}
			requireReason(t, err, c.reason, 0)
			require.Equal(t, plc.Refused, verdicts[0].Status)
			require.Equal(t, c.reason != plc.ReasonSignatureForm, op.Validate() == nil)

			_, verdicts, err = plc.VerifyLog(id, history(id, op), &plc.VerifyOptions{Lenient: true})
			require.Equal(t, c.lenient, err == nil, "%q", c.sig)
			if c.lenient {
				require.Equal(t, c.reason, verdicts[0].Excused.Reason)
				require.Equal(t, 0, verdicts[0].Signer)
			}
		}
	}
	// Base64 of the other alphabet.
	k := keys(t, 1)[0]
	f := forgeOf(dataOf(t, k), null{})
	for i := 0; ; i++ {
		g := f.with("alsoKnownAs", []any{strings.Repeat("x", i)})
		sig, err := k.Sign(t.Context(), encode(g))
		require.NoError(t, err)
		text := base64.RawStdEncoding.EncodeToString(sig)
		if !strings.ContainsAny(text, "+/") {
			continue
		}
		op := g.signed(t, text)
		id, err := op.DID()
		require.NoError(t, err)
		_, _, err = plc.VerifyLog(id, history(id, op), nil)
		requireReason(t, err, plc.ReasonSignatureForm, 0)
		break
	}
}

// stray returns the base64 digit after c, which differs in bits that no byte has.
func stray(c byte) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	i := strings.IndexByte(digits, c)
	return digits[i+1 : i+2]
}

// highS returns the other signature that verifies.
func highS(t *testing.T, c crypto.Curve, sig []byte) []byte {
	t.Helper()
	order := "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
	if c == crypto.P256 {
		order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
	}
	n, _ := new(big.Int).SetString(order, 16)
	s := new(big.Int).SetBytes(sig[32:])
	high := append([]byte(nil), sig...)
	n.Sub(n, s).FillBytes(high[32:])
	return high
}

func derOf(sig []byte) []byte {
	integer := func(b []byte) []byte {
		b = new(big.Int).SetBytes(b).Bytes()
		if b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		return append([]byte{2, byte(len(b))}, b...)
	}
	body := append(integer(sig[:32]), integer(sig[32:])...)
	return append([]byte{0x30, byte(len(body))}, body...)
}

func TestVerifySignature(t *testing.T) {
	k := keys(t, 3)
	op := forgeOf(dataOf(t, k[0]), null{}).sign(t, k[1])
	i, err := op.VerifySignature(public(k[0], k[1], k[1])...)
	require.NoError(t, err)
	require.Equal(t, 1, i)
	i, err = op.VerifySignature(public(k[0], k[2])...)
	require.ErrorIs(t, err, crypto.ErrInvalidSignature)
	require.Equal(t, -1, i)
	_, err = op.VerifySignature()
	require.ErrorIs(t, err, crypto.ErrInvalidSignature)
}
