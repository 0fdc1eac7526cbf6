package lex_test

import (
	"bytes"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/ozone"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lex"
)

const strongRef = `{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a","uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"}`

func fromJSON(t testing.TB, text string) []byte {
	t.Helper()
	b, err := data.FromJSON([]byte(text), nil)
	require.NoError(t, err)
	return b
}

func TestExtra(t *testing.T) {
	ledger.Covers(t, "LEX-116")
	b := fromJSON(t, `{"a":1,"cid":"x","dd":[],"uri":"y","zzz":{"$link":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"},"$type":"z","longer than all":null}`)
	var x atproto.RepoStrongRef
	require.NoError(t, x.UnmarshalCBOR(b))
	all := maps.Collect(x.Extra.All())
	require.ElementsMatch(t, []string{"a", "dd", "zzz", "$type", "longer than all"}, slices.Collect(maps.Keys(all)))
	require.Equal(t, []byte{1}, x.Extra.Get("a"))
	require.Nil(t, x.Extra.Get("b"))
	again, err := x.MarshalCBOR()
	require.NoError(t, err)
	require.Equal(t, b, again)

	copied := x.Extra
	require.NoError(t, x.Extra.Set("b", []byte{2}))
	require.NoError(t, x.Extra.Set("a", []byte{3}))
	x.Extra.Delete("zzz")
	require.Equal(t, []byte{1}, copied.Get("a"))
	again, err = x.MarshalCBOR()
	require.NoError(t, err)
	require.Equal(t, fromJSON(t, `{"a":3,"b":2,"cid":"x","dd":[],"uri":"y","$type":"z","longer than all":null}`), again)

	require.Error(t, x.Extra.Set("c", nil))
	require.Error(t, x.Extra.Set("c", []byte{1, 2}))
	require.Error(t, x.Extra.Set("\xff", []byte{1}))
	require.NoError(t, x.Extra.Set("uri", []byte{1}))
	_, err = x.MarshalCBOR()
	require.EqualError(t, err, `lex: extra property is one of the schema at "/uri"`)
	x.CID, x.URI = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a", "at://alice.example.com"
	x.Extra.Delete("$type")
	e, ok := errors.AsType[*lexicon.Error](x.Validate())
	require.True(t, ok)
	require.Equal(t, "/uri", e.Path)
	require.Equal(t, lexicon.CodeType, e.Code)
	like := &bsky.FeedLike{CreatedAt: "2026-08-19T12:34:56Z", Subject: x}
	_, err = like.MarshalCBOR()
	require.EqualError(t, err, `lex: extra property is one of the schema at "/subject/uri"`)
	for _, name := range []string{"uri", "a", "b", "dd", "$type", "longer than all"} {
		x.Extra.Delete(name)
	}
	require.True(t, x.Extra.IsZero())
}

func TestUnknown(t *testing.T) {
	ref := &atproto.RepoStrongRef{CID: "c", URI: "u"}
	u := lex.Of(ref)
	require.False(t, u.IsZero())
	text, err := u.JSON()
	require.NoError(t, err)
	require.Equal(t, `{"cid":"c","uri":"u"}`, string(text))
	var again atproto.RepoStrongRef
	require.NoError(t, u.Decode(&again))
	require.Equal(t, ref, &again)
	view, err := u.View()
	require.NoError(t, err)
	got, _ := view.Get("uri")
	name, _ := got.Text()
	require.Equal(t, "u", name)

	b := fromJSON(t, `{"$type":"a.b.c","cid":"c","uri":"u"}`)
	u, err = lex.UnknownFromCBOR(b)
	require.NoError(t, err)
	clear(b)
	require.Equal(t, "a.b.c", u.LexType())
	require.NoError(t, u.Decode(&again))
	require.Equal(t, "u", again.URI)
	require.EqualError(t, u.Decode(new(bsky.FeedPost)), "lexicon: text: property is required and missing")

	for _, bad := range []string{`[]`, `1`, `{"a":1.5}`, ``} {
		_, err := lex.UnknownFromJSON([]byte(bad))
		require.Error(t, err, bad)
	}
	_, err = lex.UnknownFromCBOR([]byte{0x80})
	require.EqualError(t, err, "lex: an array, expected an object")

	var zero lex.Unknown
	require.True(t, zero.IsZero())
	b, err = zero.CBOR()
	require.NoError(t, err)
	require.Nil(t, b)
	_, err = lex.AppendCBOR(nil, zero)
	require.EqualError(t, err, "lex: object of unknown type is absent")
}

