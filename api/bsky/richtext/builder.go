package richtext

import (
	"errors"
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// A Builder makes a [Text] of its parts, which must be UTF-8. The zero Builder is empty and ready to
// use; it must not be copied after first use.
//
//	var b richtext.Builder
//	text, err := b.Text("Hello ").Mention("@alice.example.com", alice).Text(", look: ").
//		Link("linnets", "https://example.com/linnets").Text(" ").Tag("birds").Build()
type Builder struct {
	text   strings.Builder
	facets []Facet
	errs   []error
}

// Text appends text without a meaning.
func (b *Builder) Text(s string) *Builder {
	b.write(s)
	return b
}

// write appends text, if it is UTF-8 on its own: a character is not divided
// between parts.
func (b *Builder) write(s string) {
	if err := checkUTF8(s); err != nil {
		b.errs = append(b.errs, err)
		return
	}
	b.text.WriteString(s)
}

// Textf is Text with a format, as [fmt.Sprintf] has it.
func (b *Builder) Textf(format string, args ...any) *Builder {
	return b.Text(fmt.Sprintf(format, args...))
}

// Mention appends text that is a mention of an account, by custom "@" and its
// handle. The account is told of it.
func (b *Builder) Mention(text string, account syntax.DID) *Builder {
	if account.IsZero() {
		return b.wrong("mention %q of nobody", text)
	}
	return b.add(text, mention(account))
}

// Link appends text that leads to a URI, which must be absolute.
func (b *Builder) Link(text, uri string) *Builder {
	if _, err := syntax.ParseURI(uri); err != nil {
		return b.wrong("link %q: %w", text, err)
	}
	return b.add(text, link(uri))
}

// Tag appends a tag, which is given without the "#" that stands before it in the
// text.
func (b *Builder) Tag(name string) *Builder {
	if !validTag(name) {
		return b.wrong("tag %q is empty, has more than %d graphemes or %d bytes, or is not UTF-8", name, MaxTagGraphemes, MaxTagBytes)
	}
	return b.add("#"+name, tag(name))
}

// add appends text with a feature.
func (b *Builder) add(text string, f feature) *Builder {
	if strings.TrimFunc(text, isSpace) == "" {
		return b.wrong("a facet without text")
	}
	start := b.text.Len()
	b.write(text)
	b.facets = append(b.facets, newFacet(start, b.text.Len(), f))
	return b
}

// Append appends a text with its facets, such as one of [New].
func (b *Builder) Append(t Text) *Builder {
	start := b.text.Len()
	for _, f := range t.Facets {
		if from, to, ok := valid(t.Text, &f); ok {
			b.facets = append(b.facets, withSpan(f, start+from, start+to))
		}
	}
	b.write(t.Text)
	return b
}

func (b *Builder) wrong(format string, args ...any) *Builder {
	b.errs = append(b.errs, fmt.Errorf("richtext: "+format, args...))
	return b
}

// Build returns what was appended. The error says what could not be.
func (b *Builder) Build() (Text, error) {
	if err := errors.Join(b.errs...); err != nil {
		return Text{}, err
	}
	return Text{Text: b.text.String(), Facets: b.facets}, nil
}
