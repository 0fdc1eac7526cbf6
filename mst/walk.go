package mst

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Walker reads a whole tree from a source and checks everything about it on
// the way. It holds the nodes on the path to where it is, and no more: its
// memory depends on the depth of the tree, not on its size. It is done with the
// bytes of a node before it hands an entry out or asks for another node: a source
// that is no [BatchSource] may use their memory again then.
//
// A Walker must not be used by several goroutines at once, and does one iteration
// at a time.
type Walker struct {
	src    Source
	batch  BatchSource // src, if it is one
	root   dagcbor.CID
	l      limits
	run    uint64  // how many iterations have begun
	levels []level // the open nodes, from the root down
	stats  Stats
	arena  strings.Builder // of keys
	cids   []dagcbor.CID   // that are asked for at once
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
	batch, _ := src.(BatchSource)
	return &Walker{src: src, batch: batch, root: root, l: o.limits()}
}

// Stats returns what the iteration that began last has seen so far.
func (w *Walker) Stats() Stats { return w.stats }

// Entries returns the entries in ascending order of their keys. Each is checked
// before it is handed out, but that nothing is missing or wrong further on is
// known only when the iteration has ended without an error. A pair with an
// error is the last one; its Entry is zero. Keys that come one after the other
// share memory: who keeps one keeps about 2 kB of them, or can clone it.
//
// An iteration begins anew each time. When the Walker begins another one, inside
// of the loop over this one say, this one ends with an error; use a Walker for
// each.
func (w *Walker) Entries(ctx context.Context) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		w.run++
		w.stats, w.levels = Stats{}, w.levels[:0]
		if err := w.walk(ctx, yield); err != nil {
			yield(Entry{}, err)
		}
	}
}

// errRestarted ends an iteration whose memory another one has.
var errRestarted = errors.New("mst: the walker has begun another iteration")

// walk returns nil also when yield wants no more.
func (w *Walker) walk(ctx context.Context, yield func(Entry, error) bool) error {
	run := w.run
	b, err := w.fetch(ctx, &w.root)
	if err == nil {
		err = w.push(&w.root, b, -1, bounds{})
	}
	if err != nil {
		return err
	}
	for len(w.levels) > 0 {
		v := &w.levels[len(w.levels)-1]
		sub, more, err := w.entries(v, run, yield)
		switch {
		case !more || err != nil:
			return err
		case !sub:
			clear(v.out) // others' keys live as long as one that is kept
			w.levels = w.levels[:len(w.levels)-1]
		default:
			c := &v.sub[v.pos]
			b, err := w.child(ctx, v)
			if err == nil {
				err = w.push(c, b, v.layer-1, v.bounds(v.pos))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// entries yields what comes next in v, up to a subtree: that before entry v.pos.
// sub is false if v ends, more if yield wants no more. After each yield it sees
// whether v is still that of the given iteration.
func (w *Walker) entries(v *level, run uint64, yield func(Entry, error) bool) (sub, more bool, err error) {
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
		if w.run != run {
			return false, false, errRestarted
		}
		if v.entries[i].tree != 0 {
			return true, true, nil
		}
	}
	return false, true, nil
}

// fetch gets the bytes of the node c. The source may be one that uses w.
func (w *Walker) fetch(ctx context.Context, c *dagcbor.CID) ([]byte, error) {
	run := w.run
	b, err := fetch(ctx, w.src, c, &w.l)
	if w.run != run {
		return nil, errRestarted
	}
	return b, err
}

// child gets the bytes of the subtree of v that comes next, that before entry
// v.pos.
func (w *Walker) child(ctx context.Context, v *level) ([]byte, error) {
	c := &v.sub[v.pos]
	if w.batch == nil {
		return w.fetch(ctx, c)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v.next == len(v.ahead) {
		run := w.run
		if w.lookAhead(ctx, v); w.run != run {
			return nil, errRestarted
		}
	}
	if len(v.ahead) == 0 {
		return w.fetch(ctx, c)
	}
	b := v.ahead[v.next]
	v.ahead[v.next] = nil
	v.next++
	if b == nil {
		return nil, &MissingBlockError{*c}
	}
	return b, w.l.checkBlock(c, b)
}

// window is how many nodes are asked for at once.
const window = 16

// lookAhead gets the subtrees of v from the one before entry v.pos on, as many as
// there are or the window has, or none if the source fails: it will again where
// somebody waits for the block.
func (w *Walker) lookAhead(ctx context.Context, v *level) {
	w.cids = w.cids[:0]
	for i := v.pos; i < len(v.sub) && len(w.cids) < window; i++ {
		if v.slot(i) != 0 {
			w.cids = append(w.cids, v.sub[i])
		}
	}
	v.ahead, v.next = slices.Grow(v.ahead[:0], window)[:len(w.cids)], 0
	if w.batch.Blocks(ctx, w.cids, v.ahead) != nil {
		clear(v.ahead)
		v.ahead = v.ahead[:0]
	}
}

// push opens the node c, whose bytes are b and whose layer is known unless it is
// -1.
func (w *Walker) push(c *dagcbor.CID, b []byte, layer int, in bounds) error {
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
	v.ahead, v.next = v.ahead[:0], 0
	return w.open(v, b)
}
