package data_test

import (
	"math"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

func TestTree(t *testing.T) {
	ledger.Covers(t, "DAT-001", "DAT-020", "DAT-022", "CID-015")
	link := dagcbor.MustParseCID(linkText)
	for in, want := range map[string]any{
		`null`: nil, `true`: true, `false`: false, `0`: int64(0), `-300`: int64(-300), `""`: "", `"жa"`: "жa",
		`[]`: []any{}, `{}`: map[string]any{}, `{"$bytes":""}`: []byte{}, `{"$bytes":"nFE"}`: []byte{0x9c, 0x51},
		`{"$link":"` + linkText + `"}`: link,
		`"` + linkText + `"`:           linkText,
		`"ipld://` + linkText + `"`:    "ipld://" + linkText,
		`[1,"1",{"$bytes":"MQ"},null,{"b":{"$link":"` + linkText + `"},"a":[[]]}]`: []any{
			int64(1), "1", []byte("1"), nil, map[string]any{"b": link, "a": []any{[]any{}}},
		},
	} {
		got, err := data.UnmarshalJSON([]byte(in), nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
		back, err := data.MarshalJSON(got, nil)
		require.NoError(t, err)
		require.JSONEq(t, in, string(back))
	}
}

// TestTreeDoesNotAlias changes the input after decoding.
func TestTreeDoesNotAlias(t *testing.T) {
	in := []byte(post)
	b, err := data.FromJSON(in, nil)
	require.NoError(t, err)
	clear(in)
	want := strings.Clone(string(b))
	tree, err := data.Unmarshal(b, nil)
	require.NoError(t, err)
	text, err := data.ToJSON(b, nil)
	require.NoError(t, err)
	var blobs []data.Blob
	for blob, err := range data.Blobs(b, nil) {
		require.NoError(t, err)
		blobs = append(blobs, blob)
	}
	clear(b)
	require.Equal(t, "image/jpeg", blobs[0].MimeType)
	again, err := data.Marshal(tree, nil)
	require.NoError(t, err)
	require.Equal(t, want, string(again))
	again, err = data.FromJSON(text, nil)
	require.NoError(t, err)
	require.Equal(t, want, string(again))
}

func TestMarshalTypes(t *testing.T) {
	one := unhex(t, "01")
	for _, v := range []any{1, int8(1), int16(1), int32(1), int64(1), uint(1), uint8(1), uint16(1), uint32(1), uint64(1)} {
		b, err := data.Marshal(v, nil)
		require.NoError(t, err)
		require.Equal(t, one, b)
	}
	link := dagcbor.MustParseCID(linkText)
	for _, v := range []any{link, link.Cid()} {
		b, err := data.Marshal(v, nil)
		require.NoError(t, err)
		require.Equal(t, dagcbor.AppendLink(nil, link), b)
	}
	b, err := data.Append([]byte("x"), []any{[]string{"en", ""}, uint64(math.MaxInt64), int64(math.MinInt64)}, nil)
	require.NoError(t, err)
	require.Equal(t, "x"+string(unhex(t, "838262656e601b7fffffffffffffff3b7fffffffffffffff")), string(b))
}

func TestMarshalErrors(t *testing.T) {
	ledger.Covers(t, "CBR-005", "CBR-006", "DAT-003", "DAT-007", "DAT-018", "DAT-023", "BLB-005", "BLB-007")
	type text string
	blob := data.NewBlob([]byte("x"), "")
	legacy, negative, undefined := blob, blob, blob
	legacy.Size = -1
	negative.Size = math.MinInt64
	undefined.Ref = dagcbor.CID{}
	extra := blob.Map()
	extra["alt"] = "x"
	dagpb := cid.MustParse("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi")
	for _, tc := range []struct {
		v    any
		path string
		msg  string
	}{
		{1.0, "", "float64, and the data model has no floating-point numbers"},
		{float32(1), "", "float32, and the data model has no floating-point numbers"},
		{uint64(math.MaxInt64 + 1), "", "integer does not fit in 64 bits with sign: 9223372036854775808"},
		{uint64(math.MaxUint64), "", "integer does not fit in 64 bits with sign: 18446744073709551615"},
		{text("a"), "", "Go type data_test.text, which no value of the data model has"},
		{new(1), "", "Go type *int, which no value of the data model has"},
		{[]int{1}, "", "Go type []int, which no value of the data model has"},
		{map[string]string{}, "", "Go type map[string]string, which no value of the data model has"},
		{struct{}{}, "", "Go type struct {}, which no value of the data model has"},
		{(*data.Blob)(nil), "", "Go type *data.Blob, which no value of the data model has"},
		{[]any(nil), "", "nil []interface {}, neither null nor empty"},
		{[]string(nil), "", "nil []string, neither null nor empty"},
		{[]byte(nil), "", "nil []byte, neither null nor empty"},
		{map[string]any(nil), "", "nil map[string]interface {}, neither null nor empty"},
		{"a\xffb", "", `string "a\xffb" is not valid UTF-8`},
		{[]string{"", "\xff"}, "/1", `string "\xff" is not valid UTF-8`},
		{map[string]any{"\xff": 1}, "/\xff", `string "\xff" is not valid UTF-8`},
		{map[string]any{"": 1}, "/", "empty map key"},
		{cid.Undef, "", "undefined CID"},
		{dagcbor.CID{}, "", "undefined CID"},
		{dagpb, "", "link to " + dagpb.String() + ", which is not a CID of version 1, dag-cbor or raw, SHA-256"},
		{map[string]any{"$link": linkText}, "/$link", "map with the key $link, which JSON reserves for links"},
		{map[string]any{"$bytes": ""}, "/$bytes", "map with the key $bytes, which JSON reserves for byte strings"},
		{map[string]any{"a": []any{nil, map[string]any{"b/~": 1.5}}}, "/a/1/b~1~0", "float64, and the data model has no floating-point numbers"},
		{map[string]any{"$type": 1}, "/$type", "$type is not a string, or is empty"},
		{map[string]any{"$type": ""}, "/$type", "$type is not a string, or is empty"},
		{[]any{map[string]any{"$type": "blob"}}, "/0", "blob without exactly the keys $type, ref, mimeType and size"},
		{[]any{extra}, "/0", "blob without exactly the keys $type, ref, mimeType and size"},
		{[]any{legacy}, "/0", "blob reference of the legacy form"},
		{[]any{negative}, "/0", "blob reference of the legacy form"},
		{[]any{undefined}, "/0", "blob whose ref is undefined"},
		{data.Blob{}, "", "blob whose ref is undefined"},
		{data.Blob{Ref: blob.Ref}, "", "blob with an empty mimeType"},
	} {
		got, err := data.Append([]byte("prefix"), tc.v, nil)
		require.Equal(t, &data.Error{Offset: -1, Path: tc.path, Msg: tc.msg}, err)
		require.Equal(t, "prefix", string(got))
	}
	require.EqualError(t, &data.Error{Offset: -1, Path: "/a/1", Msg: "m"}, `data: m at "/a/1"`)
	require.EqualError(t, &data.Error{Offset: -1, Msg: "m"}, "data: m")
	require.EqualError(t, &data.Error{Offset: 7, Msg: "m"}, "data: m at offset 7")
}

func TestMarshalCycle(t *testing.T) {
	a := []any{nil}
	a[0] = a
	m := map[string]any{}
	m["m"] = []any{m, m, m}
	for _, o := range []*data.Options{nil, {MaxDepth: -1, MaxCBOR: -1}} {
		for _, v := range []any{a, m} {
			_, err := data.Marshal(v, o)
			require.ErrorContains(t, err, "data: nesting depth")
		}
	}
	wide := []any{strings.Repeat("a", 1000), nil, nil}
	wide[1], wide[2] = wide, wide // 2^32 values, were it not for the size
	_, err := data.Marshal(wide, nil)
	require.Error(t, err)
}

func TestForeignLinksInTrees(t *testing.T) {
	ledger.Covers(t, "CID-013")
	o := &data.Options{Permissive: true}
	b := unhex(t, "81"+foreignLink)
	tree, err := data.Unmarshal(b, o)
	require.NoError(t, err)
	require.Equal(t, foreignText, tree.([]any)[0].(cid.Cid).String())
	again, err := data.Marshal(tree, o)
	require.NoError(t, err)
	require.Equal(t, b, again)
	_, err = data.Marshal(cid.MustParse("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"), o)
	require.ErrorContains(t, err, "which is not a CID of version 1")
}
