package data_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

// foreignLink is a link to a CID of codec dag-pb, and foreignText its text.
const (
	foreignLink = "d82a582500017012203958ebcc9f5ab7ddcb3dd9ba79e6b4d4c1ae6ffd85d0a9ee69e3da2ca7a7e2b9"
	foreignText = "bafybeibzldv4zh22w7o4wpozxj46nnguygxg77mf2cu642pd3iwkpj7cxe"
)

func TestToJSON(t *testing.T) {
	ledger.Covers(t, "DAT-001", "DAT-005", "DAT-011", "DAT-017", "DAT-018", "DAT-020", "BLB-007")
	for in, want := range map[string]string{
		"f6": "null", "f5": "true", "f4": "false", "60": `""`, "80": "[]", "a0": "{}", "00": "0", "20": "-1",
		"1b7fffffffffffffff": "9223372036854775807", "3b7fffffffffffffff": "-9223372036854775808",
		"1b0020000000000001": "9007199254740993",
		"40":                 `{"$bytes":""}`, "419c": `{"$bytes":"nA"}`, "429c51": `{"$bytes":"nFE"}`, "43fbffbf": `{"$bytes":"+/+/"}`,
		ex3LinkHex:                         ex3LinkJSON,
		"a16424666f6f01":                   `{"$foo":1}`,
		"a16001":                           `{"":1}`,
		"850161" + "61f680a16162f5":        `[1,"a",null,[],{"b":true}]`,
		"6a3c263e27e280a8c3a97f":           "\"<&>'\u2028é\x7f\"",
		"68225c2f080c0a0d09":               `"\"\\/\b\f\n\r\t"`,
		"6300011f":                         `"\u0000\u0001\u001f"`,
		"a2632463690163" + "2478" + "7902": `{"$ci":1,"$xy":2}`,
	} {
		got, err := data.ToJSON(unhex(t, in), nil)
		require.NoError(t, err, want)
		require.Equal(t, want, string(got))
		require.True(t, json.Valid(got))
	}
}

// TestQuoting puts each byte at each offset within the eight bytes that the
// writer looks at together.
func TestQuoting(t *testing.T) {
	for n := range 10 {
		for c := range rune(0x100) {
			want := strings.Repeat("a", n) + string(c) + strings.Repeat("b", 9-n)
			text, err := data.ToJSON(dagcbor.AppendText(nil, want), nil)
			require.NoError(t, err)
			var got string
			require.NoError(t, json.Unmarshal(text, &got))
			require.Equal(t, want, got)
		}
	}
}

