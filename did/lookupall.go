package did

import (
	"context"
	"iter"
	"sync"

	"github.com/linnet-at/linnet/syntax"
)

// A LookupResult is what [Directory.LookupAll] has found out about a name.
type LookupResult struct {
	Name     syntax.AtIdentifier
	Identity *Identity // nil if there is an error
	Err      error
}

// LookupAll looks up many accounts, [DirectoryOptions].Concurrency at a time, and
// yields them in the order of their names. It takes names no further ahead than
// that, so that there may be any number of them.
//
// An error is about one account alone. When ctx is done, names that are known are
// still found, and the others have its error; break out to end early. Nothing
// goes on when the loop is left.
func (d *Directory) LookupAll(ctx context.Context, names iter.Seq[syntax.AtIdentifier]) iter.Seq[LookupResult] {
	return func(yield func(LookupResult) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		var waiting []chan LookupResult // in the order of names
		next := func() bool {
			c := waiting[0]
			waiting = waiting[1:]
			return yield(<-c)
		}
		for name := range names {
			if id := d.known(name); id != nil && len(waiting) == 0 {
				if !yield(LookupResult{Name: name, Identity: id}) {
					return
				}
				continue
			}
			if len(waiting) == d.opts.Concurrency && !next() {
				return
			}
			c := make(chan LookupResult, 1)
			waiting = append(waiting, c)
			wg.Go(func() {
				id, err := d.Lookup(ctx, name)
				c <- LookupResult{name, id, err}
			})
		}
		for len(waiting) > 0 {
			if !next() {
				return
			}
		}
	}
}

// known returns the account with the given name if that is fresh in memory, and
// counts that it was used.
func (d *Directory) known(name syntax.AtIdentifier) *Identity {
	now := d.now()
	id, isDID := name.DID()
	h, isHandle := name.Handle()
	if isHandle {
		e, ok := d.handleCache.Peek(h.Normalize().String())
		if !ok || now >= e.fresh || e.err != nil {
			return nil
		}
		id = e.did
	}
	e, ok := d.didCache.Peek(id.String())
	if !ok || now >= e.fresh || e.id == nil || !isDID && e.id.handle != h.Normalize() {
		return nil
	}
	if isHandle {
		d.handleCache.Get(h.Normalize().String())
	}
	d.didCache.Get(id.String())
	return e.id
}
