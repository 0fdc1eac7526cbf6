package safehttp

import (
	"context"
	"sync"
)

// A gate lets a number of requests at a time through to each host.
type gate struct {
	limit int // no limit if negative

	mu    sync.Mutex
	hosts map[string]*queue // those that anybody is in
}

// A queue is of the requests to one host.
type queue struct {
	slots   chan struct{} // one element for each request that is through
	members int           // requests that wait or are through; guarded by gate.mu
}

// enter waits until a request to host may be made. Then leave, which is never
// nil without an error, must be called once.
func (g *gate) enter(ctx context.Context, host string) (leave func(), err error) {
	if g.limit < 0 {
		return func() {}, nil
	}
	q := g.join(host)
	select {
	case q.slots <- struct{}{}:
		return func() { <-q.slots; g.part(host, q) }, nil
	case <-ctx.Done():
		g.part(host, q)
		return nil, context.Cause(ctx)
	}
}

func (g *gate) join(host string) *queue {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.hosts[host]
	if q == nil {
		q = &queue{slots: make(chan struct{}, g.limit)}
		g.hosts[host] = q
	}
	q.members++
	return q
}

func (g *gate) part(host string, q *queue) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q.members--; q.members == 0 {
		delete(g.hosts, host)
	}
}
