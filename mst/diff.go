package mst

import (
	"bytes"
	"context"
	"iter"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

// A Change is a key that differs between two trees.
type Change struct {
	Key      string
	Old, New dagcbor.CID // the values; one is undefined if the key is in one tree only
}

// Action returns what was done to the key: [Create], [Update] or [Delete].
func (c *Change) Action() Action {
	switch {
	case !c.Old.Defined():
		return Create
	case !c.New.Defined():
		return Delete
	}
	return Update
}

// Diff returns the keys at which the trees differ, in ascending order, with
// their values in from and in to. Subtrees that both have are neither entered nor
// fetched, so the work depends on how many nodes differ, not on the size of the
// trees; only the nodes on their edges are, beside a key that from does not have
// or a change on a layer far above. A pair with an error is the last one; its
// Change is zero.
//
// If from is a right tree and there is no error, to is one: what is new is checked
// as it is walked, and what both have, at the keys beside it that are new.
func Diff(ctx context.Context, from, to *Tree) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		d := newDiffer(from, to, yield)
		if err := d.run(ctx); err != nil {
			yield(Change{}, err)
		}
	}
}

// A Node is a node of a tree.
type Node struct {
	CID   dagcbor.CID
	Bytes []byte // its encoding, not to be changed
	Layer int
}

// DiffNodes returns the nodes of to that from does not have, and those of from
// that to does not have, each in pre-order: the blocks of a commit, and those
// that it makes superfluous. It costs what [Diff] does.
func DiffNodes(ctx context.Context, from, to *Tree) (added, removed []Node, err error) {
	d := newDiffer(from, to, func(Change, error) bool { return true })
	d.old.keep, d.new.keep = true, true
	if err := d.run(ctx); err != nil {
		return nil, nil, err
	}
	return without(d.new.nodes, d.old.nodes), without(d.old.nodes, d.new.nodes), nil
}

// without returns the nodes of a that are not in b.
func without(a, b []Node) []Node {
	in := make(map[dagcbor.CID]struct{}, len(b))
	for i := range b {
		in[b[i].CID] = struct{}{}
	}
	var rest []Node
	for i := range a {
		if _, found := in[a[i].CID]; !found {
			rest = append(rest, a[i])
		}
	}
	return rest
}

// differ goes through two trees side by side.
type differ struct {
	old, new diffSide
	yield    func(Change, error) bool

	// Keys that are new stand between subtrees that both trees have, which were
	// elsewhere in the old one: they are compared with the key, see passTree.
	created bool // a key that is new has come, and nothing behind it that both have
	passed  childPlace
}

// A childPlace is that of a subtree before entry i of n, or none if n is nil.
type childPlace struct {
	n  *node
	i  int
	in gap // of n
}

func newDiffer(from, to *Tree, yield func(Change, error) bool) differ {
	return differ{old: diffSide{ranger: ranger{t: from}}, new: diffSide{ranger: ranger{t: to}}, yield: yield}
}

// diffSide is a place in one of the trees. The nodes that are open stand one
// above the other.
type diffSide struct {
	ranger
	open  []diffLevel
	root  *node // until it is opened; nil then
	keep  bool
	nodes []Node // that have been opened, if keep is set
}

type diffLevel struct {
	n    *node
	in   gap
	keys keyCursor // behind the key of entry pos/2, if it has been needed
	// An even number is the subtree before entry pos/2, an odd one the entry.
	pos int
}

// what is what comes next on a side.
type what int

const (
	theEnd what = iota
	anEntry
	aTree
)

func (d *differ) run(ctx context.Context) error {
	for _, s := range []*diffSide{&d.old, &d.new} {
		root, err := s.t.top(ctx)
		if err != nil {
			return err
		}
		s.root = root
		s.open = make([]diffLevel, 0, int(root.layer)+1)
		if len(root.slots) == 0 { // the empty tree is no subtree of any other, and in one it is wrong
			if err := s.enter(ctx); err != nil {
				return err
			}
		}
	}
	for {
		a, b := d.old.next(), d.new.next()
		more, err := true, error(nil)
		switch {
		case a == aTree && b == aTree && d.sameTree():
			err = d.passTree(ctx)
		case a == aTree && b == aTree && d.abreast():
			if err = d.old.enter(ctx); err == nil {
				err = d.new.enter(ctx)
			}
		case a == aTree && d.old.comesIn(&d.new, b):
			more, err = d.pass(ctx, &d.new, b)
		case b == aTree && d.new.comesIn(&d.old, a):
			more, err = d.pass(ctx, &d.old, a)
		case a == aTree || b == aTree:
			err = d.enter(ctx, a, b)
		case a == theEnd && b == theEnd:
			return nil
		case a == anEntry && b == anEntry:
			more, err = d.along(ctx, d.old.top(), d.new.top())
		default:
			more, err = d.compare(ctx, a, b)
		}
		if !more || err != nil {
			return err
		}
	}
}

