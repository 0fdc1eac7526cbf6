package lexgen_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lex"
)

// An error names the definition of the object that has it: not one further out,
// and not that of a value that is no object.
func TestErrorDefinition(t *testing.T) {
	const head = `{"$type":"app.bsky.feed.post","createdAt":"2026-08-19T12:34:56Z","text":"x",`
	for _, tt := range []struct{ json, def, path string }{
		{head + `"reply":{"root":{"uri":"a"},"parent":{"uri":"a","cid":"b"}}}`, "com.atproto.repo.strongRef", "/reply/root" + "/cid"},
		{head + `"reply":{"root":1,"parent":{"uri":"a","cid":"b"}}}`, "app.bsky.feed.post#replyRef", "/reply/root"},
		{head + `"reply":{"root":{"uri":"a","cid":"b"}}}`, "app.bsky.feed.post#replyRef", "/reply/parent"},
		{head + `"reply":1}`, "app.bsky.feed.post", "/reply"},
		{`[]`, "", ""},
		{`{"$type":"app.bsky.feed.post","text":"x"}`, "app.bsky.feed.post", "/createdAt"},
	} {
		b, err := data.FromJSON([]byte(tt.json), &data.Options{Permissive: true})
		if tt.json == `[]` {
			b, err = []byte{0x80}, nil
		}
		require.NoError(t, err)
		var x bsky.FeedPost
		e, ok := errors.AsType[*lexicon.Error](x.UnmarshalCBOR(b))
		require.True(t, ok, tt.json)
		require.Equal(t, tt.def, e.Def, tt.json)
		require.Equal(t, tt.path, e.Path, tt.json)
	}
}

// Unknown keys in runs, in maps inside of each other, come back as they were.
func TestUnknownRuns(t *testing.T) {
	const text = `{"$type":"app.bsky.feed.post","aa":1,"createdAt":"2026-08-19T12:34:56Z","reply":{"b":{"q":1},"parent":{"a":1,"cid":"b","d":[2],"uri":"a","zzzz":3},` +
		`"root":{"cid":"b","uri":"a"},"yy":4,"zzzzzzz":5},"s":6,"text":"x","texts":7,"u":8,"verylongindeed":9}`
	b, err := data.FromJSON([]byte(text), nil)
	require.NoError(t, err)
	var x bsky.FeedPost
	require.NoError(t, x.UnmarshalCBOR(b))
	var names []string
	for name := range x.Extra.All() {
		names = append(names, name)
	}
	require.Equal(t, []string{"s", "u", "aa", "texts", "verylongindeed"}, names)
	require.True(t, x.Reply.Root.Extra.IsZero())
	out, err := x.MarshalCBOR()
	require.NoError(t, err)
	require.Equal(t, b, out)
}

// What was valid once is not taken for something else, and what was not stays so.
func TestValidateAgain(t *testing.T) {
	uri := "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"
	cid := "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
	var x bsky.FeedPostReplyRef
	x.Root.URI, x.Root.CID, x.Parent.URI, x.Parent.CID = uri, cid, uri, cid
	require.NoError(t, x.Validate())
	for _, bad := range []string{"", "x", uri + "~~/"} {
		y := x
		y.Parent.URI = bad
		require.ErrorContains(t, y.Validate(), "parent.uri")
		y.Root.URI = bad
		require.ErrorContains(t, y.Validate(), "root.uri")
		y = x
		y.Parent.CID = bad
		require.ErrorContains(t, y.Validate(), "parent.cid")
		y.Root.CID = bad
		require.ErrorContains(t, y.Validate(), "root.cid")
	}
}

// Behind $type, too, keys are in order.
func TestOrderBehindType(t *testing.T) {
	const typ, odd, rest = "\x65$type\x77app.bsky.embed.external", "\x61a\x01", "\x68external\xa3\x63uri\x61x\x65title\x61x\x6bdescription\x61x"
	var x bsky.FeedPostEmbed
	require.NoError(t, lex.Unmarshal([]byte("\xa3"+odd+typ+rest), &x, nil))
	require.Equal(t, []byte{1}, x.External.Extra.Get("a"))
	require.Error(t, lex.Unmarshal([]byte("\xa3"+typ+odd+rest), new(bsky.FeedPostEmbed), nil))
}
