package did_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
)

const (
	legacyK256 = "EcdsaSecp256k1VerificationKey2019"
	legacyP256 = "EcdsaSecp256r1VerificationKey2019"
)

// decoys are entries that look like the signing key, each wrong in one way.
var decoys = []string{
	method("#atproto2", "Multikey", alice, keyP256),
	method("#Atproto", "Multikey", alice, keyP256),
	method("atproto", "Multikey", alice, keyP256),
	method("##atproto", "Multikey", alice, keyP256),
	method("#atproto#atproto", "Multikey", alice, keyP256),
	method("#", "Multikey", alice, keyP256),
	method("", "Multikey", alice, keyP256),
	method(alice, "Multikey", alice, keyP256),
	method(alice+"atproto", "Multikey", alice, keyP256),
	method(alice+alice+"#atproto", "Multikey", alice, keyP256),
	method(alice+"a#atproto", "Multikey", alice, keyP256),
	method("did:plc:z72i7hdynmk6r22z27h6tvur#atproto", "Multikey", alice, keyP256),
	method("#atproto", "Multikey", "did:plc:z72i7hdynmk6r22z27h6tvur", keyP256),
	method("#atproto", "Multikey", "", keyP256),
	method("#atproto", "Multikey", alice+"#atproto", keyP256),
	method("#atproto", "Multikey", alice, keyEd),
	method("#atproto", "Multikey", alice, ""),
	method("#atproto", "Multikey", alice, keyP256[1:]),
	method("#atproto", "Multikey", alice, "did:key:"+keyP256),
	method("#atproto", "Multikey", alice, keyLegacy),
	method("#atproto", "multikey", alice, keyP256),
	method("#atproto", "Ed25519VerificationKey2020", alice, keyP256),
	method("#atproto", "", alice, keyP256),
	method("#atproto", legacyK256, alice, keyP256),
	method("#atproto", legacyP256, alice, keyLegacy), // a point of the other curve
	"{'id':'#atproto','type':'Multikey','controller':'" + alice + "'}",
	"{'id':'#atproto','type':'Multikey','controller':'" + alice + "','publicKeyMultibase':{}}",
	"{'id':'#atproto','type':'Multikey','publicKeyMultibase':'" + keyP256 + "'}",
	"'#atproto'", "'" + alice + "#atproto'",
}

func TestSigningKeyAmongDecoys(t *testing.T) {
	ledger.Covers(t, "DID-016", "DID-017")
	for _, decoy := range decoys {
		_, err := parse(t, methods(decoy)).SigningKey()
		require.ErrorIs(t, err, did.ErrKeyNotDeclared, "%s", decoy)
	}
	for _, id := range []string{"#atproto", alice + "#atproto"} {
		k, err := parse(t, methods(append(decoys, method(id, "Multikey", alice, keyK256))...)).SigningKey()
		require.NoError(t, err)
		require.True(t, k.Equal(mustKey(t, keyK256)))
	}
}

func TestFirstKeyWins(t *testing.T) {
	ledger.Covers(t, "DID-023")
	d := parse(t, methods(
		method("#atproto", "Multikey", alice, keyK256),
		method("#atproto", "Multikey", alice, keyP256),
		method(alice+"#atproto", "Multikey", alice, keyP256))+","+services(
		service("#atproto_pds", "AtprotoPersonalDataServer", "https://one.example.com"),
		service("#atproto_pds", "AtprotoPersonalDataServer", "https://two.example.com"),
		service(alice+"#atproto_pds", "AtprotoPersonalDataServer", "https://three.example.com")))
	k, err := d.SigningKey()
	require.NoError(t, err)
	require.True(t, k.Equal(mustKey(t, keyK256)))
	pds, err := d.PDS()
	require.NoError(t, err)
	require.Equal(t, "https://one.example.com", pds)
}

func TestKeyTypes(t *testing.T) {
	ledger.Covers(t, "DID-018")
	short, err := crypto.ParseVerificationMethod(legacyP256, keyShort)
	require.NoError(t, err)
	tests := []struct{ typ, key, want string }{
		{"Multikey", keyK256, keyK256},
		{"Multikey", keyP256, keyP256},
		{legacyK256, keyLegacy, keyModern},
		{legacyP256, keyShort, short.Multikey()},
	}
	for _, tt := range tests {
		k, err := parse(t, methods(method("#atproto", tt.typ, alice, tt.key))).SigningKey()
		require.NoError(t, err)
		require.Equal(t, tt.want, k.Multikey())
	}
}

func TestKeyByFragment(t *testing.T) {
	ledger.Covers(t, "DID-022")
	d := parse(t, methods(
		method("#atproto", "Multikey", alice, keyK256),
		method(alice+"#atproto_label", "Multikey", alice, keyP256))+","+services(
		service("#atproto_pds", "AtprotoPersonalDataServer", "https://pds.example.com"),
		service("#bsky_fg", "Other", "https://other.example.com"),
		service(alice+"#bsky_fg", "BskyFeedGenerator", "https://feed.example.com/")))
	k, err := d.Key("atproto_label")
	require.NoError(t, err)
	require.True(t, k.Equal(mustKey(t, keyP256)))
	for _, fragment := range []string{"", "#atproto", "atproto_labe", "atproto_label2", "label", alice + "#atproto"} {
		_, err := d.Key(fragment)
		require.ErrorIs(t, err, did.ErrKeyNotDeclared, "%q", fragment)
	}

	s, ok := d.Service("bsky_fg", "BskyFeedGenerator")
	require.True(t, ok)
	require.Equal(t, did.Service{ID: alice + "#bsky_fg", Type: "BskyFeedGenerator", Endpoint: "https://feed.example.com/"}, s)
	s, ok = d.Service("bsky_fg", "")
	require.True(t, ok)
	require.Equal(t, "https://other.example.com", s.Endpoint)
	_, ok = d.Service("bsky_f", "")
	require.False(t, ok)
	_, ok = d.Service("bsky_fg", "bskyFeedGenerator")
	require.False(t, ok)
	u, err := d.ServiceURL("bsky_fg", "BskyFeedGenerator")
	require.NoError(t, err)
	require.Equal(t, "https://feed.example.com", u)
}

func TestKeyErrorText(t *testing.T) {
	_, err := parse(t, methods(
		method("#atproto", "Multikey", "did:web:other", keyP256),
		method("#atproto", "X", alice, keyP256))).SigningKey()
	require.EqualError(t, err, `did: no usable key declared: "#atproto" in the document of "`+alice+`": controller is "did:web:other"`)
}

// TestKeyCandidates bounds the work that a document can cause.
func TestKeyCandidates(t *testing.T) {
	good := method("#atproto", "Multikey", alice, keyK256)
	bad := method("#atproto", "Multikey", alice, keyP256[:len(keyP256)-1])
	other := method("#other", "Multikey", alice, keyP256)
	for count, ok := range map[int]bool{1: true, 31: true, 32: false, 500: false} {
		list := append(slices.Repeat([]string{other, bad}, count), good)
		_, err := parse(t, methods(list...)).SigningKey()
		require.Equal(t, ok, err == nil, "%d", count)
	}
}
