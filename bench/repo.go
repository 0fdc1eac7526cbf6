package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"

	peerrepo "github.com/bluesky-social/indigo/atproto/repo"
	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// The size of the synthetic repository, in records.
const repoSize = 100_000

// synthetic is a signed repository of posts, likes and follows.
type synthetic struct {
	keys   []string      // ascending
	values []dagcbor.CID // of the keys
	file   []byte
	blocks [][]byte
	key    *crypto.PublicKey
}

func newSynthetic(n int) *synthetic {
	ctx := context.Background()
	s := &synthetic{}
	values := map[string]dagcbor.CID{}
	records := map[dagcbor.CID][]byte{}
	// A fixed seed: the tree is the same in every run.
	random := rand.New(rand.NewPCG(1, 2))
	micros := uint64(1_700_000_000_000_000)
	for i := range n {
		micros += 1 + random.Uint64N(1_000_000_000)
		collection, text := syntheticRecord(i)
		record := must(data.FromJSON([]byte(text), nil))
		key := collection + "/" + must(syntax.TIDFromInteger(micros<<10)).String()
		c := dagcbor.Sum(dagcbor.DAGCBOR, record)
		values[key], records[c] = c, record
	}
	s.keys = slices.Sorted(maps.Keys(values))
	for _, key := range s.keys {
		s.values = append(s.values, values[key])
	}
	tree := must(mst.Build(s.entries))
	signer := must(crypto.GenerateKey(crypto.K256))
	s.key = signer.PublicKey()
	commit := must(repo.SignCommit(ctx, signer, repo.UnsignedCommit{
		DID: syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), Rev: syntax.MustParseTID("3jzfcijpj2z2a"), Data: tree.Root(),
	}))
	s.file = car.AppendHeader(nil, commit.CID())
	s.add(commit.CID(), commit.Bytes())
	for step, err := range tree.Preorder(ctx) {
		check(err)
		block := step.Node
		if block == nil {
			block = records[step.CID]
		}
		s.add(step.CID, block)
	}
	return s
}

func (s *synthetic) add(c dagcbor.CID, block []byte) {
	s.file = car.AppendBlock(s.file, c, block)
	s.blocks = append(s.blocks, block)
}

func (s *synthetic) entries(yield func(string, dagcbor.CID) bool) {
	for i, k := range s.keys {
		if !yield(k, s.values[i]) {
			return
		}
	}
}

// verify reads the whole repository with linnet and returns how many records
// there are.
func (s *synthetic) verify() int {
	export := must(repo.ReadBytes(s.file, &repo.Options{Key: s.key}))
	n := 0
	for record, err := range export.Records(context.Background()) {
		check(err)
		n += min(1, len(record.Bytes()))
	}
	return n
}

// stream does the same in one pass, from a reader.
func (s *synthetic) stream() int {
	ctx := context.Background()
	stream := must(repo.ReadStream(ctx, bytes.NewReader(s.file), &repo.Options{Key: s.key, ReuseMemory: true}))
	n := 0
	for record, err := range stream.Records(ctx) {
		check(err)
		n += min(1, len(record.Bytes()))
	}
	return n
}

// peerVerify does the same with the peer: it hashes every block, loads the
// tree, verifies it and walks the records.
func (s *synthetic) peerVerify() int {
	ctx := context.Background()
	_, r, err := peerrepo.LoadRepoFromCAR(ctx, bytes.NewReader(s.file))
	check(err)
	check(r.MST.Verify())
	n := 0
	check(r.MST.Walk(func(_ []byte, c cid.Cid) error {
		block, err := r.RecordStore.Get(ctx, c)
		if err != nil {
			return err
		}
		n += min(1, len(block.RawData()))
		return nil
	}))
	return n
}

func repoRows(wanted func(string) bool) ([]row, error) {
	const (
		verifyRow = "repo: verify a CAR of 100,000 records, one core"
		verifyTwo = "repo: the same, two cores"
		streamRow = "repo: the same as a stream, one core"
		streamTwo = "repo: the same as a stream, two cores"
		diffNote  = "SHA-256 of every block"
	)
	if !slices.ContainsFunc([]string{verifyRow, verifyTwo, streamRow, streamTwo}, wanted) {
		return nil, nil
	}
	s := newSynthetic(repoSize)
	agree := func() error {
		if s.verify() != repoSize || s.stream() != repoSize || s.peerVerify() != repoSize {
			return errors.New("not all records were seen")
		}
		return nil
	}
	hash := func() {
		for _, b := range s.blocks {
			sha256.Sum256(b)
		}
	}
	return pick([]row{
		{
			name: verifyRow, agree: agree,
			ours: func() { s.verify() }, peer: func() { s.peerVerify() }, floorName: diffNote, floor: hash,
			asked: 2.6 * 328 / 200, maxAllocs: -1, maxBytes: 12e6,
		},
		{
			name: verifyTwo, agree: agree, cores: 2,
			ours: func() { s.verify() }, peer: func() { s.peerVerify() }, floorName: diffNote, floor: hash,
			asked: 3.7 * 328 / 200, maxAllocs: -1, maxBytes: 12e6,
		},
		{
			name: streamRow, agree: agree,
			ours: func() { s.stream() }, peer: func() { s.peerVerify() }, floorName: diffNote, floor: hash,
			asked: 2.6 * 328 / 200, maxAllocs: -1, maxBytes: 12e6,
		},
		{
			name: streamTwo, agree: agree, cores: 2,
			ours: func() { s.stream() }, peer: func() { s.peerVerify() }, floorName: diffNote, floor: hash,
			asked: 3.7 * 328 / 200, maxAllocs: -1, maxBytes: 12e6,
		},
	}, wanted), nil
}
