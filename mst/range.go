package mst

import (
	"context"
	"iter"
)

// Entries returns the entries in ascending order of their keys. A pair with an
// error is the last one; its Entry is zero.
func (t *Tree) Entries(ctx context.Context) iter.Seq2[Entry, error] {
	return t.Range(ctx, "", "")
}

// Range returns the entries from the key lo on, in ascending order, up to the
// key hi, which is not among them; an empty hi is no bound. Keys that begin
// with "app.bsky.feed.post/" are those from that on up to "app.bsky.feed.post0",
// since 0 follows the slash. No nodes are fetched but those that can hold such
// keys. A pair with an error is the last one; its Entry is zero.
func (t *Tree) Range(ctx context.Context, lo, hi string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		r := ranger{t: t, lo: lo, hi: hi, yield: yield}
		r.walk(ctx, t.root.node, bounds{})
	}
}

// ranger is one iteration. Its methods return false when it is to end.
type ranger struct {
	t       *Tree
	lo, hi  string
	yield   func(Entry, error) bool
	entries int64 // so far
}

func (r *ranger) fail(err error) bool {
	r.yield(Entry{}, err)
	return false
}

// walk recurses, but no deeper than there are layers.
func (r *ranger) walk(ctx context.Context, n *node, in bounds) bool {
	if err := ctx.Err(); err != nil {
		return r.fail(err)
	}
	first, found := n.find(r.lo)
	for i := first; i <= len(n.entries); i++ {
		// What is before the key lo itself is smaller.
		if c := *n.slot(i); c.exists() && (i > first || !found) {
			within := n.bounds(i, in)
			sub, err := r.t.resolve(ctx, c, n.layer-1, within)
			if err != nil {
				return r.fail(err)
			}
			if !r.walk(ctx, sub, within) {
				return false
			}
		}
		if i < len(n.entries) && !r.entry(&n.entries[i]) {
			return false
		}
	}
	return true
}

func (r *ranger) entry(e *entry) bool {
	if r.hi != "" && e.key >= r.hi {
		return false
	}
	if r.entries++; r.entries > r.t.l.entries {
		return r.fail(tooManyEntries(&r.t.l))
	}
	return r.yield(Entry{e.key, e.value}, nil)
}
