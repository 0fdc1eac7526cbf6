package data_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

// seedsJSON are values of all kinds, valid and not.
var seedsJSON = []string{
	post, ex3BlobJSON, ex3LegacyJSON, ex3LinkJSON, blobJSON,
	`null`, `[1,"a",null,[],{"b":true}]`, `{"b":{"d":1,"c":2},"a":[{"z":1,"y":2}]}`, `{"":1}`, `{"$foo":{"":1}}`,
	`{"a":1,"\u0061":2}`, `"\ud83d\ude00\u0000\ud800"`, `[1.0,1e3,-0,-0.0,1.5,12300e-2,9223372036854775808,-9223372036854775808,1e400]`,
	`{"$bytes":"nFE="}`, `{"$bytes":"nFE"}`, `{"$bytes":"nFF"}`, `{"$bytes":"-_"}`, `{"$bytes":"a","b":1}`, `{"$bytes":"n=="}`,
	`{"$link":"` + linkText + `","a":1}`, `{"$link":1}`, `{"$type":""}`, `{"$type":"blob","size":1}`, `{"\u0024type":"blob"}`,
	`{"a":[{"$bytes":"\u0041A"},{"$link":"` + foreignText + `"}],"$type":"com.example.thing"}`,
	`{"string":"abc","unicode":"a~öñ©⽘☎𓋓😀👨‍👩‍👧‍👧","integer":123,"bool":true,"null":null,"array":["abc","def"],"object":{"number":123}}`,
	`{"a":{"$type":"app.example.x","b":[[[1,null],{"$bytes":"YQ=="}],{"$link":"` + blobText + `"}]},"rcrd":{"$type":null}}`,
	`{"blb":{"$type":"blob","ref":{"$link":"` + blobText + `"},"mimeType":"image/jpeg","size":"10000"}}`,
	`{"blb":{"$type":"blob","mimeType":"image/jpeg","size":10000}}`, `{"a":{"$link":"."}}`, `{"a":{"$bytes":[1,2,3]}}`, `123.456`, `123.0`,
	`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{"a":{"$bytes":""}}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`,
	`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{"$link":"` + linkText + `"}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`,
}

func addSeeds(add func(text []byte)) {
	for _, s := range seedsJSON {
		add([]byte(s))
	}
}

// FuzzFromJSON holds FromJSON against the reference, and goes around from
// there: JSON, DAG-CBOR, JSON, DAG-CBOR, and by way of trees.
func FuzzFromJSON(f *testing.F) {
	addSeeds(func(text []byte) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := data.FromJSON(text, nil)
		want, ok := reference(text)
		if len(text) < 8000 { // below all limits but depth
			require.Equal(t, ok, err == nil, "%s: %v", text, err)
		}
		if err != nil {
			return
		}
		require.Equal(t, want, got)
		requireRoundTrips(t, got, nil)
	})
}

// FuzzFromJSONPermissive checks that what is accepted is canonical DAG-CBOR.
func FuzzFromJSONPermissive(f *testing.F) {
	addSeeds(func(text []byte) { f.Add(text) })
	o := &data.Options{Permissive: true}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := data.FromJSON(text, o)
		_, strict := data.FromJSON(text, nil)
		require.True(t, err == nil || strict != nil)
		if err == nil {
			requireRoundTrips(t, b, o)
		}
	})
}

// requireRoundTrips checks that b is a valid value, and that all ways between
// its four forms, bytes, JSON, tree and view, lead to the same and back to b.
func requireRoundTrips(t *testing.T, b []byte, o *data.Options) {
	require.NoError(t, data.Validate(b, o))
	text, err := data.ToJSON(b, o)
	if _, tooLarge := errors.AsType[*dagcbor.LimitError](err); tooLarge {
		return
	}
	require.NoError(t, err)
	require.True(t, json.Valid(text))
	again, err := data.FromJSON(text, o)
	require.NoError(t, err)
	require.Equal(t, b, again)

	tree, err := data.Unmarshal(b, o)
	require.NoError(t, err)
	again, err = data.Marshal(tree, o)
	require.NoError(t, err)
	require.Equal(t, b, again)
	v, err := data.NewView(b, o)
	require.NoError(t, err)
	require.Equal(t, b, v.Raw())
	fromView, err := v.Tree(o)
	require.NoError(t, err)
	require.Equal(t, tree, fromView)
	viewText, err := v.AppendJSON(nil, o)
	require.NoError(t, err)
	require.Equal(t, string(text), string(viewText))
	fromText, err := data.UnmarshalJSON(text, o)
	require.NoError(t, err)
	require.Equal(t, tree, fromText)
	againText, err := data.MarshalJSON(tree, o)
	require.NoError(t, err)
	require.Equal(t, string(text), string(againText))
}

func addCBORSeeds(f *testing.F) {
	addSeeds(func(text []byte) {
		if b, err := data.FromJSON(text, &data.Options{Permissive: true}); err == nil {
			f.Add(b)
		}
	})
	for _, b := range hostile {
		f.Add(b[:min(len(b), 300)])
	}
	for _, s := range []string{"a165246c696e6b01", "a16001", foreignLink, "fb3ff8000000000000", "a2616101616102", "0000"} {
		f.Add(unhex(f, s))
	}
}

// FuzzCBOR holds all the functions that read DAG-CBOR against each other and
// against the codec.
func FuzzCBOR(f *testing.F) {
	addCBORSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		valid := dagcbor.Valid(b, &dagcbor.Options{ForeignLinks: true, MaxSize: data.DefaultMaxCBOR}) == nil
		require.Equal(t, valid, blessed(b, &data.Options{Permissive: true}))
		if typ, err := data.Type(b); err == nil && typ == "blob" && valid && len(b) < 8000 {
			// Blobs are told in two ways.
			_, err := data.ParseBlob(b)
			require.Equal(t, err == nil, blessed(b, nil), "%x: %v", b, err)
		}
		for _, o := range []*data.Options{nil, {Permissive: true}, {Record: true}} {
			ok := blessed(b, o)
			require.True(t, valid || !ok)
			tree, unmarshal := data.Unmarshal(b, o)
			_, toJSON := data.ToJSON(b, o)
			var blobs error
			for _, err := range data.Blobs(b, o) {
				blobs = err
			}
			for _, err := range []error{unmarshal, toJSON, blobs} {
				if _, limit := errors.AsType[*dagcbor.LimitError](err); !limit || !ok {
					require.Equal(t, ok, err == nil, "%x: %v", b, err)
				}
			}
			if unmarshal == nil {
				// Only the empty key is read but not written.
				again, err := data.Marshal(tree, &data.Options{Permissive: true})
				require.NoError(t, err)
				require.Equal(t, b, again)
			}
		}
	})
}

func TestRoundTrips(t *testing.T) {
	ledger.Covers(t, "DAT-022", "CBR-016")
	for _, s := range seedsJSON {
		if b, err := data.FromJSON([]byte(s), nil); err == nil {
			requireRoundTrips(t, b, nil)
		}
	}
}

// TestTruncated cuts a value at every offset.
func TestTruncated(t *testing.T) {
	b, err := data.FromJSON([]byte(post), nil)
	require.NoError(t, err)
	for i := range b {
		_, toJSON := data.ToJSON(b[:i], nil)
		_, unmarshal := data.Unmarshal(b[:i], nil)
		for _, err := range []error{toJSON, unmarshal, data.Validate(b[:i], nil)} {
			require.Error(t, err)
		}
	}
	for i := range post {
		_, err := data.FromJSON([]byte(post[:i]), nil)
		require.Error(t, err)
	}
}
