// Package syntax holds the identifiers of the AT Protocol as small value
// types: they are checked once, when they are parsed, and can be trusted from
// then on.
//
//   - [DID]: an account, such as "did:plc:z72i7hdynmk6r22z27h6tvur"
//     (https://atproto.com/specs/did)
//   - [Handle]: its mutable name, such as "alice.example.com"
//     (https://atproto.com/specs/handle), and [AtIdentifier], either of the two
//   - [NSID]: a schema or method, such as "app.bsky.feed.post", and
//     [NSIDPattern], such as "app.bsky.feed.*" (https://atproto.com/specs/nsid)
//   - [RecordKey]: a record in a collection, such as "self", and
//     [RecordKeyType], such as "literal:self"
//     (https://atproto.com/specs/record-key)
//   - [RepoPath]: a record in a repository, such as
//     "app.bsky.actor.profile/self" (https://atproto.com/specs/repository)
//   - [ATURI]: an account, a collection or a record, such as
//     "at://did:web:example.com/app.bsky.feed.post/3jzfcijpj2z2a", and
//     [FullATURI], with any path, query and fragment, and [StrongRef], a record
//     and its CID (https://atproto.com/specs/at-uri-scheme)
//   - [TID]: a timestamp identifier, such as "3jzfcijpj2z2a", and [TIDClock],
//     which issues them (https://atproto.com/specs/tid)
//   - [Datetime], [Language], [URI] and [CIDString]: the other string formats
//     of Lexicons (https://atproto.com/specs/lexicon#string-formats)
//   - [ServiceRef]: a service of an account, such as
//     "did:web:api.bsky.app#bsky_appview" (https://atproto.com/specs/xrpc)
//   - [SpaceRef] and [SpaceRecordURI]: drafts, which will change
//
// Start with [ParseDID] and [ParseATURI]; every type has a Parse function, and
// a MustParse function for constants. All fail with an [*Error], which says
// where in the input the trouble is. [ATURI] and [RepoPath] give their parts
// without parsing again, [RecordURI] and [NewRepoPath] put parts together, and
// a [TIDClock] names new records.
//
// # Strictness
//
// A string is taken exactly as given: nothing is trimmed, folded, decoded or
// normalised, and String gives back the same bytes. Normalize methods are
// separate and explicit. Parsing is about syntax alone: a DID of a method that
// nobody supports, or a handle under a reserved top-level domain, parses. Such
// questions of policy are asked apart, with [DID.CheckResolvable],
// [Handle.CheckResolvable] and methods such as [DID.IsPLC], and have errors of
// their own. To read what old records hold against the rules,
// there are [ParseFullATURI] and [ParseDatetimeLenient], which are of no use to
// validate. The package opens no connection and reads no file.
//
// # Values
//
// All identifiers are comparable with ==, can be map keys, and may be used by
// several goroutines at once. The zero value of each is not a valid
// identifier: IsZero reports it and String returns "". It has no text form
// either: AppendText and MarshalText fail, and UnmarshalText refuses the empty
// string, so that a forgotten identifier can't slip into a message as "".
// Optional struct fields take the JSON option omitzero:
//
//	Actor  syntax.DID `json:"actor"`
//	Parent syntax.TID `json:"parent,omitzero"`
//
// In databases identifiers are text, and the zero value is NULL, which the
// column admits or not: all identifiers implement [database/sql.Scanner] and
// [database/sql/driver.Valuer]. Scan refuses the empty string too.
//
// # Security
//
// Parsers read the input once or a few times, allocate nothing when they
// succeed, and check the length first, so that a hostile input of any size
// costs little. A valid identifier is a well-formed claim and nothing more: a
// handle must still be resolved, a TID's or record's time was chosen by whoever
// wrote it, the authority of an AT-URI is not a host to connect to, and a URI
// may be "javascript:". An Error holds the whole rejected input; its text shows
// only the beginning, quoted.
package syntax
