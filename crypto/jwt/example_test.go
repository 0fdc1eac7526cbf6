package jwt_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
)

// Make a service auth token, with which an account's server calls an endpoint
// of another service, and verify it there.
func Example_serviceAuth() {
	ctx := context.Background()
	key, err := crypto.GenerateKey(crypto.K256) // the account's signing key
	if err != nil {
		log.Fatal(err)
	}
	token, err := jwt.Sign(ctx, key, jwt.Header{}, jwt.Claims{
		Issuer:   "did:plc:z72i7hdynmk6r22z27h6tvur",
		Audience: []string{"did:web:api.example.com#bsky_appview"},
		Method:   "app.bsky.feed.getTimeline",
		ID:       jwt.NewID(),
		IssuedAt: time.Now(),
		Expires:  time.Now().Add(time.Minute),
	})
	if err != nil {
		log.Fatal(err)
	}

	// The other service.
	used := jwt.NewMemoryReplayStore(nil) // one for all requests
	options := &jwt.Options{
		KeyIDs:    []string{"", "#atproto"},
		Audiences: []string{"did:web:api.example.com#bsky_appview", "did:web:api.example.com"},
		Method:    "app.bsky.feed.getTimeline",
		Required:  []string{"iss", "exp", "iat", "jti"},
		Replay:    used,
	}
	unverified, err := jwt.Parse(token)
	if err != nil {
		log.Fatal(err)
	}
	if err := unverified.Precheck(options); err != nil {
		log.Fatal(err)
	}
	issuersKey := key.PublicKey() // of #atproto in the DID document of unverified.Claims().Issuer
	verified, err := unverified.Verify(ctx, issuersKey, options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Claims().Issuer, "calls", verified.Claims().Method)

	_, err = unverified.Verify(ctx, issuersKey, options)
	fmt.Println(err)
	// Output:
	// did:plc:z72i7hdynmk6r22z27h6tvur calls app.bsky.feed.getTimeline
	// jwt: replayed: the token has been used before
}

// Tell why a token was refused.
func ExampleError() {
	key, err := crypto.GenerateKey(crypto.P256)
	if err != nil {
		log.Fatal(err)
	}
	issued := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	token, err := jwt.Sign(context.Background(), key, jwt.Header{}, jwt.Claims{ID: jwt.NewID(), IssuedAt: issued, Expires: issued.Add(time.Minute)})
	if err != nil {
		log.Fatal(err)
	}
	unverified, err := jwt.Parse(token)
	if err != nil {
		log.Fatal(err)
	}
	_, err = unverified.Verify(context.Background(), key.PublicKey(), &jwt.Options{At: issued.Add(time.Hour)})
	if refused, ok := errors.AsType[*jwt.Error](err); ok {
		switch refused.Reason {
		case jwt.Expired, jwt.TooOld:
			fmt.Println("ask for a new token")
		case jwt.BadSignature:
			fmt.Println("look the issuer's key up again")
		}
	}
	fmt.Println(err)
	// Output:
	// ask for a new token
	// jwt: expired: exp is 2026-01-01T12:01:00Z, and it is 2026-01-01T13:00:00Z
}

// Make a DPoP proof, and verify it with the key that it carries: that proves
// that the sender has the key, and the thumbprint says which one it is.
func Example_dpop() {
	ctx := context.Background()
	key, err := crypto.GenerateKey(crypto.P256) // of this session
	if err != nil {
		log.Fatal(err)
	}
	accessToken := sha256.Sum256([]byte("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"))
	proof, err := jwt.Sign(ctx, key, jwt.Header{Type: jwt.TypeDPoP, JWK: key.PublicKey()}, jwt.Claims{
		ID:       jwt.NewID(),
		IssuedAt: time.Now(),
		Other: map[string]any{
			"htm": "GET",
			"htu": "https://pds.example.com/xrpc/app.bsky.feed.getTimeline",
			"ath": base64.RawURLEncoding.EncodeToString(accessToken[:]),
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	unverified, err := jwt.Parse(proof)
	if err != nil {
		log.Fatal(err)
	}
	verified, err := unverified.Verify(ctx, unverified.Header().JWK, &jwt.Options{
		Types:    []string{jwt.TypeDPoP},
		Required: []string{"jti", "htm", "htu", "iat"},
		MaxAge:   time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	method, _ := verified.StringClaim("htm")
	url, _ := verified.StringClaim("htu")
	hash, _ := verified.StringClaim("ath")
	fmt.Println(method, url, hash)
	fmt.Println(verified.Key().Thumbprint() == key.PublicKey().Thumbprint())
	// Output:
	// GET https://pds.example.com/xrpc/app.bsky.feed.getTimeline fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo
	// true
}
