package richtext_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/syntax"
)

var alice = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")

// explain writes a text as [draw] does, with what its facets mean.
func explain(t richtext.Text) string {
	var b strings.Builder
	for s := range t.Segments() {
		b.WriteString(s.Text)
		if did, ok := s.Mention(); ok {
			b.WriteString("<" + did.String() + ">")
		}
		if uri, ok := s.Link(); ok {
			b.WriteString("<" + uri.String() + ">")
		}
		if tag, ok := s.Tag(); ok {
			b.WriteString("<" + tag + ">")
		}
	}
	return b.String()
}

func TestBuilder(t *testing.T) {
	var b richtext.Builder
	text, err := b.Text("Hi 👋 ").Mention("@alice", alice).Textf(", %d ", 7).Link("здесь", "https://example.com/x").Text(" ").Tag("鳥").Build()
	require.NoError(t, err)
	require.Equal(t, "Hi 👋 @alice, 7 здесь #鳥", text.Text)
	require.Equal(t, "Hi 👋 @alice<did:plc:ewvi7nxzyoun6zhxrhs64oiz>, 7 здесь<https://example.com/x> #鳥<鳥>", explain(text))
	require.Equal(t, int64(8), start(text.Facets[0]))
	require.Equal(t, int64(14), end(text.Facets[0]))

	twice, err := new(richtext.Builder).Append(text).Text("; ").Append(text).Append(richtext.Text{Text: "é", Facets: facets(0, 1, 0, 2)}).Build()
	require.NoError(t, err)
	require.Equal(t, explain(text)+"; "+explain(text)+"é", strings.TrimSuffix(explain(twice), "<1>"))
	require.Len(t, twice.Facets, 7)
	require.Equal(t, 8+int64(len(text.Text))+2, start(twice.Facets[3]))

	empty, err := new(richtext.Builder).Build()
	require.NoError(t, err)
	require.Zero(t, empty)

	for want, b := range map[string]*richtext.Builder{
		`richtext: mention "@x" of nobody`:                   new(richtext.Builder).Mention("@x", syntax.DID{}),
		`richtext: link "x": syntax: invalid URI "x.com"`:    new(richtext.Builder).Link("x", "x.com"),
		`richtext: tag "" is empty, has more than 64`:        new(richtext.Builder).Tag(""),
		`richtext: tag "aaa`:                                 new(richtext.Builder).Tag(strings.Repeat("a", 65)),
		`richtext: tag "\xff"`:                               new(richtext.Builder).Tag("\xff"),
		"richtext: a facet without text":                     new(richtext.Builder).Link(" \u3000", "https://example.com"),
		"richtext: a facet without text\nrichtext: tag \"\"": new(richtext.Builder).Mention("", alice).Tag(""),
	} {
		text, err := b.Build()
		require.ErrorContains(t, err, want)
		require.Zero(t, text)
	}
}

// TestNotUTF8: facets count bytes of UTF-8, and there is nothing else.
func TestNotUTF8(t *testing.T) {
	for bad, offset := range map[string]int{
		"\xff": 0, "a #b \xff": 5, "é\xc3": 2, "\xed\xa0\x80": 0, "\xc0\x80": 0, "\xf4\x90\x80\x80": 0, "ok \ufffd\xe2\x82 #tag": 6,
	} {
		want := fmt.Sprintf("richtext: text %.40q is not UTF-8 at offset %d", bad[offset:], offset)
		text, err := richtext.New(t.Context(), bad, nil, nil)
		require.EqualError(t, err, want)
		require.Zero(t, text)
		for name, b := range map[string]*richtext.Builder{
			"text": new(richtext.Builder).Text("é").Text(bad), "format": new(richtext.Builder).Textf("%s", bad),
			"mention": new(richtext.Builder).Mention(bad, alice), "link": new(richtext.Builder).Link(bad, "https://example.com"),
			"append": new(richtext.Builder).Append(richtext.Text{Text: bad}),
		} {
			text, err := b.Build()
			require.EqualError(t, err, want, name)
			require.Zero(t, text)
		}
	}
	_, err := new(richtext.Builder).Text("\xc3").Link("\xa9", "https://example.com").Build()
	require.Error(t, err, "halves of a character")
	for _, good := range []string{"", "\ufffd", "\x00", "\U0010ffff", "é\ufffd"} {
		text, err := richtext.New(t.Context(), good, nil, nil)
		require.NoError(t, err)
		require.Equal(t, good, text.Text)
	}
}

func TestNew(t *testing.T) {
	var asked atomic.Int64
	broken := errors.New("no answer")
	resolver := richtext.ResolverFunc(func(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
		asked.Add(1)
		switch h.String() {
		case "alice.example.com":
			return alice, nil
		case "nobody.example.com":
			return syntax.DID{}, nil
		}
		return syntax.DID{}, broken
	})
	const s = "@alice.example.com @Alice.Example.COM @bob.example.com @nobody.example.com ñ.com example.com #go"
	const want = "@alice.example.com<did:plc:ewvi7nxzyoun6zhxrhs64oiz> @Alice.Example.COM<did:plc:ewvi7nxzyoun6zhxrhs64oiz>" +
		" @bob.example.com @nobody.example.com ñ.com example.com<https://example.com> #go<go>"
	text, err := richtext.New(t.Context(), s, resolver, nil)
	require.NoError(t, err)
	require.Equal(t, want, explain(text))
	require.Equal(t, int64(3), asked.Load(), "each once")

	text, err = richtext.New(t.Context(), "@alice.example.com #go", nil, nil)
	require.NoError(t, err)
	require.Equal(t, "@alice.example.com #go<go>", explain(text))

	var left []string
	o := &richtext.Options{Unresolved: func(h syntax.Handle, err error) error {
		require.ErrorIs(t, err, broken)
		left = append(left, h.String())
		return nil
	}}
	text, err = richtext.New(t.Context(), s, resolver, o)
	require.NoError(t, err)
	require.Equal(t, want, explain(text))
	require.Equal(t, []string{"bob.example.com"}, left)
	o.Unresolved = func(_ syntax.Handle, err error) error { return err }
	text, err = richtext.New(t.Context(), s, resolver, o)
	require.ErrorIs(t, err, broken)
	require.Zero(t, text)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	asked.Store(0)
	_, err = richtext.New(ctx, s, resolver, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, asked.Load())
}

func TestMaxMentions(t *testing.T) {
	var asked atomic.Int64
	resolver := richtext.ResolverFunc(func(context.Context, syntax.Handle) (syntax.DID, error) {
		asked.Add(1)
		return alice, nil
	})
	var s strings.Builder
	for i := range 100 {
		s.WriteString(strings.Repeat("a", i/26+1) + string(rune('a'+i%26)) + ".com ")
	}
	handles := strings.ReplaceAll(" "+strings.TrimSpace(s.String()), " ", " @")
	for limit, want := range map[int]int{0: 20, 1: 1, 99: 99, -1: 100} {
		asked.Store(0)
		text, err := richtext.New(t.Context(), handles, resolver, &richtext.Options{MaxMentions: limit})
		require.NoError(t, err)
		require.Len(t, text.Facets, want)
		require.Equal(t, int64(want), asked.Load())
	}
}
