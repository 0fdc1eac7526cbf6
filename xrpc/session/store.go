package session

import "context"

// A Store keeps sessions, one value for each key, such as a table of a
// database. The values are secrets: whoever reads one can act for the account.
// A store that encrypts them can be put in front of another one.
//
// Several processes may share a store: Swap is what keeps them from renewing
// one session twice. It must be safe for concurrent use. Package sessiontest
// checks implementations.
type Store interface {
	// Load returns the value of a key, which the caller may change, or nil if
	// it has none. Keys are not empty and have at most [MaxKeyLen] bytes;
	// those that sessions use are DIDs, unless [Options].Key says otherwise.
	Load(ctx context.Context, key string) ([]byte, error)

	// Swap sets the value of a key to new if it is old, and reports whether it
	// was. A nil old says that the key must have no value, and a nil new takes
	// its value away; values are never empty. To compare and to set is one
	// step: of two concurrent calls with the same old, at most one returns
	// true. On an error nothing is known of what happened. It must not keep
	// its arguments.
	Swap(ctx context.Context, key string, old, new []byte) (bool, error)
}

// MaxKeyLen is the length of the longest key in bytes.
const MaxKeyLen = 2048
