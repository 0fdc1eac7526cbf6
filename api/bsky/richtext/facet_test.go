package richtext_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/lexicon/lex"
)

func facet(start, end int64, tag string) richtext.Facet {
	return richtext.Facet{
		Index:    bsky.RichtextFacetByteSlice{ByteStart: start, ByteEnd: end},
		Features: []bsky.RichtextFacetFeaturesItem{{Tag: &bsky.RichtextFacetTag{Tag: tag}}},
	}
}

func start(f richtext.Facet) int64 { return f.Index.ByteStart }
func end(f richtext.Facet) int64   { return f.Index.ByteEnd }

func TestFeatures(t *testing.T) {
	unknown, err := lex.UnknownFromJSON([]byte(`{"$type":"com.example.bold"}`))
	require.NoError(t, err)
	f := richtext.Facet{Features: []bsky.RichtextFacetFeaturesItem{
		{Unknown: &unknown},
		{},
		{Mention: &bsky.RichtextFacetMention{DID: alice.String()}},
		{Link: &bsky.RichtextFacetLink{URI: "javascript:alert(1)"}},
		{Tag: &bsky.RichtextFacetTag{Tag: "#x"}},
	}}
	s := richtext.Segment{Text: "x", Facet: &f}
	did, ok := s.Mention()
	require.True(t, ok)
	require.Equal(t, alice, did)
	uri, ok := s.Link()
	require.True(t, ok)
	require.Equal(t, "javascript", uri.Scheme())
	tag, ok := s.Tag()
	require.True(t, ok)
	require.Equal(t, "#x", tag)

	f.Features = []bsky.RichtextFacetFeaturesItem{{Mention: &bsky.RichtextFacetMention{DID: "alice"}}, {Link: &bsky.RichtextFacetLink{URI: "a b"}}}
	for _, s := range []richtext.Segment{{}, {Text: "x"}, s} {
		_, ok = s.Mention()
		require.False(t, ok)
		_, ok = s.Link()
		require.False(t, ok)
		_, ok = s.Tag()
		require.False(t, ok)
	}
}

// TestValid has the facets that are made be what the schema asks for.
func TestValid(t *testing.T) {
	text, err := new(richtext.Builder).Mention("@alice", alice).Text(" ").Link("x", "https://example.com").Text(" ").Tag("go").Build()
	require.NoError(t, err)
	post := bsky.FeedPost{Text: text.Text, Facets: text.Facets, CreatedAt: "2026-11-22T12:00:00.000Z"}
	require.NoError(t, post.Validate())
	b, err := post.MarshalCBOR()
	require.NoError(t, err)
	var read bsky.FeedPost
	require.NoError(t, read.UnmarshalCBOR(b))
	require.Equal(t, explain(text), explain(richtext.Text{Text: read.Text, Facets: read.Facets}))
}