// passTree goes past a subtree that both trees have. If a new key is before it,
// its own are all greater; a new key that comes after it is compared in time. In
// the old tree it is where it belongs, and so it is beside the keys that both
// trees have.
func (d *differ) passTree(ctx context.Context) error {
	if d.new.root == nil {
		v := d.new.top()
		d.passed = childPlace{v.n, v.pos / 2, v.in}
	}
	if d.created {
		if err := d.checkEdge(ctx, false); err != nil {
			return err
		}
	}
	d.created = false
	d.old.skip()
	d.new.skip()
	return nil
}

// passCreated notes that a new key comes next.
func (d *differ) passCreated(ctx context.Context) error {
	err := d.checkEdge(ctx, true)
	d.passed, d.created = childPlace{}, true
	return err
}

// checkEdge opens the nodes on the left or right edge of the subtree that was
// passed last, if that has to be looked at: they are checked to lie where it is.
func (d *differ) checkEdge(ctx context.Context, right bool) error {
	n, i, in := d.passed.n, d.passed.i, d.passed.in
	for n != nil && n.hasChild(i) {
		if err := d.new.visit(ctx); err != nil {
			return err
		}
		in = n.gap(i, in)
		child, err := d.new.t.below(ctx, n, i, in)
		if err != nil {
			return err
		}
		n, i = child, 0
		if right {
			i = len(n.slots)
		}
	}
	return nil
}

// sameTree reports whether the subtrees that come next are one. Trees that are
// right have none on two layers; in others it is found out by entering it.
func (d *differ) sameTree() bool {
	if d.old.layer() != d.new.layer() {
		return false
	}
	if d.old.root != nil || d.new.root != nil {
		return d.old.link() == d.new.link()
	}
	a, b := d.old.top(), d.new.top()
	x, y := a.n.linkAt(a.pos/2), b.n.linkAt(b.pos/2)
	return bytes.Equal(a.n.raw[x:x+linkLen], b.n.raw[y:y+linkLen])
}

// abreast reports whether the subtrees that come next, which differ, lie before
// the same key, or both at the end: the usual case, in which neither of them is
// further on in the other tree.
func (d *differ) abreast() bool {
	if d.old.layer() != d.new.layer() || (d.old.root == nil) != (d.new.root == nil) {
		return false
	}
	if d.old.root != nil {
		return true
	}
	a, b := d.old.top(), d.new.top()
	i, j := a.pos/2, b.pos/2
	if i == len(a.n.slots) || j == len(b.n.slots) {
		return i == len(a.n.slots) && j == len(b.n.slots)
	}
	return a.n.slots[i].sameSize(&b.n.slots[j]) && bytes.Equal(a.n.suffix(i), b.n.suffix(j))
}

// enter opens one of two subtrees that differ, or the only one: the higher, since
// it holds all that the other does if they lie in one place.
func (d *differ) enter(ctx context.Context, a, b what) error {
	if b != aTree || a == aTree && d.old.layer() >= d.new.layer() {
		return d.old.enter(ctx)
	}
	return d.new.enter(ctx)
}

// comesIn reports whether the subtree that comes next is further on in one of the
// nodes in which the other side is, which is at w: then whatever comes before it
// there is on that side only.
func (s *diffSide) comesIn(other *diffSide, w what) bool {
	if w == theEnd || other.root != nil {
		return false
	}
	// A subtree can only be in the node of the layer above it.
	k := int(other.open[0].n.layer) - s.layer() - 1
	if k < 0 || k >= len(other.open) {
		return false
	}
	c, v := s.link(), &other.open[k]
	for i := v.pos/2 + 1; i <= len(v.n.slots); i++ {
		if at := v.n.linkAt(i); v.n.raw[at] != null && v.n.cidIn(at) == c {
			return true
		}
	}
	return false
}

// pass goes past or into what comes next on a side, at w, and on that side only.
func (d *differ) pass(ctx context.Context, s *diffSide, w what) (bool, error) {
	if w == aTree {
		return true, s.enter(ctx)
	}
	if s == &d.old {
		return d.compare(ctx, anEntry, theEnd)
	}
	return d.compare(ctx, theEnd, anEntry)
}

