package mst

import (
	"cmp"
	"slices"
	"strings"
)

// sortOps returns the order of ops by their keys, which keeps that of those with
// the same key, or nil if they are in that order.
func sortOps(ops []Op) []uint32 {
	sorted := true
	for i := 1; i < len(ops) && sorted; i++ {
		sorted = ops[i-1].Key <= ops[i].Key
	}
	if sorted {
		return nil
	}
	items := make([]sortItem, len(ops))
	for i := range items {
		items[i].index = uint32(i)
	}
	sortItems(ops, items, make([]sortItem, len(items)), 0)
	order := make([]uint32, len(ops))
	for i := range items {
		order[i] = items[i].index
	}
	return order
}

// sortItem is an op with eight bytes of its key.
type sortItem struct {
	abbr  uint64
	index uint32
}

// sortItems sorts items, whose keys have depth bytes in common and which stand
// in the order of their indices: by the eight bytes that follow what all have in
// common, and then in the same way what is equal there. spare is as long.
func sortItems(ops []Op, items, spare []sortItem, depth int) {
	common := abbreviate(ops, items, depth)
	sortAbbrs(items, spare)
	for lo, hi := 0, 0; lo < len(items); lo = hi {
		for hi = lo + 1; hi < len(items) && items[hi].abbr == items[lo].abbr; hi++ {
		}
		switch same := items[lo:hi]; {
		case len(same) == 1:
		case len(same) < 16 || slices.ContainsFunc(same, func(it sortItem) bool { return len(ops[it.index].Key) < common+8 }):
			slices.SortStableFunc(same, func(a, b sortItem) int {
				return strings.Compare(ops[a.index].Key, ops[b.index].Key)
			})
		default:
			sortItems(ops, same, spare, common+8)
		}
	}
}

// abbreviate returns how many bytes the keys of items have in common, where
// depth are known, and sets abbr to the eight that follow.
func abbreviate(ops []Op, items []sortItem, depth int) int {
	first := ops[items[0].index].Key
	common := len(first)
	shorten := func(key string) {
		if len(key) < common || key[depth:common] != first[depth:common] {
			common = depth + commonPrefix(first[depth:], key[depth:])
		}
	}
	// Some of them show it, nearly always: the others are seen but once.
	for i := 0; i < len(items); i += 1 + len(items)/16 {
		shorten(ops[items[i].index].Key)
	}
	expected := common
	for i := range items {
		key := ops[items[i].index].Key
		shorten(key)
		items[i].abbr = bytesFrom(key, common)
	}
	if common < expected {
		for i := range items {
			items[i].abbr = bytesFrom(ops[items[i].index].Key, common)
		}
	}
	return common
}

// sortAbbrs sorts items, which stand in the order of their indices, by abbr and
// then by index. Many of them are distributed by one byte after the other, the
// last one first.
func sortAbbrs(items, spare []sortItem) {
	if len(items) < 512 {
		slices.SortFunc(items, func(a, b sortItem) int {
			return cmp.Or(cmp.Compare(a.abbr, b.abbr), cmp.Compare(a.index, b.index))
		})
		return
	}
	var counts [8][256]uint32
	for i := range items {
		for b := range counts {
			counts[b][byte(items[i].abbr>>(8*b))]++
		}
	}
	from, to := items, spare[:len(items)]
	for b := range counts {
		count := &counts[b]
		if count[byte(items[0].abbr>>(8*b))] == uint32(len(items)) {
			continue // the same everywhere
		}
		next := uint32(0)
		for x, n := range count {
			count[x] = next
			next += n
		}
		for _, it := range from {
			at := &count[byte(it.abbr>>(8*b))]
			to[*at] = it
			*at++
		}
		from, to = to, from
	}
	if &from[0] != &items[0] {
		copy(items, from)
	}
}
