package schema

// A Boolean is true or false. Default and Const exclude each other.
//
// https://atproto.com/specs/lexicon#boolean
type Boolean struct {
	Common
	Default *bool
	Const   *bool
}

// An Integer is a number of 64 bits with sign.
//
// https://atproto.com/specs/lexicon#integer
type Integer struct {
	Common
	Minimum, Maximum *int64  // inclusive
	Enum             []int64 // the only values allowed, if not nil
	Default          *int64
	Const            *int64
}

// A String is Unicode text.
//
// https://atproto.com/specs/lexicon#string
type String struct {
	Common
	Format                     Format
	MinLength, MaxLength       *int64   // in bytes of UTF-8, inclusive
	MinGraphemes, MaxGraphemes *int64   // in extended grapheme clusters, inclusive
	KnownValues                []string // values that others are expected to know; any other may occur
	Enum                       []string // the only values allowed, if not nil
	Default                    *string
	Const                      *string
}

// Bytes is a byte string.
//
// https://atproto.com/specs/lexicon#bytes
type Bytes struct {
	Common
	MinLength, MaxLength *int64 // inclusive
}

// A CIDLink is a link to content by its CID.
//
// https://atproto.com/specs/lexicon#cid-link
type CIDLink struct{ Common }

// A Blob is a reference to a file.
//
// https://atproto.com/specs/lexicon#blob
type Blob struct {
	Common
	Accept  []string // media types and ranges, see [MatchMedia]; none means any
	MaxSize *int64   // bytes of the file
}

// An Array is a list of values of one type.
//
// https://atproto.com/specs/lexicon#array
type Array struct {
	Common
	Items                Type
	MinLength, MaxLength *int64 // elements, inclusive
}

// An Object is a map with properties of known names. It may have others, which
// are ignored and kept.
//
// https://atproto.com/specs/lexicon#object
type Object struct {
	Common
	Properties []Property
	Required   []string // names of properties that have to be there
	Nullable   []string // names of properties that may be null
}

// A Property is a field of an object, or a parameter.
type Property struct {
	Name string
	Type Type
}

// A Token is a name that stands for itself, in strings of other schemas. No
// data is of this type.
//
// https://atproto.com/specs/lexicon#token
type Token struct{ Common }

// A Ref stands for the definition that it names, see [ParseRef].
//
// https://atproto.com/specs/lexicon#ref
type Ref struct {
	Common
	Ref string
}

// A Union is an object or record of one of several definitions, which the
// $type in the data tells. One that is not closed may also be of any other.
//
// https://atproto.com/specs/lexicon#union
type Union struct {
	Common
	Refs   []string
	Closed bool
}

// Unknown is any map of the data model.
//
// https://atproto.com/specs/lexicon#unknown
type Unknown struct{ Common }

// Kind returns [KindBoolean].
func (*Boolean) Kind() Kind { return KindBoolean }

// Kind returns [KindInteger].
func (*Integer) Kind() Kind { return KindInteger }

// Kind returns [KindString].
func (*String) Kind() Kind { return KindString }

// Kind returns [KindBytes].
func (*Bytes) Kind() Kind { return KindBytes }

// Kind returns [KindCIDLink].
func (*CIDLink) Kind() Kind { return KindCIDLink }

// Kind returns [KindBlob].
func (*Blob) Kind() Kind { return KindBlob }

// Kind returns [KindArray].
func (*Array) Kind() Kind { return KindArray }

// Kind returns [KindObject].
func (*Object) Kind() Kind { return KindObject }

// Kind returns [KindToken].
func (*Token) Kind() Kind { return KindToken }

// Kind returns [KindRef].
func (*Ref) Kind() Kind { return KindRef }

// Kind returns [KindUnion].
func (*Union) Kind() Kind { return KindUnion }

// Kind returns [KindUnknown].
func (*Unknown) Kind() Kind { return KindUnknown }

// Property returns the type of the property with the given name, or nil.
func (o *Object) Property(name string) Type { return findProperty(o.Properties, name) }

func findProperty(list []Property, name string) Type {
	for _, p := range list {
		if p.Name == name {
			return p.Type
		}
	}
	return nil
}
