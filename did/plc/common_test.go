package plc_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/syntax"
)

var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// history makes a log of operations, a day apart.
func history(id syntax.DID, ops ...*plc.Operation) []plc.Entry {
	log := make([]plc.Entry, len(ops))
	for i, op := range ops {
		log[i] = entry(id, op, time.Duration(i)*24*time.Hour)
	}
	return log
}

// entry makes an entry for an operation that came so long after the epoch.
func entry(id syntax.DID, op *plc.Operation, after time.Duration) plc.Entry {
	return plc.Entry{DID: id, Operation: op, CID: op.CID(), CreatedAt: epoch.Add(after)}
}

func requireReason(t testing.TB, err error, want plc.Reason, index int) {
	t.Helper()
	e, ok := errors.AsType[*plc.EntryError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, e.Reason, "%v", err)
	require.Equal(t, index, e.Index, "%v", err)
}

// keys returns n keys, the curves of which alternate. They are the same in
// every run.
func keys(t testing.TB, n int) []*crypto.PrivateKey {
	t.Helper()
	list := make([]*crypto.PrivateKey, n)
	for i := range list {
		list[i] = privateKey(t, []crypto.Curve{crypto.K256, crypto.P256}[i%2], fmt.Sprintf("%064x", i+1))
	}
	return list
}

func public(list ...*crypto.PrivateKey) []*crypto.PublicKey {
	keys := make([]*crypto.PublicKey, len(list))
	for i, k := range list {
		keys[i] = k.PublicKey()
	}
	return keys
}

// dataOf returns the data of an account with the given rotation keys.
func dataOf(t testing.TB, rotation ...*crypto.PrivateKey) *plc.Data {
	t.Helper()
	_, d := vector(t)
	d.SetRotationKeys(public(rotation...)...)
	return d
}

// A forge makes operations that no writer would, with fields as they are given
// and in any order.
type forge map[string]any

// forgeOf returns the fields of what data states.
func forgeOf(d *plc.Data, prev any) forge {
	f := forge{"type": plc.TypeOperation, "prev": prev, "services": map[string]any{}, "verificationMethods": map[string]any{}, "rotationKeys": []any{}, "alsoKnownAs": []any{}}
	for name, s := range d.Services {
		f["services"].(map[string]any)[name] = map[string]any{"type": s.Type, "endpoint": s.Endpoint}
	}
	for name, key := range d.VerificationMethods {
		f["verificationMethods"].(map[string]any)[name] = key
	}
	for _, key := range d.RotationKeys {
		f["rotationKeys"] = append(f["rotationKeys"].([]any), key)
	}
	for _, name := range d.AlsoKnownAs {
		f["alsoKnownAs"] = append(f["alsoKnownAs"].([]any), name)
	}
	return f
}

// with returns a copy in which a field has another value; nil takes it away.
func (f forge) with(name string, value any) forge {
	g := forge{}
	maps.Copy(g, f)
	g[name] = value
	if value == nil {
		delete(g, name)
	}
	return g
}

// encode writes DRISL, the slow way.
func encode(v any) []byte {
	switch v := v.(type) {
	case forge:
		return encode(map[string]any(v))
	case map[string]any:
		return encodeMap(v)
	case []any:
		b := dagcbor.AppendArray(nil, len(v))
		for _, e := range v {
			b = append(b, encode(e)...)
		}
		return b
	case string:
		return dagcbor.AppendText(nil, v)
	case int:
		return dagcbor.AppendInt(nil, int64(v))
	case bool:
		return dagcbor.AppendBool(nil, v)
	case null, nil:
		return dagcbor.AppendNull(nil)
	}
	panic(fmt.Sprintf("%T", v))
}

type null struct{}

func encodeMap(m map[string]any) []byte {
	b := dagcbor.AppendMap(nil, len(m))
	for _, k := range sortedKeys(m) {
		b = append(dagcbor.AppendText(b, k), encode(m[k])...)
	}
	return b
}

// sign signs the fields as they are.
func (f forge) sign(t testing.TB, key *crypto.PrivateKey) *plc.Operation {
	t.Helper()
	sig, err := key.Sign(t.Context(), encode(f))
	require.NoError(t, err)
	return f.signed(t, base64.RawURLEncoding.EncodeToString(sig))
}

// signed puts a signature to the fields.
func (f forge) signed(t testing.TB, sig string) *plc.Operation {
	t.Helper()
	op, err := plc.ParseOperationCBOR(encode(f.with("sig", sig)))
	require.NoError(t, err)
	return op
}

// syntaxDID is a DID that nobody has.
var syntaxDID = syntax.MustParseDID("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
