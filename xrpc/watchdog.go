package xrpc

import (
	"context"
	"sync"
	"time"
)

// A watchdog cancels a context when nothing has happened for a time, or when
// what is to be complete by then is not.
type watchdog struct {
	cancel context.CancelCauseFunc
	limit  time.Duration // negative for none

	mu    sync.Mutex
	timer *time.Timer
	told  time.Duration // the limit that the error will name
	whole bool          // it is that for all of an answer
	over  bool
}

// watch returns a context with a watchdog, which sleeps until it is armed, and
// must be stopped.
func watch(ctx context.Context, limit time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &watchdog{cancel: cancel, limit: limit}
}

// arm lets the time begin anew.
func (w *watchdog) arm() { w.armFor(w.limit, w.limit) }

// armFor is arm with another time, as the end of a call may be nearer. told is
// the limit that the error names.
func (w *watchdog) armFor(d, told time.Duration) {
	if d < 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = told
	switch {
	case w.over:
	case w.timer == nil:
		w.timer = time.AfterFunc(d, w.bark)
	default:
		w.timer.Reset(d)
	}
}

func (w *watchdog) bark() {
	w.mu.Lock()
	err := &timeoutError{w.told, w.whole}
	w.mu.Unlock()
	w.cancel(err)
}

// expectAll says that what comes now is waited for as a whole, and not bit by
// bit.
func (w *watchdog) expectAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whole = true
}

// disarm lets the watchdog sleep.
func (w *watchdog) disarm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// stop ends the context.
func (w *watchdog) stop() {
	w.mu.Lock()
	w.over = true
	if w.timer != nil {
		w.timer.Stop()
	}
	w.mu.Unlock()
	w.cancel(nil)
}
