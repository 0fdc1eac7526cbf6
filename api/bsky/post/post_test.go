package post_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/bsky/post"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

const (
	postURI  = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"
	otherURI = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2b"
	postCID  = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
	otherCID = "bafyreibjifzpqj6o6wcq3hejh7y4z4z2vmiklkvykc57tw3pcbx3kxifpm"
)

var alice = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")

// A caller notes calls, and answers them all.
type caller struct {
	calls  []string
	opts   xrpc.CallOptions
	answer string
	err    error
}

func (c *caller) Call(_ context.Context, call *xrpc.Call) (xrpc.Response, error) {
	in, err := call.Input.AppendJSON(nil)
	if err != nil {
		return xrpc.Response{}, err
	}
	c.calls, c.opts = append(c.calls, call.NSID+" "+string(in)), call.Options
	if c.err != nil {
		return xrpc.Response{}, c.err
	}
	return xrpc.Response{}, call.Output.UnmarshalJSON([]byte(c.answer))
}

func answer(uri, cid string) string { return `{"uri":"` + uri + `","cid":"` + cid + `"}` }

func TestPost(t *testing.T) {
	ledger.Covers(t, "XRPC-123")
	c := &caller{answer: answer(postURI, postCID)}
	author := post.NewAuthor(c, alice)
	p := &bsky.FeedPost{Text: "hi", CreatedAt: "2026-11-22T12:00:00Z"}
	ref, err := author.Post(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, postURI, ref.URI.String())
	require.Equal(t, postCID, ref.CID.String())
	type input struct {
		Repo, Collection, Rkey string
		Record                 map[string]any
	}
	read := func() (in input) {
		method, text, _ := strings.Cut(c.calls[len(c.calls)-1], " ")
		require.Equal(t, "com.atproto.repo.putRecord", method)
		require.NoError(t, json.Unmarshal([]byte(text), &in))
		return in
	}
	first := read()
	require.Equal(t, map[string]any{"$type": "app.bsky.feed.post", "text": "hi", "createdAt": "2026-11-22T12:00:00Z"}, first.Record)
	require.Equal(t, alice.String(), first.Repo)
	require.Equal(t, "app.bsky.feed.post", first.Collection)
	_, err = syntax.ParseTID(first.Rkey)
	require.NoError(t, err)
	require.True(t, c.opts.Idempotent, "it may be sent again")
	require.Nil(t, c.opts.Retry, "as often as the client says")
	require.True(t, c.opts.NoProxy)

	_, err = author.Post(t.Context(), p)
	require.NoError(t, err)
	require.Greater(t, read().Rkey, first.Rkey)

	key := author.NewKey()
	before := time.Now().Add(-time.Second)
	_, err = author.PostAt(t.Context(), key, &bsky.FeedPost{Text: "now"})
	require.NoError(t, err)
	require.Equal(t, key.String(), read().Rkey)
	at, err := syntax.ParseDatetime(read().Record["createdAt"].(string))
	require.NoError(t, err)
	require.WithinRange(t, at.Time(), before, time.Now().Add(time.Second))
	at, err = syntax.ParseDatetime(post.New(richtext.Text{Text: "x"}).CreatedAt)
	require.NoError(t, err)
	require.WithinRange(t, at.Time(), before, time.Now().Add(time.Second))

	n := len(c.calls)
	_, err = author.Post(t.Context(), &bsky.FeedPost{Text: strings.Repeat("x", 301)})
	require.ErrorContains(t, err, "post: ")
	_, err = author.Post(t.Context(), &bsky.FeedPost{Text: "x", CreatedAt: "yesterday"})
	require.ErrorContains(t, err, "createdAt")
	for _, bad := range []*bsky.FeedPost{
		post.New(richtext.Text{Text: "\xff"}), {Text: "x", Embed: post.External("https://example.com", "\xff", "", nil)},
		{Text: "x", Embed: post.Images(post.Picture{Blob: data.NewBlob([]byte("image"), "image/png"), Alt: "\xff"})},
	} {
		_, err = author.Post(t.Context(), bad)
		require.ErrorContains(t, err, "string that is not UTF-8")
	}
	require.Len(t, c.calls, n, "nothing was sent")

	for _, bad := range []string{answer("https://example.com", postCID), answer(postURI, "x")} {
		c.answer = bad
		_, err = author.Post(t.Context(), p)
		require.ErrorContains(t, err, "post: the server's answer")
	}
	c.err = errors.New("no network")
	_, err = author.Post(t.Context(), p)
	require.Equal(t, c.err, err)
}

