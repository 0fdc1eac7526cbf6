package repo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// VerifyOptions says what a [Verifier] tolerates. A nil *VerifyOptions is the
// zero one, which tolerates nothing.
type VerifyOptions struct {
	// SkipSignature verifies without keys, when somebody else has checked who
	// signed.
	SkipSignature bool
	// AllowMissingPrev accepts commits without the field prev, which some
	// early writers left out.
	AllowMissingPrev bool
	// AllowMissingPrevData accepts messages without prevData that are not
	// about the first commit of a repository, as hosts sent them before that
	// field was there. That the ops are all that was changed can't be known
	// of such a message, nor that it follows the last one if since is not
	// its revision.
	AllowMissingPrevData bool
	// AllowSince accepts a message whose since is not the last known revision
	// if its prevData is the last known root: commits were missed, but they
	// changed nothing. The specification wants both to be compared; without
	// AllowSince the error tells the case by [ChainError.SameTree].
	AllowSince bool
	// AllowFutureRev accepts revisions more than [MaxRevSkew] in the future.
	AllowFutureRev bool
	// Now tells the time; nil means [time.Now].
	Now func() time.Time

	// CAR and Tree are further limits; nil means the defaults.
	CAR  *car.Options
	Tree *mst.Options
}

// A State is what has to be known of an account to see whether its next commit
// follows on it (https://atproto.com/specs/sync): nothing of its records or of
// its tree.
type State struct {
	Rev  syntax.TID  // of the last commit
	Data dagcbor.CID // the root of its tree
}

// State returns what a [Verifier] needs to know of c to verify the commit after
// it.
func (c *Commit) State() State { return State{c.rev, c.data} }

// A Verifier verifies one message after the other, in memory that it keeps. The
// zero Verifier is ready for use. It must not be used by several goroutines at
// once: have one for each.
type Verifier struct {
	// Options is what is tolerated.
	Options VerifyOptions

	file  car.Index
	inv   mst.Inverter
	ops   []mst.CommitOp // in the order of paths
	paths []opPath       // ascending
	tree  mst.Options
}

// opPath is the path of an op at its place in the order of paths.
type opPath struct {
	path string
	op   int // the index in the message
}

// A Verified is a commit whose message was verified.
type Verified struct {
	Commit *Commit
	// Records has the record for each op of the message, which is zero for a
	// deletion. The signature says that they are in the repository, not that
	// they are any good: see [Record.Validate].
	Records []Record
}

// Commit verifies a #commit message (https://atproto.com/specs/sync#commit): its
// limits and shape, that the blocks are those that it names, that the commit
// says what the message says and is signed with key, that the tree has what the
// ops say, that undoing the ops leads to the root prevData, so that they are all
// that was changed, and last that this is the state that the account was in.
// State is what is known of the account, nil if nothing is: then nothing is
// compared with it, and whether records are missing is not known.
//
// Three errors are no fault of an honest message. One that matches [ErrStale]
// names a revision that is not later than the last one: only its form was looked
// at, so that anybody may have sent it. One that matches [ErrDesynchronized] is right in itself, but
// something before it was missed: the repository has to be fetched anew. A
// [*SignatureError] may come of a key that is out of date: resolve the DID
// again, once, and verify again. All others say that the message is not to be
// used: [*MessageError] if it contradicts itself, [*LimitError],
// [*FutureRevError], [*CommitError], [*DIDMismatchError], [*MissingRecordError],
// and those of packages car and mst.
//
// The Records alias m.Blocks, which is not to be changed as long as they are
// used. The Commit does not.
func (v *Verifier) Commit(ctx context.Context, m *CommitMessage, key *crypto.PublicKey, last *State) (*Verified, error) {
	defer func() { clear(v.paths) }()
	if err := v.checkMessage(m); err != nil {
		return nil, err
	}
	if err := checkNew(m.Repo, m.Rev, last); err != nil {
		return nil, err
	}
	if err := v.checkTime(m.Commit, m.Rev); err != nil {
		return nil, err
	}
	out := new(verified)
	c := &out.commit.Commit
	if err := v.open(&out.commit, m.Blocks, m.Repo, m.Rev); err != nil {
		return nil, err
	}
	if c.cid != m.Commit {
		return nil, m.fail("commit", "is not the root of the blocks, "+c.cid.String())
	}
	if err := v.verifySignature(c, key); err != nil {
		return nil, err
	}
	if err := v.records(m, out); err != nil {
		return nil, err
	}
	if err := v.invert(ctx, m, c); err != nil {
		return nil, err
	}
	if err := v.checkChain(m, last); err != nil {
		return nil, err
	}
	out.Commit = c
	return &out.Verified, nil
}

