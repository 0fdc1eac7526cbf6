package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bluesky-social/indigo/atproto/atcrypto"
	peerrepo "github.com/bluesky-social/indigo/atproto/repo"
	peersyntax "github.com/bluesky-social/indigo/atproto/syntax"
	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// message is what a #commit says about the repository, for both contestants.
type message struct {
	repo.CommitMessage
	key     *crypto.PublicKey // that the commit is signed with
	peerKey atcrypto.PublicKey
	peerOps []peerrepo.Operation
}

// capturedCommits reads the #commit messages that follow another one. It returns
// none if the captures, which are not part of the module, are not there (see
// package internal/fixtures).
func capturedCommits() ([]message, error) {
	dir := cmp.Or(os.Getenv("LINNET_PDS_CAPTURES"), "../../shared/fixtures/pds")
	b, err := os.ReadFile(filepath.Join(dir, "firehose.frames"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	keys, err := capturedKeys(dir)
	if err != nil {
		return nil, err
	}
	var messages []message
	for len(b) > 0 {
		n := 4 + binary.BigEndian.Uint32(b)
		head, body, err := dagcbor.SplitFirst(b[4:n], nil)
		if err != nil {
			return nil, err
		}
		b = b[n:]
		var header struct {
			Type string `cbor:"t"`
		}
		if err := dagcbor.Unmarshal(head, &header); err != nil {
			return nil, err
		}
		if header.Type != "#commit" {
			continue
		}
		m, err := parseMessage(body)
		if err != nil {
			return nil, err
		}
		if m.PrevData.Defined() {
			m.setKey(keys[m.Repo])
			messages = append(messages, m)
		}
	}
	return messages, nil
}

// capturedKeys reads the DID documents of the captured accounts.
func capturedKeys(dir string) (map[syntax.DID]*crypto.PublicKey, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.did.json"))
	if err != nil {
		return nil, err
	}
	keys := map[syntax.DID]*crypto.PublicKey{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var doc struct {
			ID                 syntax.DID
			VerificationMethod []struct{ Type, PublicKeyMultibase string }
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			return nil, err
		}
		m := doc.VerificationMethod[0]
		if keys[doc.ID], err = crypto.ParseVerificationMethod(m.Type, m.PublicKeyMultibase); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// setKey sets the key of the account.
func (m *message) setKey(key *crypto.PublicKey) {
	m.key, m.peerKey = key, must(atcrypto.ParsePublicDIDKey(key.DIDKey()))
}

func parseMessage(body []byte) (message, error) {
	var raw struct {
		Repo     syntax.DID  `cbor:"repo"`
		Rev      syntax.TID  `cbor:"rev"`
		Since    *syntax.TID `cbor:"since"`
		Commit   dagcbor.CID `cbor:"commit"`
		Blocks   []byte      `cbor:"blocks"`
		PrevData dagcbor.CID `cbor:"prevData"`
		Ops      []struct {
			Action string       `cbor:"action"`
			Path   string       `cbor:"path"`
			CID    *dagcbor.CID `cbor:"cid"`
			Prev   dagcbor.CID  `cbor:"prev"`
		} `cbor:"ops"`
	}
	if err := dagcbor.Unmarshal(body, &raw); err != nil {
		return message{}, err
	}
	m := message{CommitMessage: repo.CommitMessage{
		Repo: raw.Repo, Rev: raw.Rev, Commit: raw.Commit, PrevData: raw.PrevData, Blocks: raw.Blocks,
	}}
	if raw.Since != nil {
		m.Since = *raw.Since
	}
	for _, op := range raw.Ops {
		o := repo.Op{Path: must(syntax.ParseRepoPath(op.Path)), Prev: op.Prev}
		o.Action = map[string]mst.Action{"create": mst.Create, "update": mst.Update, "delete": mst.Delete}[op.Action]
		if op.CID != nil {
			o.CID = *op.CID
		}
		m.add(o)
	}
	return m, nil
}

// add adds an op for both contestants.
func (m *message) add(op repo.Op) {
	m.Ops = append(m.Ops, op)
	peer := peerrepo.Operation{Path: op.Path.String()}
	for p, c := range map[**cid.Cid]dagcbor.CID{&peer.Value: op.CID, &peer.Prev: op.Prev} {
		if c.Defined() {
			*p = new(c.Cid())
		}
	}
	m.peerOps = append(m.peerOps, peer)
}

// syntheticCommits makes n commits, one after the other, each of which creates a
// record in a repository of the given size, at its end as people do.
func syntheticCommits(size, n int) []message {
	ctx := context.Background()
	s := newSynthetic(size)
	tree := must(mst.Build(s.entries))
	signer := must(crypto.GenerateKey(crypto.K256))
	did := syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	clock := uint64(time.Now().UnixMicro()) - uint64(n)*77_777_777
	messages := make([]message, n)
	for i := range messages {
		collection, text := syntheticRecord(i)
		record := must(data.FromJSON([]byte(text), nil))
		value := dagcbor.Sum(dagcbor.DAGCBOR, record)
		clock += 77_777_777
		rev := must(syntax.TIDFromInteger(clock << 10))
		key := collection + "/" + rev.String()
		m := &messages[i]
		m.Repo, m.Rev, m.PrevData = did, rev, tree.Root()
		m.Since = must(syntax.TIDFromInteger((clock - 77_777_777) << 10))
		m.setKey(signer.PublicKey())
		m.add(repo.Op{Action: mst.Create, Path: must(syntax.ParseRepoPath(key)), CID: value})
		tree = must(tree.Put(ctx, key, value))
		commit := must(repo.SignCommit(ctx, signer, repo.UnsignedCommit{DID: did, Rev: rev, Data: tree.Root()}))
		m.Commit = commit.CID()
		m.Blocks = commit.CAR()
		for _, b := range must(tree.CoveringProof(ctx, key)) {
			m.Blocks = car.AppendBlock(m.Blocks, b.CID, b.Bytes)
		}
		m.Blocks = car.AppendBlock(m.Blocks, value, record)
	}
	return messages
}

// peerVerify does with the peer what a [repo.Verifier] does: blocks and their
// hashes, fields of the commit, signature, records, inversion.
func peerVerify(m *message, signature bool) error {
	ctx := context.Background()
	c, r, err := peerrepo.LoadRepoFromCAR(ctx, bytes.NewReader(m.Blocks))
	if err != nil {
		return err
	}
	if c.DID != m.Repo.String() || c.Rev != m.Rev.String() {
		return errors.New("commit is another one")
	}
	if signature {
		if err := c.VerifySignature(m.peerKey); err != nil {
			return err
		}
	}
	for _, op := range m.peerOps {
		if op.Value == nil {
			continue
		}
		collection, rkey, err := peersyntax.ParseRepoPath(op.Path)
		if err != nil {
			return err
		}
		if _, _, err := r.GetRecordBytes(ctx, collection, rkey); err != nil {
			return err
		}
	}
	ops, err := peerrepo.NormalizeOps(slices.Clone(m.peerOps))
	if err != nil {
		return err
	}
	tree := r.MST.Copy()
	for i := range ops {
		if err := peerrepo.InvertOp(&tree, &ops[i]); err != nil {
			return err
		}
	}
	prev, err := tree.RootCID()
	if err != nil {
		return err
	}
	if *prev != m.PrevData.Cid() {
		return errors.New("peer inverted to another root")
	}
	return nil
}

// commitRows measures what is done with a #commit message once its frame is
// decoded and the account's key is parsed.
func commitRows(wanted func(string) bool) ([]row, error) {
	var rows []row
	for _, group := range []struct {
		name  string
		load  func() ([]message, error)
		whole bool // whether all messages are one operation, since they differ
	}{
		{"1 record into 100,000", func() ([]message, error) { return syntheticCommits(repoSize, 256), nil }, false},
		{"all captured, of 1 to 200 ops", capturedCommits, true},
	} {
		plain := "firehose: CAR slice, commit and inversion; " + group.name
		signed := "firehose: the same with a signature; " + group.name
		if !wanted(plain) && !wanted(signed) {
			continue
		}
		messages, err := group.load()
		if err != nil {
			return nil, err
		}
		if len(messages) == 0 {
			continue
		}
		n := 1
		if group.whole {
			n = len(messages)
		}
		for _, r := range []row{commitRow(plain, messages, n, false), commitRow(signed, messages, n, true)} {
			if wanted(r.name) {
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}

// What is asked is a multiple of the fastest SDK, which took these times beside
// the peer's.
const (
	commitAsked = 4 * 122.0 / 69
	signedAsked = 1.6 * 223.0 / 170
)

// commitRow measures the messages, one after the other and n at once.
func commitRow(name string, messages []message, n int, signature bool) row {
	v := &repo.Verifier{Options: repo.VerifyOptions{SkipSignature: !signature}}
	ours := func(m *message) error {
		_, err := v.Commit(context.Background(), &m.CommitMessage, m.key, nil)
		return err
	}
	peer := func(m *message) error { return peerVerify(m, signature) }
	each := func(verify func(*message) error) func() {
		i := 0
		return func() {
			for range n {
				check(verify(&messages[i]))
				i = (i + 1) % len(messages)
			}
		}
	}
	sum := 0
	r := row{
		name: name,
		agree: func() error {
			for i := range messages {
				if err := errors.Join(ours(&messages[i]), peer(&messages[i])); err != nil {
					return err
				}
			}
			return nil
		},
		ours: each(ours), peer: each(peer),
		floorName: "SHA-256 of the slices",
		floor:     each(func(m *message) error { d := sha256.Sum256(m.Blocks); sum += int(d[0]); return nil }),
		asked:     commitAsked, maxAllocs: 4 * float64(n),
	}
	if signature {
		r.asked, r.maxAllocs = signedAsked, -1
	}
	return r
}
