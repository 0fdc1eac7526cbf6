package richtext

import (
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/syntax"
)

// A Facet says what a part of a text means. It is that of the schema.
type Facet = bsky.RichtextFacet

// feature is what a facet says.
type feature = bsky.RichtextFacetFeaturesItem

func newFacet(start, end int, f feature) Facet {
	return Facet{Index: index(start, end), Features: []feature{f}}
}

func index(start, end int) bsky.RichtextFacetByteSlice {
	return bsky.RichtextFacetByteSlice{ByteStart: int64(start), ByteEnd: int64(end)}
}

// withSpan returns a copy of f for another part of a text.
func withSpan(f Facet, start, end int) Facet {
	f.Index = index(start, end)
	return f
}

func mention(account syntax.DID) feature {
	return feature{Mention: &bsky.RichtextFacetMention{DID: account.String()}}
}

func link(uri string) feature { return feature{Link: &bsky.RichtextFacetLink{URI: uri}} }

func tag(name string) feature { return feature{Tag: &bsky.RichtextFacetTag{Tag: name}} }

// Mention returns the account that the segment mentions, and whether it does.
func (s Segment) Mention() (syntax.DID, bool) {
	for _, f := range s.features() {
		if f.Mention != nil {
			id, err := syntax.ParseDID(f.Mention.DID)
			return id, err == nil
		}
	}
	return syntax.DID{}, false
}

// Link returns where the segment leads to, and whether it does. It may be a URI
// of any scheme.
func (s Segment) Link() (syntax.URI, bool) {
	for _, f := range s.features() {
		if f.Link != nil {
			uri, err := syntax.ParseURI(f.Link.URI)
			return uri, err == nil
		}
	}
	return syntax.URI{}, false
}

// Tag returns the tag that the segment is, without a "#", and whether it is one.
func (s Segment) Tag() (string, bool) {
	for _, f := range s.features() {
		if f.Tag != nil {
			return f.Tag.Tag, true
		}
	}
	return "", false
}

func (s Segment) features() []feature {
	if s.Facet == nil {
		return nil
	}
	return s.Facet.Features
}
