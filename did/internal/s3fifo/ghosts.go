package s3fifo

// ghosts are the hashes of the keys that left the small queue last. Keys with one
// hash are one here, which at worst is a better place than they deserve.
type ghosts struct {
	limit int
	ring  []uint64       // grows up to limit
	next  int            // where in ring the next one goes, once that is full
	place map[uint64]int // where in ring a hash was put last
}

// add remembers a hash, and forgets the oldest one if need be.
func (g *ghosts) add(h uint64) {
	switch {
	case g.limit == 0:
		return
	case g.place == nil:
		g.place = make(map[uint64]int)
	}
	i := g.next
	if len(g.ring) < g.limit {
		i = len(g.ring)
		g.ring = append(g.ring, h)
	} else {
		if old := g.ring[i]; g.place[old] == i {
			delete(g.place, old)
		}
		g.ring[i] = h
		g.next = (i + 1) % g.limit
	}
	g.place[h] = i
}

// take reports whether a hash is remembered, and forgets it.
func (g *ghosts) take(h uint64) bool {
	_, ok := g.place[h]
	delete(g.place, h)
	return ok
}
