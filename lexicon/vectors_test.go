package lexicon_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/syntax"
)

type recordVector struct {
	Name string
	Rkey string
	Data json.RawMessage
}

func recordVectors(t *testing.T, name string, n int) []recordVector {
	t.Helper()
	list := fixtures.JSON[[]recordVector](t, fixtures.Interop(t, "lexicon/"+name))
	require.Len(t, list, n)
	return list
}

// vectorOptions are those for the official vectors, whose blobs name CIDs of
// codec dag-cbor, which blobs never have: [lexicon.Options.Permissive] lets that
// pass, and nothing else in them needs it.
func vectorOptions() *lexicon.Options { return &lexicon.Options{Permissive: true, MaxErrors: -1} }

func TestRecordVectorsValid(t *testing.T) {
	ledger.Covers(t, "LEX-171", "LEX-112", "LEX-114", "LEX-042")
	c := interopCatalog(t)
	for _, v := range recordVectors(t, "record-data-valid.json", 3) {
		key, err := syntax.ParseRecordKey(v.Rkey)
		require.NoError(t, err)
		_, err = c.ValidateRecordJSON(syntax.MustParseNSID("example.lexicon.record"), key, v.Data, vectorOptions())
		require.NoError(t, err, v.Name)
		_, err = c.ValidateRecordJSON(syntax.MustParseNSID("example.lexicon.record"), key, v.Data, nil)
		if v.Name == "full" {
			require.ErrorContains(t, err, "data: blob whose ref is not a CID of codec raw")
			continue
		}
		require.NoError(t, err, v.Name)
	}
}

// TestRecordVectorsInvalid checks that each vector fails, for the reason in its
// name and no other.
func TestRecordVectorsInvalid(t *testing.T) {
	ledger.Covers(t, "LEX-171", "LEX-122", "LEX-035", "LEX-036", "LEX-037", "LEX-040", "LEX-046", "LEX-049", "LEX-051",
		"LEX-065", "LEX-066", "LEX-068", "LEX-071", "LEX-072", "LEX-105")
	type want struct {
		path, def string
		code      lexicon.Code
	}
	const record, formats, object = "example.lexicon.record", "example.lexicon.record#stringFormats", "example.lexicon.record#demoObject"
	expected := map[string][]want{
		"missing required field":             {{"/integer", record, "missing"}},
		"invalid boolean field":              {{"/boolean", record, "type"}},
		"invalid integer field":              {{"/integer", record, "type"}},
		"invalid non-nullable string field":  {{"/string", record, "null"}},
		"invalid string field":               {{"/string", record, "type"}},
		"invalid bytes field":                {{"/bytes", record, "type"}},
		"invalid bytes: empty object":        {{"/bytes", record, "type"}},
		"invalid bytes: wrong type":          {{"/bytes", record, "type"}},
		"invalid cid-link field":             {{"/cid-link", record, "type"}},
		"invalid blob field":                 {{"/blob", record, "type"}},
		"invalid blob: wrong type":           {{"/blob", record, "blob"}},
		"invalid array":                      {{"/array", record, "type"}},
		"invalid array element":              {{"/array/0", record, "type"}, {"/array/1", record, "type"}},
		"object wrong data type":             {{"/object", record, "type"}},
		"object nested wrong data type":      {{"/object/a", record, "type"}},
		"invalid token ref type":             {{"/ref", object, "type"}},
		"invalid ref value":                  {{"/ref", object, "type"}},
		"invalid string format handle":       {{"/formats/handle", formats, "format"}},
		"invalid string format did":          {{"/formats/did", formats, "format"}},
		"invalid string format atidentifier": {{"/formats/atidentifier", formats, "format"}},
		"invalid string format nsid":         {{"/formats/nsid", formats, "format"}},
		"invalid string format aturi":        {{"/formats/aturi", formats, "format"}},
		"invalid string format cid":          {{"/formats/cid", formats, "format"}},
		"invalid string format datetime":     {{"/formats/datetime", formats, "format"}},
		"invalid string format language":     {{"/formats/language", formats, "format"}},
		"invalid string format uri":          {{"/formats/uri", formats, "format"}},
		"invalid string format tid":          {{"/formats/tid", formats, "format"}},
		"invalid string format recordkey":    {{"/formats/recordkey", formats, "format"}},
		"wrong const value":                  {{"/constInteger", record, "const"}},
		"integer not in enum":                {{"/enumInteger", record, "enum"}},
		"out of integer range":               {{"/rangeInteger", record, "range"}},
		"string too short":                   {{"/lenString", record, "length"}},
		"string too long":                    {{"/lenString", record, "length"}},
		"string too short (graphemes)":       {{"/graphemeString", record, "graphemes"}},
		"string too long (graphemes)":        {{"/graphemeString", record, "graphemes"}},
		"out of enum string":                 {{"/enumString", record, "enum"}},
		"bytes too short":                    {{"/sizeBytes", record, "length"}},
		"bytes too long":                     {{"/sizeBytes", record, "length"}},
		"array too short":                    {{"/lenArray", record, "length"}},
		"array too long":                     {{"/lenArray", record, "length"}},
		"blob too large":                     {{"/sizeBlob", record, "blob-size"}},
		"blob wrong type":                    {{"/acceptBlob", record, "blob-accept"}},
		"open union wrong data type":         {{"/union", record, "type"}},
		"open union missing $type":           {{"/union", record, "union-type"}},
		"out of closed union":                {{"/closedUnion", record, "union-type"}},
		"unknown wrong type (bool)":          {{"/integer", record, "missing"}, {"/unknown", record, "type"}},
		"unknown wrong type (bytes)":         {{"/integer", record, "missing"}, {"/unknown", record, "type"}},
		"unknown wrong type (blob)":          {{"/integer", record, "missing"}, {"/unknown", record, "type"}},
	}
	inner := [][]want{{{"/closedUnion", record, "union-type"}}, {{"/union/a", object, "type"}}}
	c := interopCatalog(t)
	for _, v := range recordVectors(t, "record-data-invalid.json", 50) {
		_, err := c.ValidateRecordJSON(syntax.MustParseNSID(record), syntax.MustParseRecordKey("demo"), v.Data, vectorOptions())
		all, ok := errors.AsType[lexicon.Errors](err)
		require.True(t, ok, "%s: %v", v.Name, err)
		list := expected[v.Name]
		if v.Name == "union inner invalid" {
			list, inner = inner[0], inner[1:]
		}
		var got []want
		for _, e := range all {
			got = append(got, want{e.Path, e.Def, e.Code})
			require.NotEmpty(t, e.Msg)
		}
		require.Equal(t, list, got, v.Name)

		_, err = c.ValidateRecordJSON(syntax.MustParseNSID(record), syntax.MustParseRecordKey("demo"), v.Data, nil)
		require.Error(t, err, v.Name)
	}
	require.Empty(t, inner)
}

