package did_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

func ExampleParseDocument() {
	data := []byte(`{
		"@context": ["https://www.w3.org/ns/did/v1"],
		"id": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
		"alsoKnownAs": ["at://alice.example.com"],
		"verificationMethod": [{
			"id": "did:plc:ewvi7nxzyoun6zhxrhs64oiz#atproto",
			"type": "Multikey",
			"controller": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
			"publicKeyMultibase": "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc"
		}],
		"service": [{
			"id": "#atproto_pds",
			"type": "AtprotoPersonalDataServer",
			"serviceEndpoint": "https://pds.example.com"
		}]
	}`)
	doc, err := did.ParseDocument(data, &did.ParseOptions{
		DID: syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), // the DID that was asked for
	})
	if err != nil {
		panic(err)
	}
	key, err := doc.SigningKey()
	fmt.Println(key, err)
	pds, err := doc.PDS()
	fmt.Println(pds, err)
	handle, ok := doc.ClaimedHandle() // still to be verified
	fmt.Println(handle, ok)
	// Output:
	// did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc <nil>
	// https://pds.example.com <nil>
	// alice.example.com true
}

// A server on the same machine has to be allowed.
func ExampleParseOptions() {
	data := []byte(`{"id":"did:web:localhost","service":[
		{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"http://localhost:2583"}]}`)

	doc, err := did.ParseDocument(data, nil)
	if err != nil {
		panic(err)
	}
	_, err = doc.PDS()
	fmt.Println(errors.Is(err, did.ErrPDSNotDeclared))

	doc, err = did.ParseDocument(data, &did.ParseOptions{AllowLoopback: true})
	if err != nil {
		panic(err)
	}
	fmt.Println(doc.PDS())
	// Output:
	// true
	// http://localhost:2583 <nil>
}

func ExampleDocument_MarshalJSON() {
	key, err := crypto.ParseMultikey("zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc")
	if err != nil {
		panic(err)
	}
	data, err := json.MarshalIndent(did.Document{
		ID:                  syntax.MustParseDID("did:web:alice.example.com"),
		AlsoKnownAs:         []string{"at://alice.example.com"},
		VerificationMethods: []did.VerificationMethod{{ID: "#atproto", Type: crypto.TypeMultikey, PublicKeyMultibase: key.Multikey()}},
		Services:            []did.Service{{ID: "#atproto_pds", Type: did.PDSType, Endpoint: "https://pds.example.com"}},
	}, "", "  ")
	if err != nil {
		panic(err)
	}
	fmt.Println(string(data))
	// Output:
	// {
	//   "@context": [
	//     "https://www.w3.org/ns/did/v1",
	//     "https://w3id.org/security/multikey/v1"
	//   ],
	//   "id": "did:web:alice.example.com",
	//   "alsoKnownAs": [
	//     "at://alice.example.com"
	//   ],
	//   "verificationMethod": [
	//     {
	//       "id": "did:web:alice.example.com#atproto",
	//       "type": "Multikey",
	//       "controller": "did:web:alice.example.com",
	//       "publicKeyMultibase": "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc"
	//     }
	//   ],
	//   "service": [
	//     {
	//       "id": "#atproto_pds",
	//       "type": "AtprotoPersonalDataServer",
	//       "serviceEndpoint": "https://pds.example.com"
	//     }
	//   ]
	// }
}
