package blockstoretest

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/linnet-at/linnet/repo/blockstore"
)

// Failures runs all cases that are not large and returns what they say about a
// store, by the names of the cases that fail.
func Failures(ctx context.Context, open func() blockstore.Store) map[string]string {
	failed := map[string]string{}
	for _, c := range cases {
		if c.large {
			continue
		}
		if msg := FailuresOf(ctx, c.name, open()); msg != "" {
			failed[c.name] = msg
		}
	}
	return failed
}

// FailuresOf runs one case and returns what it says about a store, or "".
func FailuresOf(ctx context.Context, name string, s blockstore.Store) string {
	t := &recorder{ctx: ctx}
	for _, c := range cases {
		if c.name == name {
			var wg sync.WaitGroup
			wg.Go(func() { c.run(t, s) })
			wg.Wait()
		}
	}
	return t.msg
}

// A recorder is a tb that keeps the first failure.
type recorder struct {
	ctx context.Context //nolint:containedctx // as testing.T has one
	msg string
}

func (*recorder) Helper()                    {}
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Fatalf(format string, args ...any) {
	r.msg = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Shared returns the store that [RunShared] tests.
func Shared(open func() blockstore.Store) blockstore.Store { return shared{open} }
