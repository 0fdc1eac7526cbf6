package plc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
)

const anyCID = "bafyreifrr55ozyoykcjhqbvvef2um5lgqtp5lrkq3efczmjhmleyhmje3i"

// Operations that parse, whatever their signatures.
const (
	regular   = `{"type":"plc_operation","rotationKeys":["did:key:z1"],"verificationMethods":{"atproto":"did:key:z2"},"alsoKnownAs":["at://a.example"],"services":{"atproto_pds":{"type":"T","endpoint":"E"}},"prev":null,"sig":"S"}`
	tombstone = `{"type":"plc_tombstone","prev":"` + anyCID + `","sig":"S"}`
	legacy    = `{"type":"create","signingKey":"did:key:z1","recoveryKey":"did:key:z2","handle":"a.example","service":"https://pds.example","prev":null,"sig":"S"}`
)

func TestParseOperation(t *testing.T) {
	ledger.Covers(t, "PLC-001", "PLC-002", "PLC-003", "PLC-005", "PLC-010")
	for _, text := range []string{regular, tombstone, legacy, " " + regular + "\n"} {
		op, err := plc.ParseOperation([]byte(text))
		require.NoError(t, err)
		out, err := op.MarshalJSON()
		require.NoError(t, err)
		require.JSONEq(t, text, string(out))
		again, err := plc.ParseOperationCBOR(op.AppendCBOR(nil))
		require.NoError(t, err)
		require.Equal(t, op, again)
		require.Equal(t, dagcbor.Sum(dagcbor.DAGCBOR, op.AppendCBOR(nil)), op.CID())
		require.Equal(t, "S", op.Signature())
		require.Empty(t, op.ExtraFields())
		require.Contains(t, op.String(), op.Type())
	}
	op, err := plc.ParseOperation([]byte(tombstone))
	require.NoError(t, err)
	require.Equal(t, anyCID, op.Prev().String())
	require.Nil(t, op.Data())
	require.True(t, op.IsTombstone())
	_, err = op.DID()
	require.Error(t, err)
}

// Every field is asked for, with its kind.
func TestParseOperationShape(t *testing.T) {
	ledger.Covers(t, "PLC-001", "PLC-002", "PLC-003", "PLC-005", "PLC-006", "PLC-009")
	for _, text := range []string{regular, tombstone, legacy} {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &fields))
		for name := range fields {
			for _, value := range []any{nil, 1, true, json.RawMessage("null"), []any{1}, map[string]any{"a": 1}, "?"} {
				changed := map[string]any{}
				maps.Copy(changed, fields)
				changed[name] = value
				if value == nil {
					delete(changed, name)
				}
				out, err := json.Marshal(changed)
				require.NoError(t, err)
				_, err = plc.ParseOperation(out)
				_, wasText := fields[name].(string)
				if value == "?" && wasText && name != "type" && name != "prev" {
					require.NoError(t, err)
					continue
				}
				if name == "prev" && fmt.Sprintf("%s", value) == "null" && fields[name] == nil {
					require.NoError(t, err, "it is null")
					continue
				}
				e, ok := errors.AsType[*plc.OperationError](err)
				require.True(t, ok, "%s: %v", out, err)
				require.Contains(t, e.Field, name)
			}
		}
	}
	for text, want := range map[string]string{
		`[]`:                                 "plc: invalid operation: not an object",
		`{}`:                                 "plc: invalid operation: type is missing",
		`{"type":"create"}`:                  "plc: invalid operation: sig is missing",
		`{"sig":"S","type":"plc_operation"}`: "plc: invalid operation: prev is missing",
		`{"sig":"","sig":""}`:                `plc: invalid json: duplicate name "sig"`,
		`{"a":1.5}`:                          "plc: invalid json: number is not an integer at offset 5",
		"{\"a\":\"\xff\"}":                   "plc: invalid json: invalid UTF-8 at offset 6",
		regular + "{}":                       "plc: invalid json: data after the value at offset 211",
		strings.Repeat("[", 40):              "plc: invalid operation: not an object",
		`{"a":` + strings.Repeat("[", 40):    "plc: json: nesting depth 33 exceeds the limit of 32 at offset 36",
		strings.Replace(regular, "null", `"Qm"`, 1):                                             `plc: invalid operation: prev is not the CID of an operation: "Qm"`,
		strings.Replace(regular, "null", `"`+strings.Replace(anyCID, "yrei", "krei", 1)+`"`, 1): `plc: invalid operation: prev is not the CID of an operation: "bafkreifrr55ozyoykcjhqbvvef2um5lgqtp5lrkq3efczmjhmleyhmje3i"`,
		strings.Replace(regular, `"E"`, `7`, 1):                                                 "plc: invalid operation: services.atproto_pds.endpoint is not a text",
		strings.Replace(regular, `,"endpoint":"E"`, ``, 1):                                      "plc: invalid operation: services.atproto_pds lacks its type or endpoint",
		strings.Replace(regular, `"did:key:z2"`, `null`, 1):                                     "plc: invalid operation: verificationMethods.atproto is not a text",
		strings.Replace(regular, `["did:key:z1"]`, `["a",2]`, 1):                                "plc: invalid operation: rotationKeys[1] is not a text",
		strings.Replace(tombstone, `"`+anyCID+`"`, `null`, 1):                                   "plc: invalid operation: prev is null in a tombstone",
		strings.Replace(legacy, `null`, `"`+anyCID+`"`, 1):                                      "plc: invalid operation: prev is not null in an operation of type create",
		strings.Replace(regular, "plc_operation", "PLC_OPERATION", 1):                           `plc: invalid operation: type is unknown: "PLC_OPERATION"`,
	} {
		_, err := plc.ParseOperation([]byte(text))
		require.EqualError(t, err, want, "%.100s", text)
	}
}

