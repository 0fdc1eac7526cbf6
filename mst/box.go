package mst

// newNode returns a node with room for the given number of entries and bytes of
// encoding. All of it is one piece of memory, if the node is not unusually
// large: of a size that the allocator has, for leaves and for nodes with
// subtrees.
func newNode(entries, size int) *node {
	switch {
	case entries <= 1 && size <= 104:
		b := new(struct {
			node
			s [1]slot
			r [104]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 1 && size <= 200:
		b := new(struct {
			node
			s [1]slot
			r [200]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 2 && size <= 176:
		b := new(struct {
			node
			s [2]slot
			r [176]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 2 && size <= 304:
		b := new(struct {
			node
			s [2]slot
			r [304]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 3 && size <= 248:
		b := new(struct {
			node
			s [3]slot
			r [248]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 4 && size <= 320:
		b := new(struct {
			node
			s [4]slot
			r [320]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	}
	return newLargeNode(entries, size)
}

func newLargeNode(entries, size int) *node {
	switch {
	case entries <= 3 && size <= 432:
		b := new(struct {
			node
			s [3]slot
			r [432]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 6 && size <= 424:
		b := new(struct {
			node
			s [6]slot
			r [424]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 5 && size <= 680:
		b := new(struct {
			node
			s [5]slot
			r [696]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 9 && size <= 736:
		b := new(struct {
			node
			s [9]slot
			r [736]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 10 && size <= 1096:
		b := new(struct {
			node
			s [10]slot
			r [1096]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 16 && size <= 1592:
		b := new(struct {
			node
			s [16]slot
			r [1592]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 24 && size <= 2432:
		b := new(struct {
			node
			s [24]slot
			r [2432]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	case entries <= 32 && size <= 3264:
		b := new(struct {
			node
			s [32]slot
			r [3264]byte
		})
		return b.with(b.s[:entries], b.r[:size])
	}
	return new(node).with(make([]slot, entries), make([]byte, size))
}

func (n *node) with(slots []slot, raw []byte) *node {
	n.slots, n.raw = slots, raw
	return n
}
