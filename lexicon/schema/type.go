package schema

// A Type is a definition, or a part of one: a pointer to one of the structs of
// this package that bear the name of a type of the language. No others exist.
//
// https://atproto.com/specs/lexicon#overview-of-types
type Type interface {
	// Kind returns the name of the type in the language.
	Kind() Kind
	// Info returns what all types have in common.
	Info() *Common

	sealed()
}

// A Kind is the name of a type, as the member type of a definition gives it.
type Kind string

// The kinds of types (https://atproto.com/specs/lexicon#overview-of-types).
// Those before KindParams are the primary types.
const (
	KindRecord        Kind = "record"
	KindQuery         Kind = "query"
	KindProcedure     Kind = "procedure"
	KindSubscription  Kind = "subscription"
	KindPermissionSet Kind = "permission-set"
	KindSpace         Kind = "space" // a draft

	KindParams     Kind = "params"
	KindPermission Kind = "permission"
	KindBoolean    Kind = "boolean"
	KindInteger    Kind = "integer"
	KindString     Kind = "string"
	KindBytes      Kind = "bytes"
	KindCIDLink    Kind = "cid-link"
	KindBlob       Kind = "blob"
	KindArray      Kind = "array"
	KindObject     Kind = "object"
	KindToken      Kind = "token"
	KindRef        Kind = "ref"
	KindUnion      Kind = "union"
	KindUnknown    Kind = "unknown"
)

// Primary reports whether a definition of kind k says what its whole document
// is: there is at most one, and it is named main.
func (k Kind) Primary() bool {
	switch k {
	case KindRecord, KindQuery, KindProcedure, KindSubscription, KindPermissionSet, KindSpace:
		return true
	}
	return false
}

// Definable reports whether a type of kind k may be a named definition. The
// others only stand inside of one.
//
// https://atproto.com/specs/lexicon#lexicon-files
func (k Kind) Definable() bool {
	switch k {
	case KindBoolean, KindInteger, KindString, KindBytes, KindCIDLink, KindBlob, KindArray, KindObject, KindToken:
		return true
	}
	return k.Primary()
}

// Common is what all types have.
type Common struct {
	// Description is for people, and has no effect on validation.
	Description string

	// Extra holds the members that the other fields cannot hold, in the order
	// of the text: those that the language does not know, and those that say
	// nothing, such as "closed": false and an empty description. They are
	// written again behind the others.
	Extra []Member

	pos int // where it stands in the text, plus one
}

// A Member is a name with its value in JSON, without white space.
type Member struct {
	Name  string
	Value string
}

// Info returns c.
func (c *Common) Info() *Common { return c }

// Offset returns where in the text that was parsed the object begins, in bytes,
// or -1 if it was not parsed.
func (c *Common) Offset() int { return c.pos - 1 }

// ExtraMember returns the JSON value of a member of Extra.
func (c *Common) ExtraMember(name string) (value string, ok bool) {
	for _, m := range c.Extra {
		if m.Name == name {
			return m.Value, true
		}
	}
	return "", false
}

func (c *Common) sealed() {}
