package lexgen_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
	"github.com/linnet-at/linnet/syntax"
)

// everything is a record with each property of com.example.all.
const everything = `{"$type":"com.example.all","text":"añ🐦","createdAt":"2026-08-19T12:34:56.789Z","flag":true,"count":-5,"bytes":{"$bytes":"AQI"},
"link":{"$link":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"},
"blob":{"$type":"blob","mimeType":"image/png","ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},"size":1000},
"any":{"b":[1,null],"aa":{"$link":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}},
"open":{"$type":"org.example.shared.defs#three","n":"x","s":{"uri":"at://alice.example.com"}},"list":[1,-2,9],"ref":{"v":1,"w":2},
"nullText":null,"nullRef":null,"nullList":null,"nullUnion":null,"nullLink":null,"nullAny":null,
"bothText":null,"bothRef":{"v":3},"bothList":[],"bothUnion":{"$type":"com.example.all#two","self":{}},
"optText":"ab","optFlag":false,"optCount":3,"optBytes":{"$bytes":""},"optLink":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},
"optBlob":{"$type":"blob","mimeType":"a/b","ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},"size":0},"optAny":{},
"optUnion":{"$type":"com.example.all#one","v":4},"optRef":{"name":"n","kids":[{"name":"k","left":{"name":"l"}}]},"optShared":{"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"},
"inline":{"a":"did:web:example.com","deep":{"b":[[{"c":true}],[]]}},"enumText":"b c","knownText":"else","constText":"yes","constInt":7,"constFlag":true,"constEnum":"a",
"links":[{"$link":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}],"blobs":[],"byteses":[{"$bytes":"AA"}],"flags":[true,false],"texts":["en-GB"],"anys":[{}],
"unions":[{"$type":"com.example.new","z":1},{"$type":"com.example.all#one","v":1}],"objects":[{"x":1},{"x":2,"y":3}],"alias":"abcd","aliasList":["a","b"],
"prefs":[{"$type":"com.example.all#two","child":{"$type":"com.example.all#one","v":1}}],"grid":[["a"],[]],"uri":"https://example.com","atUri":"at://alice.example.com/a.b.c/d","cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",
"handle":"alice.example.com","who":"did:web:example.com","nsid":"a.b.c","tid":"3jzfcijpj2z2a","rkey":"self","aa":"unknown","zzzzzzzzzzzzzzzzzzz":[{"deep":1}]}`

func loadCatalog(t testing.TB) *lexicon.Catalog {
	t.Helper()
	c, err := lexicon.Load(os.DirFS("testdata/lexicons"), nil)
	require.NoError(t, err)
	return c
}

var collection = syntax.MustParseNSID("com.example.all")

// compare decodes b and compares what comes of it with what the general packages
// say. It reports whether b is a valid record.
func compare(t *testing.T, c *lexicon.Catalog, b []byte) bool {
	t.Helper()
	verdict := c.ValidateRecordData(collection, b, nil)
	var x gentest.All
	err := x.UnmarshalCBOR(b)
	if dagcbor.Valid(b, nil) != nil {
		require.Equal(t, dagcbor.Valid(b, nil), err)
	}
	if err != nil {
		require.Error(t, verdict, "decoding said: %v", err)
		require.Equal(t, gentest.All{}, x)
		return false
	}
	if bad := x.Validate(); bad == nil {
		require.NoError(t, verdict)
	} else {
		require.Error(t, verdict, "Validate said: %v", bad)
		if want, ok := verdict.(*lexicon.Error); ok {
			require.Equal(t, want.Code, bad.(*lexicon.Error).Code, "%v, and Validate said %v", want, bad)
			require.Equal(t, want.Path, bad.(*lexicon.Error).Path, "%v, and Validate said %v", want, bad)
		}
	}
	again, err := x.AppendCBOR([]byte("before"))
	require.NoError(t, err)
	require.Equal(t, "before", string(again[:6]))
	require.Equal(t, b, again[6:])
	if text, err := data.ToJSON(b, nil); err == nil {
		own, err := x.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(text), string(own))
		var y gentest.All
		require.NoError(t, y.UnmarshalJSON(text))
		again, err := y.MarshalCBOR()
		require.NoError(t, err)
		require.Equal(t, b, again)
	}
	return verdict == nil
}

