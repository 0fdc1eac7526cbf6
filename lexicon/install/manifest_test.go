package install_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/install"
	"github.com/linnet-at/linnet/syntax"
)

const manifestText = `{
  "version": 1,
  "lexicons": [
    "com.example.a",
    "com.example.b"
  ],
  "resolutions": {
    "com.example.a": {
      "uri": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/com.atproto.lexicon.schema/com.example.a",
      "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
    },
    "com.example.c": {
      "uri": "file:vendor/com/example/c.json",
      "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
    }
  }
}
`

func TestManifest(t *testing.T) {
	m, err := install.ParseManifest([]byte(manifestText))
	require.NoError(t, err)
	require.Equal(t, []syntax.NSID{nsid(t, "com.example.a"), nsid(t, "com.example.b")}, m.Lexicons)
	require.Equal(t, "file:vendor/com/example/c.json", m.Resolutions[nsid(t, "com.example.c")].URI)
	require.Equal(t, manifestText, string(m.Format()))

	// Whatever the order, the text is the same, and what is not known is kept.
	m.Lexicons = []syntax.NSID{nsid(t, "com.example.b"), nsid(t, "com.example.a"), nsid(t, "com.example.b")}
	require.Equal(t, manifestText, string(m.Format()))
	require.Len(t, m.Lexicons, 3, "left alone")
	more := strings.Replace(manifestText, "\n}\n", ",\n  \"resolvers\": [\n    {\n      \"type\": \"directory\"\n    }\n  ]\n}\n", 1)
	m, err = install.ParseManifest([]byte(more))
	require.NoError(t, err)
	require.Equal(t, more, string(m.Format()))
	require.Equal(t, "{\n  \"version\": 1,\n  \"lexicons\": [],\n  \"resolutions\": {}\n}\n", string((&install.Manifest{}).Format()))

	for bad, want := range map[string]string{
		``:                                 "unexpected end",
		`[]`:                               "not an object",
		`null`:                             "not an object",
		`{"lexicons":[],"resolutions":{}}`: "no version",
		`{"version":1,"resolutions":{}}`:   "no lexicons",
		`{"version":1,"lexicons":[]}`:      "no resolutions",
		`{"version":2,"lexicons":[],"resolutions":{}}`:                                           "version 2, not 1",
		`{"version":1,"lexicons":[],"lexicons":[],"resolutions":{}}`:                             "duplicate name",
		`{"version":1,"lexicons":["x"],"resolutions":{}}`:                                        "lexicons is not of the right form",
		`{"version":1,"lexicons":{},"resolutions":{}}`:                                           "lexicons is not of the right form",
		`{"version":1,"lexicons":[],"resolutions":{"x":{}}}`:                                     "resolutions is not of the right form",
		`{"version":1,"lexicons":[],"resolutions":{"com.example.a":{}}}`:                         "resolution of com.example.a: no uri",
		`{"version":1,"lexicons":[],"resolutions":{"com.example.a":{"uri":"at://x"}}}`:           "no cid",
		`{"version":1,"lexicons":[],"resolutions":{"com.example.a":{"uri":"at://x","cid":"x"}}}`: "not 59 characters",
		`{"version":1,"lexicons":[],"resolutions":{"com.example.a":{"uri":"x","cid":"x"}}}`:      "is not a URI",
		`{"version":1,"lexicons":[],"resolutions":{"com.example.a":{"uri":5,"cid":"x"}}}`:        "uri is not of the right form",
	} {
		_, err := install.ParseManifest([]byte(bad))
		require.ErrorContains(t, err, want, bad)
		require.ErrorContains(t, err, "install: manifest")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(manifestText))
	f.Add([]byte(`{"version":1,"lexicons":[],"resolutions":{},"x":"<\u2028"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := install.ParseManifest(text)
		if err != nil {
			return
		}
		out := m.Format()
		again, err := install.ParseManifest(out)
		require.NoError(t, err, "%s", out)
		require.Equal(t, string(out), string(again.Format()))
	})
}
