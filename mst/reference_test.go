package mst_test

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

// This file is a second, slow implementation, as close to the words of the
// specification as possible: trees as a pure function of a map, and the
// verification of a whole tree by recursion.

// leafValue is the value of all keys in the published vectors.
var leafValue = dagcbor.MustParseCID("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454")

// refLayer counts the leading zero bits of the key's hash two by two.
func refLayer(key string) int {
	layer := 0
	for _, b := range sha256.Sum256([]byte(key)) {
		for pair := 6; pair >= 0; pair -= 2 {
			if b>>pair&3 != 0 {
				return layer
			}
			layer++
		}
	}
	return layer
}

// refNode holds what is in a node from left to right: subtrees and keys.
type refNode struct {
	layer int
	items []refItem
}

// refItem is a subtree if tree is set, else an entry.
type refItem struct {
	tree  *refNode
	key   string
	value dagcbor.CID
}

// refBuild makes the tree of m.
func refBuild(m map[string]dagcbor.CID) *refNode {
	keys := slices.Sorted(maps.Keys(m))
	if len(keys) == 0 {
		return &refNode{}
	}
	top := 0
	for _, k := range keys {
		top = max(top, refLayer(k))
	}
	return refLevel(m, keys, top)
}

// refLevel makes the node on the given layer that spans keys.
func refLevel(m map[string]dagcbor.CID, keys []string, layer int) *refNode {
	n := &refNode{layer: layer}
	below := 0 // keys[below:i] lie on lower layers
	flush := func(i int) {
		if below < i {
			n.items = append(n.items, refItem{tree: refLevel(m, keys[below:i], layer-1)})
		}
		below = i + 1
	}
	for i, k := range keys {
		if refLayer(k) == layer {
			flush(i)
			n.items = append(n.items, refItem{key: k, value: m[k]})
		}
	}
	flush(len(keys))
	return n
}

// encode puts the node and those below it into blocks and returns its CID.
func (n *refNode) encode(blocks mst.MapSource) dagcbor.CID {
	var left dagcbor.CID
	var entries []rawEntry
	prev := ""
	for _, item := range n.items {
		switch {
		case item.tree == nil:
			p := len(prev)
			for !strings.HasPrefix(item.key, prev[:p]) {
				p--
			}
			entries = append(entries, rawEntry{int64(p), item.key[p:], item.value, dagcbor.CID{}})
			prev = item.key
		case len(entries) == 0:
			left = item.tree.encode(blocks)
		default:
			entries[len(entries)-1].tree = item.tree.encode(blocks)
		}
	}
	b := encodeNode(left, entries...)
	c := dagcbor.Sum(dagcbor.DAGCBOR, b)
	blocks[c] = b
	return c
}

func refRoot(m map[string]dagcbor.CID) dagcbor.CID {
	return refBuild(m).encode(mst.MapSource{})
}

// rawEntry is an entry as it is encoded, right or wrong.
type rawEntry struct {
	prefix int64
	suffix string
	value  dagcbor.CID
	tree   dagcbor.CID // undefined for null
}

// encodeNode encodes a node, right or wrong.
func encodeNode(left dagcbor.CID, entries ...rawEntry) []byte {
	b := dagcbor.AppendMap(nil, 2)
	b = dagcbor.AppendText(b, "e")
	b = dagcbor.AppendArray(b, len(entries))
	for _, e := range entries {
		b = dagcbor.AppendMap(b, 4)
		b = dagcbor.AppendBytes(dagcbor.AppendText(b, "k"), []byte(e.suffix))
		b = dagcbor.AppendInt(dagcbor.AppendText(b, "p"), e.prefix)
		b = appendLinkOrNull(dagcbor.AppendText(b, "t"), e.tree)
		b = dagcbor.AppendLink(dagcbor.AppendText(b, "v"), e.value)
	}
	return appendLinkOrNull(dagcbor.AppendText(b, "l"), left)
}

