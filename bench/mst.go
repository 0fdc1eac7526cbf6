package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	blocks "github.com/ipfs/go-block-format"

	peermst "github.com/bluesky-social/indigo/atproto/repo/mst"
	storedmst "github.com/bluesky-social/indigo/mst"
	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// sortedTree is what a tree is made of, in the forms that the contestants take.
type sortedTree struct {
	keys   []string // ascending
	values []dagcbor.CID
	peer   map[string]cid.Cid
}

// newSortedTree makes n keys such as those of posts, likes and follows.
func newSortedTree(n int) *sortedTree {
	s := &sortedTree{keys: make([]string, n), values: make([]dagcbor.CID, n), peer: make(map[string]cid.Cid, n)}
	random := rand.New(rand.NewPCG(1, 2))
	micros := uint64(1_700_000_000_000_000)
	for i := range n {
		micros += 1 + random.Uint64N(100_000_000)
		collection, _ := syntheticRecord(i)
		s.keys[i] = collection + "/" + must(syntax.TIDFromInteger(micros<<10)).String()
	}
	slices.Sort(s.keys)
	for i, key := range s.keys {
		s.values[i] = dagcbor.Sum(dagcbor.DAGCBOR, []byte(key))
		s.peer[key] = s.values[i].Cid()
	}
	return s
}

func (s *sortedTree) entries(yield func(string, dagcbor.CID) bool) {
	for i, k := range s.keys {
		if !yield(k, s.values[i]) {
			return
		}
	}
}

// build makes the root with the Builder.
func (s *sortedTree) build() dagcbor.CID {
	b := mst.NewBuilder(nil)
	for i, k := range s.keys {
		check(b.Add(k, s.values[i]))
	}
	return must(b.Finish())
}

func (s *sortedTree) peerBuild() string {
	return must(must(peermst.LoadTreeFromMap(s.peer)).RootCID()).String()
}

// buildRow is that of n sorted keys.
func buildRow(name string, s *sortedTree, cores int, asked float64) row {
	var nodes [][]byte
	builder := mst.NewBuilder(func(_ dagcbor.CID, node []byte) error { nodes = append(nodes, bytes.Clone(node)); return nil })
	for k, v := range s.entries {
		check(builder.Add(k, v))
	}
	root := must(builder.Finish())
	r := row{
		name: name, cores: cores,
		agree: func() error {
			if s.build() != root || s.peerBuild() != root.String() || must(mst.Build(s.entries)).Root() != root {
				return errors.New("roots differ")
			}
			return nil
		},
		ours:  func() { ourCID = s.build() },
		peer:  func() { sink = s.peerBuild() },
		asked: asked, maxAllocs: -1,
	}
	if cores == 1 {
		r.floorName, r.floor = "SHA-256 of keys and nodes", func() {
			for _, k := range s.keys {
				mst.Layer(k)
			}
			for _, n := range nodes {
				dagcbor.Sum(dagcbor.DAGCBOR, n)
			}
		}
	}
	return r
}

// randomRow is that of the keys in random order.
func randomRow(name string, s *sortedTree) row {
	ctx := context.Background()
	ops := make([]mst.Op, len(s.keys))
	for to, from := range rand.New(rand.NewPCG(3, 4)).Perm(len(s.keys)) {
		ops[to] = mst.Op{Action: mst.Create, Key: s.keys[from], Value: s.values[from]}
	}
	type pair struct {
		key   []byte
		value cid.Cid
	}
	pairs := make([]pair, len(ops))
	for i := range ops {
		pairs[i] = pair{[]byte(ops[i].Key), ops[i].Value.Cid()}
	}
	peer := func() string {
		tree := peermst.NewEmptyTree()
		for i := range pairs {
			must(tree.Insert(pairs[i].key, pairs[i].value))
		}
		return must(tree.RootCID()).String()
	}
	return row{
		name: name,
		agree: func() error {
			if must(mst.New().Apply(ctx, ops...)).Root().String() != peer() {
				return errors.New("roots differ")
			}
			return nil
		},
		ours:  func() { ourCID = must(mst.New().Apply(ctx, ops...)).Root() },
		peer:  func() { sink = peer() },
		asked: 3 * 340.0 / 169, maxAllocs: -1,
	}
}

// peerSource is a block store in memory for the peer.
type peerSource map[cid.Cid]blocks.Block

// Put is there for the peer's interface alone.
func (s peerSource) Put(_ context.Context, b blocks.Block) error {
	s[b.Cid()] = b
	return nil
}

func (s peerSource) Get(_ context.Context, c cid.Cid) (blocks.Block, error) {
	if b, found := s[c]; found {
		return b, nil
	}
	return nil, fmt.Errorf("no block %s", c)
}