// TestInvalidCBOR holds all the functions that read DAG-CBOR against the same
// invalid values.
func TestInvalidCBOR(t *testing.T) {
	ledger.Covers(t, "DAT-007", "DAT-023", "DAT-024", "BLB-002", "BLB-003", "BLB-004", "BLB-005", "CBR-005", "CBR-006")
	blob := ex3BlobHex[6:]
	for in, msg := range map[string]string{
		"fb3ff8000000000000":     "dagcbor: floating-point number at offset ",
		"82011bffffffffffffffff": "dagcbor: integer does not fit in 64 bits with sign at offset ",
		"0000":                   "dagcbor: more bytes after the value at offset ",
		"8180" + "00":            "dagcbor: more bytes after the value at offset ",
		"":                       "dagcbor: unexpected end of input at offset ",
		"82":                     "dagcbor: unexpected end of input at offset ",
		"62c328":                 "dagcbor: text is not valid UTF-8 at offset ",
		"a2616201616102":         "dagcbor: map keys are out of order at offset ",
		"a2616101616102":         "dagcbor: map key occurs twice at offset ",
		foreignLink:              "dagcbor: link is not a CID of the blessed form at offset ",
		"a165246c696e6b01":       "data: map with the key $link, which JSON reserves for links at offset 7",
		"a265246c696e6b01" + "66246279746573" + "01":                "data: map with the key $link, which JSON reserves for links at offset 7",
		"81a16624627974657360":                                      "data: map with the key $bytes, which JSON reserves for byte strings at offset 9",
		"a165247479706560":                                          "data: $type is not a string, or is empty at offset 7",
		"a1652474797065f6":                                          "data: $type is not a string, or is empty at offset 7",
		"a16524747970654161":                                        "data: $type is not a string, or is empty at offset 7",
		"a165247479706564626c6f62":                                  "data: blob without exactly the keys $type, ref, mimeType and size at offset 0",
		"81" + strings.Replace(blob, "0155", "0171", 1):             "data: blob whose ref is not a CID of codec raw at offset 1",
		"81" + strings.Replace(blob, "192710", "20", 1):             "data: blob of negative size at offset 1",
		"81" + strings.Replace(blob, "192710", "6131", 1):           "data: blob whose size is of the wrong kind at offset 1",
		"81" + strings.Replace(blob, "192710", "f6", 1):             "data: blob whose size is of the wrong kind at offset 1",
		"81" + blob[:len(blob)-22] + "60":                           "data: blob with an empty mimeType at offset 1",
		"81" + strings.Replace(blob, "6473697a65", "6473697a61", 1): "data: blob without exactly the keys $type, ref, mimeType and size at offset 1",
	} {
		b := unhex(t, in)
		_, toJSON := data.AppendJSON([]byte("prefix"), b, nil)
		_, unmarshal := data.Unmarshal(b, nil)
		var blobs error
		for _, err := range data.Blobs(b, nil) {
			blobs = err
		}
		for _, err := range []error{data.Validate(b, nil), toJSON, unmarshal, blobs} {
			require.ErrorContains(t, err, msg, in)
		}
	}
}

// The empty map key is refused where the caller is about to write.
func TestNoEmptyKeys(t *testing.T) {
	ledger.Covers(t, "DAT-018")
	for in, offset := range map[string]int{"a16001": 1, "a26001616101": 1, "a16161a16001": 4, "81a16060": 2} {
		b := unhex(t, in)
		require.NoError(t, data.Validate(b, nil), in)
		for _, o := range []*data.Options{{NoEmptyKeys: true}, {NoEmptyKeys: true, Permissive: true}} {
			_, view := data.NewView(b, o)
			for _, err := range []error{data.Validate(b, o), view} {
				bad, found := errors.AsType[*data.Error](err)
				require.True(t, found, in)
				require.Equal(t, offset, bad.Offset, in)
				require.ErrorContains(t, err, "empty map key")
			}
		}
	}
	require.NoError(t, data.Validate(unhex(t, "a1616101"), &data.Options{NoEmptyKeys: true}))
}

func TestPermissive(t *testing.T) {
	ledger.Covers(t, "DAT-018", "DAT-023", "CID-013")
	o := &data.Options{Permissive: true}
	for in, want := range map[string]string{
		foreignLink:                        `{"$link":"` + foreignText + `"}`,
		"a165246c696e6b01":                 `{"$link":1}`,
		"a265246c696e6b0166246279746573f6": `{"$link":1,"$bytes":null}`,
		"a1652474797065f6":                 `{"$type":null}`,
		"a165247479706564626c6f62":         `{"$type":"blob"}`,
		"a16001":                           `{"":1}`,
	} {
		b := unhex(t, in)
		require.NoError(t, data.Validate(b, o), in)
		text, err := data.ToJSON(b, o)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
		tree, err := data.Unmarshal(b, o)
		require.NoError(t, err)
		again, err := data.Marshal(tree, o)
		require.NoError(t, err)
		require.Equal(t, b, again)
		for _, err := range data.Blobs(b, o) {
			require.NoError(t, err)
		}

		_, err = data.Marshal(tree, nil)
		require.Error(t, err, in)
		again, err = data.FromJSON(text, o)
		require.NoError(t, err)
		require.Equal(t, b, again)
		_, err = data.FromJSON(text, nil)
		require.Error(t, err)
	}
	require.IsType(t, map[string]any{}, must(t)(data.Unmarshal(unhex(t, "a165246c696e6b6161"), o)))
	for _, in := range []string{"d82a4101", "d82a420001", "d82a40", "d82a4200ff", "c101", "fb3ff8000000000000", "62c328"} {
		require.Error(t, data.Validate(unhex(t, in), o), in)
	}
	empty, err := data.UnmarshalJSON([]byte(`{"":1}`), nil)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"": int64(1)}, empty)
}

