package records_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/atproto/records"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/xrpc"
)

// A caller notes the inputs of calls.
type caller struct{ inputs []string }

func (c *caller) Call(_ context.Context, call *xrpc.Call) (xrpc.Response, error) {
	b, err := call.Input.AppendJSON(nil)
	if err != nil {
		return xrpc.Response{}, err
	}
	c.inputs = append(c.inputs, call.NSID+" "+string(b))
	return xrpc.Response{}, call.Output.UnmarshalJSON([]byte(`{"uri":"at://did:plc:x/app.bsky.feed.post/1","cid":"c"}`))
}

func unknown(t testing.TB, text string) lex.Unknown {
	t.Helper()
	u, err := lex.UnknownFromJSON([]byte(text))
	require.NoError(t, err)
	return u
}

const post = "app.bsky.feed.post"

func TestType(t *testing.T) {
	ledger.Covers(t, "XRPC-122")
	ctx := t.Context()
	// A write of each kind, with a record of the collection app.bsky.feed.post.
	for name, write := range map[string]func(c xrpc.Caller, record lex.Unknown) error{
		"create": func(c xrpc.Caller, record lex.Unknown) error {
			in := &atproto.RepoCreateRecordInput{Repo: "did:plc:x", Collection: post, Record: record}
			before := *in
			_, err := records.Create(ctx, c, in)
			require.Equal(t, before, *in)
			return err
		},
		"put": func(c xrpc.Caller, record lex.Unknown) error {
			in := &atproto.RepoPutRecordInput{Repo: "did:plc:x", Collection: post, RKey: "1", Record: record}
			before := *in
			_, err := records.Put(ctx, c, in)
			require.Equal(t, before, *in)
			return err
		},
		"apply create": func(c xrpc.Caller, record lex.Unknown) error {
			create := &atproto.RepoApplyWritesCreate{Collection: post, Value: record}
			before := *create
			in := &atproto.RepoApplyWritesInput{Repo: "did:plc:x", Writes: []atproto.RepoApplyWritesInputWritesItem{{Create: create}, {Delete: &atproto.RepoApplyWritesDelete{Collection: post, RKey: "2"}}}}
			_, err := records.Apply(ctx, c, in)
			require.Equal(t, before, *create)
			require.Same(t, create, in.Writes[0].Create)
			return err
		},
		"apply update": func(c xrpc.Caller, record lex.Unknown) error {
			update := &atproto.RepoApplyWritesUpdate{Collection: post, RKey: "1", Value: record}
			before := *update
			_, err := records.Apply(ctx, c, &atproto.RepoApplyWritesInput{Repo: "did:plc:x", Writes: []atproto.RepoApplyWritesInputWritesItem{{Update: update}}})
			require.Equal(t, before, *update)
			return err
		},
	} {
		c := new(caller)
		for _, record := range []lex.Unknown{
			unknown(t, `{"text":"a","createdAt":"b"}`), unknown(t, `{"$type":"app.bsky.feed.post","text":"a","createdAt":"b"}`), lex.Of(&bsky.FeedPost{Text: "a", CreatedAt: "b"}),
		} {
			require.NoError(t, write(c, record), name)
		}
		require.Len(t, c.inputs, 3)
		require.Contains(t, c.inputs[0], `{"text":"a","$type":"app.bsky.feed.post","createdAt":"b"}`)
		require.Equal(t, c.inputs[0], c.inputs[1])
		require.Equal(t, c.inputs[0], c.inputs[2])

		for _, record := range []lex.Unknown{
			unknown(t, `{"$type":"app.bsky.feed.like","text":"a","createdAt":"b"}`), unknown(t, `{"$type":"app.bsky.feed.post#main"}`), lex.Of(&bsky.FeedLike{}),
		} {
			var e *lexicon.Error
			err := write(c, record)
			require.ErrorAs(t, err, &e, name)
			require.Equal(t, lexicon.CodeTypeName, e.Code)
			require.Regexp(t, `^(/writes/0/value)?/\$type$`, e.Path)
		}
		require.Error(t, write(c, lex.Unknown{}), "no record")
		require.Len(t, c.inputs, 3, "nothing is sent")
	}
}

func TestApplyErrors(t *testing.T) {
	write := func(record lex.Unknown) error {
		_, err := records.Apply(t.Context(), new(caller), &atproto.RepoApplyWritesInput{Writes: []atproto.RepoApplyWritesInputWritesItem{
			{Delete: &atproto.RepoApplyWritesDelete{}}, {Create: &atproto.RepoApplyWritesCreate{Collection: post, Value: record}},
		}})
		return err
	}
	require.EqualError(t, write(unknown(t, `{"$type":"a.b.c"}`)), `lexicon: writes[1].value.$type: $type "a.b.c" is not the collection "app.bsky.feed.post"`)
	require.EqualError(t, write(lex.Unknown{}), `lex: object of unknown type is absent at "/writes/1"`)
}

func ExampleCreate() {
	c := new(caller) // use a client of package xrpc/session
	record, err := lex.UnknownFromJSON([]byte(`{"text":"from a file","createdAt":"2026-08-19T12:34:56Z"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := records.Create(context.Background(), c, &atproto.RepoCreateRecordInput{Repo: "did:plc:x", Collection: "app.bsky.feed.post", Record: record})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.URI)
	_, err = records.Create(context.Background(), c, &atproto.RepoCreateRecordInput{Repo: "did:plc:x", Collection: "app.bsky.feed.like", Record: lex.Of(&bsky.FeedPost{})})
	fmt.Println(err)
	// Output:
	// at://did:plc:x/app.bsky.feed.post/1
	// lexicon: $type: $type "app.bsky.feed.post" is not the collection "app.bsky.feed.like"
}