// walkRows are those of reading all keys from a block store in memory, which is a
// map for the peer. The peer takes blocks and trees as they are: it neither hashes
// them nor looks at the order or the layers of keys. A host that walks its own
// store, which takes nothing in unseen, need not hash anything again either, and
// so in the first row we don't; the order is checked all the same. In the second
// one all of the tree is verified.
func walkRows(name, verifiedName string, s *sortedTree) []row {
	ctx := context.Background()
	ours, theirs := new(blockstore.Memory), peerSource{}
	var batch blockstore.Batch
	b := mst.NewBuilder(func(c dagcbor.CID, node []byte) error {
		node = bytes.Clone(node)
		batch.Put = append(batch.Put, car.Block{CID: c, Data: node})
		theirs[c.Cid()] = must(blocks.NewBlockWithCid(node, c.Cid()))
		return nil
	})
	for k, v := range s.entries {
		check(b.Add(k, v))
	}
	root := must(b.Finish())
	batch.Head = root
	check(ours.Commit(ctx, &batch))
	walk := func(o *mst.Options) (n int) {
		for _, err := range mst.NewWalker(ours, root, o).Entries(ctx) {
			check(err)
			n++
		}
		return n
	}
	own := &mst.Options{TrustHashes: true, TrustLayers: true}
	peer := func() (n int) {
		tree := must(peermst.LoadTreeFromStore(ctx, theirs, root.Cid()))
		check(tree.Walk(func([]byte, cid.Cid) error { n++; return nil }))
		return n
	}
	agree := func() error {
		if walk(own) != len(s.keys) || walk(nil) != len(s.keys) || peer() != len(s.keys) {
			return errors.New("not all keys were seen")
		}
		return nil
	}
	return []row{
		{name: name, agree: agree, ours: func() { walk(own) }, peer: func() { peer() }, asked: 4.5 * 143 / 44, maxAllocs: -1},
		{name: verifiedName, agree: agree, ours: func() { walk(nil) }, peer: func() { peer() }, maxAllocs: -1},
	}
}

// diffRows are those of ten changes: between snapshots in memory, and between
// trees of which a block store has the nodes, as the peer's must be. Nobody
// hashes blocks or keys there.
func diffRows(name, coldName string, s *sortedTree, from *mst.Tree) []row {
	ctx := context.Background()
	ours, theirs := mst.MapSource{}, peerSource{}
	var ops []mst.Op
	for i := range 10 {
		ops = append(ops, mst.Op{Action: mst.Update, Key: s.keys[(i+1)*9000], Value: s.values[0]})
	}
	to := must(from.Apply(ctx, ops...))
	for _, t := range []*mst.Tree{from, to} {
		for step, err := range t.Preorder(ctx) {
			check(err)
			if node := bytes.Clone(step.Node); node != nil {
				ours[step.CID] = node
				theirs[step.CID.Cid()] = must(blocks.NewBlockWithCid(node, step.CID.Cid()))
			}
		}
	}
	count := func(from, to *mst.Tree) (n int) {
		for _, err := range mst.Diff(ctx, from, to) {
			check(err)
			n++
		}
		return n
	}
	trusting := &mst.Options{TrustHashes: true, TrustLayers: true}
	cold := func() int {
		return count(must(mst.Load(ctx, ours, from.Root(), trusting)), must(mst.Load(ctx, ours, to.Root(), trusting)))
	}
	peer := func() int { return len(must(storedmst.DiffTrees(ctx, theirs, from.Root().Cid(), to.Root().Cid()))) }
	agree := func() error {
		if count(from, to) != len(ops) || cold() != len(ops) || peer() != len(ops) {
			return errors.New("not all changes were seen")
		}
		return nil
	}
	return []row{
		{name: name, agree: agree, ours: func() { count(from, to) }, peer: func() { peer() }, asked: 40, maxAllocs: -1},
		{name: coldName, agree: agree, ours: func() { cold() }, peer: func() { peer() }, maxAllocs: -1},
	}
}

func mstRows(wanted func(string) bool) ([]row, error) {
	const (
		sortedRow  = "mst: 100,000 sorted keys to root CID"
		millionRow = "mst: 1,000,000 sorted keys to root CID, two cores"
		random     = "mst: 100,000 keys in random order to root CID"
		getRow     = "mst: get in 100,000 keys"
		putRow     = "mst: put into 100,000 keys, new root"
		coldRow    = "mst: cold walk of 100,000 keys from a block store, whose blocks are trusted"
		hashedRow  = "mst: the same, blocks hashed and layers checked by us alone"
		diffName   = "mst: diff of 100,000 keys, 10 changes"
		coldDiff   = "mst: the same, trees from a block store"
	)
	var rows []row
	if wanted(millionRow) {
		rows = append(rows, buildRow(millionRow, newSortedTree(1_000_000), 2, 6*2055.0/759))
	}
	if !slices.ContainsFunc([]string{sortedRow, random, getRow, putRow, coldRow, hashedRow, diffName, coldDiff}, wanted) {
		return rows, nil
	}
	ctx := context.Background()
	s := newSortedTree(repoSize)
	tree := must(mst.Build(s.entries))
	peerTree := must(peermst.LoadTreeFromMap(s.peer))
	i := 0
	next := func() string { i = (i + 7919) % len(s.keys); return s.keys[i] }
	fresh := make([]string, 4096)
	for j := range fresh {
		fresh[j] = next() + "x"
	}
	nextFresh := func() string { i = (i + 1) % len(fresh); return fresh[i] }
	other := dagcbor.Sum(dagcbor.DAGCBOR, []byte{0xa0})
	otherCid := other.Cid()
	rows = append(rows, pick(append([]row{
		buildRow(sortedRow, s, 1, 3.3*207/71),
		randomRow(random, s),
		{
			name:      getRow,
			ours:      func() { v, _, err := tree.Get(ctx, next()); check(err); ourCID = v },
			peer:      func() { sink = must(peerTree.Get([]byte(next()))) },
			asked:     1.7 * 1249 / 702,
			maxAllocs: 0,
		},
		{
			name: putRow,
			ours: func() { ourCID = must(tree.Put(ctx, nextFresh(), other)).Root() },
			peer: func() {
				key := []byte(nextFresh())
				must(peerTree.Insert(key, otherCid))
				sink = must(peerTree.RootCID())
				must(peerTree.Remove(key))
			},
			asked: 2.5 * 55 / 25.5, maxAllocs: 10,
		},
	}, slices.Concat(walkRows(coldRow, hashedRow, s), diffRows(diffName, coldDiff, s, tree))...), wanted)...)
	return rows, nil
}