// TestErrors looks at what errors say, and where.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"$type":"app.bsky.feed.like","text":"","createdAt":""}`, `lexicon: $type: $type "app.bsky.feed.like" is not "app.bsky.feed.post"`},
		{`{"text":"","createdAt":""}`, "lexicon: $type: property is required and missing"},
		{`{"$type":"app.bsky.feed.post","createdAt":""}`, "lexicon: text: property is required and missing"},
		{`{"$type":"app.bsky.feed.post","text":1,"createdAt":""}`, "lexicon: text: an integer, expected a string"},
		{`{"$type":"app.bsky.feed.post","text":null,"createdAt":""}`, "lexicon: text: null, expected a string"},
		{`{"$type":"app.bsky.feed.post","text":"","createdAt":"","langs":["a",{}]}`, "lexicon: langs[1]: an object, expected a string"},
		{`{"$type":"app.bsky.feed.post","text":"","createdAt":"","reply":{"root":` + strongRef + `,"parent":{"uri":"x"}}}`, "lexicon: reply.parent.cid: property is required and missing"},
		{`{"$type":"app.bsky.feed.post","text":"","createdAt":"","facets":[{"features":[],"index":{"byteEnd":true,"byteStart":0}}]}`, "lexicon: facets[0].index.byteEnd: a boolean, expected an integer"},
		{`{"$type":"app.bsky.feed.post","text":"","createdAt":"","embed":{"$type":"app.bsky.embed.images","images":[{"alt":"","image":{"a":1}}]}}`, "lexicon: embed.images[0].image: object is no reference to a blob"},
		{`[]`, "lexicon: an array, expected an object"},
	} {
		x := bsky.FeedPost{Text: "before"}
		err := x.UnmarshalCBOR(fromJSON(t, c.text))
		require.EqualError(t, err, c.want, c.text)
		require.Equal(t, "before", x.Text)
	}
	post := &bsky.FeedPost{Text: "\xff"}
	_, err := post.AppendCBOR(nil)
	require.EqualError(t, err, `lex: string that is not UTF-8 at "/text"`)
	post.Text = ""
	post.Reply = &bsky.FeedPostReplyRef{Root: atproto.RepoStrongRef{CID: "\xff"}}
	dst, err := post.AppendCBOR([]byte("x"))
	require.ErrorContains(t, err, `lex: string that is not UTF-8 at "/reply/root`+`/cid"`)
	require.Equal(t, "x", string(dst))
	post.Reply = nil
	post.Facets = []bsky.RichtextFacet{{}, {Features: []bsky.RichtextFacetFeaturesItem{{}}}}
	_, err = post.AppendJSON(nil)
	require.EqualError(t, err, `lex: union without exactly one member at "/facets/1/features/0"`)
}

func TestValidateAll(t *testing.T) {
	post := &bsky.FeedPost{CreatedAt: "yesterday", Text: strings.Repeat("x", 3001), Langs: []string{"en", "?"}}
	err := lex.Validate(post, &lexicon.Options{MaxErrors: -1})
	all, ok := err.(lexicon.Errors)
	require.True(t, ok)
	codes := make(map[string]lexicon.Code)
	for _, e := range all {
		codes[e.Path] = e.Code
	}
	require.Equal(t, map[string]lexicon.Code{"/text": lexicon.CodeLength, "/createdAt": lexicon.CodeFormat, "/langs/1": lexicon.CodeFormat}, codes)
	require.EqualError(t, post.Validate(), "lexicon: text: string of 3001 bytes, at most 3000 are allowed")

	post = &bsky.FeedPost{CreatedAt: "2026-08-19T12:34:56.789Z"}
	require.NoError(t, post.Validate())
	post.CreatedAt = "2026-08-19T12:34:56" // without a zone
	require.Error(t, post.Validate())
	require.NoError(t, lex.Validate(post, lexicon.Lenient()))
}

func TestLenient(t *testing.T) {
	b := fromJSON(t, `{"$type":"app.bsky.feed.post","text":"x","tags":null}`)
	require.Error(t, lex.Unmarshal(b, new(bsky.FeedPost), nil))
	x := new(bsky.FeedPost)
	require.NoError(t, lex.Unmarshal(b, x, &lex.Options{Lenient: true}))
	require.Equal(t, "x", x.Text)
	require.Empty(t, x.CreatedAt)
	require.Nil(t, x.Tags)
	// Of the wrong kind is wrong in any case.
	require.Error(t, lex.Unmarshal(fromJSON(t, `{"$type":"app.bsky.feed.post","text":1}`), x, &lex.Options{Lenient: true}))
}

