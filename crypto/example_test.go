package crypto_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/linnet-at/linnet/crypto"
)

// Verify a signature with a key from a PLC operation or a DID document.
func ExamplePublicKey_Verify() {
	key, err := crypto.ParseDIDKey("did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc")
	if err != nil {
		log.Fatal(err)
	}
	message, _ := hex.DecodeString("a16568656c6c6f65776f726c64")
	sig, _ := hex.DecodeString("e56a5d22e11451f55461aa33b22f06d01ddc58ed3d72065b208c20d6dd9829d5" +
		"27fc51339ce9ddb33fea82261bf3dcf0c5809b07bd5fef240ae4bafb35ab1fa0")

	fmt.Println(key.Curve(), key.Curve().Alg())
	fmt.Println(key.Verify(message, sig))
	err = key.Verify([]byte("another message"), sig)
	fmt.Println(errors.Is(err, crypto.ErrInvalidSignature), err)
	// Output:
	// secp256k1 ES256K
	// <nil>
	// true crypto: invalid signature: made by another key or over another message (secp256k1)
}

// Make a key, keep it as text, and sign with it.
func ExampleGenerateKey() {
	key, err := crypto.GenerateKey(crypto.DefaultCurve)
	if err != nil {
		log.Fatal(err)
	}
	secret := key.ExportMultikey() // store this safely
	key, err = crypto.ParsePrivateMultikey(secret)
	if err != nil {
		log.Fatal(err)
	}
	sig, err := crypto.Sign(context.Background(), key, []byte("message"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(sig), key.PublicKey().Verify([]byte("message"), sig))
	// Output: 64 <nil>
}

// A private key prints as the public one.
func ExampleParsePrivateKey() {
	secret, _ := hex.DecodeString("6b0b91287ae3348f8c2f2552d766f30e3604867e34adc37ccbb74a8e6b893e02")
	key, err := crypto.ParsePrivateKey(crypto.K256, secret)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%v\n", key)
	fmt.Println(key.PublicKey())
	// Output:
	// PrivateKey(did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N)
	// did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N
}

// Read the key of an entry in a DID document, of today's form or of the old one.
func ExampleParseVerificationMethod() {
	for _, method := range []struct{ typ, publicKeyMultibase string }{
		{"Multikey", "zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF"},
		{"EcdsaSecp256k1VerificationKey2019", "zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsomTsgQhsxLdEgCrPTLgFna8yqCnxPpNT7DBk6Ym3dgPKNu86vt9GR"},
		{"Multikey", "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
	} {
		key, err := crypto.ParseVerificationMethod(method.typ, method.publicKeyMultibase)
		if errors.Is(err, crypto.ErrUnsupportedKeyType) {
			fmt.Println("not for this protocol")
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key.Multikey())
	}
	// Output:
	// zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF
	// zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF
	// not for this protocol
}

// Publish a client's keys, and find one of them in what another published.
func ExampleJWKSet() {
	secret, _ := hex.DecodeString("6b0b91287ae3348f8c2f2552d766f30e3604867e34adc37ccbb74a8e6b893e02")
	key, err := crypto.ParsePrivateKey(crypto.P256, secret)
	if err != nil {
		log.Fatal(err)
	}
	public := key.PublicKey()
	text, err := json.Marshal(crypto.JWKSet{Keys: []crypto.JWK{
		{Key: public, KeyID: public.Thumbprint(), Alg: public.Curve().Alg(), Use: "sig"},
	}})
	if err != nil {
		log.Fatal(err)
	}

	set, err := crypto.ParseJWKSet(text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Lookup(public.Thumbprint()).Equal(public))
	fmt.Println(set.Lookup("another") == nil)
	// Output:
	// true
	// true
}

// The thumbprint is the same for every JWK of a key.
func ExamplePublicKey_Thumbprint() {
	jwk, err := crypto.ParseJWK([]byte(`{
		"kid": "anything",
		"kty": "EC",
		"crv": "P-256",
		"x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
		"y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
	}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(jwk.Key.Thumbprint())
	// Output: 0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I
}

// remoteKey is a key in a service that signs digests and answers in DER.
type remoteKey struct {
	public *crypto.PublicKey
	sign   func(ctx context.Context, message []byte) (der []byte, err error)
}

func (k *remoteKey) PublicKey() *crypto.PublicKey { return k.public }

func (k *remoteKey) Sign(ctx context.Context, message []byte) ([]byte, error) {
	der, err := k.sign(ctx, message)
	if err != nil {
		return nil, err
	}
	return crypto.SignatureFromDER(k.public.Curve(), der)
}

// Sign with a key management service. [crypto.Sign] verifies what it returns.
func ExampleSigner() {
	var signer crypto.Signer = newRemoteKey()
	sig, err := crypto.Sign(context.Background(), signer, []byte("message"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(sig), signer.PublicKey().Verify([]byte("message"), sig))
	// Output: 64 <nil>
}