func TestEverything(t *testing.T) {
	ledger.Covers(t, "LEX-116", "LEX-166", "LEX-167")
	b, err := data.FromJSON([]byte(everything), nil)
	require.NoError(t, err)
	require.True(t, compare(t, loadCatalog(t), b))

	var x gentest.All
	require.NoError(t, x.UnmarshalCBOR(b))
	require.Equal(t, "n", x.OptRef.Name)
	require.True(t, x.BothText.IsNull())
	require.False(t, x.BothText.IsZero())
	require.Equal(t, int64(4), x.OptUnion.One.V)
	require.Equal(t, "x", x.Open.Three.N)
	require.Equal(t, "com.example.new", x.Unions[0].Unknown.LexType())
	require.Equal(t, []byte("\x67unknown"), x.Extra.Get("aa"))

	// What was decoded does not alias the input.
	clear(b)
	require.Equal(t, "añ🐦", x.Text)
	require.Equal(t, []byte{1, 2}, x.Bytes)
}

// pool holds values for properties, as they should be, and as they should not.
var pool = []any{
	nil, true, false, int64(0), int64(1), int64(7), int64(-6), int64(101), int64(-1 << 63), "", "a", "yes", "no", "abc", "añ🐦x", "e\u0301e\u0301e\u0301", strings.Repeat("x", 31),
	"did:web:example.com", "https://example.com", "2026-08-19T12:34:56Z", "en", "EN", "at://alice.example.com", []byte{}, []byte{1, 2, 3, 4, 5},
	dagcbor.Sum(dagcbor.DAGCBOR, nil), dagcbor.Sum(dagcbor.Raw, nil),
	[]any{}, []any{int64(1)}, []any{int64(1), int64(2), int64(3), int64(10)}, []any{"a", nil}, []any{"a", "en", "b"}, []any{true}, []any{[]byte{1, 2, 3}}, []any{map[string]any{}},
	map[string]any{}, map[string]any{"v": int64(1)}, map[string]any{"v": "1"}, map[string]any{"$type": "com.example.all#one", "v": int64(1)}, map[string]any{"$type": "com.example.all#one"},
	map[string]any{"$type": "com.example.all#two", "child": map[string]any{"v": int64(1)}}, map[string]any{"$type": "com.example.other", "a": "b"}, map[string]any{"$type": "x#main"},
	map[string]any{"name": "n", "kids": []any{map[string]any{"name": "12345678901"}}}, map[string]any{"name": "n", "left": map[string]any{"$type": "com.example.all#tree", "name": "x"}},
	[]any{map[string]any{"$type": "com.example.all#one", "v": int64(1), "e": "x"}}, []any{map[string]any{"x": int64(1)}, map[string]any{}}, []any{[]any{"a", "b", "c"}},
	map[string]any{"$type": "blob", "ref": dagcbor.Sum(dagcbor.Raw, nil), "mimeType": "image/png", "size": int64(1)},
	map[string]any{"$type": "blob", "ref": dagcbor.Sum(dagcbor.Raw, nil), "mimeType": "text/html", "size": int64(1)},
	map[string]any{"$type": "blob", "ref": dagcbor.Sum(dagcbor.Raw, nil), "mimeType": "image/png", "size": int64(1001)},
	map[string]any{"cid": dagcbor.Sum(dagcbor.Raw, nil).String(), "mimeType": "image/png"},
	map[string]any{"$type": "blob", "ref": dagcbor.Sum(dagcbor.Raw, nil), "mimeType": "png", "size": int64(1)},
	map[string]any{"a": "did:web:x", "deep": map[string]any{"b": []any{[]any{map[string]any{"c": int64(1)}}}}}, map[string]any{"$type": "any", "a": "did:web:example.com"},
}

