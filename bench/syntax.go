package main

import (
	"context"
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"

	"github.com/bluesky-social/indigo/atproto/atcrypto"
	peer "github.com/bluesky-social/indigo/atproto/syntax"
	"gitlab.com/yawning/secp256k1-voi/secec"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/syntax"
)

func jsonMarshal(v any) ([]byte, error) { return json.Marshal(v) }

// parser is a row that parses one identifier. fastest is what the fastest SDK
// took, in nanoseconds, when the peer took slow.
func parser[O, P any](name, input string, ours func(string) (O, error), theirs func(string) (P, error), slow, fastest, times float64) row {
	var o O
	var p P
	return row{
		name:  "syntax: parse " + name,
		ours:  func() { o = must(ours(input)) },
		peer:  func() { p = must(theirs(input)) },
		agree: func() error { _, _ = o, p; return nil },
		asked: times * slow / fastest,
	}
}

func syntaxRows(wanted func(string) bool) ([]row, error) {
	return pick([]row{
		parser("DID", "did:plc:ewvi7nxzyoun6zhxrhs64oiz", syntax.ParseDID, peer.ParseDID, 36, 23, 1),
		parser("DID (did:web)", "did:web:api.bsky.app", syntax.ParseDID, peer.ParseDID, 36, 23, 1),
		parser("handle", "alice.bsky.social", syntax.ParseHandle, peer.ParseHandle, 623, 32, 1),
		parser("NSID", "app.bsky.feed.post", syntax.ParseNSID, peer.ParseNSID, 658, 40, 1),
		parser("AT-URI", "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a", syntax.ParseATURI, peer.ParseATURI, 5905, 125, 1.3),
		parser("TID", "3jzfcijpj2z2a", syntax.ParseTID, peer.ParseTID, 144, 16, 1),
		parser("datetime", "2026-08-19T12:34:56.789Z", syntax.ParseDatetime, peer.ParseDatetime, 313, 100, 1.3),
	}, wanted), nil
}

func keyRows(wanted func(string) bool) ([]row, error) {
	message := []byte("what is signed is hashed before, so its length hardly matters")
	digest := sha256.Sum256(message)

	k256 := must(crypto.GenerateKey(crypto.K256))
	k256Sig := must(crypto.Sign(context.Background(), k256, message))
	bare := must(secec.NewPrivateKey(k256.ExportBytes()))
	compact := &secec.ECDSAOptions{Encoding: secec.EncodingCompact, RejectMalleable: true}
	deterministic := secec.RFC6979SHA256()
	peerK256 := must(atcrypto.ParsePrivateBytesK256(k256.ExportBytes()))
	peerK256Pub := must(peerK256.PublicKey())

	p256 := must(crypto.GenerateKey(crypto.P256))
	p256Sig := must(crypto.Sign(context.Background(), p256, message))
	std := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), p256.ExportBytes()))
	der := must(ecdsa.SignASN1(rand.Reader, std, digest[:]))
	didKey := k256.PublicKey().DIDKey()
	pub, barePub, p256Pub := k256.PublicKey(), bare.PublicKey(), p256.PublicKey()
	return pick([]row{
		{
			name:      "keys: K-256 verify",
			ours:      func() { check(pub.Verify(message, k256Sig)) },
			peer:      func() { check(peerK256Pub.HashAndVerify(message, k256Sig)) },
			otherName: "voi", other: func() {
				d := sha256.Sum256(message)
				if !barePub.Verify(d[:], k256Sig, compact) {
					panic("voi disagrees")
				}
			},
			askedOther: 0.97, maxAllocs: -1,
		},
		{
			name:      "keys: K-256 sign",
			ours:      func() { sink = must(k256.Sign(context.Background(), message)) },
			peer:      func() { sink = must(peerK256.HashAndSign(message)) },
			otherName: "voi", other: func() {
				d := sha256.Sum256(message)
				sink = must(bare.Sign(deterministic, d[:], compact))
			},
			askedOther: 0.97, maxAllocs: -1,
		},
		{
			name:      "keys: P-256 verify",
			ours:      func() { check(p256Pub.Verify(message, p256Sig)) },
			otherName: "standard library", other: func() {
				d := sha256.Sum256(message)
				if !ecdsa.VerifyASN1(&std.PublicKey, d[:], der) {
					panic("the standard library disagrees")
				}
			},
			askedOther: 0.97, maxAllocs: -1,
		},
		{
			name:      "keys: P-256 sign",
			ours:      func() { sink = must(p256.Sign(context.Background(), message)) },
			otherName: "standard library", other: func() {
				d := sha256.Sum256(message)
				sink = must(std.Sign(nil, d[:], stdcrypto.SHA256))
			},
			askedOther: 0.97, maxAllocs: -1,
		},
		{
			name:      "keys: parse a did:key",
			ours:      func() { sink = must(crypto.ParseDIDKey(didKey)) },
			peer:      func() { sink = must(atcrypto.ParsePublicDIDKey(didKey)) },
			maxAllocs: -1,
		},
	}, wanted), nil
}
