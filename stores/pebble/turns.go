package pebblestore

import (
	"context"
	"sync"
)

// turns lets one at a time commit to each name. The zero turns is ready for use.
type turns struct {
	mu     sync.Mutex
	byName map[string]*turn // of the names that somebody has or waits for
}

// turn is who may commit to one name.
type turn struct {
	token chan struct{} // room for one: full while somebody has the turn
	users int           // who has it, and who waits; guarded by turns.mu
}

// take waits for the turn of a name. The caller calls give if it returns nil;
// the error is that of ctx.
func (t *turns) take(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t.join(name).token <- struct{}{}:
		return nil
	case <-ctx.Done():
		t.leave(name)
		return ctx.Err()
	}
}

// give ends the turn of a name.
func (t *turns) give(name string) { <-t.leave(name).token }

func (t *turns) join(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.byName[name]
	if u == nil {
		u = &turn{token: make(chan struct{}, 1)}
		if t.byName == nil {
			t.byName = map[string]*turn{}
		}
		t.byName[name] = u
	}
	u.users++
	return u
}

// leave forgets the turn of a name with the last who cared for it.
func (t *turns) leave(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.byName[name]
	if u.users--; u.users == 0 {
		delete(t.byName, name)
	}
	return u
}