// Sync verifies a #sync message (https://atproto.com/specs/sync#sync) and returns
// its commit. The errors are those of [Verifier.Commit]: in particular the error
// matches [ErrDesynchronized] if the account's tree is not the one that is known.
// If it is the same only the revision is new.
func (v *Verifier) Sync(m *SyncMessage, key *crypto.PublicKey, last *State) (*Commit, error) {
	if n := len(m.Blocks); n > MaxSyncBlocks {
		return nil, &LimitError{Name: "repo: size of blocks of a sync message", Limit: MaxSyncBlocks, Got: int64(n), Offset: -1}
	}
	if m.DID.IsZero() {
		return nil, &MessageError{m.DID, m.Rev, "did", -1, "is missing", nil}
	}
	if m.Rev.IsZero() {
		return nil, &MessageError{m.DID, m.Rev, "rev", -1, "is missing", nil}
	}
	if err := checkNew(m.DID, m.Rev, last); err != nil {
		return nil, err
	}
	own := new(ownCommit)
	c := &own.Commit
	if err := v.open(own, m.Blocks, m.DID, m.Rev); err != nil {
		return nil, err
	}
	if err := v.checkTime(c.cid, m.Rev); err != nil {
		return nil, err
	}
	if err := v.verifySignature(c, key); err != nil {
		return nil, err
	}
	if last != nil && last.Data != c.data {
		return nil, &ChainError{Repo: m.DID, Rev: m.Rev, PrevData: c.data, Last: *last, sync: true}
	}
	return c, nil
}

// checkMessage checks what a message says in itself.
func (v *Verifier) checkMessage(m *CommitMessage) error {
	switch {
	case len(m.Blocks) > MaxCommitBlocks:
		return &LimitError{Name: "repo: size of blocks of a commit", Limit: MaxCommitBlocks, Got: int64(len(m.Blocks)), Offset: -1}
	case len(m.Ops) > MaxWrites:
		return &LimitError{Name: "repo: ops of a commit", Limit: MaxWrites, Got: int64(len(m.Ops)), Offset: -1}
	case m.Repo.IsZero():
		return m.fail("repo", "is missing")
	case m.Rev.IsZero():
		return m.fail("rev", "is missing")
	case !m.Commit.Defined():
		return m.fail("commit", "is missing")
	case m.Since.Compare(m.Rev) >= 0:
		return m.fail("since", "is "+m.Since.String()+", not before rev")
	case m.Since.IsZero() && m.PrevData.Defined() && m.PrevData != emptyRoot():
		return m.fail("prevData", "is not the empty tree, although since is null")
	case !m.Since.IsZero() && !m.PrevData.Defined() && !v.Options.AllowMissingPrevData:
		return m.fail("prevData", "is missing")
	case m.PrevData.Defined() && m.PrevData.Codec() != dagcbor.DAGCBOR:
		return m.fail("prevData", "is not the link of a node")
	}
	for i := range m.Ops {
		if msg := m.Ops[i].shape(); msg != "" {
			return m.failOp(i, msg)
		}
	}
	return v.checkPaths(m)
}

// checkPaths sorts the paths and refuses one that occurs twice.
func (v *Verifier) checkPaths(m *CommitMessage) error {
	v.paths = v.paths[:0]
	ascending, last := true, ""
	for i := range m.Ops {
		path := m.Ops[i].Path.String()
		ascending = ascending && last < path
		v.paths, last = append(v.paths, opPath{path, i}), path
	}
	if ascending {
		return nil
	}
	slices.SortFunc(v.paths, func(a, b opPath) int { return strings.Compare(a.path, b.path) })
	for i := 1; i < len(v.paths); i++ {
		if path := v.paths[i].path; path == v.paths[i-1].path {
			return m.fail("ops", "path "+quote(path)+" occurs twice")
		}
	}
	return nil
}

// checkNew compares the revision of a message with the last one.
func checkNew(did syntax.DID, rev syntax.TID, last *State) error {
	if last != nil && rev.Compare(last.Rev) <= 0 {
		return &StaleError{Repo: did, Rev: rev, Last: last.Rev}
	}
	return nil
}

// checkTime compares the revision of a message with the time.
func (v *Verifier) checkTime(commit dagcbor.CID, rev syntax.TID) error {
	now := time.Now
	if v.Options.Now != nil {
		now = v.Options.Now
	}
	o := Options{Now: now(), AllowFutureRev: v.Options.AllowFutureRev}
	return o.checkRev(commit, rev)
}

