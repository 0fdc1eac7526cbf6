package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// FuzzParse checks that whatever is accepted says the same when it is written,
// and is accepted again.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"record", "query", "procedure", "subscription", "permission-set"} {
		f.Add(fixtures.Interop(f, "lexicon/catalog/"+name+".json"), false)
	}
	for _, s := range []string{
		doc(`"main":{"type":"space","key":"any","name":"Room","name:lang":{"fr":"Salle"},"collections":["com.example.post"],"x":[1e400]}`),
		doc(`"main":{"type":"record","record":{"type":"object","x":"\ud83d\ude00"}}`),
		doc(`"main":{"type":"query","output":{"encoding":"a/b, c/d","description":""}}`),
		doc(`"main":{"type":"string","max\u004cength":10,"\n":1e400}`),
		doc(`"a":{"type":"integer","type":"string"}`), `{"lexicon":1,"id":"a.b.c","defs":{"a":{"type":"union","refs":[],"closed":false}}}`, `[[[[`, `{}`,
	} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, lenient bool) {
		o := &schema.Options{Lenient: lenient, Drafts: lenient}
		d, err := schema.Parse(text, o)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NoError(t, d.Check(o))
		out, err := d.MarshalJSON()
		require.NoError(t, err)
		if !lenient { // which drops encodings
			require.Equal(t, untyped(t, text), untyped(t, out))
		}
		again, err := schema.Parse(out, o)
		require.NoError(t, err, "%s", out)
		second, err := again.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(out), string(second))
		require.True(t, json.Valid(d.Format()))
		_ = d.Dependencies()
		if record, err := d.Record(); err == nil {
			published, err := schema.ParseRecord(record, o)
			require.NoError(t, err)
			a, err := d.CID()
			require.NoError(t, err)
			b, err := published.CID()
			require.NoError(t, err)
			require.Equal(t, a, b)
		}
	})
}

// untyped returns a JSON value without what may be spelt in several ways.
func untyped(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil // a number that float64 has not, in both
	}
	return v
}
