package lexicon_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// FuzzValidate checks that the program agrees with the reference about any value
// and any document: whether it is valid, and which errors stand where.
func FuzzValidate(f *testing.F) {
	record := string(fixtures.Interop(f, "lexicon/catalog/record.json"))
	for _, file := range []string{"valid", "invalid"} {
		for _, v := range fixtures.JSON[[]recordVector](f, fixtures.Interop(f, "lexicon/record-data-"+file+".json")) {
			f.Add([]byte(record), []byte(v.Data))
		}
	}
	loop := testDoc(testID, `"main":{"type":"object","required":["a"],"nullable":["b"],"properties":{"a":{"type":"ref","ref":"#main"},"b":{"type":"union","refs":["#main","#x"]},
		"c":{"type":"ref","ref":"#none"},"d":{"type":"array","items":{"type":"ref","ref":"#t"}}}},"x":{"type":"object","properties":{"s":{"type":"string","const":"é","maxGraphemes":1}}},"t":{"type":"token"}`)
	for _, v := range []string{`{"a":{"a":{}},"b":null}`, `{"b":{"$type":"com.example.test#x","s":"e"}}`, `{"c":null,"d":[null,1]}`, `{"b":{"$type":"com.example.test","a":[]}}`, `[]`, `null`} {
		f.Add([]byte(loop), []byte(v))
	}
	f.Add([]byte(testDoc(testID, `"main":{"type":"object","properties":{"b":{"type":"blob","accept":["image/*"],"maxSize":3},"i":{"type":"integer","enum":[1,300],"maximum":200}}}`)),
		[]byte(`{"b":`+blobJSON("image/png", 3)+`,"i":300}`))
	f.Fuzz(func(t *testing.T, doc, value []byte) {
		d, err := schema.Parse(doc, &schema.Options{Lenient: true})
		if err != nil {
			return
		}
		b, err := data.FromJSON(value, nil)
		if err != nil {
			return
		}
		c, err := lexicon.NewCatalog(d)
		require.NoError(t, err)
		_ = c.Link()
		v, err := data.NewView(b, nil)
		require.NoError(t, err)
		tree, err := data.Unmarshal(b, nil)
		require.NoError(t, err)
		for _, name := range defNames(c) {
			r := reference{docs: c}
			r.def("", name, tree)
			err := c.ValidateView(name, v, &lexicon.Options{MaxErrors: -1})
			var got []string
			if all, ok := errors.AsType[lexicon.Errors](err); ok {
				for _, e := range all {
					got = append(got, e.Path+" "+string(e.Code))
				}
			}
			slices.Sort(got)
			require.Equal(t, r.sorted(), got, "%s", name)
			first := c.ValidateView(name, v, nil)
			require.Equal(t, err == nil, first == nil)
			if lenient := c.ValidateView(name, v, lexicon.Lenient()); first == nil {
				require.NoError(t, lenient, "leniency accepts more")
			}
		}
	})
}

// FuzzParams checks that the parameters that are parsed are valid, and give the
// same query again.
func FuzzParams(f *testing.F) {
	f.Add("limit", "1", "actor", "alice.test")
	f.Add("tags", "a", "actor", "did:web:x.y")
	f.Add("ids", "-0", "deep", "true")
	f.Add("limit", "\xff", "sort", "")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		c, id := paramsCatalog(t), defNames(paramsCatalog(t))[2].NSID
		query := map[string][]string{"actor": {"alice.test"}}
		query[k1] = append(query[k1], v1)
		query[k2] = append(query[k2], v2)
		v, err := c.ParseParams(id, query, nil)
		if err != nil {
			return
		}
		tree, err := v.Tree(nil)
		require.NoError(t, err)
		text, err := c.FormatParams(id, tree.(map[string]any), nil)
		require.NoError(t, err)
		require.NotEmpty(t, text)
	})
}

// TestReferenceAgrees runs the published schemas and a post, changed in many
// ways, through both.
func TestReferenceAgrees(t *testing.T) {
	c := publishedCatalog(t)
	name, err := schema.ParseName("app.bsky.feed.post")
	require.NoError(t, err)
	var post any
	require.NoError(t, json.Unmarshal([]byte(postJSON), &post))
	n := 0
	for _, value := range []any{nil, "x", 1, []any{}, map[string]any{}, true} {
		mutate(post, func(changed any) {
			n++
			text, err := json.Marshal(changed)
			require.NoError(t, err)
			b, err := data.FromJSON(text, nil)
			if err != nil {
				return
			}
			v, err := data.NewView(b, nil)
			require.NoError(t, err)
			tree, err := data.Unmarshal(b, nil)
			require.NoError(t, err)
			r := reference{docs: c}
			r.def("", name, tree)
			var got []string
			if all, ok := errors.AsType[lexicon.Errors](c.ValidateView(name, v, &lexicon.Options{MaxErrors: -1})); ok {
				for _, e := range all {
					got = append(got, e.Path+" "+string(e.Code))
				}
			}
			slices.Sort(got)
			require.Equal(t, r.sorted(), got, "%s", text)
		}, post, value)
	}
	require.Greater(t, n, 200)
}

// mutate calls f with root after each part of it, in turn, was replaced by a
// value, and restores it.
func mutate(part any, f func(any), root, value any) {
	switch part := part.(type) {
	case map[string]any:
		for k, v := range part {
			part[k] = value
			f(root)
			delete(part, k)
			f(root)
			part[k] = v
			mutate(v, f, root, value)
		}
	case []any:
		for i, v := range part {
			part[i] = value
			f(root)
			part[i] = v
			mutate(v, f, root, value)
		}
	}
}
