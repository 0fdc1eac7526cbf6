package did

import (
	"cmp"
	"time"
)

// Defaults of [DirectoryOptions].
//
// https://atproto.com/specs/handle#resolution-best-practices asks for caches,
// and leaves the times to us.
const (
	DefaultMaxEntries       = 100_000
	DefaultHitAge           = time.Hour
	DefaultHandleAge        = 6 * time.Hour
	DefaultStaleAge         = 24 * time.Hour
	DefaultMaxAge           = 72 * time.Hour
	DefaultInvalidHandleAge = 5 * time.Minute
	DefaultNotFoundAge      = time.Minute
	DefaultFailureAge       = 15 * time.Second
	DefaultLookupTimeout    = 20 * time.Second
	DefaultCacheTimeout     = 500 * time.Millisecond
	DefaultConcurrency      = 32
	DefaultRecheckAge       = time.Minute
	DefaultRecheckRate      = 20 // per second
)

// maxRetryAfter is the longest that a failure counts because a server asks for
// it.
const maxRetryAfter = 5 * time.Minute

// DirectoryOptions are options for [NewDirectory]. They are copied.
//
// Ages are counted from when a question was asked. Zero means the default, and a
// negative age none.
type DirectoryOptions struct {
	// MaxEntries is how many DIDs, and how many handles, are held in memory, at
	// about 1.5 kB for an account with both. Zero means [DefaultMaxEntries].
	MaxEntries int

	// HitAge is how old a document may be that is given out as it is.
	HitAge time.Duration
	// HandleAge is the same for where a handle leads: after that it is verified
	// again.
	HandleAge time.Duration
	// StaleAge is how old an answer may be that is given out while it is asked
	// for anew in the background. Beyond that the caller waits.
	StaleAge time.Duration
	// MaxAge is how old an answer may be that stands in when it was asked for
	// anew, and nobody knows. What is known to be gone is gone.
	MaxAge time.Duration

	// InvalidHandleAge is how long a handle that is declared, but not verified,
	// counts as such before it is looked up again.
	InvalidHandleAge time.Duration
	// NotFoundAge is how long a name counts as not found.
	NotFoundAge time.Duration
	// FailureAge is how long the error is given out when there is no answer, and
	// the time between tries as long as an old answer stands in. It is longer,
	// up to 5 minutes, if the server asks for that.
	FailureAge time.Duration

	// SkipHandleVerification leaves handles of DIDs as they are: the handle of
	// an [Identity] that was asked for by its DID is "handle.invalid", unless
	// it is verified by chance. It is for who needs keys and servers alone, such
	// as relays and the verification of service tokens.
	SkipHandleVerification bool

	// Cache is asked before the network, and told what the network says, for
	// directories that share it, or are restarted. Nil means that there is only
	// the memory of the directory. Who can write to it can say who anybody is.
	Cache Cache
	// CacheTimeout is for one question to Cache.
	CacheTimeout time.Duration
	// CacheFailed is called with the errors of Cache, which do not hinder a
	// lookup otherwise, and with those for what was read from it and is of no
	// use. It may be called concurrently. Nil is not called.
	CacheFailed func(error)
	// AllowLoopback is [ParseOptions].AllowLoopback for documents from Cache.
	AllowLoopback bool

	// Timeout is for asking about one name, whoever waits for it and for how
	// long. A negative time means none but that of the resolvers.
	Timeout time.Duration

	// Concurrency is the number of lookups at a time of [Directory.LookupAll],
	// and of refreshes in the background. Zero means [DefaultConcurrency].
	Concurrency int

	// RecheckAge is the least time between two questions about the same DID
	// that are asked because something was not right with it, see
	// [Directory.Recheck].
	RecheckAge time.Duration
	// RecheckRate is how many such questions are asked in a second, about all
	// DIDs together. Zero means [DefaultRecheckRate].
	RecheckRate int
}

// withDefaults returns a copy of o with defaults in place of zeros.
func (o *DirectoryOptions) withDefaults() DirectoryOptions {
	var c DirectoryOptions
	if o != nil {
		c = *o
	}
	for _, age := range []struct {
		field *time.Duration
		zero  time.Duration
	}{
		{&c.HitAge, DefaultHitAge}, {&c.HandleAge, DefaultHandleAge}, {&c.StaleAge, DefaultStaleAge}, {&c.MaxAge, DefaultMaxAge},
		{&c.InvalidHandleAge, DefaultInvalidHandleAge}, {&c.NotFoundAge, DefaultNotFoundAge}, {&c.FailureAge, DefaultFailureAge},
		{&c.RecheckAge, DefaultRecheckAge},
	} {
		*age.field = max(cmp.Or(*age.field, age.zero), 0)
	}
	c.Timeout = cmp.Or(c.Timeout, DefaultLookupTimeout)
	c.CacheTimeout = cmp.Or(c.CacheTimeout, DefaultCacheTimeout)
	for _, n := range []struct {
		field *int
		zero  int
	}{{&c.MaxEntries, DefaultMaxEntries}, {&c.Concurrency, DefaultConcurrency}, {&c.RecheckRate, DefaultRecheckRate}} {
		if *n.field <= 0 {
			*n.field = n.zero
		}
	}
	if c.CacheFailed == nil {
		c.CacheFailed = func(error) {}
	}
	return c
}
