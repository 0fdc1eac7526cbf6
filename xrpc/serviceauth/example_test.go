package serviceauth_test

import (
	"context"
	"fmt"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/serviceauth"
)

func ExampleSign() {
	key, err := crypto.GenerateKey(crypto.K256) // that of the account elsewhere
	if err != nil {
		panic(err)
	}
	text, err := serviceauth.Sign(context.Background(), key, serviceauth.Claims{
		Issuer:   syntax.MustParseDID("did:web:alice.example.com"),
		Audience: "did:web:video.example.com#video",
		Method:   syntax.MustParseNSID("com.atproto.repo.uploadBlob"),
	})
	if err != nil {
		panic(err)
	}
	token, err := jwt.Parse(text)
	if err != nil {
		panic(err)
	}
	c := token.Claims()
	fmt.Println(c.Issuer, c.Audience, c.Method, c.Expires.Sub(c.IssuedAt))
	// Output: did:web:alice.example.com [did:web:video.example.com#video] com.atproto.repo.uploadBlob 1m0s
}
