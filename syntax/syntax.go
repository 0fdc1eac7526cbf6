// Package syntax holds the identifiers of the AT Protocol as small value
// types: they are checked once, when they are parsed, and can be trusted from
// then on.
//
//   - [DID]: an account, such as "did:plc:z72i7hdynmk6r22z27h6tvur"
//     (https://atproto.com/specs/did)
//   - [Handle]: its mutable name, such as "alice.example.com"
//     (https://atproto.com/specs/handle)
//   - [NSID]: a schema or method, such as "app.bsky.feed.post", and
//     [NSIDPattern], such as "app.bsky.feed.*" (https://atproto.com/specs/nsid)
//   - [RecordKey]: a record in a collection, such as "self", and
//     [RecordKeyType], such as "literal:self"
//     (https://atproto.com/specs/record-key)
//   - [RepoPath]: a record in a repository, such as
//     "app.bsky.actor.profile/self" (https://atproto.com/specs/repository)
//   - [TID]: a timestamp identifier, such as "3jzfcijpj2z2a", and [TIDClock],
//     which issues them (https://atproto.com/specs/tid)
//
// Start with [ParseDID] and [ParseHandle]; every type has a Parse function,
// and a MustParse function for constants. All fail with an [*Error], which
// says where in the input the trouble is.
//
// # Strictness
//
// A string is taken exactly as given: nothing is trimmed, folded, decoded or
// normalised, and String gives back the same bytes. Normalize methods are
// separate and explicit. Parsing is about syntax alone: a DID of a method that
// nobody supports, or a handle under a reserved top-level domain, parses. Such
// questions of policy are asked with methods such as [DID.IsPLC] and
// [Handle.HasReservedTLD]. The package opens no connection and reads no file.
//
// # Values
//
// All types are comparable with ==, can be map keys, and may be used by
// several goroutines at once. The zero value of each is not a valid
// identifier: IsZero reports it and String returns "". It has no text form
// either: AppendText and MarshalText fail, and UnmarshalText refuses the empty
// string, so that a forgotten identifier can't slip into a message as "".
// Optional struct fields take the JSON option omitzero:
//
//	Actor  syntax.DID `json:"actor"`
//	Parent syntax.TID `json:"parent,omitzero"`
//
// # Security
//
// Parsers read the input once, allocate nothing when they succeed, and check
// the length first, so that a hostile input of any size costs little. A valid
// identifier is a well-formed claim and nothing more: a handle must still be
// resolved and a TID's timestamp was chosen by whoever wrote it. An Error
// holds the whole rejected input; its text shows only the beginning, quoted.
package syntax

// constString admits only untyped string constants in calls from other
// packages, so that MustParse functions can't be given run-time input.
type constString string

// must returns v, or panics with err.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// appendText appends the text of an identifier, which the zero value has not.
func appendText(dst []byte, kind, s string) ([]byte, error) {
	if s == "" {
		return dst, &Error{Kind: kind, Msg: "zero value has no text"}
	}
	return append(dst, s...), nil
}

// marshalText returns the text of an identifier as a new slice.
func marshalText(kind, s string) ([]byte, error) {
	if s == "" {
		return nil, &Error{Kind: kind, Msg: "zero value has no text"}
	}
	return []byte(s), nil
}

// unmarshalText sets *dst to what parse makes of text, or leaves it alone.
func unmarshalText[T any](dst *T, text []byte, parse func(string) (T, error)) error {
	v, err := parse(string(text))
	if err != nil {
		return err
	}
	*dst = v
	return nil
}