// Records of others hold objects with $link or $bytes that are none. They are
// maps like any other to whoever is not strict.
func TestPermissiveSpecial(t *testing.T) {
	ledger.Covers(t, "DAT-018", "DAT-023")
	link := `{"$link":"` + foreignText + `"}`
	for _, text := range []string{
		`{"$link":"nope"}`, `{"$link":"bae"}`, `{"$link":"b` + strings.Repeat("a", 160) + `"}`, `{"$link":"QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"}`,
		`{"$bytes":"!!"}`, `{"$link":""}`, `{"$link":null}`, `{"$link":[1,{"a":[]}]}`, `{"$link":{"$link":{"$link":1}}}`, `{"$bytes":{"$link":"x"}}`,
		`{"a":1,"$link":"x"}`, `{"$link":"x","$bytes":"YQ"}`, `{"$bytes":"YQ","aaaaaaa":1}`, `{"a":` + link + `,"$link":"nope"}`,
		`{"$link":"` + foreignText + `","more":` + link + `}`, `[{"$link":"nope"},` + link + `,{"$bytes":"YQ"},{"$bytes":"Y","b":2}]`,
		`{"$type":"a.b","$link":{"b":{"$bytes":7}}}`,
	} {
		_, err := data.FromJSON([]byte(text), nil)
		require.Error(t, err, text)
		b, err := data.FromJSON([]byte(text), &data.Options{Permissive: true})
		require.NoError(t, err, text)
		require.NoError(t, data.Validate(b, &data.Options{Permissive: true}))
		back, err := data.ToJSON(b, &data.Options{Permissive: true})
		require.NoError(t, err)
		require.JSONEq(t, text, string(back))
		again, err := data.FromJSON(back, &data.Options{Permissive: true})
		require.NoError(t, err)
		require.Equal(t, b, again)
		tree, err := data.UnmarshalJSON([]byte(text), &data.Options{Permissive: true})
		require.NoError(t, err)
		require.Equal(t, b, must(t)(data.Marshal(tree, &data.Options{Permissive: true})))
	}
	escaped, err := data.FromJSON([]byte(`{"\u0024link":"n\u006fpe"}`), &data.Options{Permissive: true})
	require.NoError(t, err)
	require.Equal(t, "a165246c696e6b646e6f7065", hex.EncodeToString(escaped))
	for text, want := range map[string]string{
		`{"$link":"x","$link":"y"}`: "duplicate name", `{"a":1,"$link":1,"$link":2}`: "duplicate name", `{"$link":"nope"`: "", `{"$link":1.5}`: "", `{"$link":`: "", `{"$link":"\ud800"}`: "",
		`{"$link":"nope","":1,"":2}`: "duplicate name",
	} {
		b, err := data.FromJSON([]byte(text), &data.Options{Permissive: true})
		require.ErrorContains(t, err, want, text)
		require.Empty(t, b)
	}
	nested := func(n int, inner string) []byte {
		return []byte(strings.Repeat(`{"$link":`, n) + inner + strings.Repeat("}", n))
	}
	limit := &data.Options{Permissive: true, MaxDepth: 5}
	for _, inner := range []string{"1", `{"$bytes":"YQ"}`} {
		_, err = data.FromJSON(nested(5, inner), limit)
		require.NoError(t, err)
		_, err = data.FromJSON(nested(6, inner), limit)
		require.ErrorContains(t, err, "nesting depth")
	}
	_, err = data.FromJSON(nested(5, `{"$bytes":"!"}`), limit)
	require.ErrorContains(t, err, "nesting depth")
	_, err = data.FromJSON([]byte(`{"$link":1}`), &data.Options{Permissive: true, MaxKey: 4})
	require.ErrorContains(t, err, "map key length")
}

func must(t *testing.T) func(any, error) any {
	return func(v any, err error) any {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}
