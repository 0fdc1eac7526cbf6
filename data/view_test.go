package data_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

func viewOf(t testing.TB, text string, o *data.Options) data.View {
	t.Helper()
	b, err := data.FromJSON([]byte(text), o)
	require.NoError(t, err)
	v, err := data.NewView(b, o)
	require.NoError(t, err)
	return v
}

func TestViewKinds(t *testing.T) {
	ledger.Covers(t, "DAT-001", "DAT-011", "DAT-020", "CBR-020")
	link := dagcbor.MustParseCID(linkText)
	for text, kind := range map[string]dagcbor.Kind{
		`null`: dagcbor.KindNull, `true`: dagcbor.KindBool, `false`: dagcbor.KindBool, `"жa"`: dagcbor.KindText, `""`: dagcbor.KindText,
		`-1`: dagcbor.KindInt, `9007199254740993`: dagcbor.KindInt, `{"$bytes":"nFE"}`: dagcbor.KindBytes, `{"$bytes":""}`: dagcbor.KindBytes,
		`{"$link":"` + linkText + `"}`: dagcbor.KindLink, `[1,null]`: dagcbor.KindArray, `{"a":null}`: dagcbor.KindMap, `[]`: dagcbor.KindArray, `{}`: dagcbor.KindMap,
	} {
		v := viewOf(t, text, nil)
		require.Equal(t, kind, v.Kind(), text)
		tree, err := v.Tree(nil)
		require.NoError(t, err)
		requireView(t, v, tree)
		require.Equal(t, text, v.String())
	}
	got, ok := viewOf(t, `{"$link":"`+linkText+`"}`, nil).Link()
	require.True(t, ok)
	require.Equal(t, link, got)
	foreign := viewOf(t, `{"$link":"`+foreignText+`"}`, &data.Options{Permissive: true})
	_, ok = foreign.Link()
	require.False(t, ok)
	c, ok := foreign.Cid()
	require.True(t, ok)
	require.Equal(t, foreignText, c.String())
}

func TestViewIntegers(t *testing.T) {
	ledger.Covers(t, "DAT-011")
	for shift := range 64 {
		for _, n := range []int64{1<<shift - 1, 1 << shift, 1<<shift + 1, -1 << shift, -1<<shift - 1, math.MaxInt64, math.MinInt64} {
			v, err := data.NewView(dagcbor.AppendInt(nil, n), nil)
			require.NoError(t, err)
			got, ok := v.Int()
			require.True(t, ok)
			require.Equal(t, n, got)
			require.Equal(t, fmt.Sprint(n), v.String())
		}
	}
}

// requireView requires that all methods of v tell what tree holds.
func requireView(t *testing.T, v data.View, tree any) {
	t.Helper()
	b, isBool := v.Bool()
	n, isInt := v.Int()
	s, isText := v.Text()
	p, isBytes := v.Bytes()
	c, isLink := v.Cid()
	require.Equal(t, tree == nil, v.IsNull())
	length := 0
	switch tree := tree.(type) {
	case bool:
		require.Equal(t, tree, b)
	case int64:
		require.Equal(t, tree, n)
	case string:
		length = len(tree)
		require.Equal(t, tree, s)
		alias, ok := v.AliasText()
		require.True(t, ok)
		require.Equal(t, tree, string(alias))
	case []byte:
		length = len(tree)
		require.Equal(t, tree, p)
		alias, ok := v.AliasBytes()
		require.True(t, ok)
		require.Equal(t, tree, append([]byte{}, alias...))
	case dagcbor.CID:
		require.Equal(t, tree.Cid(), c)
		blessed, ok := v.Link()
		require.True(t, ok)
		require.Equal(t, tree, blessed)
	case cid.Cid:
		require.Equal(t, tree, c)
		_, ok := v.Link()
		require.False(t, ok)
	case []any:
		length = len(tree)
		requireElements(t, v, tree)
	case map[string]any:
		length = len(tree)
		requirePairs(t, v, tree)
	}
	require.Equal(t, length, v.Len())
	require.Equal(t, []bool{isType[bool](tree), isType[int64](tree), isType[string](tree), isType[[]byte](tree), isType[dagcbor.CID](tree) || isType[cid.Cid](tree)},
		[]bool{isBool, isInt, isText, isBytes, isLink})
	got, err := v.Tree(nil)
	require.NoError(t, err)
	require.True(t, data.Equal(tree, got))
	again, err := data.Marshal(tree, &data.Options{Permissive: true, MaxDepth: -1})
	require.NoError(t, err)
	require.Equal(t, again, v.Raw())
}

