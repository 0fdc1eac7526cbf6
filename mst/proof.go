package mst

import (
	"context"

	"github.com/linnet-at/linnet/dagcbor"
)

// Proof returns the nodes on the way from the root to key, the root first. They
// prove to whoever knows the root's CID what the value of key is, or that the
// tree does not have it: an inclusion proof or an exclusion proof, as
// com.atproto.sync.getRecord sends them. The proof of c in
//
//	layer 1      ┌──── b ────┐            the root, then the node of c and d;
//	layer 0      a         c ─ d          that of a is left out
//
// is the same as that of cc, which is not there: its place is in the node of c
// and d, where it would be the neighbour of both. A key that is empty or longer
// than [MaxKeyLen] has no place: the error is a [*KeyError].
//
// [VerifyProof] is the other side.
func (t *Tree) Proof(ctx context.Context, key string) ([]Node, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	var path []Node
	_, _, err := t.descend(ctx, key, func(c dagcbor.CID, raw []byte, layer int) error {
		path = append(path, Node{c, raw, layer})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return path, nil
}

// VerifyProof reads a proof: the nodes in src on the way from the root, whose
// CID comes from a commit, to key. It returns the value of key and true for an
// inclusion proof, false for an exclusion proof. Blocks that are not on the way
// are not looked at.
//
// Every node on the way is checked as any that comes from outside: that it is
// what its CID says, and that its keys are in order and lie on its layer, so
// that no key can hide where nobody looks. A proof that ends before the place of
// key proves nothing: the error is a [*MissingBlockError]. A node that is wrong
// gives a [*NodeError] or a [*LimitError], and a key that no tree can have a
// [*KeyError]. A nil o means the default limits, and that layers are
// computed whatever it says of them.
func VerifyProof(ctx context.Context, src Source, root dagcbor.CID, key string, o *Options) (value dagcbor.CID, included bool, err error) {
	if err := checkKey(key); err != nil {
		return dagcbor.CID{}, false, err
	}
	var v opener
	v.use(src, o)
	c, layer, lo, hi := root, -1, span{}, span{}
	for {
		n, err := v.push(ctx, c, layer, lo, hi)
		if err != nil {
			return dagcbor.CID{}, false, err
		}
		i, found := v.search(n, key)
		switch at := n.slot(i); {
		case found:
			return n.value(i), true, nil
		case at == 0:
			return dagcbor.CID{}, false, nil
		default:
			c, layer = n.cidAt(at), n.layer-1
			lo, hi = n.bounds(i)
			v.depth = 0 // of the node only its keys are needed any more
		}
	}
}

// VerifyInclusion checks that src proves key to have the given value in the
// tree of root, as [VerifyProof] does. The error is a [*ProofError] if it proves
// something else.
func VerifyInclusion(ctx context.Context, src Source, root dagcbor.CID, key string, value dagcbor.CID, o *Options) error {
	if err := checkEntry(key, value); err != nil {
		return err
	}
	return verify(ctx, src, root, key, value, o)
}

// VerifyExclusion checks that src proves the tree of root not to have key, as
// [VerifyProof] does. The error is a [*ProofError] if it proves that it has.
func VerifyExclusion(ctx context.Context, src Source, root dagcbor.CID, key string, o *Options) error {
	return verify(ctx, src, root, key, dagcbor.CID{}, o)
}

func verify(ctx context.Context, src Source, root dagcbor.CID, key string, want dagcbor.CID, o *Options) error {
	got, _, err := VerifyProof(ctx, src, root, key, o)
	switch {
	case err != nil:
		return err
	case got != want:
		return &ProofError{key, want, got}
	}
	return nil
}

// A ProofError reports a valid proof of something else than what was expected.
type ProofError struct {
	Key  string
	Want dagcbor.CID // the value that was expected; undefined if the key was to be absent
	Got  dagcbor.CID // the value that was proven; undefined if the key is absent
}

func (e *ProofError) Error() string {
	return "mst: proof shows key " + quote(e.Key) + " " + valued(e.Got) + ", not " + valued(e.Want)
}

func valued(c dagcbor.CID) string {
	if !c.Defined() {
		return "absent"
	}
	return "with value " + c.String()
}
