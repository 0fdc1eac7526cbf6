package plc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// ed25519 is a did:key of a type that the protocol does not use.
const ed25519 = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"

// didKey has the form of one, and so many bytes.
func didKey(n int) string { return "did:key:z" + strings.Repeat("2", n-9) }

// What a creator may state, and what not, with the error.
func TestDataCheck(t *testing.T) {
	ledger.Covers(t, "PLC-007", "PLC-017", "PLC-018", "PLC-020", "PLC-021", "PLC-022")
	k := keys(t, 6)
	names := func(n, length int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("%0*d", length, i))
		}
		return list
	}
	methods := func(n int, name, key string) map[string]string {
		m := map[string]string{name: key}
		for i := range n - 1 {
			m[fmt.Sprint(i)] = k[0].PublicKey().DIDKey()
		}
		return m
	}
	services := func(n, name, typ, endpoint int) map[string]plc.Service {
		m := map[string]plc.Service{}
		for i := range n {
			m[fmt.Sprintf("%0*d", name, i)] = plc.Service{Type: strings.Repeat("t", typ), Endpoint: strings.Repeat("e", endpoint)}
		}
		return m
	}
	for _, c := range []struct {
		change func(*plc.Data)
		want   string
	}{
		{func(*plc.Data) {}, ""},
		{func(d *plc.Data) { d.SetRotationKeys(public(k[:1]...)...) }, ""},
		{func(d *plc.Data) { d.SetRotationKeys(public(k[:5]...)...) }, ""},
		{func(d *plc.Data) { d.SetRotationKeys(public(k...)...) }, "plc: rotation keys 6 exceeds the limit of 5"},
		{func(d *plc.Data) { d.RotationKeys = nil }, "plc: invalid operation: rotationKeys is empty: nobody could change the DID again"},
		{func(d *plc.Data) { d.SetRotationKeys(public(k[0], k[1], k[0])...) }, "plc: invalid operation: rotationKeys[2] is there twice"},
		{func(d *plc.Data) { d.RotationKeys[0] = ed25519 }, "rotationKeys[0] is no usable key: crypto: invalid did:key"},
		{func(d *plc.Data) { d.RotationKeys[0] = "did:web:example.com" }, "rotationKeys[0] is no usable key"},
		{func(d *plc.Data) { d.VerificationMethods["other"] = ed25519 }, ""},
		{func(d *plc.Data) { d.VerificationMethods["other"] = didKey(256) }, ""},
		{func(d *plc.Data) { d.VerificationMethods["other"] = didKey(257) }, "plc: length of a verification method's key 257 exceeds the limit of 256"},
		{func(d *plc.Data) { d.VerificationMethods["other"] = "did:key:z" }, `plc: invalid operation: verificationMethods.other is not a did:key: "did:key:z"`},
		{func(d *plc.Data) { d.VerificationMethods["other"] = "did:key:zIl0O" }, "is not a did:key"},
		{func(d *plc.Data) { d.VerificationMethods["other"] = "did:key:f00" }, "is not a did:key"},
		{func(d *plc.Data) { d.VerificationMethods["other"] = "z6Mk" }, "is not a did:key"},
		{func(d *plc.Data) { d.VerificationMethods = methods(10, "a", ed25519) }, ""},
		{func(d *plc.Data) { d.VerificationMethods = methods(11, "a", ed25519) }, "plc: verification methods 11 exceeds the limit of 10"},
		{func(d *plc.Data) { d.VerificationMethods = methods(1, strings.Repeat("n", 32), ed25519) }, ""},
		{func(d *plc.Data) { d.VerificationMethods = methods(1, strings.Repeat("n", 33), ed25519) }, "plc: length of a verification method's name 33 exceeds the limit of 32"},
		{func(d *plc.Data) { d.VerificationMethods = methods(1, "#atproto", ed25519) }, `plc: invalid operation: verificationMethods has a name with a leading "#"`},
		{func(d *plc.Data) { d.AlsoKnownAs = names(10, 258) }, ""},
		{func(d *plc.Data) { d.AlsoKnownAs = names(11, 5) }, "plc: names in alsoKnownAs 11 exceeds the limit of 10"},
		{func(d *plc.Data) { d.AlsoKnownAs = names(1, 259) }, "plc: length of a name in alsoKnownAs 259 exceeds the limit of 258"},
		{func(d *plc.Data) { d.AlsoKnownAs = []string{"at://a.b", "x", "at://a.b"} }, `plc: invalid operation: alsoKnownAs has a name twice: "at://a.b"`},
		{func(d *plc.Data) { d.Services = services(3, 32, 256, 512) }, ""},
		{func(d *plc.Data) { d.Services = services(10, 1, 1, 1) }, ""},
		{func(d *plc.Data) { d.Services = services(11, 1, 1, 1) }, "plc: services 11 exceeds the limit of 10"},
		{func(d *plc.Data) { d.Services = services(1, 33, 1, 1) }, "plc: length of a service's name 33 exceeds the limit of 32"},
		{func(d *plc.Data) { d.Services = services(1, 1, 257, 1) }, "plc: length of a service's type 257 exceeds the limit of 256"},
		{func(d *plc.Data) { d.Services = services(1, 1, 1, 513) }, "plc: length of a service's endpoint 513 exceeds the limit of 512"},
		{func(d *plc.Data) { d.Services = map[string]plc.Service{"#pds": {}} }, `plc: invalid operation: services has a name with a leading "#"`},
		{func(d *plc.Data) { d.AlsoKnownAs = []string{"\xff"} }, "plc: invalid operation: not DRISL"},
		{func(d *plc.Data) { d.Services = services(5, 32, 256, 512) }, "plc: size of an operation to submit"},
	} {
		d := dataOf(t, k[0])
		c.change(d)
		_, op, err := plc.Create(t.Context(), d, k[0])
		if c.want != "" {
			require.ErrorContains(t, err, c.want)
			_, isLimit := errors.AsType[*plc.LimitError](err)
			_, isOperation := errors.AsType[*plc.OperationError](err)
			require.True(t, isLimit || isOperation, "%v", err)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, d.Check())
		require.NoError(t, op.CheckSubmit())
		require.NoError(t, op.Validate())
		require.Equal(t, d.Equal(op.Data()), true)
	}
}

