package repo

import "context"

// A lock is held by one at a time. Whoever waits for it need not do so longer
// than a context lasts.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

// lock takes the lock, or returns the reason why ctx has ended.
func (l lock) lock(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	default:
	}
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l lock) unlock() { <-l }