// along goes past the entries that are the same on both sides, with the subtrees
// behind them, and past one that is not. It returns false when the iteration is to end.
//
// Keys of which the same part is written out are the same: all that the two trees
// have before them has been passed, on both sides, and if the parts that are not
// written out differed, the key before the greater one would not have been.
func (d *differ) along(ctx context.Context, a, b *diffLevel) (bool, error) {
	n, m, i, j := a.n, b.n, a.pos/2, b.pos/2
	first := j
	for i < len(n.slots) && j < len(m.slots) && n.slots[i].sameSize(&m.slots[j]) &&
		bytes.Equal(n.raw[n.slots[i].off:n.end(i)], m.raw[m.slots[j].off:m.end(j)]) {
		a.skip()
		a.skip()
		b.skip()
		b.skip()
		if err := d.count(true, true); err != nil {
			return false, err
		}
		i, j = i+1, j+1
	}
	if j > first {
		d.passed = childPlace{m, j, b.in} // if there is one
	}
	if i == len(n.slots) || j == len(m.slots) {
		return true, nil
	}
	if !n.slots[i].sameSize(&m.slots[j]) || !bytes.Equal(n.suffix(i), m.suffix(j)) {
		return d.compare(ctx, anEntry, anEntry)
	}
	a.skip()
	b.skip()
	if err := d.count(true, true); err != nil {
		return false, err
	}
	if x, y := n.value(i), m.value(j); x != y {
		return d.yield(Change{n.key(i), x, y}, nil), nil
	}
	return true, nil
}

// sameSize reports whether as much is written out of both keys, and as much is
// not.
func (s *slot) sameSize(r *slot) bool { return s.prefix == r.prefix && s.suffix == r.suffix }

// count counts an entry of the one side, of the other, or of both.
func (d *differ) count(ofOld, ofNew bool) error {
	if ofOld && ofNew && (d.created || d.passed.n != nil) {
		d.passed, d.created = childPlace{}, false
	}
	if ofOld {
		if err := d.old.entry(&d.old.t.l); err != nil {
			return err
		}
	}
	if ofNew {
		return d.new.entry(&d.new.t.l)
	}
	return nil
}

// compare yields the lesser of two entries if it has no counterpart, or both if
// their values differ. It returns false when the iteration is to end.
func (d *differ) compare(ctx context.Context, a, b what) (bool, error) {
	var c Change
	order := 0
	switch {
	case b == theEnd:
		order, c.Key = -1, d.old.top().key()
	case a == theEnd:
		order, c.Key = 1, d.new.top().key()
	default:
		old, now := d.old.top().key(), d.new.top().key()
		order, c.Key = strings.Compare(old, now), min(old, now)
	}
	if order > 0 {
		if err := d.passCreated(ctx); err != nil {
			return false, err
		}
	}
	if order <= 0 {
		v := d.old.top()
		c.Old = v.n.value(v.pos / 2)
		v.skip()
	}
	if order >= 0 {
		v := d.new.top()
		c.New = v.n.value(v.pos / 2)
		v.skip()
	}
	if err := d.count(order <= 0, order >= 0); err != nil {
		return false, err
	}
	return c.Old == c.New || d.yield(c, nil), nil
}

func (s *diffSide) top() *diffLevel { return &s.open[len(s.open)-1] }

// next goes to what comes next, and says what it is.
func (s *diffSide) next() what {
	if s.root != nil {
		return aTree
	}
	for len(s.open) > 0 {
		v := s.top()
		i := v.pos / 2
		switch {
		case v.pos%2 == 0 && v.n.hasChild(i):
			return aTree
		case v.pos%2 == 0:
			v.skip()
		case i < len(v.n.slots):
			return anEntry
		default:
			s.open = s.open[:len(s.open)-1]
		}
	}
	return theEnd
}

// layer returns the layer of the subtree that comes next.
func (s *diffSide) layer() int {
	if s.root != nil {
		return int(s.root.layer)
	}
	return int(s.top().n.layer) - 1
}

// link returns the CID of the subtree that comes next.
func (s *diffSide) link() dagcbor.CID {
	if s.root != nil {
		return s.t.cid
	}
	v := s.top()
	return v.n.cidIn(v.n.linkAt(v.pos / 2))
}

// skip goes past the subtree that comes next.
func (s *diffSide) skip() {
	if s.root != nil {
		s.root = nil
		return
	}
	s.top().skip()
}

// skip goes past what comes next.
func (v *diffLevel) skip() {
	if v.pos++; v.pos%2 == 0 && v.keys.n != nil {
		v.keys.next()
	}
}

// key returns the key of the entry that comes next.
func (v *diffLevel) key() string {
	if v.keys.n == nil {
		v.keys = v.n.keysFrom(v.pos / 2)
		v.keys.next()
	}
	return v.keys.now
}

// enter opens the subtree that comes next.
func (s *diffSide) enter(ctx context.Context) error {
	if err := s.visit(ctx); err != nil {
		return err
	}
	var v diffLevel
	var cid dagcbor.CID
	if s.keep {
		cid = s.link()
	}
	if s.root != nil {
		v.n = s.root
	} else {
		above := s.top()
		v.in = above.n.gap(above.pos/2, above.in)
		var err error
		if v.n, err = s.t.below(ctx, above.n, above.pos/2, v.in); err != nil {
			return err
		}
	}
	s.skip()
	if s.keep {
		s.nodes = append(s.nodes, Node{cid, v.n.raw, int(v.n.layer)})
	}
	s.open = append(s.open, v)
	return nil
}
