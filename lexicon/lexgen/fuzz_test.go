package lexgen_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lexgen"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// FuzzJSON decodes JSON, which is to give what its DAG-CBOR gives.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		everything, `{}`, `null`, `[]`, ``, `{"$type":"com.example.all"}`, `{"text":1}`, `{"int":1.0}`, `{"aa":{"$link":"x"}}`, `{"a":1,"a":2}`, "{\"text\":\"\xff\"}",
		strings.Repeat(`{"self":`, 50) + "{}" + strings.Repeat("}", 50),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if string(text) == "null" {
			return // leaves things alone
		}
		var x, want gentest.All
		err := x.UnmarshalJSON(text)
		b, bad := data.FromJSON(text, &data.Options{Permissive: true, Numbers: data.PlainNumbers})
		if bad == nil {
			bad = want.UnmarshalCBOR(b)
		}
		require.Equal(t, bad == nil, err == nil, "%v, and of its CBOR %v", err, bad)
		if err != nil {
			require.Equal(t, gentest.All{}, x)
			return
		}
		require.Equal(t, want, x)
		again, err := x.MarshalCBOR()
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

// FuzzFrame decodes messages. Those of unknown types are kept as they came.
func FuzzFrame(f *testing.F) {
	for _, typ := range []string{"#event", "#other", "com.example.subscribe#event", "", "#", "com.example.all#one"} {
		f.Add(typ, []byte("\xa1\x63seq\x07"))
		f.Add(typ, []byte("\xa0"))
		f.Add(typ, []byte("\x80"))
		f.Add(typ, []byte("\xa1\x63seq"))
	}
	f.Fuzz(func(t *testing.T, typ string, body []byte) {
		m := gentest.SubscribeMessage{Event: &gentest.SubscribeEvent{Seq: 5}}
		if err := m.UnmarshalFrame(typ, body); err != nil {
			require.NotEmpty(t, err.Error())
			require.Equal(t, gentest.SubscribeMessage{Event: &gentest.SubscribeEvent{Seq: 5}}, m)
			return
		}
		require.NotNil(t, m.Value())
		if m.Unknown == nil {
			return
		}
		b, err := m.Unknown.CBOR()
		require.NoError(t, err)
		require.Equal(t, body, b)
	})
}

// FuzzConfig reads configurations.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		`{"lexicons":["x"],"packages":[{"prefixes":["com.example"],"import":"example.com/x","dir":"x","name":"x"}]}`, `{"packages":[{"import":"x","prefixes":["a.b"]}]} {}`, `{`, `null`, `[]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := lexgen.ParseConfig(text)
		if err != nil {
			require.Contains(t, err.Error(), "lexgen: ")
			return
		}
		require.NotEmpty(t, c.Packages)
		for _, p := range c.Packages {
			require.NotEmpty(t, p.Import)
			require.NotEmpty(t, p.Prefixes)
		}
	})
}

// FuzzGenerate generates Go from any schema. What comes is Go, the same each
// time, or an error.
func FuzzGenerate(f *testing.F) {
	names, err := filepath.Glob("testdata/lexicons/*.json")
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(text)
	}
	for _, def := range []string{
		`{"type":"record","key":"any","record":{"type":"object","properties":{"a":{"type":"ref","ref":"#main"}}}}`, `{"type":"array","items":{"type":"ref","ref":"#main"}}`,
		`{"type":"object","properties":{"type":{"type":"string"},"func":{"type":"string"},"Func":{"type":"integer"},"1":{"type":"bytes"}}}`, `{"type":"token"}`,
		`{"type":"query","errors":[{"name":"A"},{"name":"a"}],"output":{"encoding":"application/json","schema":{"type":"union","refs":["#main","com.example.x#y"]}}}`,
	} {
		f.Add([]byte(document("com.example.fuzz", "main", def)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := schema.Parse(text, nil)
		if err != nil {
			return
		}
		c, err := lexicon.NewCatalog(d)
		require.NoError(t, err)
		config := &lexgen.Config{Packages: []lexgen.Package{{Prefixes: []string{strings.TrimSuffix(d.ID.String(), "."+d.ID.Name())}, Import: "example.com/example", Dir: "out"}}}
		files, err := lexgen.Generate(c, config)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		for _, file := range files {
			_, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Text, parser.SkipObjectResolution)
			require.NoError(t, err, "%s", file.Text)
		}
		again, err := lexgen.Generate(c, config)
		require.NoError(t, err)
		require.Equal(t, files, again)
	})
}