// What a directory has accepted is read, and what it would refuse is not.
func TestValidate(t *testing.T) {
	ledger.Covers(t, "PLC-017", "PLC-018", "PLC-020", "PLC-022")
	k := keys(t, 11)
	list := func(n int) (keys []any) {
		for i := range n {
			keys = append(keys, k[i].PublicKey().DIDKey())
		}
		return keys
	}
	one := k[0].PublicKey().DIDKey()
	methods := func(n int, key string) map[string]any {
		m := map[string]any{}
		for i := range n {
			m[fmt.Sprint(i)] = key
		}
		return m
	}
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"rotationKeys", list(10), ""},
		{"rotationKeys", []any{one, one}, ""},
		{"rotationKeys", []any{one, ed25519}, "plc: invalid operation: rotationKeys[1] is no usable key: "},
		{"rotationKeys", []any{one, "did:key:zzzz"}, "plc: invalid operation: rotationKeys[1] is no usable key: "},
		{"rotationKeys", []any{one, didKey(257)}, "plc: invalid operation: rotationKeys[1] is no usable key: longer than 256 bytes"},
		{"rotationKeys", []any{one, didKey(256)}, "plc: invalid operation: rotationKeys[1] is no usable key: crypto: "},
		{"rotationKeys", list(11), "plc: rotation keys 11 exceeds the limit of 10"},
		{"verificationMethods", methods(10, ed25519), ""},
		{"verificationMethods", methods(11, ed25519), "plc: verification methods 11 exceeds the limit of 10"},
		{"verificationMethods", methods(1, "did:key:u2"), `plc: invalid operation: verificationMethods.0 is not a did:key: "did:key:u2"`},
	} {
		op := forgeOf(dataOf(t, k[0]), null{}).with(c.name, c.value).sign(t, k[0])
		id, err := op.DID()
		require.NoError(t, err)
		state, _, err := plc.VerifyLog(id, history(id, op), nil)
		if c.want == "" {
			require.NoError(t, err)
			require.NoError(t, op.Validate())
			require.NoError(t, op.CheckSubmit())
			require.NotNil(t, state)
			continue
		}
		requireReason(t, err, plc.ReasonInvalid, 0)
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, op.Validate(), c.want)
		require.ErrorContains(t, op.CheckSubmit(), c.want)
	}
	op := forgeOf(dataOf(t, k[0]), null{}).signed(t, "S")
	require.EqualError(t, op.Validate(), `plc: invalid operation: sig is not 64 bytes in base64url without padding: "S"`)
	old, err := plc.ParseOperation([]byte(legacy))
	require.NoError(t, err)
	require.EqualError(t, old.CheckSubmit(), `plc: invalid operation: type is an old one, which is not written any more: "create"`)
}

