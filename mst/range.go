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
// key hi, which is not among them; an empty hi is no bound. No nodes are fetched
// but those that can hold such keys. A pair with an error is the last one; its
// Entry is zero.
func (t *Tree) Range(ctx context.Context, lo, hi string) iter.Seq2[Entry, error] {
	return t.scan(ctx, lo, hi, (*ranger).up)
}

// RangeBack returns what [Tree.Range] does, in descending order. The greatest
// key that is less than some other is the first of RangeBack(ctx, "", other).
func (t *Tree) RangeBack(ctx context.Context, lo, hi string) iter.Seq2[Entry, error] {
	return t.scan(ctx, lo, hi, (*ranger).down)
}

// Prefix returns the entries whose keys begin with prefix, in ascending order,
// as [Tree.Range] does: those of a collection if it is the collection's name and
// a slash.
func (t *Tree) Prefix(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return t.Range(ctx, prefix, prefixEnd(prefix))
}

// PrefixBack returns what [Tree.Prefix] does, in descending order.
func (t *Tree) PrefixBack(ctx context.Context, prefix string) iter.Seq2[Entry, error] {
	return t.RangeBack(ctx, prefix, prefixEnd(prefix))
}

// prefixEnd returns the least key that is greater than all that begin with
// prefix, or "" if there is none.
func prefixEnd(prefix string) string {
	for n := len(prefix); n > 0; n-- {
		if last := prefix[n-1]; last < 0xff {
			return prefix[:n-1] + string([]byte{last + 1})
		}
	}
	return ""
}

// Count returns how many entries the tree has. It visits every node, and
// fetches those that are not in memory.
func (t *Tree) Count(ctx context.Context) (int64, error) {
	r := ranger{t: t}
	root, err := t.top(ctx)
	if err == nil {
		err = r.count(ctx, root, bounds{})
	}
	if err != nil {
		return 0, err
	}
	return r.entries, nil
}

// ranger is one iteration.
type ranger struct {
	t      *Tree
	lo, hi string
	yield  func(Entry, error) bool
	budget
}

func (t *Tree) scan(ctx context.Context, lo, hi string, walk func(*ranger, context.Context, *node, bounds) (bool, error)) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if hi != "" && hi <= lo {
			return
		}
		r := ranger{t: t, lo: lo, hi: hi, yield: yield}
		root, err := t.top(ctx)
		if err == nil {
			_, err = walk(&r, ctx, root, bounds{})
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

// enter returns the subtree of n before entry i, or nil if there is none.
func (r *ranger) enter(ctx context.Context, n *node, i int, in bounds) (*node, error) {
	if sub := n.kid(i); sub != nil {
		return sub, nil
	}
	c := n.child(i)
	if !c.exists() {
		return nil, nil
	}
	return r.t.load(ctx, c.cid, int(n.layer)-1, in)
}

// visit counts a node and sees to it that the iteration can be cancelled.
func (r *ranger) visit(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.node(&r.t.l)
}

// up yields what is in n, whose keys lie in in, in ascending order. It returns
// false when the iteration is to end. It recurses, but no deeper than there are
// layers.
func (r *ranger) up(ctx context.Context, n *node, in bounds) (bool, error) {
	if err := r.visit(ctx); err != nil {
		return false, err
	}
	var m matched
	i, found := n.search(r.lo, &m)
	for keys := n.keysFrom(i); ; i++ {
		key, more := keys.next()
		// What is before the key lo itself is smaller.
		if !found {
			within := keys.around(in)
			sub, err := r.enter(ctx, n, i, within)
			if err != nil {
				return false, err
			}
			if sub != nil {
				if more, err := r.up(ctx, sub, within); !more || err != nil {
					return false, err
				}
			}
		}
		found = false
		if !more {
			return true, nil
		}
		if r.hi != "" && key >= r.hi {
			return false, nil
		}
		if err := r.entry(&r.t.l); err != nil {
			return false, err
		}
		if !r.yield(Entry{key, n.value(i)}, nil) {
			return false, nil
		}
	}
}

// down is up in descending order.
func (r *ranger) down(ctx context.Context, n *node, in bounds) (bool, error) {
	if err := r.visit(ctx); err != nil {
		return false, err
	}
	i := len(n.slots)
	if r.hi != "" {
		var m matched
		i, _ = n.search(r.hi, &m)
	}
	within := in
	if i < len(n.slots) {
		within.hi = n.key(i)
	}
	for ; ; i-- {
		within.lo = in.lo
		if i > 0 {
			within.lo = n.key(i - 1)
		}
		sub, err := r.enter(ctx, n, i, within)
		if err != nil {
			return false, err
		}
		if sub != nil {
			if more, err := r.down(ctx, sub, within); !more || err != nil {
				return false, err
			}
		}
		if i == 0 {
			return true, nil
		}
		if within.lo < r.lo {
			return false, nil
		}
		if err := r.entry(&r.t.l); err != nil {
			return false, err
		}
		// What is before the key lo itself is smaller.
		if !r.yield(Entry{within.lo, n.value(i - 1)}, nil) || within.lo == r.lo {
			return false, nil
		}
		within.hi = within.lo
	}
}

// count counts what is in n.
func (r *ranger) count(ctx context.Context, n *node, in bounds) error {
	if err := r.visit(ctx); err != nil {
		return err
	}
	if r.entries += int64(len(n.slots)); r.entries > r.t.l.entries {
		return limitError("entries in tree", r.t.l.entries, r.entries)
	}
	for i := range len(n.slots) + 1 {
		within := bounds{}
		if n.kid(i) == nil && n.hasChild(i) {
			within = n.gap(i, gap{keyRef{s: in.lo}, keyRef{s: in.hi}}).bounds()
		}
		sub, err := r.enter(ctx, n, i, within)
		if err != nil {
			return err
		}
		if sub != nil {
			if err := r.count(ctx, sub, within); err != nil {
				return err
			}
		}
	}
	return nil
}
