// Package flight does things once for all who ask at the same time.
//
// Unlike golang.org/x/sync/singleflight, what is done has a context of its own,
// which ends when the last who waits has left: nobody's context spoils another's
// answer. It can be superseded, so that an answer to a question from before some
// moment is not kept.
package flight

import (
	"context"
	"sync"
	"time"
)

// A Group does things under keys. All methods may be called concurrently. The
// zero Group is not valid: see its fields.
type Group[T any] struct {
	// Timeout is for each thing that is done. Zero or less means none.
	Timeout time.Duration

	// Known returns what there is already, when nothing is under way.
	Known func(key string) (T, bool)

	// Keep keeps a result that was not superseded. It is called under the lock
	// of the group.
	Keep func(key string, result T)

	// After is called when those who wait have the result, which was kept, and
	// Undo after that if it was superseded in the meantime. They may be nil.
	After func(ctx context.Context, key string, result T)
	Undo  func(ctx context.Context, key string)

	mu      sync.Mutex
	flights map[string]*flight[T]
	running sync.WaitGroup
}

// A flight is something that is being done.
type flight[T any] struct {
	cancel  context.CancelFunc
	waiters int  // guarded by Group.mu
	nobody  bool // goes on without anybody who waits
	done    chan struct{}
	result  T // readable when done is closed
}

// Do returns what is known, or joins who does it, or does it. The context of do
// has the values of ctx, but neither its end nor its deadline. The error is that
// of ctx if it is done before there is a result.
func (g *Group[T]) Do(ctx context.Context, key string, do func(context.Context) T) (T, error) {
	g.mu.Lock()
	f := g.flights[key]
	if f == nil || isDone(f) {
		if known, ok := g.Known(key); ok {
			g.mu.Unlock()
			return known, nil
		}
	}
	if f == nil {
		f = g.start(context.WithoutCancel(ctx), key, do)
	}
	f.waiters++
	g.mu.Unlock()
	return g.wait(ctx, key, f)
}

// Redo is Do without a look at what is known or under way, which it supersedes.
func (g *Group[T]) Redo(ctx context.Context, key string, do func(context.Context) T) (T, error) {
	g.mu.Lock()
	f := g.start(context.WithoutCancel(ctx), key, do)
	f.waiters++
	g.mu.Unlock()
	return g.wait(ctx, key, f)
}

// Begin begins to do something without waiting for it, until it ends or ctx is
// done, if it is not under way. It calls ended at the end, also if it does not
// begin.
func (g *Group[T]) Begin(ctx context.Context, key string, do func(context.Context) T, ended func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.flights[key] != nil {
		ended()
		return
	}
	f := g.start(ctx, key, func(ctx context.Context) T {
		defer ended()
		return do(ctx)
	})
	f.nobody = true
}

// Supersede makes sure that the result of what is under way is not kept, and
// calls forget while nothing can be kept.
func (g *Group[T]) Supersede(key string, forget func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.flights, key)
	forget()
}

// Len returns how many things are under way that were not superseded.
func (g *Group[T]) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.flights)
}

// Wait waits for all that is under way, what was superseded and the calls of
// After included. Nothing may be begun meanwhile.
func (g *Group[T]) Wait() { g.running.Wait() }

func isDone[T any](f *flight[T]) bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// start begins a flight, under the lock.
func (g *Group[T]) start(ctx context.Context, key string, do func(context.Context) T) *flight[T] {
	f := &flight[T]{done: make(chan struct{})}
	after := context.WithoutCancel(ctx)
	if g.Timeout > 0 {
		ctx, f.cancel = context.WithTimeout(ctx, g.Timeout)
	} else {
		ctx, f.cancel = context.WithCancel(ctx)
	}
	if g.flights == nil {
		g.flights = make(map[string]*flight[T])
	}
	g.flights[key] = f
	g.running.Go(func() { g.run(ctx, after, key, f, do) })
	return f
}

// run does what is to be done. Until all is kept the flight stays in the group,
// where it can be superseded.
func (g *Group[T]) run(ctx, after context.Context, key string, f *flight[T], do func(context.Context) T) {
	defer f.cancel()
	f.result = do(ctx)
	g.mu.Lock()
	current := g.flights[key] == f
	if current {
		g.Keep(key, f.result)
	}
	close(f.done)
	if g.After == nil && current {
		delete(g.flights, key)
	}
	g.mu.Unlock()
	if g.After == nil || !current {
		return
	}
	g.After(after, key, f.result)
	g.mu.Lock()
	current = g.flights[key] == f
	if current {
		delete(g.flights, key)
	}
	g.mu.Unlock()
	if !current && g.Undo != nil {
		g.Undo(after, key)
	}
}

// wait waits for a flight until ctx is done.
func (g *Group[T]) wait(ctx context.Context, key string, f *flight[T]) (T, error) {
	select {
	case <-f.done:
		return f.result, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	f.waiters--
	if isDone(f) {
		return f.result, nil
	}
	if f.waiters == 0 && !f.nobody {
		f.cancel()
		if g.flights[key] == f { // who comes later must not join
			delete(g.flights, key)
		}
	}
	var none T
	return none, context.Cause(ctx)
}
