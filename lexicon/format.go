package lexicon

import (
	"strings"

	"github.com/linnet-at/linnet/lexicon/internal/check"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// A format is a schema.Format as a number.
type format uint8

const formatNone format = 0

// formats lists the formats by their numbers.
var formats = [...]schema.Format{
	"", schema.FormatAtIdentifier, schema.FormatATURI, schema.FormatCID, schema.FormatDatetime, schema.FormatDID,
	schema.FormatHandle, schema.FormatLanguage, schema.FormatNSID, schema.FormatRecordKey, schema.FormatTID,
	schema.FormatURI, schema.FormatSpaceRef,
}

// formatOf returns the number of a format, or formatNone if it is not known.
func formatOf(f schema.Format) format {
	for i, known := range formats {
		if known == f {
			return format(i)
		}
	}
	return formatNone
}

// check returns what is wrong with text of format f, or an empty message.
func (f format) check(text []byte, loose bool) string {
	// The message may be a part of the text, which is an alias.
	return strings.Clone(check.Format(formats[f], alias(text), loose))
}