func isType[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

func requireElements(t *testing.T, v data.View, tree []any) {
	n := 0
	for i, e := range v.Elements() {
		require.Equal(t, n, i)
		if i < 100 { // each reads past those before it
			at, ok := v.At(i)
			require.True(t, ok)
			require.True(t, at.Equal(e))
		}
		requireView(t, e, tree[i])
		n++
	}
	require.Len(t, tree, n)
	for _, i := range []int{-1, n, math.MaxInt} {
		_, ok := v.At(i)
		require.False(t, ok)
	}
	for range v.Elements() {
		break // must not go on, nor panic
	}
}

func requirePairs(t *testing.T, v data.View, tree map[string]any) {
	n, last := 0, ""
	for key, value := range v.Pairs() {
		name, ok := key.Text()
		require.True(t, ok)
		require.True(t, n == 0 || dagcbor.CompareKeys(last, name) < 0)
		require.Contains(t, tree, name)
		requireView(t, value, tree[name])
		if n < 100 {
			got, ok := v.Get(name)
			require.True(t, ok)
			require.True(t, got.Equal(value))
		}
		for _, missing := range []string{name + "\x00", name + "a", strings.TrimSuffix(name, "a"), "\x00" + name} {
			_, ok := v.Get(missing)
			_, want := tree[missing]
			require.Equal(t, want, ok)
		}
		n, last = n+1, name
	}
	require.Len(t, tree, n)
	typ, _ := tree["$type"].(string)
	require.Equal(t, typ, v.Type())
	for range v.Pairs() {
		break
	}
}

func TestViewGet(t *testing.T) {
	v := viewOf(t, `{"reply":{"root":{"uri":"at://x","n":1},"list":[{"a":[10,20]}]},"b":{},"bb":2,"ba":1,"bc":3}`, nil)
	for path, want := range map[string]string{
		"": v.String(), "reply.root.uri": `"at://x"`, "reply.root.n": "1", "b": "{}", "ba": "1", "bb": "2", "bc": "3",
		"x": "", "reply.root.uri.x": "", "reply.list.a": "", "reply.x": "", "a": "", "c": "", "bd": "", "b9": "", "replz": "", "longer than all": "",
	} {
		var keys []string
		if path != "" {
			keys = strings.Split(path, ".")
		}
		got, ok := v.Get(keys...)
		require.Equal(t, want != "", ok, path)
		require.Equal(t, want, got.String(), path)
	}
	_, ok := v.Get("")
	require.False(t, ok)
	list, ok := v.Get("reply", "list")
	require.True(t, ok)
	first, ok := list.At(0)
	require.True(t, ok)
	a, ok := first.Get("a")
	require.True(t, ok)
	second, ok := a.At(1)
	require.True(t, ok)
	require.Equal(t, "20", second.String())
	_, ok = v.At(0)
	require.False(t, ok)
}

func TestViewZero(t *testing.T) {
	var v data.View
	require.Equal(t, dagcbor.KindInvalid, v.Kind())
	requireNothing := func(_ any, ok bool) { t.Helper(); require.False(t, ok) }
	requireNothing(v.Bool())
	requireNothing(v.Int())
	requireNothing(v.Text())
	requireNothing(v.Bytes())
	requireNothing(v.Link())
	requireNothing(v.Cid())
	requireNothing(v.Get())
	requireNothing(v.Get("a"))
	requireNothing(v.At(0))
	require.False(t, v.IsNull())
	require.Zero(t, v.Len())
	require.Nil(t, v.Raw())
	require.Empty(t, v.Type()+v.String())
	require.True(t, v.Equal(data.View{}))
	require.False(t, v.Equal(viewOf(t, "null", nil)))
	for range v.Elements() {
		t.Fatal("element of nothing")
	}
	for range v.Pairs() {
		t.Fatal("pair of nothing")
	}
	_, err := v.Tree(nil)
	require.EqualError(t, err, "data: zero View, which holds no value")
	got, err := v.AppendJSON([]byte("x"), nil)
	require.EqualError(t, err, "data: zero View, which holds no value")
	require.Equal(t, "x", string(got))
}

// TestViewHostile: a view is made of valid values only, and limits hold for
// what it makes.
func TestViewHostile(t *testing.T) {
	for name, b := range hostile {
		v, err := data.NewView(b, nil)
		require.Equal(t, data.Validate(b, nil), err, name)
		if err != nil {
			require.Zero(t, v)
			continue
		}
		got := allocated(func() { v.Raw(); v.Get("a", "b"); v.At(99_999); v.Len(); v.Type() })
		require.LessOrEqual(t, got, uint64(4096), name)
		require.Len(t, v.Raw(), len(b))
		tree, err := v.Tree(nil)
		want, wantErr := data.Unmarshal(b, nil)
		require.Equal(t, wantErr, err, name)
		require.True(t, err != nil || data.Equal(want, tree), name)
		text, err := v.AppendJSON(nil, nil)
		wantText, wantErr := data.ToJSON(b, nil)
		require.Equal(t, wantErr, err, name)
		require.Equal(t, string(wantText), string(text), name)
	}
	v := viewOf(t, post, nil)
	_, err := v.Tree(&data.Options{MaxTree: 100})
	_, ok := errors.AsType[*dagcbor.LimitError](err)
	require.True(t, ok)
	got, err := v.AppendJSON([]byte("x"), &data.Options{MaxJSON: 100})
	_, ok = errors.AsType[*dagcbor.LimitError](err)
	require.True(t, ok)
	require.Equal(t, "x", string(got))
	_, err = data.NewView([]byte{0x01}, &data.Options{Record: true})
	require.EqualError(t, err, "data: record is not a map at offset 0")
}

// TestViewCopies changes the record, to see which results are copies.
func TestViewCopies(t *testing.T) {
	v := viewOf(t, `{"t":"text","b":{"$bytes":"YnVm"},"l":{"$link":"`+linkText+`"},"$type":"a.b.c"}`, nil)
	field := func(key string) data.View { f, _ := v.Get(key); return f }
	text, _ := field("t").Text()
	b, _ := field("b").Bytes()
	c, _ := field("l").Cid()
	typ := v.Type()
	tree, err := v.Tree(nil)
	require.NoError(t, err)
	all := func() string { return fmt.Sprintf("%s %x %s %s %v", text, b, c, typ, tree) }
	before := all()
	clear(v.Raw())
	require.Equal(t, before, all())
}

// FuzzView holds views against trees, for all that is accepted.
func FuzzView(f *testing.F) {
	addCBORSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range []*data.Options{nil, {Permissive: true, SafeIntegers: true, MaxDepth: 40}} {
			v, err := data.NewView(b, o)
			require.Equal(t, data.Validate(b, o), err)
			if err != nil {
				require.Zero(t, v)
				continue
			}
			require.NoError(t, dagcbor.Valid(b, &dagcbor.Options{ForeignLinks: true, MaxDepth: 40}))
			tree, err := data.Unmarshal(b, o)
			require.NoError(t, err)
			requireView(t, v, tree)
			require.Empty(t, data.Diff(v, v))
			require.NotEmpty(t, data.Diff(v, data.View{}))
			requireWalk(t, v, tree)
			text, err := v.AppendJSON(nil, nil)
			require.NoError(t, err)
			require.True(t, json.Valid(text))
		}
	})
}

func TestLinks(t *testing.T) {
	in := `{"b":` + blobJSON + `,"a":[{"$link":"` + linkText + `"},"` + linkText + `"],"cid":"` + blobText + `","mimeType":"a/b"}`
	b, err := data.FromJSON([]byte(in), nil)
	require.NoError(t, err)
	var found []string
	for c, err := range data.Links(b, nil) {
		require.NoError(t, err)
		found = append(found, c.String())
	}
	require.Equal(t, []string{linkText, blobText}, found)
	for range data.Links(b, nil) {
		break // must not go on, nor panic
	}
	n := 0
	for c, err := range data.Links(b[:len(b)-1], nil) {
		n++
		require.Error(t, err)
		require.False(t, c.Defined())
	}
	require.Equal(t, 1, n)
	foreign := unhex(t, foreignLink)
	for _, err = range data.Links(foreign, nil) {
	}
	require.Error(t, err)
	for range data.Links(foreign, &data.Options{Permissive: true}) {
		t.Fatal("a link to a CID of another form")
	}
}
