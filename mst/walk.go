package mst

import (
	"context"
	"iter"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Walker reads a whole tree from a source and checks everything about it on
// the way. It holds the nodes on the path to where it is, and no more: its
// memory depends on the depth of the tree, not on its size.
//
// A Walker must not be used by several goroutines at once.
type Walker struct {
	src    Source
	root   dagcbor.CID
	l      limits
	levels []level // the open nodes, from the root down
	stats  Stats
	arena  strings.Builder // of keys
	roll   keyRoll
}

// Stats counts what a [Walker] has seen.
type Stats struct {
	Nodes   int64 // nodes of the tree
	Bytes   int64 // bytes of those nodes
	Entries int64 // keys
}

// NewWalker returns a Walker of the tree in src whose root node is root. A nil
// o means the default limits.
func NewWalker(src Source, root dagcbor.CID, o *Options) *Walker {
	return &Walker{src: src, root: root, l: o.limits()}
}

// Stats returns what the last iteration has seen so far.
func (w *Walker) Stats() Stats { return w.stats }

// Entries returns the entries in ascending order of their keys. Each is checked
// before it is handed out, but that nothing is missing or wrong further on is
// known only when the iteration has ended without an error. A pair with an
// error is the last one; its Entry is zero. Keys that come one after the other
// share memory: who keeps one keeps about 2 kB of them, or can clone it.
func (w *Walker) Entries(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		w.stats, w.levels = Stats{}, w.levels[:0]
		if err := w.walk(ctx, yield); err != nil {
			yield(Entry{}, err)
		}
	}
}

// walk returns nil also when yield wants no more.
func (w *Walker) walk(ctx context.Context, yield func(Entry, error) bool) error {
	if err := w.push(ctx, &w.root, -1, bounds{}); err != nil {
		return err
	}
	for len(w.levels) > 0 {
		v := &w.levels[len(w.levels)-1]
		sub, more, err := w.entries(v, yield)
		switch {
		case !more || err != nil:
			return err
		case !sub:
			clear(v.out) // others' keys live as long as one that is kept
			w.levels = w.levels[:len(w.levels)-1]
		default:
			if err := w.push(ctx, &v.sub[v.pos], v.layer-1, v.bounds(v.pos)); err != nil {
				return err
			}
		}
	}
	return nil
}

// entries yields what comes next in v, up to a subtree: that before entry v.pos.
// sub is false if v ends, more if yield wants no more.
func (w *Walker) entries(v *level, yield func(Entry, error) bool) (sub, more bool, err error) {
	if v.pos < 0 {
		v.pos = 0
		if v.left != 0 {
			return true, true, nil
		}
	}
	for v.pos < len(v.out) {
		i := v.pos
		v.pos++
		if w.stats.Entries++; w.stats.Entries > w.l.entries {
			return false, false, limitError("entries in tree", w.l.entries, w.stats.Entries)
		}
		if !yield(v.out[i], nil) {
			return false, false, nil
		}
		if v.entries[i].tree != 0 {
			return true, true, nil
		}
	}
	return false, true, nil
}

// push opens the node c, whose layer is known unless it is -1.
func (w *Walker) push(ctx context.Context, c *dagcbor.CID, layer int, in bounds) error {
	b, err := fetchNode(ctx, w.src, c, &w.l)
	if err != nil {
		return err
	}
	if w.stats.Nodes++; w.stats.Nodes > w.l.nodes {
		return limitError("nodes in tree", w.l.nodes, w.stats.Nodes)
	}
	w.stats.Bytes += int64(len(b))
	if len(w.levels) < cap(w.levels) {
		w.levels = w.levels[:len(w.levels)+1] // with the memory of an earlier one
	} else {
		w.levels = append(w.levels, level{})
	}
	v := &w.levels[len(w.levels)-1]
	v.cid, v.layer, v.in, v.pos = *c, layer, in, -1
	return w.open(v, b)
}