// open reads the blocks and the commit that is their root, into c.
func (v *Verifier) open(c *ownCommit, blocks []byte, did syntax.DID, rev syntax.TID) error {
	if err := v.file.Reset(blocks, v.Options.CAR); err != nil {
		return err
	}
	cid, block, err := rootBlock(v.file.Roots(), v.find)
	if err != nil {
		return err
	}
	o := Options{DID: did, AllowMissingPrev: v.Options.AllowMissingPrev}
	if err := c.read(cid, c.own(block), &o, rev); err != nil {
		return err
	}
	switch {
	case c.did != did:
		return &DIDMismatchError{c.cid, c.did, did}
	case c.rev != rev:
		return &MessageError{did, rev, "rev", -1, "is not that of the commit, " + c.rev.String(), nil}
	}
	return nil
}

func (v *Verifier) find(c dagcbor.CID) (block []byte, found bool, err error) {
	block, found = v.file.Get(c)
	return block, found, nil
}

func (v *Verifier) verifySignature(c *Commit, key *crypto.PublicKey) error {
	if v.Options.SkipSignature {
		return nil
	}
	return c.Verify(key)
}

// ownCommit is a commit that does not alias the message that it came with: a
// Commit is immutable, and whoever reads messages uses their memory again.
type ownCommit struct {
	Commit
	block [224]byte // which a block mostly fits
}

// own returns a copy of the commit's block.
func (c *ownCommit) own(block []byte) []byte {
	return append(c.block[:0:len(c.block)], block...)
}

// verified is a Verified with its commit and room for the records of a usual
// message, all in one piece of memory.
type verified struct {
	Verified
	commit ownCommit
	room   [2]Record
}

// records finds the records of the ops.
func (v *Verifier) records(m *CommitMessage, out *verified) error {
	out.Records = out.room[:min(len(m.Ops), len(out.room))]
	if len(m.Ops) > len(out.room) {
		out.Records = make([]Record, len(m.Ops))
	}
	for i := range m.Ops {
		op := &m.Ops[i]
		if op.Action == mst.Delete {
			continue
		}
		block, found := v.file.Get(op.CID)
		switch {
		case !found:
			return &MissingRecordError{op.Path.String(), op.CID}
		case len(block) > MaxRecordWrite:
			return &LimitError{Name: "repo: size of record", Limit: MaxRecordWrite, Got: int64(len(block)), Offset: -1}
		}
		out.Records[i] = Record{path: op.Path.String(), cid: op.CID, block: block}
	}
	return nil
}

// emptyRoot returns the root of the tree without entries.
func emptyRoot() dagcbor.CID {
	return dagcbor.MustParseCID("bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm")
}

// prevData returns the root that the ops have to lead back to: that of the
// empty tree for the first commit.
func (m *CommitMessage) prevData() dagcbor.CID {
	if m.Since.IsZero() {
		return emptyRoot()
	}
	return m.PrevData
}

// invert undoes the ops and compares where that leads to with prevData.
func (v *Verifier) invert(ctx context.Context, m *CommitMessage, c *Commit) error {
	v.ops = v.ops[:0]
	for _, p := range v.paths {
		op := &m.Ops[p.op]
		v.ops = append(v.ops, mst.CommitOp{Action: op.Action, Key: p.path, Value: op.CID, Prev: op.Prev})
	}
	defer clear(v.ops)
	v.tree = (&Options{Tree: v.Options.Tree}).treeOptions()
	if !m.Since.IsZero() && !m.PrevData.Defined() {
		return v.compareOps(ctx, m, c)
	}
	root, err := v.inv.Invert(ctx, &v.file, c.data, v.ops, &v.tree)
	if bad, found := errors.AsType[*mst.CommitOpError](err); found {
		bad.Index = v.paths[bad.Index].op
		return m.failTree(bad)
	}
	if err != nil {
		return err
	}
	if want := m.prevData(); root != want {
		return m.fail("prevData", "is "+want.String()+", but the ops lead back to "+root.String())
	}
	return nil
}

// compareOps compares the ops with the tree, where they can't be undone.
func (v *Verifier) compareOps(ctx context.Context, m *CommitMessage, c *Commit) error {
	if len(m.Ops) == 0 {
		return nil
	}
	tree, err := mst.Load(ctx, &v.file, c.data, &v.tree)
	if err != nil {
		return err
	}
	for i := range m.Ops {
		got, _, err := tree.Get(ctx, m.Ops[i].Path.String())
		if err != nil {
			return err
		}
		if got != m.Ops[i].CID {
			return m.failOp(i, "tree has "+orNone(got))
		}
	}
	return nil
}

// checkChain compares the state before with the last one.
func (v *Verifier) checkChain(m *CommitMessage, last *State) error {
	if last == nil {
		return nil
	}
	switch prev := m.prevData(); {
	case prev.Defined() && prev != last.Data:
	case m.Since == last.Rev:
		return nil
	case prev.Defined() && v.Options.AllowSince:
		return nil
	}
	return &ChainError{Repo: m.Repo, Rev: m.Rev, Since: m.Since, PrevData: m.PrevData, Last: *last}
}