// TestUnknownVectorsIsolated has those vectors that fail for two reasons, with
// the one that they are about.
func TestUnknownVectorsIsolated(t *testing.T) {
	ledger.Covers(t, "LEX-172", "LEX-068", "LEX-069")
	c := interopCatalog(t)
	for _, value := range []string{
		`false`, `{"$bytes":"123"}`, `1`, `"text"`, `[]`, `[{}]`, `null`,
		`{"$link":"bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq"}`,
		`{"$type":"blob","mimeType":"text/plain","size":12345,"ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"}}`,
	} {
		text := `{"$type":"example.lexicon.record","integer":1,"unknown":` + value + `}`
		_, err := c.ValidateRecordJSON(syntax.MustParseNSID("example.lexicon.record"), syntax.MustParseRecordKey("demo"), []byte(text), nil)
		e, ok := errors.AsType[*lexicon.Error](err)
		require.True(t, ok, "%s: %v", value, err)
		require.Equal(t, "/unknown", e.Path)
	}
	for _, value := range []string{`{}`, `{"a":{"$bytes":"123"}}`, `{"$type":"com.example.none","x":1}`, `{"$foo":1}`} {
		text := `{"$type":"example.lexicon.record","integer":1,"unknown":` + value + `}`
		_, err := c.ValidateRecordJSON(syntax.MustParseNSID("example.lexicon.record"), syntax.MustParseRecordKey("demo"), []byte(text), nil)
		require.NoError(t, err, value)
	}
}

// TestCatalogVectors loads the official documents; one of them refers to a
// document that is not there.
func TestCatalogVectors(t *testing.T) {
	ledger.Covers(t, "LEX-170")
	c := interopCatalog(t)
	require.Equal(t, 5, c.Len())
	require.EqualError(t, c.Link(), `schema: example.lexicon.procedure: reference "app.bsky.actor.defs#preferences" leads to nothing `+
		`at "/defs/main/input/schema/properties/preferences/ref" at offset 852`)
	_, err := c.ValidateInput(syntax.MustParseNSID("example.lexicon.procedure"), "application/json", []byte(`{"preferences":[]}`), nil)
	require.ErrorIs(t, err, lexicon.ErrNoSchema)
	_, err = c.ValidateInput(syntax.MustParseNSID("example.lexicon.procedure"), "application/json", []byte(`{}`), nil)
	require.EqualError(t, err, "lexicon: preferences: property is required and missing")
	require.NotErrorIs(t, err, lexicon.ErrNoSchema)
}