// Nobody can change a DID that has no rotation key: it is readable, and never
// written.
func TestLocked(t *testing.T) {
	ledger.Covers(t, "PLC-018", "PLC-019")
	k := keys(t, 2)
	id, genesis, err := plc.Create(t.Context(), dataOf(t, k...), k[0])
	require.NoError(t, err)
	d := genesis.Data()
	d.RotationKeys = nil
	_, err = plc.Update(t.Context(), genesis, d, k[0])
	require.ErrorContains(t, err, "nobody could change the DID again")
	locked := forgeOf(d, genesis.CID().String()).sign(t, k[1])
	state, _, err := plc.VerifyLog(id, history(id, genesis, locked), nil)
	require.NoError(t, err)
	require.True(t, state.Locked())
	_, err = plc.Update(t.Context(), locked, genesis.Data(), k[0], k[1])
	require.ErrorIs(t, err, plc.ErrNoSigner)
	next := forgeOf(genesis.Data(), locked.CID().String()).sign(t, k[0])
	_, _, err = plc.VerifyLog(id, history(id, genesis, locked, next), nil)
	requireReason(t, err, plc.ReasonSignature, 2)
	// Within three days a stronger key of the operation before it still can.
	undo, err := state.Recover(t.Context(), locked.CID(), nil, epoch.AddDate(0, 0, 2), k[0])
	require.NoError(t, err)
	state, _, err = state.Apply(entry(id, undo, 48*3600e9), nil)
	require.NoError(t, err)
	require.False(t, state.Locked())
}

func TestAccount(t *testing.T) {
	ledger.Covers(t, "PLC-024")
	k := keys(t, 2)
	good := plc.Account{Handle: syntax.MustParseHandle("Alice.Example.COM"), PDS: "https://pds.example.com/", SigningKey: k[1].PublicKey(), RotationKeys: public(k[0])}
	d, err := good.Data()
	require.NoError(t, err)
	require.Equal(t, &plc.Data{
		RotationKeys: []string{k[0].PublicKey().DIDKey()}, AlsoKnownAs: []string{"at://alice.example.com"},
		VerificationMethods: map[string]string{"atproto": k[1].PublicKey().DIDKey()},
		Services:            map[string]plc.Service{"atproto_pds": {Type: "AtprotoPersonalDataServer", Endpoint: "https://pds.example.com"}},
	}, d)
	for _, c := range []struct {
		change func(*plc.Account)
		want   string
	}{
		{func(a *plc.Account) { a.Handle = syntax.Handle{} }, "plc: account without a handle"},
		{func(a *plc.Account) { a.SigningKey = nil }, "plc: account without a signing key"},
		{func(a *plc.Account) { a.RotationKeys = nil }, "rotationKeys is empty"},
		{func(a *plc.Account) { a.RotationKeys = append(public(k[0]), new(crypto.PublicKey)) }, "rotationKeys[1] is no usable key"},
		{func(a *plc.Account) { a.RotationKeys = public(k...) }, "plc: account whose signing key is a rotation key"},
		{func(a *plc.Account) { a.PDS = "" }, "services.atproto_pds has no usable endpoint"},
		{func(a *plc.Account) { a.PDS = "https://pds.example.com/xrpc" }, "services.atproto_pds has no usable endpoint"},
		{func(a *plc.Account) { a.PDS = "http://pds.example.com" }, "services.atproto_pds has no usable endpoint"},
		{func(a *plc.Account) { a.PDS = "http://localhost:2583" }, "services.atproto_pds has no usable endpoint"},
	} {
		a := good
		c.change(&a)
		_, err := a.Data()
		require.ErrorContains(t, err, c.want)
	}
	good.PDS, good.AllowLoopback = "http://localhost:2583", true
	_, err = good.Data()
	require.NoError(t, err)
}