func appendLinkOrNull(b []byte, c dagcbor.CID) []byte {
	if !c.Defined() {
		return dagcbor.AppendNull(b)
	}
	return dagcbor.AppendLink(b, c)
}

// decodeNode decodes a node by means of the general reader.
func decodeNode(b []byte) (left dagcbor.CID, entries []rawEntry, err error) {
	r := dagcbor.NewReader(b, nil)
	field := func(name string) {
		key, e := r.Key()
		err = cmp.Or(err, e)
		if string(key) != name {
			err = cmp.Or(err, fmt.Errorf("key %q where %q is due", key, name))
		}
	}
	link := func() (c dagcbor.CID) {
		if r.Kind() == dagcbor.KindNull {
			err = cmp.Or(err, r.Null())
			return c
		}
		c, e := r.CID()
		err = cmp.Or(err, e)
		return c
	}
	size, e := r.Map()
	if err = e; size != 2 {
		err = cmp.Or(err, errors.New("node is not a pair"))
	}
	field("e")
	n, e := r.Array()
	for err = cmp.Or(err, e); n > len(entries) && err == nil; {
		var x rawEntry
		if size, err = r.Map(); size != 4 {
			err = cmp.Or(err, errors.New("entry does not have four fields"))
		}
		field("k")
		k, e := r.Bytes()
		err = cmp.Or(err, e)
		field("p")
		x.prefix, e = r.Int()
		err = cmp.Or(err, e)
		field("t")
		x.tree = link()
		field("v")
		if x.value = link(); !x.value.Defined() {
			err = cmp.Or(err, errors.New("no value"))
		}
		x.suffix = string(k)
		entries = append(entries, x)
	}
	field("l")
	left = link()
	return left, entries, cmp.Or(err, r.End())
}

// refVerify checks the tree below the node c, which lies on the given layer,
// or is a root if that is -1, and whose keys lie between lo and hi. It returns
// its entries. src must be honest or have been checked.
func refVerify(src mst.MapSource, c dagcbor.CID, layer int, lo, hi string) ([]mst.Entry, error) {
	b, found := src[c]
	if !found {
		return nil, mst.ErrNotFound
	}
	left, raw, err := decodeNode(b)
	if err != nil {
		return nil, err
	}
	if len(raw) > mst.DefaultMaxNodeEntries {
		return nil, errors.New("too many entries")
	}
	if len(raw) == 0 && left.Defined() == (layer < 0) {
		return nil, errors.New("keyless root with a subtree, or empty node below")
	}
	prev, keys, trees := "", make([]string, len(raw)), []dagcbor.CID{left}
	for i, e := range raw {
		if e.prefix < 0 || e.prefix > int64(len(prev)) {
			return nil, errors.New("prefix length")
		}
		key := prev[:e.prefix] + e.suffix
		maximal := e.suffix == "" || int(e.prefix) == len(prev) || prev[e.prefix] != key[e.prefix]
		switch h := refLayer(key); {
		case key <= prev, key <= lo, hi != "" && key >= hi, len(key) > 1024:
			return nil, errors.New("key out of order or too long")
		case !maximal:
			return nil, errors.New("prefix not maximal")
		case layer >= 0 && h != layer, h > 32:
			return nil, errors.New("layer of key")
		default:
			layer = h
		}
		prev, keys[i], trees = key, key, append(trees, e.tree)
	}
	var entries []mst.Entry
	bounds := slices.Concat([]string{lo}, keys, []string{hi})
	for i, tree := range trees {
		if i > 0 {
			entries = append(entries, mst.Entry{Key: keys[i-1], Value: raw[i-1].value})
		}
		if !tree.Defined() {
			continue
		}
		if layer == 0 || tree.Codec() != dagcbor.DAGCBOR {
			return nil, errors.New("link at layer 0 or not to a node")
		}
		sub, err := refVerify(src, tree, layer-1, bounds[i], bounds[i+1])
		if err != nil {
			return nil, err
		}
		entries = append(entries, sub...)
	}
	return entries, nil
}
