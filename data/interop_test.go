package data_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
)

func TestInteropFixtures(t *testing.T) {
	ledger.Covers(t, "CBR-023", "DAT-001", "DAT-022")
	var vectors []struct {
		JSON json.RawMessage
		CBOR string `json:"cbor_base64"`
		CID  string
	}
	require.NoError(t, json.Unmarshal(fixtures.Interop(t, "data-model/data-model-fixtures.json"), &vectors))
	require.Len(t, vectors, 3)
	for _, v := range vectors {
		want, err := base64.RawStdEncoding.DecodeString(v.CBOR)
		require.NoError(t, err)

		got, err := data.FromJSON(v.JSON, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, v.CID, dagcbor.Sum(dagcbor.DAGCBOR, got).String())

		text, err := data.ToJSON(want, nil)
		require.NoError(t, err)
		require.JSONEq(t, string(v.JSON), string(text))

		tree, err := data.Unmarshal(want, nil)
		require.NoError(t, err)
		again, err := data.Marshal(tree, nil)
		require.NoError(t, err)
		require.Equal(t, want, again)
	}
}

func TestInteropValid(t *testing.T) {
	ledger.Covers(t, "DAT-010", "DAT-019", "DAT-020", "DAT-024")
	for _, v := range interopCases(t, "data-model/data-model-valid.json", 5) {
		b, err := data.FromJSON(v.JSON, nil)
		require.NoError(t, err, v.Note)
		require.NoError(t, data.Validate(b, nil), v.Note)
		tree, err := data.UnmarshalJSON(v.JSON, nil)
		require.NoError(t, err, v.Note)
		require.IsType(t, map[string]any{}, tree, v.Note)
	}
}

func TestInteropInvalid(t *testing.T) {
	ledger.Covers(t, "DAT-002", "DAT-003", "DAT-004", "DAT-007", "DAT-010", "DAT-024", "BLB-004", "BLB-005")
	want := map[string]string{
		"top-level not an object":        "data: record is not a map at offset 0",
		"float":                          `data: number is not an integer: "123.456" at offset 40`,
		"record with $type null":         "data: $type is not a string, or is empty at offset 17",
		"record with $type wrong type":   "data: $type is not a string, or is empty at offset 17",
		"record with empty $type string": "data: $type is not a string, or is empty at offset 17",
		"blob with string size":          "data: blob whose size is of the wrong kind at offset 7",
		"blob with missing key":          "data: blob without exactly the keys $type, ref, mimeType and size at offset 7",
		"bytes with wrong field type":    "data: $bytes is not a string at offset 17",
		"bytes with extra fields":        "data: object with $bytes and other names at offset 63",
		"link with wrong field type":     "data: $link is not a string at offset 16",
		"link with bogus CID":            `data: $link "." is not base32 with prefix "b" at offset 16`,
		"link with extra fields":         "data: object with $link and other names at offset 78",
	}
	for _, v := range interopCases(t, "data-model/data-model-invalid.json", 12) {
		_, err := data.FromJSON(v.JSON, nil)
		if v.Note == "top-level not an object" {
			require.NoError(t, err)
			_, err = data.FromJSON(v.JSON, &data.Options{Record: true})
		}
		require.ErrorContains(t, err, "data: ", v.Note)
		require.IsType(t, &data.Error{}, err)
		require.Contains(t, want, v.Note)
		require.EqualError(t, err, want[v.Note])
	}
}

type interopCase struct {
	Note string
	JSON json.RawMessage
}

func interopCases(t *testing.T, rel string, n int) []interopCase {
	t.Helper()
	var cases []interopCase
	require.NoError(t, json.Unmarshal(fixtures.Interop(t, rel), &cases))
	require.Len(t, cases, n)
	for i := range cases {
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, cases[i].JSON))
		cases[i].JSON = compact.Bytes()
	}
	return cases
}

func TestWorkedExamples(t *testing.T) {
	ledger.Covers(t, "BLB-001", "BLB-007", "BLB-008", "DAT-001", "CBR-020")
	for _, ex := range [][2]string{
		{ex3BlobJSON, ex3BlobHex}, {ex3LegacyJSON, ex3LegacyHex}, {ex3LinkJSON, ex3LinkHex}, {`{"a":null}`, "a16161f6"},
	} {
		b, err := data.FromJSON([]byte(ex[0]), nil)
		require.NoError(t, err)
		require.Equal(t, unhex(t, ex[1]), b)
		text, err := data.ToJSON(b, nil)
		require.NoError(t, err)
		require.JSONEq(t, ex[0], string(text))
		tree, err := data.Unmarshal(b, nil)
		require.NoError(t, err)
		again, err := data.Marshal(tree, nil)
		require.NoError(t, err)
		require.Equal(t, b, again)
	}
}
