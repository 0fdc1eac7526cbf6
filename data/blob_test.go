package data_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

func collect(t *testing.T, b []byte, o *data.Options) []data.Blob {
	t.Helper()
	var found []data.Blob
	for blob, err := range data.Blobs(b, o) {
		require.NoError(t, err)
		found = append(found, blob)
	}
	return found
}

func TestBlobs(t *testing.T) {
	ledger.Covers(t, "BLB-006", "BLB-009")
	second := strings.Replace(blobJSON, "10000", "0", 1)
	in := `{"a":[[` + blobJSON + `],[{"x":{"y":` + second + `}}]],"b":` + blobJSON +
		`,"c":[` + ex3LegacyJSON + `,{"cid":"` + blobText + `"},{"cid":"` + blobText + `","mimeType":"a/b","x":1},{"cid":"x","mimeType":"a/b"},{"cid":"` + strings.ToUpper(blobText) + `","mimeType":"a/b"},{"cid":"` + blobText[:58] + `z","mimeType":"a/b"},{"cid":1,"mimeType":"a/b"},{"cid":"` + blobText + `","mimeType":1},{"cid":"` + blobText + `","mimeType":""},{"$type":"blobs"},"blob"]}`
	b, err := data.FromJSON([]byte(in), nil)
	require.NoError(t, err)
	ref := dagcbor.MustParseCID(blobText)
	want := []data.Blob{{ref, "image/jpeg", 10000}, {ref, "image/jpeg", 0}, {ref, "image/jpeg", 10000}}
	require.Equal(t, want, collect(t, b, nil))
	want = append(want, data.Blob{Ref: ref, MimeType: "image/jpeg", Size: -1})
	require.Equal(t, want, collect(t, b, &data.Options{LegacyBlobs: true}))

	top, err := data.FromJSON([]byte(blobJSON), nil)
	require.NoError(t, err)
	require.Len(t, collect(t, top, nil), 1)
	require.Empty(t, collect(t, []byte{0xa0}, nil))

	for range data.Blobs(b, nil) {
		break // must not go on, nor panic
	}
}

func TestBlobsErrors(t *testing.T) {
	good, err := data.FromJSON([]byte("["+blobJSON+","+blobJSON+"]"), nil)
	require.NoError(t, err)
	bad := []byte(strings.Replace(string(good), "mimeType", "mimeTypo", 1))
	var errs []error
	for blob, err := range data.Blobs(bad, nil) {
		require.Zero(t, blob)
		errs = append(errs, err)
	}
	require.Len(t, errs, 1)
	require.Len(t, collect(t, bad, &data.Options{Permissive: true}), 1) // the other one

	var found int
	for _, err = range data.Blobs(good[:len(good)-1], nil) {
		found++
	}
	require.Error(t, err)
	require.Equal(t, 1, found) // the error, and no blob of what is not valid
	for _, err = range data.Blobs(good, &data.Options{Record: true}) {
	}
	require.EqualError(t, err, "data: record is not a map at offset 0")
}

func TestBlobOf(t *testing.T) {
	ledger.Covers(t, "BLB-001", "BLB-002", "BLB-003", "BLB-007", "BLB-008")
	for _, in := range []string{blobJSON, ex3LegacyJSON} {
		tree, err := data.UnmarshalJSON([]byte(in), nil)
		require.NoError(t, err)
		blob, err := data.BlobOf(tree)
		require.NoError(t, err)
		require.Equal(t, blobText, blob.Ref.String())
		require.Equal(t, "image/jpeg", blob.MimeType)
		require.Equal(t, in == ex3LegacyJSON, blob.Legacy())
		require.Equal(t, tree, any(blob.Map()))

		// In structs, both forms round-trip byte for byte.
		encoded, err := data.Marshal(tree, nil)
		require.NoError(t, err)
		again, err := blob.MarshalCBOR()
		require.NoError(t, err)
		require.Equal(t, encoded, again)
		text, err := json.Marshal(struct{ Blob data.Blob }{blob})
		require.NoError(t, err)
		require.JSONEq(t, `{"Blob":`+in+`}`, string(text))
		var back struct{ Blob data.Blob }
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, blob, back.Blob)
	}
	require.NotContains(t, string(must(t)(data.MarshalJSON(data.NewBlob(nil, ""), nil)).([]byte)), "-1")

	for _, v := range []any{nil, 1, "x", []any{}, map[string]any{}, map[string]any{"cid": blobText}, 1.5, data.Blob{}} {
		_, err := data.BlobOf(v)
		require.Error(t, err)
	}
	kept := data.NewBlob([]byte("x"), "a/b")
	b := kept
	require.Error(t, b.UnmarshalCBOR([]byte{0xa0}))
	require.Error(t, b.UnmarshalCBOR([]byte{0xa0, 0}))
	require.Error(t, b.UnmarshalJSON([]byte(`{}`)))
	require.Error(t, b.UnmarshalJSON([]byte(`{"$type":"blob"}`)))
	require.Equal(t, kept, b)

	for _, bad := range []data.Blob{{}, {Size: -1}, {Ref: kept.Ref, Size: -1}, {Ref: kept.Ref}, {Ref: dagcbor.MustParseCID(linkText), MimeType: "a/b"}} {
		_, err := bad.MarshalCBOR()
		require.Error(t, err)
		_, err = bad.MarshalJSON()
		require.Error(t, err)
	}
}

func TestBlobInTree(t *testing.T) {
	blob := data.NewBlob([]byte("hello"), "text/plain")
	for _, o := range []*data.Options{nil, {Permissive: true}} {
		b, err := data.Marshal(map[string]any{"b": blob}, o)
		require.NoError(t, err)
		again, err := data.Marshal(map[string]any{"b": blob.Map()}, o)
		require.NoError(t, err)
		require.Equal(t, b, again)
	}
	blob.Size = -1
	b, err := data.Marshal(blob, &data.Options{Permissive: true})
	require.NoError(t, err)
	require.Equal(t, []data.Blob{blob}, collect(t, b, &data.Options{LegacyBlobs: true}))
}

func TestBlobCheck(t *testing.T) {
	ledger.Covers(t, "BLB-003", "BLB-010")
	blob := data.NewBlob([]byte("hello"), "")
	require.Equal(t, "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq", blob.Ref.String())
	require.Equal(t, data.DefaultMimeType, blob.MimeType)
	require.NoError(t, blob.Check([]byte("hello")))
	require.EqualError(t, blob.Check([]byte("hello!")), "data: blob has 6 bytes, its reference says 5")
	require.EqualError(t, blob.Check([]byte("hellO")), "data: blob does not have the hash of its reference \""+blob.Ref.String()+"\"")
	wrong := blob
	wrong.Size++
	require.Error(t, wrong.Check([]byte("hello")))
	legacy := blob
	legacy.Size = -1
	require.NoError(t, legacy.Check([]byte("hello")))
	require.Error(t, legacy.Check([]byte("hellO")))
	require.Error(t, data.Blob{}.Check(nil))
}