func TestDelete(t *testing.T) {
	c := &caller{answer: `{}`}
	author := post.NewAuthor(c, alice)
	require.NoError(t, author.Delete(t.Context(), syntax.MustParseATURI(postURI)))
	require.Equal(t, []string{`com.atproto.repo.deleteRecord {"repo":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","rkey":"3jzfcijpj2z2a","collection":"app.bsky.feed.post"}`}, c.calls)
	for _, bad := range []syntax.ATURI{
		{},
		syntax.MustParseATURI("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post"),
		syntax.MustParseATURI("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.like/3jzfcijpj2z2a"),
		syntax.MustParseATURI("at://did:web:bob.example.com/app.bsky.feed.post/3jzfcijpj2z2a"),
		syntax.MustParseATURI("at://alice.example.com/app.bsky.feed.post/3jzfcijpj2z2a"),
	} {
		require.ErrorContains(t, author.Delete(t.Context(), bad), "is not a post of did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	}
	require.Len(t, c.calls, 1)
}

func record(t *testing.T, text string) lex.Unknown {
	t.Helper()
	u, err := lex.UnknownFromJSON([]byte(text))
	require.NoError(t, err)
	return u
}

func TestReply(t *testing.T) {
	first := record(t, `{"$type":"app.bsky.feed.post","text":"x","createdAt":"2026-11-22T12:00:00Z"}`)
	r, err := post.Reply(postURI, postCID, first)
	require.NoError(t, err)
	require.Equal(t, postURI, r.Root.URI)
	require.Equal(t, postCID, r.Root.CID)
	require.Equal(t, r.Root, r.Parent)

	refs := `{"root":` + answer(otherURI, otherCID) + `,"parent":` + answer(postURI, postCID) + `}`
	answered := `{"$type":"app.bsky.feed.post","text":"x","createdAt":"2026-11-22T12:00:00Z","reply":` + refs + `}`
	r, err = post.Reply(postURI, postCID, record(t, answered))
	require.NoError(t, err)
	require.Equal(t, otherURI, r.Root.URI)
	require.Equal(t, otherCID, r.Root.CID)
	require.Equal(t, postURI, r.Parent.URI)

	// Of the post that is answered, nothing else counts.
	for text, root := range map[string]string{
		`{"$type":"app.bsky.feed.post","text":"@bot hi"}`:                                                      postURI,
		`{"$type":"app.bsky.feed.post","text":1,"createdAt":"yesterday","embed":[],"reply":null}`:              postURI,
		`{"$type":"app.bsky.feed.post","reply":{"parent":7,"root":` + answer(otherURI, otherCID) + `,"x":[]}}`: otherURI,
	} {
		r, err = post.Reply(postURI, postCID, record(t, text))
		require.NoError(t, err)
		require.Equal(t, root, r.Root.URI)
		require.Equal(t, postURI, r.Parent.URI)
	}

	like := `{"$type":"app.bsky.feed.like","subject":` + answer(postURI, postCID) + `,"createdAt":"2026-11-22T12:00:00Z"}`
	for _, tt := range []struct{ uri, cid, record, want string }{
		{"x", postCID, answered, "invalid AT-URI"},
		{postURI, "x", answered, "invalid CID"},
		{"at://alice.example.com/app.bsky.feed.post/3jzfcijpj2z2a", postCID, answered, "does not refer to a post"},
		{"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.like/3jzfcijpj2z2a", postCID, answered, "does not refer to a post"},
		{"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz", postCID, answered, "does not refer to a post"},
		{postURI, postCID, like, `is a "app.bsky.feed.like"`},
		{postURI, postCID, `{"text":"x"}`, `is a ""`},
		{postURI, postCID, `{"$type":"app.bsky.feed.post","reply":1}`, "root: syntax: invalid AT-URI"},
		{postURI, postCID, `{"$type":"app.bsky.feed.post","reply":{"parent":` + answer(otherURI, otherCID) + `}}`, "root: syntax: invalid AT-URI"},
		{postURI, postCID, `{"$type":"app.bsky.feed.post","reply":{"root":{"uri":"` + otherURI + `","cid":1}}}`, "root: syntax: invalid CID"},
		{postURI, postCID, strings.ReplaceAll(answered, otherURI, "at://x"), "root: "},
		{postURI, postCID, strings.ReplaceAll(answered, otherURI, "at://alice.example.com/app.bsky.feed.post/x"), "root: "},
		{postURI, postCID, strings.ReplaceAll(answered, otherURI, strings.ReplaceAll(otherURI, "feed.post", "feed.like")), "root: "},
	} {
		r, err := post.Reply(tt.uri, tt.cid, record(t, tt.record))
		require.ErrorContains(t, err, "post: reply: ")
		require.ErrorContains(t, err, tt.want)
		require.Nil(t, r)
	}
	_, err = post.Reply(postURI, postCID, lex.Unknown{})
	require.Error(t, err)
}

func TestEmbeds(t *testing.T) {
	ledger.Covers(t, "BLOB-026")
	image := data.NewBlob([]byte("image"), "image/png")
	quoted, err := syntax.ParseStrongRef(postURI, postCID)
	require.NoError(t, err)
	pictures := post.Images(post.Picture{Blob: image, Alt: "a linnet", Width: 4, Height: 3}, post.Picture{Blob: image})
	external := post.External("https://example.com", "Example", "An example", &image)
	video := post.Video(post.Picture{Blob: data.NewBlob([]byte("video"), "video/mp4"), Alt: "it sings", Width: 16, Height: 9})
	both, err := post.QuoteWith(quoted, pictures)
	require.NoError(t, err)
	blob := `{"$type":"blob","ref":{"$link":"` + image.Ref.String() + `"},"mimeType":"image/png","size":5}`
	images := `{"$type":"app.bsky.embed.images","images":[{"image":` + blob + `,"alt":"a linnet","aspectRatio":{"width":4,"height":3}},{"image":` + blob + `,"alt":""}]}`
	ref := answer(postURI, postCID)
	for _, tt := range []struct {
		embed bsky.FeedPostEmbed
		want  string
	}{
		{pictures, images},
		{external, `{"$type":"app.bsky.embed.external","external":{"uri":"https://example.com","title":"Example","description":"An example","thumb":` + blob + `}}`},
		{post.External("https://example.com", "", "", nil), `{"$type":"app.bsky.embed.external","external":{"uri":"https://example.com","title":"","description":""}}`},
		{post.Quote(quoted), `{"$type":"app.bsky.embed.record","record":` + ref + `}`},
		{both, `{"$type":"app.bsky.embed.recordWithMedia","record":{"record":` + ref + `},"media":` + images + `}`},
	} {
		p := bsky.FeedPost{Embed: tt.embed, CreatedAt: "2026-11-22T12:00:00Z"}
		require.NoError(t, p.Validate())
		got, err := p.MarshalJSON()
		require.NoError(t, err)
		require.JSONEq(t, `{"$type":"app.bsky.feed.post","text":"","createdAt":"2026-11-22T12:00:00Z","embed":`+tt.want+`}`, string(got))
	}
	p := bsky.FeedPost{Embed: video, CreatedAt: "2026-11-22T12:00:00Z"}
	require.NoError(t, p.Validate())
	require.Equal(t, "it sings", *video.Video.Alt)
	require.Equal(t, int64(16), video.Video.AspectRatio.Width)
	require.Nil(t, post.Video(post.Picture{}).Video.Alt)
	for _, unknown := range []post.Picture{{}, {Width: 4}, {Height: 3}, {Width: -4, Height: 3}} {
		require.Nil(t, post.Video(unknown).Video.AspectRatio)
		require.Nil(t, post.Images(unknown).Images.Images[0].AspectRatio)
	}

	for _, media := range []bsky.FeedPostEmbed{pictures, external, video, {Gallery: &bsky.EmbedGallery{}}} {
		_, err := post.QuoteWith(quoted, media)
		require.NoError(t, err)
	}
	for _, media := range []bsky.FeedPostEmbed{{}, post.Quote(quoted), both, {Unknown: new(lex.Unknown)}} {
		_, err := post.QuoteWith(quoted, media)
		require.EqualError(t, err, "post: to be quoted with: neither images, a video, a gallery nor an external page")
	}
	five := bsky.FeedPost{Embed: post.Images(make([]post.Picture, post.MaxImages+1)...), CreatedAt: "2026-11-22T12:00:00Z"}
	require.Error(t, five.Validate())
}
