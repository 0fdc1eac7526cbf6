package lexicon_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/syntax"
)

func blobJSON(mime string, size int64) string {
	return fmt.Sprintf(`{"$type":"blob","ref":{"$link":"%s"},"mimeType":"%s","size":%d}`, rawCID, mime, size)
}

func TestBlobShape(t *testing.T) {
	ledger.Covers(t, "LEX-098", "LEX-099", "LEX-100", "LEX-101", "LEX-102", "LEX-050")
	const field = `{"type":"blob"}`
	require.NoError(t, validateField(t, field, blobJSON("image/png", 0), nil))
	require.NoError(t, validateField(t, field, blobJSON("image/png", 1<<40), nil))
	link, legacy := `{"$link":"`+rawCID+`"}`, `{"cid":"`+rawCID+`","mimeType":"image/png"}`
	for _, tc := range []struct {
		value   string
		code    lexicon.Code
		path    string
		lenient bool // whether it passes
	}{
		{`"x"`, "type", "/v", false},
		{`null`, "null", "/v", false},
		{`{}`, "blob", "/v", false},
		{`{"$type":"blob"}`, "blob", "/v", false},
		{`{"$type":"com.example.blob","ref":` + link + `,"mimeType":"image/png","size":1}`, "blob", "/v/$type", false},
		{`{"$type":1,"ref":` + link + `,"mimeType":"image/png","size":1}`, "blob", "/v/$type", false},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"image/png"}`, "blob", "/v", false},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"image/png","siz":1}`, "blob", "/v/size", false},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"image/png","size":-1}`, "blob", "/v/size", false},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"image/png","size":"1"}`, "blob", "/v/size", false},
		{`{"$type":"blob","ref":` + link + `,"mimeType":false,"size":1}`, "blob", "/v/mimeType", false},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"","size":1}`, "blob", "/v/mimeType", false},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"text","size":1}`, "blob", "/v/mimeType", true},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"text/","size":1}`, "blob", "/v/mimeType", true},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"/png","size":1}`, "blob", "/v/mimeType", true},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"a/b/c","size":1}`, "blob", "/v/mimeType", true},
		{`{"$type":"blob","ref":` + link + `,"mimeType":"image/png","size":1,"extra":1}`, "blob", "/v", true},
		{`{"$type":"blob","ref":{"$link":"` + dagCID + `"},"mimeType":"image/png","size":1}`, "blob", "/v/ref", true},
		{`{"$type":"blob","ref":"` + rawCID + `","mimeType":"image/png","size":1}`, "blob", "/v/ref", false},
		{legacy, "blob", "/v", true},
		{`{"cid":"x","mimeType":"image/png"}`, "blob", "/v", false},
		{`{"cid":"` + rawCID + `","mimeType":""}`, "blob", "/v", false},
		{`{"cid":"` + rawCID + `","mimeType":"image/png","size":1}`, "blob", "/v", false},
		{`{"cid":1,"mimeType":"image/png"}`, "blob", "/v", false},
	} {
		requireCode(t, validateField(t, field, tc.value, nil), tc.code, tc.path)
		err := validateField(t, field, tc.value, lexicon.Lenient())
		require.Equal(t, tc.lenient, err == nil, "%s: %v", tc.value, err)
	}
	require.NoError(t, validateField(t, field, legacy, &lexicon.Options{LegacyBlobs: true}))
}

func TestBlobRules(t *testing.T) {
	ledger.Covers(t, "LEX-050", "LEX-103", "LEX-104", "LEX-105", "LEX-106", "LEX-102")
	many := strings.TrimSuffix(strings.Repeat(`"x/y",`, 9), ",")
	for _, tc := range []struct {
		rules, mime string
		size        int64
		code        lexicon.Code
	}{
		{``, "any/thing", 1 << 40, ""},
		{`,"accept":[]`, "any/thing", 1, ""},
		{`,"maxSize":20`, "a/b", 20, ""},
		{`,"maxSize":20`, "a/b", 21, "blob-size"},
		{`,"accept":["image/png"]`, "image/png", 1, ""},
		{`,"accept":["image/png"]`, "image/pngx", 1, "blob-accept"},
		{`,"accept":["image/png"]`, "Image/png", 1, "blob-accept"},
		{`,"accept":["image/*"]`, "image/png", 1, ""},
		{`,"accept":["image/*"]`, "images/png", 1, "blob-accept"},
		{`,"accept":["image/*"]`, "video/png", 1, "blob-accept"},
		{`,"accept":["image/*"]`, "image/*", 1, ""},
		{`,"accept":["*/*"]`, "video/mp4", 1, ""},
		{`,"accept":["text/plain","video/*"]`, "video/mp4", 1, ""},
		{`,"accept":["text/plain","video/*"]`, "text/html", 1, "blob-accept"},
		{`,"accept":[` + many + `,"image/png","video/*"]`, "image/png", 1, ""},
		{`,"accept":[` + many + `,"image/png","video/*"]`, "video/mp4", 1, ""},
		{`,"accept":[` + many + `,"image/png","video/*"]`, "audio/mp4", 1, "blob-accept"},
		{`,"accept":[` + many + `,"*/*"]`, "audio/mp4", 1, ""},
	} {
		field := `{"type":"blob"` + tc.rules + `}`
		err := validateField(t, field, blobJSON(tc.mime, tc.size), nil)
		if tc.code == "" {
			require.NoError(t, err, "%s %s", field, tc.mime)
			continue
		}
		requireCode(t, err, tc.code, "/v")
		require.NoError(t, validateField(t, field, blobJSON(tc.mime, tc.size), &lexicon.Options{AnyBlobs: true}))
	}
	legacy := `{"cid":"` + rawCID + `","mimeType":"image/png"}`
	o := &lexicon.Options{LegacyBlobs: true}
	require.NoError(t, validateField(t, `{"type":"blob","maxSize":1,"accept":["image/*"]}`, legacy, o), "nobody knows its size")
	requireCode(t, validateField(t, `{"type":"blob","accept":["video/*"]}`, legacy, o), "blob-accept")
}

// TestBlobPatterns: patterns of other forms match nothing, and are no valid
// schemas.
func TestBlobPatterns(t *testing.T) {
	ledger.Covers(t, "LEX-107")
	c := newCatalog(t, testDoc(testID, `"main":{"type":"record","key":"any","record":{"type":"object","properties":{}}}`))
	bad := `{"$type":"com.example.test","deep":[{"$type":"blob","ref":{"$link":"` + rawCID + `"},"mimeType":"image/png"}]}`
	_, err := c.ValidateRecordJSON(syntax.MustParseNSID(testID), syntax.MustParseRecordKey("k"), []byte(bad), nil)
	require.ErrorContains(t, err, "data: blob without exactly the keys")
}
