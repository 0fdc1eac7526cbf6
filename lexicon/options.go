package lexicon

import (
	"math"

	"github.com/linnet-at/linnet/data"
)

// Options say how values are validated. A nil *Options is strict, for what is
// written, and reports the first problem.
//
// What is read, of records that others have written, may need leniency: see
// [Lenient].
type Options struct {
	// MaxErrors is how many problems to look for. Zero means one, which is then
	// an *[Error]; if it is greater, the error is [Errors]. A negative number
	// means all.
	MaxErrors int

	// Permissive lets pass what breaks the rules of the data model but is in
	// the network, as data.Options.Permissive does, and blobs with other members
	// than theirs, with references to CIDs of other forms, and with media types
	// that have no slash. It also lets the empty map key pass.
	Permissive bool

	// LegacyBlobs accepts blobs of the legacy form, which have no size
	// (https://atproto.com/specs/data-model#blob-type).
	LegacyBlobs bool

	// AnyBlobs does not look at the media type and the size of blobs.
	AnyBlobs bool

	// LooseFormats accepts datetimes that [syntax.ParseDatetimeLenient] can read,
	// AT-URIs of the general form, and language tags in any case, with a
	// language of up to 8 letters, or with subtags that repeat.
	LooseFormats bool

	// IntegralNumbers accepts integers in JSON that are spelled with a fraction or
	// an exponent, such as 1.0 and 1e3, up to 1<<53-1, beyond which writers that
	// know no others than floating-point numbers cannot count.
	IntegralNumbers bool

	// OpenUnions validates members of open unions that the union does not list,
	// if their schema is in the catalog. By default they pass, whatever they
	// are (https://atproto.com/specs/lexicon#union).
	OpenUnions bool

	// Data sets the limits of the data model, and what else it leaves open; nil
	// means the defaults. Its Permissive, NoEmptyKeys and Numbers are ignored.
	Data *data.Options
}

// Lenient returns the options to read what others have written: with all
// leniencies, and the first problem reported. What still fails cannot be made
// sense of.
func Lenient() *Options {
	return &Options{Permissive: true, LegacyBlobs: true, AnyBlobs: true, LooseFormats: true, IntegralNumbers: true}
}

// rules are Options with the defaults filled in, as a value that stays on the
// stack.
type rules struct {
	data                                                        data.Options
	maxErrors                                                   int
	permissive, legacyBlobs, anyBlobs, looseFormats, openUnions bool
}

func (o *Options) rules() rules {
	if o == nil {
		return rules{data: data.Options{NoEmptyKeys: true, Numbers: data.PlainNumbers}, maxErrors: 1}
	}
	ru := rules{
		maxErrors: o.MaxErrors, permissive: o.Permissive, legacyBlobs: o.LegacyBlobs,
		anyBlobs: o.AnyBlobs, looseFormats: o.LooseFormats, openUnions: o.OpenUnions,
	}
	if o.Data != nil {
		ru.data = *o.Data
	}
	ru.data.Permissive, ru.data.NoEmptyKeys = o.Permissive, !o.Permissive
	ru.data.Numbers = data.PlainNumbers
	if o.IntegralNumbers {
		ru.data.Numbers = data.SafeNumbers
	}
	switch {
	case o.MaxErrors == 0:
		ru.maxErrors = 1
	case o.MaxErrors < 0:
		ru.maxErrors = math.MaxInt
	}
	return ru
}