// What the specification does not have is hashed and signed all the same.
func TestExtraFields(t *testing.T) {
	ledger.Covers(t, "PLC-008")
	k := keys(t, 1)[0]
	f := forgeOf(dataOf(t, k), null{}).with("a", 1).with("note", map[string]any{"$link": "x", "list": []any{true, null{}, -7}})
	f["services"].(map[string]any)["atproto_pds"].(map[string]any)["since"] = "2023"
	op := f.sign(t, k)
	require.Equal(t, []string{"a", "note", "services.atproto_pds.since"}, op.ExtraFields())
	text, err := op.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(text), `"note":{"list":[true,null,-7],"$link":"x"}`)
	parsed, err := plc.ParseOperation(text)
	require.NoError(t, err)
	require.Equal(t, op, parsed)
	require.Equal(t, encode(f), op.AppendUnsigned(nil))

	id, err := op.DID()
	require.NoError(t, err)
	_, _, err = plc.VerifyLog(id, history(id, parsed), nil)
	require.NoError(t, err)
	_, err = op.VerifySignature(k.PublicKey())
	require.NoError(t, err)
	require.EqualError(t, op.CheckSubmit(), `plc: invalid operation: "a" is no field of an operation`)

	without, err := plc.ParseOperation([]byte(strings.Replace(string(text), `"a":1,`, "", 1)))
	require.NoError(t, err)
	_, err = without.VerifySignature(k.PublicKey())
	require.Error(t, err, "the field is part of what is signed")
	require.NotEqual(t, op.CID(), without.CID())
}

func TestParseOperationCBOR(t *testing.T) {
	op, err := plc.ParseOperation([]byte(regular))
	require.NoError(t, err)
	raw := op.AppendCBOR(nil)
	for i := range raw {
		_, err := plc.ParseOperationCBOR(raw[:i])
		require.Error(t, err, "cut at %d", i)
	}
	_, err = plc.ParseOperationCBOR(append(slices.Clip(raw), 0))
	require.ErrorContains(t, err, "more bytes")
	for _, value := range [][]byte{dagcbor.AppendBytes(nil, []byte{1}), dagcbor.AppendLink(nil, op.CID())} {
		b := append(dagcbor.AppendMap(nil, 1), append(dagcbor.AppendText(nil, "a"), value...)...)
		_, err := plc.ParseOperationCBOR(b)
		require.EqualError(t, err, "plc: invalid operation: a is not of a kind that JSON has")
	}
	parsed, err := plc.ParseOperationCBOR(raw)
	require.NoError(t, err)
	clear(raw)
	require.Equal(t, op, parsed, "it does not keep what it was given")
}