// TestMutations changes records at random.
func TestMutations(t *testing.T) {
	ledger.Covers(t, "LEX-116", "LEX-166", "LEX-167")
	c := loadCatalog(t)
	tree, err := data.UnmarshalJSON([]byte(everything), nil)
	require.NoError(t, err)
	base := tree.(map[string]any)
	names := make([]string, 0, len(base))
	for name := range base {
		names = append(names, name)
	}
	slices.Sort(names)
	rng := rand.New(rand.NewPCG(1, 2))
	valid := 0
	try := func(record map[string]any) {
		b, err := data.Marshal(record, nil)
		require.NoError(t, err)
		if compare(t, c, b) {
			valid++
		}
	}
	with := func(changes ...any) map[string]any {
		record := make(map[string]any, len(base))
		maps.Copy(record, base)
		for i := 0; i < len(changes); i += 2 {
			record[changes[i].(string)] = changes[i+1]
		}
		return record
	}
	for _, name := range names {
		record := with()
		delete(record, name)
		try(record)
		if name == "$type" {
			continue
		}
		for _, v := range pool {
			try(with(name, v))
		}
	}
	for range 500 {
		record := with(names[1+rng.IntN(len(names)-1)], pool[rng.IntN(len(pool))], string(rune('a'+rng.IntN(26))), pool[rng.IntN(len(pool))])
		delete(record, names[rng.IntN(len(names))])
		try(record)
	}
	require.Greater(t, valid, 300)
}

// TestTruncated cuts a record off at each offset, and changes each byte.
func TestTruncated(t *testing.T) {
	c := loadCatalog(t)
	b, err := data.FromJSON([]byte(everything), nil)
	require.NoError(t, err)
	for i := range b {
		require.False(t, compare(t, c, b[:i]))
		for _, bit := range []byte{1, 0xa0} {
			changed := bytes.Clone(b)
			changed[i] ^= bit
			compare(t, c, changed)
		}
	}
	require.False(t, compare(t, c, append(bytes.Clone(b), 0)))
}

func FuzzRecord(f *testing.F) {
	b, err := data.FromJSON([]byte(everything), nil)
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte("\xa1\x65$type\x6fcom.example.all"))
	f.Add(bytes.Repeat([]byte{0x81}, 1000))
	c := loadCatalog(f)
	f.Fuzz(func(t *testing.T, b []byte) { compare(t, c, b) })
}

// TestDeep nests a type that holds itself to the limit and beyond.
func TestDeep(t *testing.T) {
	for depth := 1; depth < 40; depth++ {
		b := append(bytes.Repeat([]byte("\xa1\x64self"), depth), 0xa0)
		var x gentest.AllTwo
		require.Equal(t, dagcbor.Valid(b, nil), x.UnmarshalCBOR(b))
		if depth >= dagcbor.DefaultMaxDepth {
			require.Error(t, x.UnmarshalCBOR(b))
			continue
		}
		again, err := x.MarshalCBOR()
		require.NoError(t, err)
		require.Equal(t, b, again)
		deeper := &gentest.AllTwo{Self: &x}
		_, err = deeper.MarshalCBOR()
		require.Equal(t, depth+1 >= dagcbor.DefaultMaxDepth, err != nil)
	}
}

// TestWide has lists and maps with as many members as may be, and one more.
func TestWide(t *testing.T) {
	for n := dagcbor.DefaultMaxContainer; n <= dagcbor.DefaultMaxContainer+1; n++ {
		list := append(dagcbor.AppendArray([]byte("\xa1\x68bothList"), n), make([]byte, n)...)
		var x gentest.All
		err := x.UnmarshalCBOR(list)
		_, tooWide := errors.AsType[*dagcbor.LimitError](err) // which lacks much, but that is seen later
		require.Equal(t, n > dagcbor.DefaultMaxContainer, tooWide, "%v", err)
		require.Equal(t, tooWide, dagcbor.Valid(list, nil) != nil, "%v, and Valid says %v", err, dagcbor.Valid(list, nil))

		object := dagcbor.AppendMap(nil, n)
		for i := range n {
			object = append(dagcbor.AppendText(object, fmt.Sprintf("%05x", i)), 0xf6)
		}
		var two gentest.AllTwo
		_, tooWide = errors.AsType[*dagcbor.LimitError](two.UnmarshalCBOR(object))
		require.Equal(t, n > dagcbor.DefaultMaxContainer, tooWide)
	}
}
