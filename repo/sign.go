package repo

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// An UnsignedCommit is what a commit says before it is signed.
type UnsignedCommit struct {
	DID  syntax.DID  // the account
	Rev  syntax.TID  // greater than that of every earlier commit of the account
	Data dagcbor.CID // the root of the tree
}

// Bytes returns the DAG-CBOR that is signed: the fields of a commit without
// sig, with prev null
// (https://atproto.com/specs/repository#commit-objects).
func (u UnsignedCommit) Bytes() ([]byte, error) {
	if err := u.check(); err != nil {
		return nil, err
	}
	return u.append(nil, nil), nil
}

func (u UnsignedCommit) check() error {
	switch {
	case u.DID.IsZero():
		return errors.New("repo: commit without a DID")
	case u.Rev.IsZero():
		return errors.New("repo: commit without a revision")
	case u.Data.Codec() != dagcbor.DAGCBOR:
		return errors.New("repo: commit whose data is not the link of a node")
	}
	return nil
}

// append appends the commit, with sig unless it is nil.
func (u UnsignedCommit) append(dst, sig []byte) []byte {
	fields := 5
	if sig != nil {
		fields = 6
	}
	dst = dagcbor.AppendMap(dst, fields)
	dst = dagcbor.AppendText(dagcbor.AppendText(dst, "did"), u.DID.String())
	dst = dagcbor.AppendText(dagcbor.AppendText(dst, "rev"), u.Rev.String())
	if sig != nil {
		dst = dagcbor.AppendBytes(dagcbor.AppendText(dst, "sig"), sig)
	}
	dst = dagcbor.AppendLink(dagcbor.AppendText(dst, "data"), u.Data)
	dst = dagcbor.AppendNull(dagcbor.AppendText(dst, "prev"))
	return dagcbor.AppendInt(dagcbor.AppendText(dst, "version"), Version)
}

// SignCommit signs u with the account's key. After a change of that key the
// host has to publish a new commit, with a new revision and maybe the same
// data.
func SignCommit(ctx context.Context, key crypto.Signer, u UnsignedCommit) (*Commit, error) {
	unsigned, err := u.Bytes()
	if err != nil {
		return nil, err
	}
	sig, err := crypto.Sign(ctx, key, unsigned)
	if err != nil {
		return nil, fmt.Errorf("repo: signing a commit: %w", err)
	}
	block := u.append(make([]byte, 0, len(unsigned)+len(sig)+8), sig)
	return ParseCommit(block, nil)
}

// commitSize returns how many bytes the block of a commit has.
func commitSize(did syntax.DID, data dagcbor.CID) int {
	u := UnsignedCommit{did, syntax.MustParseTID("2222222222222"), data}
	return len(u.append(nil, make([]byte, crypto.SignatureSize)))
}
