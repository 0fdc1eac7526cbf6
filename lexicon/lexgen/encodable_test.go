package lexgen_test

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest/shared"
)

// A hole is a place in a value, which set puts something there that cannot be
// encoded, and undo what was there.
type hole struct {
	path string
	set  func()
	undo func()
}

// holes returns the strings, links and blobs in v.
func holes(v reflect.Value, path string) (list []hole) {
	spoil := func(path string, v, bad reflect.Value) {
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		list = append(list, hole{path, func() { v.Set(bad) }, func() { v.Set(old) }})
	}
	switch v.Type() {
	case reflect.TypeFor[lex.Extra](), reflect.TypeFor[lex.Unknown]():
		return nil
	case reflect.TypeFor[dagcbor.CID]():
		if path != "/OptLink" && path != "/NullLink" { // of which the zero value is absent, or null
			spoil(path, v, reflect.Zero(v.Type()))
		}
		return list
	case reflect.TypeFor[data.Blob]():
		spoil(path+"/mimeType", v.FieldByName("MimeType"), reflect.ValueOf("image/\xff"))
		spoil(path+"/ref", v.FieldByName("Ref"), reflect.ValueOf(dagcbor.CID{}))
		spoil(path+"/ref", v.FieldByName("Ref"), reflect.ValueOf(dagcbor.Sum(dagcbor.DAGCBOR, nil)))
		return list
	}
	switch v.Kind() {
	case reflect.String:
		for _, bad := range []string{"\xff", strings.Repeat("x", 40) + "\xc0\x80"} {
			spoil(path, v, reflect.ValueOf(bad))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return holes(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			list = append(list, holes(v.Index(i), path+"/"+string(rune('0'+i)))...)
		}
	case reflect.Struct:
		if ptr := v.Addr().MethodByName("Ptr"); ptr.IsValid() { // a lex.Nullable
			return holes(ptr.Call(nil)[0], path)
		}
		_, union := v.Addr().Type().MethodByName("Value")
		for i := range v.NumField() {
			in := path + "/" + v.Type().Field(i).Name
			if union {
				in = path
			}
			list = append(list, holes(v.Field(i), in)...)
		}
	}
	return list
}

// TestUnencodable puts what cannot be encoded in each place of a record. Validate
// and the encoder say where it is.
func TestUnencodable(t *testing.T) {
	b, err := data.FromJSON([]byte(everything), nil)
	require.NoError(t, err)
	var x gentest.All
	require.NoError(t, x.UnmarshalCBOR(b))
	x.BothText = lex.Some("x")
	require.NoError(t, x.Validate())
	list := holes(reflect.ValueOf(&x).Elem(), "")
	require.Greater(t, len(list), 60)
	for _, h := range list {
		h.set()
		e, ok := errors.AsType[*lexicon.Error](x.Validate())
		require.True(t, ok, h.path)
		require.True(t, strings.EqualFold(h.path, e.Path), "%s: %v", h.path, e)
		_, err := x.MarshalCBOR()
		require.Error(t, err, h.path)
		place := strings.TrimSuffix(strings.TrimSuffix(e.Path, "/ref"), "/mimeType") // of a blob
		require.True(t, strings.HasPrefix(err.Error(), "lex: ") && strings.HasSuffix(err.Error(), ` at "`+place+`"`), "%s: %v", h.path, err)
		require.Equal(t, 1, strings.Count(err.Error(), "lex: "))
		_, err = x.MarshalJSON()
		require.Error(t, err)
		h.undo()
	}
	require.NoError(t, x.Validate())

	x.BothUnion = lex.Some(gentest.AllBothUnion{})
	require.EqualError(t, x.Validate(), "lexicon: bothUnion: union without exactly one member")
}

// TestShadow sets each property that the schema knows as one that it does not.
func TestShadow(t *testing.T) {
	for _, name := range []string{"text", "aliasList", "bothText"} {
		b, err := data.FromJSON([]byte(everything), nil)
		require.NoError(t, err)
		var x gentest.All
		require.NoError(t, x.UnmarshalCBOR(b))
		require.NoError(t, x.Extra.Set(name, []byte("\x61x")))
		require.EqualError(t, x.Validate(), "lexicon: "+name+": extra property is one of the schema")
		_, err = x.MarshalCBOR()
		require.EqualError(t, err, `lex: extra property is one of the schema at "/`+name+`"`)
	}
}

// TestListedMember: what a union lists is no unknown member of it, whether it is
// valid or not.
func TestListedMember(t *testing.T) {
	c := loadCatalog(t)
	b, err := data.FromJSON([]byte(everything), nil)
	require.NoError(t, err)
	var x gentest.All
	require.NoError(t, x.UnmarshalCBOR(b))
	set := func(u lex.Unknown) error {
		x.Open = gentest.AllOpen{Unknown: &u}
		err := x.Validate()
		b, encoding := x.MarshalCBOR()
		require.NoError(t, encoding)
		if err == nil {
			require.NoError(t, c.ValidateRecordData(collection, b, nil))
		}
		return err
	}
	for _, text := range []string{`{"$type":"com.example.all#one","v":"no"}`, `{"$type":"com.example.all#one","v":1}`, `{"$type":"com.example.all#two"}`, `{"$type":"org.example.shared.defs#three"}`} {
		u, err := lex.UnknownFromJSON([]byte(text))
		require.NoError(t, err)
		e, ok := errors.AsType[*lexicon.Error](set(u))
		require.True(t, ok, text)
		require.Equal(t, "/open", e.Path)
		require.Equal(t, lexicon.CodeUnionType, e.Code)
	}
	require.ErrorContains(t, set(lex.Of(&gentest.AllOne{V: 1})), `$type "com.example.all#one" is one that the union lists`)
	// One of another type gets its $type where it stands.
	require.NoError(t, set(lex.Of(&shared.SharedDefs{URI: "at://alice.example.com"})))
	require.NoError(t, set(lex.Of(&gentest.AllTree{Name: "n"})))
	u, err := lex.UnknownFromJSON([]byte(`{"$type":"com.example.all#none","v":1}`))
	require.NoError(t, err)
	require.NoError(t, set(u))
}

// TestInsideUnknown: what is wrong inside of what lex.Of was given has its path.
func TestInsideUnknown(t *testing.T) {
	in := &atproto.RepoPutRecordInput{Repo: "alice.example.com", Collection: "app.bsky.feed.post", RKey: "self", Record: lex.Of(&bsky.FeedPost{Text: "\xff"})}
	require.EqualError(t, in.Validate(), "lexicon: record.text: string that is not UTF-8")
	_, err := in.MarshalJSON()
	require.EqualError(t, err, `lex: string that is not UTF-8 at "/record/text"`)
	in.Record = lex.Unknown{}
	_, err = in.MarshalJSON()
	require.EqualError(t, err, `lex: object of unknown type is absent at "/record"`)
}

// TestNil: pointers that are nil are errors, not faults.
func TestNil(t *testing.T) {
	const want = "lex: pointer that is nil"
	var none *bsky.FeedPost
	_, err := none.AppendCBOR(nil)
	require.EqualError(t, err, want)
	_, err = none.AppendJSON(nil)
	require.EqualError(t, err, want)
	require.EqualError(t, none.Validate(), "lexicon: pointer that is nil")
	_, err = lex.Of(none).CBOR()
	require.EqualError(t, err, want)
	require.Empty(t, lex.Of(none).LexType())
	in := &atproto.RepoPutRecordInput{Repo: "alice.example.com", Collection: "app.bsky.feed.post", RKey: "self", Record: lex.Of(none)}
	_, err = in.MarshalJSON()
	require.EqualError(t, err, want+` at "/record"`)
	require.EqualError(t, in.Validate(), "lexicon: record: pointer that is nil")
	var union *bsky.FeedPostEmbed
	_, err = lex.AppendCBOR(nil, union)
	require.EqualError(t, err, "lex: union without exactly one member")
	require.EqualError(t, lex.Validate(union, nil), "lexicon: union without exactly one member")
}

// TestNilInput: a nil input is the empty one.
func TestNilInput(t *testing.T) {
	c := &caller{answer: `{}`}
	require.NoError(t, atproto.ServerDeactivateAccount(t.Context(), c, nil))
	require.Equal(t, `{}`, c.input)
	_, err := atproto.ServerCreateSession(t.Context(), c, nil)
	require.NoError(t, err)
	require.Equal(t, `{"password":"","identifier":""}`, c.input)
	_, err = gentest.DoThing(t.Context(), c, nil, nil)
	require.EqualError(t, err, "lex: union without exactly one member")
}

// TestDeepValidate: what is nested too deep to be encoded is not valid.
func TestDeepValidate(t *testing.T) {
	x := &gentest.AllTwo{}
	for depth := 1; depth < 40; depth++ {
		_, err := x.MarshalCBOR()
		require.Equal(t, err == nil, x.Validate() == nil, depth)
		x = &gentest.AllTwo{Self: x}
	}
	for _, kids := range [][]gentest.AllTree{{}, {{Name: "n"}}} { // arrays count, too
		tree := &gentest.AllTree{Name: "n", Kids: kids}
		valid := 0
		for range 40 {
			_, err := tree.MarshalCBOR()
			require.Equal(t, err == nil, tree.Validate() == nil)
			if err == nil {
				valid++
			}
			tree = &gentest.AllTree{Name: "n", Left: tree}
		}
		require.Equal(t, dagcbor.DefaultMaxDepth-1-len(kids), valid)
	}
	nested := append(append([]byte(nil), strings.Repeat("\x81", dagcbor.DefaultMaxDepth-2)...), 0)
	for _, levels := range []int{0, 1, 2} {
		x = &gentest.AllTwo{}
		require.NoError(t, x.Extra.Set("q", nested))
		for range levels {
			x = &gentest.AllTwo{Self: x}
		}
		_, err := x.MarshalCBOR()
		require.Equal(t, levels > 1, err != nil, levels)
		require.Equal(t, err == nil, x.Validate() == nil, levels)
	}
}

// TestAllProblems compares all problems of records with those that a catalog
// finds: a value has one at most.
func TestAllProblems(t *testing.T) {
	c := loadCatalog(t)
	tree, err := data.UnmarshalJSON([]byte(everything), nil)
	require.NoError(t, err)
	record := tree.(map[string]any)
	maps.Copy(record, map[string]any{
		"text": strings.Repeat("x", 31), "optText": "abcde", "count": int64(101), "optCount": int64(9), "bytes": []byte("12345"), "list": []any{int64(10), int64(11), int64(12), int64(13)},
		"bothText": "123456", "enumText": "z", "constText": "no", "constInt": int64(8), "constFlag": false, "constEnum": "b", "texts": []any{"EN", "en", "?"},
		"byteses": []any{[]byte("1"), []byte("123")}, "createdAt": "now", "nsid": "a", "cid": "", "prefs": []any{map[string]any{"$type": "com.example.all#none"}},
		"blob": map[string]any{"$type": "blob", "ref": dagcbor.Sum(dagcbor.Raw, nil), "mimeType": "text/html", "size": int64(1001)}, "open": map[string]any{"$type": "x#main"},
	})
	b, err := data.Marshal(record, nil)
	require.NoError(t, err)
	var x gentest.All
	require.NoError(t, x.UnmarshalCBOR(b))
	want, ok := c.ValidateRecordData(collection, b, &lexicon.Options{MaxErrors: -1}).(lexicon.Errors)
	require.True(t, ok)
	got, ok := lex.Validate(&x, &lexicon.Options{MaxErrors: -1}).(lexicon.Errors)
	require.True(t, ok)
	require.Greater(t, len(want), 15)
	for i := range min(len(want), len(got)) {
		require.Equal(t, *want[i], *got[i])
	}
	require.Len(t, got, len(want))
}
