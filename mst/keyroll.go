package mst

// A keyRoll expands the keys of a node one after the other, in one place: of each
// only what is written out has to be copied, the rest stands there from the key
// before it. It checks them on the way.
type keyRoll struct {
	key  [MaxKeyLen + quickSuffix]byte
	n    int
	hash layerer
}

// quickSuffix is how many bytes expand copies of a suffix that may be shorter.
const quickSuffix = 32

// expand makes the key of e, an entry of the node b that was parsed. It returns
// false if the key is not greater than the one before it or not compressed as far
// as it can be.
func (r *keyRoll) expand(b []byte, e *rawEntry) bool {
	same, size := int(e.prefix), int(e.keyLen)
	suffix := b[e.keyOff:]
	if size == 0 || same < r.n && suffix[0] <= r.key[same] {
		return false
	}
	to := r.key[same:]
	if size <= quickSuffix {
		// A fixed number of bytes is faster to copy, and as many are there:
		// the rest of the entry takes more.
		copy(to[:16], suffix[:16])
		copy(to[16:quickSuffix], suffix[16:quickSuffix])
	} else {
		copy(to, suffix[:size])
	}
	r.n = same + size
	return true
}

const outOfOrder = "keys are out of order between nodes"

// next returns the key of entry i of n, which is valid up to the following call,
// and checks everything about it: that the keys of n, which were given one after
// the other, ascend and are compressed as far as they can be, that they lie in
// the interval that the nodes above leave, and on the node's layer, which the
// first key of a root sets. That a node comes twice in a tree is seen here: so no
// tree, however its nodes are shared, has more of them than keys allow.
func (r *keyRoll) next(n *rawNode, i int, in *bounds, l *limits) ([]byte, error) {
	key, err := r.inNode(n, i)
	switch {
	case err != nil:
		return nil, err
	case i == 0 && string(key) <= in.lo, i+1 == len(n.entries) && in.hi != "" && string(key) >= in.hi:
		return nil, n.failKey(key, outOfOrder)
	}
	return key, r.onLayer(n, key, l)
}

// inNode is next without what takes more than the node's keys up to this one.
func (r *keyRoll) inNode(n *rawNode, i int) ([]byte, error) {
	e := &n.entries[i]
	if i == 0 {
		r.n = 0
	}
	if !r.expand(n.b, e) {
		return nil, r.orderFault(n, e)
	}
	return r.key[:r.n], nil
}

// onLayer checks that key lies on the layer of n, which the first key of a root
// sets.
func (r *keyRoll) onLayer(n *rawNode, key []byte, l *limits) error {
	if l.trustLayers && n.layer >= 0 {
		return nil
	}
	switch h := r.hash.layerOf(key); {
	case n.layer < 0:
		n.layer = h
	case n.layer != h:
		return n.failKey(key, "key lies on another layer than its node")
	}
	return nil
}

// orderFault says what is wrong with e, for which expand returned false.
func (r *keyRoll) orderFault(n *rawNode, e *rawEntry) error {
	if e.keyLen > 0 && n.b[e.keyOff] == r.key[e.prefix] {
		return n.fail(int(e.keyOff), "p is shorter than the common prefix")
	}
	return n.fail(int(e.keyOff), "keys are out of order")
}

// checkShape checks that the links of n agree with its keys, which have been
// checked, and with its layer.
func (n *rawNode) checkShape(l *limits) error {
	switch root := n.layer < 0; {
	case root && n.left == 0: // the empty tree
		n.layer = 0
	case root:
		return n.fail(-1, "root has no keys, but a subtree")
	case len(n.entries) == 0 && n.left == 0:
		return n.fail(-1, "node is empty")
	case n.layer > l.layer:
		return limitError("layer of node "+n.cid.String(), int64(l.layer), int64(n.layer))
	case n.layer == 0 && (n.left != 0 || n.trees):
		return n.fail(-1, "node on layer 0 has a subtree")
	}
	return nil
}
