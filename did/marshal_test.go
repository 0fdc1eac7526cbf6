package did_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// TestMarshal writes the document of the ledger's example EX-7.
func TestMarshal(t *testing.T) {
	ledger.Covers(t, "DID-026")
	const id = "did:plc:wghxv3hb3bije6agwuqxkrtv"
	const key = "zDnaeTiq1PdzvZXUaMdezchcMJQpBdH2VN4pgrrEhMCCbmwSb"
	want := `{
		"@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
		"id": "` + id + `",
		"alsoKnownAs": ["at://alice.example.com"],
		"verificationMethod": [{
			"id": "` + id + `#atproto",
			"type": "Multikey",
			"controller": "` + id + `",
			"publicKeyMultibase": "` + key + `"
		}],
		"service": [{
			"id": "#atproto_pds",
			"type": "AtprotoPersonalDataServer",
			"serviceEndpoint": "https://pds.example.com"
		}]
	}`
	for _, prefix := range []string{"", id} {
		d := did.Document{
			ID:                  syntax.MustParseDID(id),
			AlsoKnownAs:         []string{"at://alice.example.com"},
			VerificationMethods: []did.VerificationMethod{{ID: prefix + "#atproto", Type: "Multikey", PublicKeyMultibase: key}},
			Services:            []did.Service{{ID: prefix + "#atproto_pds", Type: did.PDSType, Endpoint: "https://pds.example.com"}},
		}
		data, err := json.Marshal(d)
		require.NoError(t, err)
		require.JSONEq(t, want, string(data))
		require.Equal(t, prefix+"#atproto", d.VerificationMethods[0].ID, "receiver changed")
		require.Empty(t, d.VerificationMethods[0].Controller, "receiver changed")

		again, err := did.ParseDocument(data, nil)
		require.NoError(t, err)
		k, err := again.SigningKey()
		require.NoError(t, err)
		require.Equal(t, key, k.Multikey())
	}
}

// TestMarshalCaptures rewrites documents of the legacy form.
func TestMarshalCaptures(t *testing.T) {
	ledger.Covers(t, "DID-026")
	d, err := did.ParseDocument(fixtures.PDS(t, "alice.did.json"), &did.ParseOptions{AllowLoopback: true})
	require.NoError(t, err)
	data, err := json.Marshal(d)
	require.NoError(t, err)
	again, err := did.ParseDocument(data, &did.ParseOptions{AllowLoopback: true})
	require.NoError(t, err)

	require.Equal(t, d.ID.String()+"#atproto", again.VerificationMethods[0].ID)
	require.Equal(t, "Multikey", again.VerificationMethods[0].Type)
	require.Equal(t, d.ID.String(), again.VerificationMethods[0].Controller)
	require.Equal(t, "#atproto_pds", again.Services[0].ID)

	old, err := d.SigningKey()
	require.NoError(t, err)
	k, err := again.SigningKey()
	require.NoError(t, err)
	require.True(t, k.Equal(old))
	twice, err := json.Marshal(again)
	require.NoError(t, err)
	require.Equal(t, string(data), string(twice))
}

func TestMarshalOthers(t *testing.T) {
	_, err := json.Marshal(did.Document{})
	require.ErrorContains(t, err, "did: document has no id")

	data, err := json.Marshal(parse(t, ""))
	require.NoError(t, err)
	require.JSONEq(t, `{"@context":["https://www.w3.org/ns/did/v1"],"id":"`+alice+`","alsoKnownAs":[],"verificationMethod":[],"service":[]}`, string(data))

	// What is not known is written as it was read.
	other := parse(t, methods(
		method("did:web:x#k", "Ed25519VerificationKey2020", "did:web:x", keyEd),
		"{'id':'#jwk','type':'JsonWebKey2020','controller':'"+alice+"'}")+","+
		services(service("did:web:x#s", "S", "anything")))
	data, err = json.Marshal(other)
	require.NoError(t, err)
	again, err := did.ParseDocument(data, nil)
	require.NoError(t, err)
	other.VerificationMethods[1].ID = alice + "#jwk"
	require.Equal(t, other, again)
	require.NotContains(t, string(data), "multikey/v1")
}