// TestNoAlias changes the input after it was decoded.
func TestNoAlias(t *testing.T) {
	for _, n := range []int{10, 100_000} {
		text := strings.Repeat("é", n)
		b := fromJSON(t, `{"$type":"app.bsky.feed.post","text":"`+text+`","createdAt":"2026","other":"`+text+`"}`)
		var x bsky.FeedPost
		require.NoError(t, x.UnmarshalCBOR(b))
		want, err := x.MarshalCBOR()
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, want))
		clear(b)
		require.Equal(t, text, x.Text)
		again, err := x.MarshalCBOR()
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, again))
	}
}

// TestMemory decodes lists of elements that are small in the input and large as
// structs, and heads that claim more than there is.
func TestMemory(t *testing.T) {
	var limit *dagcbor.LimitError
	many := dagcbor.AppendArray(dagcbor.AppendText(dagcbor.AppendMap(nil, 1), "subjectStatuses"), 131_072)
	for range 131_072 {
		many = append(many, 0xa0)
	}
	err := lex.Unmarshal(many, new(ozone.ModerationQueryStatusesOutput), &lex.Options{Lenient: true})
	if reflect.TypeFor[ozone.ModerationDefsSubjectStatusView]().Size() > 256 { // times as many are 32 MiB
		require.ErrorAs(t, err, &limit)
		require.Equal(t, "lex: memory of the decoded value", limit.Name)
	} else { // with words of 32 bits
		require.NoError(t, err)
	}

	claims := dagcbor.AppendText(dagcbor.AppendMap(nil, 1), "feed")
	claims = append(claims, 0x9a, 0, 1, 0, 0)
	var e *dagcbor.Error
	require.ErrorAs(t, lex.Unmarshal(claims, new(bsky.FeedGetTimelineOutput), nil), &e)

	big := append(dagcbor.AppendText(dagcbor.AppendMap(nil, 1), "x"), 0x7a, 0, 0x10, 0, 0)
	big = append(big, make([]byte, 1<<20)...)
	require.ErrorAs(t, lex.Unmarshal(big, new(atproto.RepoStrongRef), nil), &limit)
	require.Equal(t, "lex: CBOR size", limit.Name)
}

// TestDepth nests to the limit and beyond.
func TestDepth(t *testing.T) {
	for depth := 1; depth < 40; depth++ {
		b := append(dagcbor.AppendMap(nil, 3), "\x61x"...)
		b = append(b, bytes.Repeat([]byte{0x81}, depth)...)
		b = append(b, 0x00)
		b = append(b, "\x63cid\x60\x63uri\x60"...)
		var x atproto.RepoStrongRef
		err := x.UnmarshalCBOR(b)
		require.Equal(t, dagcbor.Valid(b, nil), err)
		if err == nil {
			again, err := x.MarshalCBOR()
			require.NoError(t, err)
			require.Equal(t, b, again)
			// Inside of another object it may be too deep.
			reply := &bsky.FeedPostReplyRef{Root: x, Parent: x}
			again, err = reply.MarshalCBOR()
			if depth+2 > dagcbor.DefaultMaxDepth {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				require.NoError(t, dagcbor.Valid(again, nil))
			}
		}
	}
}

func TestAllocations(t *testing.T) {
	b := fromJSON(t, `{"$type":"app.bsky.feed.like","createdAt":"2026-08-19T12:34:56.789Z","subject":`+strongRef+`}`)
	var x bsky.FeedLike
	require.NoError(t, x.UnmarshalCBOR(b))
	dst := make([]byte, 0, len(b))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := x.AppendCBOR(dst); err != nil {
			t.Error(err)
		}
	}))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := x.Validate(); err != nil {
			t.Error(err)
		}
	}))
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if err := x.UnmarshalCBOR(b); err != nil {
			t.Error(err)
		}
	}), 1.0)
}

// TestOutputDepth nests an answer deeper than any real one. What is lenient about
// answers is still bounded, since reading recurses.
func TestOutputDepth(t *testing.T) {
	for n, want := range map[int]bool{10: true, 998: true, 1000: false, 200_000: false} {
		text := `{"thread":` + strings.Repeat(`{"$type":"app.bsky.feed.defs#threadViewPost","parent":`, n) + `{}` + strings.Repeat("}", n) + `}`
		err := lex.OutputOf(new(bsky.FeedGetPostThreadOutput)).UnmarshalJSON([]byte(text))
		require.Equal(t, want, err == nil, "%d: %.200v", n, err)
		if limit, ok := errors.AsType[*dagcbor.LimitError](err); !want {
			require.True(t, ok)
			require.EqualValues(t, 1000, limit.Limit)
		}
	}
}
