package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// TestShortLanguages: tags of one to three bytes are those of package syntax.
func TestShortLanguages(t *testing.T) {
	const bytes = "`abmyz{A-Z09_\x00\x80\xe1\xff"
	for _, a := range []byte(bytes) {
		for _, b := range []byte(bytes) {
			for _, tag := range []string{string([]byte{a}), string([]byte{a, b}), string([]byte{a, b, 'c'})} {
				_, err := syntax.ParseLanguage(tag)
				require.Equal(t, err == nil, schema.FormatLanguage.Check(tag) == nil, "%q", tag)
			}
		}
	}
}