func TestOperationSize(t *testing.T) {
	ledger.Covers(t, "PLC-021")
	k := keys(t, 1)[0]
	sized := func(n int) []byte {
		f := forgeOf(dataOf(t, k), null{}).with("sig", strings.Repeat("A", 86))
		f["alsoKnownAs"] = []any{strings.Repeat("x", 300)}
		f["alsoKnownAs"] = []any{strings.Repeat("x", 300+n-len(encode(f)))}
		return encode(f)
	}
	for _, n := range []int{4000, 4001, 7499, 7500, 7501, 8000} {
		raw := sized(n)
		require.Len(t, raw, n)
		op, err := plc.ParseOperationCBOR(raw)
		if n > plc.MaxOperationSize {
			limit, ok := errors.AsType[*plc.LimitError](err)
			require.True(t, ok)
			require.Equal(t, plc.LimitError{Name: "plc: operation size", Limit: 7500, Got: int64(n), Offset: -1}, *limit)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, op.Validate())
		limit, _ := errors.AsType[*plc.LimitError](op.CheckSubmit())
		require.Equal(t, n > 4000, strings.Contains(limit.Name, "size of an operation to submit"), "%d: %v", n, limit)
		text, err := op.MarshalJSON()
		require.NoError(t, err)
		_, err = plc.ParseOperation(text)
		require.NoError(t, err)
	}
	_, err := plc.ParseOperation([]byte(regular + strings.Repeat(" ", 65_536)))
	limit, ok := errors.AsType[*plc.LimitError](err)
	require.True(t, ok)
	require.Equal(t, "plc: json: input size", limit.Name)
}

// Empty lists and maps are what they are, and never null.
func TestEmptyFields(t *testing.T) {
	ledger.Covers(t, "PLC-009")
	k := keys(t, 1)[0]
	data := &plc.Data{}
	data.SetRotationKeys(k.PublicKey())
	_, op, err := plc.Create(t.Context(), data, k)
	require.NoError(t, err)
	require.Equal(t, &plc.Data{RotationKeys: data.RotationKeys, AlsoKnownAs: []string{}, VerificationMethods: map[string]string{}, Services: map[string]plc.Service{}}, op.Data())
	text, err := op.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(text), `"services":{},"alsoKnownAs":[]`)
	require.Contains(t, string(text), `"verificationMethods":{}`)
	require.Equal(t, encode(forgeOf(data, null{})), op.AppendUnsigned(nil))
}

func TestOperationJSON(t *testing.T) {
	var op plc.Operation
	_, err := json.Marshal(&op)
	require.Error(t, err)
	require.Error(t, json.Unmarshal([]byte(`{"type":1}`), &op))
	require.NoError(t, json.Unmarshal([]byte(regular), &op))
	require.Error(t, json.Unmarshal([]byte(tombstone), &op), "others may hold it")
	require.Equal(t, plc.TypeOperation, op.Type())
	// Escapes and control characters come back as they were.
	odd := strings.Replace(regular, "at://a.example", `\u0000\t\"\\\u00e9\ud83d\ude00/<&>`, 1)
	parsed, err := plc.ParseOperation([]byte(odd))
	require.NoError(t, err)
	out, err := parsed.MarshalJSON()
	require.NoError(t, err)
	require.JSONEq(t, odd, string(out))
	require.Equal(t, []string{"\x00\t\"\\é😀/<&>"}, parsed.Data().AlsoKnownAs)
}

func TestLegacyData(t *testing.T) {
	ledger.Covers(t, "PLC-004")
	for _, c := range []struct{ handle, service, alias, endpoint string }{
		{"a.example", "https://pds.example", "at://a.example", "https://pds.example"},
		{"a.example", "http://pds.example", "at://a.example", "http://pds.example"},
		{"a.example", "pds.example", "at://a.example", "https://pds.example"},
		{"at://a.example", "pds.example", "at://a.example", "https://pds.example"},
		{"https://a.example", "", "at://a.example", "https://"},
		{"http://a.example", "", "at://a.example", "https://"},
	} {
		text := strings.Replace(strings.Replace(legacy, "a.example", c.handle, 1), "https://pds.example", c.service, 1)
		op, err := plc.ParseOperation([]byte(text))
		require.NoError(t, err)
		d := op.Data()
		require.Equal(t, []string{c.alias}, d.AlsoKnownAs)
		require.Equal(t, c.endpoint, d.Services["atproto_pds"].Endpoint)
		require.Equal(t, []string{"did:key:z2", "did:key:z1"}, d.RotationKeys)
		require.Equal(t, d.RotationKeys, op.RotationKeys())
		out, err := op.MarshalJSON()
		require.NoError(t, err)
		require.JSONEq(t, text, string(out), "what is hashed stays as it was")
	}
}
