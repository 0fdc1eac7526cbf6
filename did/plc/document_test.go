package plc_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestDocument(t *testing.T) {
	ledger.Covers(t, "PLC-007", "PLC-060", "PLC-061", "PLC-047")
	const multikey, p256, k256 = "https://w3id.org/security/multikey/v1", "https://w3id.org/security/suites/ecdsa-2019/v1", "https://w3id.org/security/suites/secp256k1-2019/v1"
	id := syntax.MustParseDID("did:plc:wghxv3hb3bije6agwuqxkrtv")
	k := keys(t, 4) // K-256 and P-256 in turn
	didKey := func(i int) string { return k[i].PublicKey().DIDKey() }
	for _, c := range []struct {
		methods  map[string]string
		contexts []string
	}{
		{nil, nil},
		{map[string]string{"atproto": didKey(0)}, []string{k256}},
		{map[string]string{"atproto": didKey(1)}, []string{p256}},
		{map[string]string{"a": didKey(1), "b": didKey(0), "c": didKey(2), "d": didKey(3)}, []string{p256, k256}},
		{map[string]string{"atproto": ed25519}, nil},
		{map[string]string{"atproto": ed25519, "b": didKey(0)}, []string{k256}},
	} {
		d := dataOf(t, k[0])
		d.VerificationMethods = c.methods
		d.AlsoKnownAs = []string{"at://Mallory.example", "https://x", `"`}
		raw := d.AppendDocument(nil, id)
		var got struct {
			Context []string `json:"@context"`
			ID      string   `json:"id"`
			Aliases []string `json:"alsoKnownAs"`
			Methods []struct {
				ID, Type, Controller, PublicKeyMultibase string
			} `json:"verificationMethod"`
			Services []struct {
				ID, Type, ServiceEndpoint string
			} `json:"service"`
		}
		require.NoError(t, json.Unmarshal(raw, &got), "%s", raw)
		require.Equal(t, append([]string{"https://www.w3.org/ns/did/v1", multikey}, c.contexts...), got.Context)
		require.Equal(t, id.String(), got.ID)
		require.Equal(t, d.AlsoKnownAs, got.Aliases)
		require.Len(t, got.Methods, len(c.methods))
		for _, m := range got.Methods {
			require.Equal(t, "Multikey", m.Type)
			require.Equal(t, id.String(), m.Controller)
			require.Equal(t, c.methods[m.ID[len(id.String())+1:]], "did:key:"+m.PublicKeyMultibase)
		}
		require.Equal(t, "#atproto_pds", got.Services[0].ID)
		require.Equal(t, "AtprotoPersonalDataServer", got.Services[0].Type)
		require.Equal(t, "https://pds.example.com", got.Services[0].ServiceEndpoint)

		parsed, err := did.ParseDocument(raw, nil)
		require.NoError(t, err)
		require.Equal(t, d.Document(id), parsed)
		handle, ok := parsed.ClaimedHandle()
		require.True(t, ok, "a claim, and no more than that")
		require.Equal(t, "mallory.example", handle.String())
		if c.methods["atproto"] == ed25519 {
			_, err := parsed.SigningKey()
			require.ErrorIs(t, err, did.ErrKeyNotDeclared)
		}
	}
	require.JSONEq(t, `{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1"],"id":"did:plc:wghxv3hb3bije6agwuqxkrtv","alsoKnownAs":[],"verificationMethod":[],"service":[]}`,
		string((&plc.Data{}).AppendDocument(nil, id)))
}
