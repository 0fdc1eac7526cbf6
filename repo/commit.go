package repo

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
)

// Version is the repository format that this package reads and writes. For those
// who have old exports there is [Options.AllowVersion2].
const Version = 3

const version2 = 2

// A Commit is a signed statement of what a repository contains
// (https://atproto.com/specs/repository#commit-objects). One that was parsed is
// well-formed, but whether its signature is right only [Commit.Verify] tells.
//
// A Commit is immutable and safe for concurrent use. The zero Commit is of no
// use.
type Commit struct {
	did      syntax.DID
	rev      syntax.TID
	version  int
	data     dagcbor.CID
	prev     dagcbor.CID
	sig      []byte
	cid      dagcbor.CID
	block    []byte
	unsigned []byte
	room     [160]byte // for unsigned, which mostly fits
}

// DID returns the account that the repository belongs to.
func (c *Commit) DID() syntax.DID { return c.did }

// Version returns the repository format, which is [Version] unless another was
// allowed.
func (c *Commit) Version() int { return c.version }

// Rev returns the revision, which is greater with each commit of an account. It
// is zero for a commit of version 2 that has none.
func (c *Commit) Rev() syntax.TID { return c.rev }

// Data returns the root of the tree.
func (c *Commit) Data() dagcbor.CID { return c.data }

// Prev returns the field prev, undefined as a rule: it has no meaning any more
// and is not to be followed.
func (c *Commit) Prev() dagcbor.CID { return c.prev }

// CID returns the CID of the commit.
func (c *Commit) CID() dagcbor.CID { return c.cid }

// Bytes returns the commit's block. It is not to be changed.
func (c *Commit) Bytes() []byte { return c.block }

// Signature returns the 64 bytes of the signature. They are not to be changed.
func (c *Commit) Signature() []byte { return c.sig }

// SignedBytes returns what the signature is over: the block as it was received,
// fields that this package does not know included, without the field sig. It is
// not to be changed.
func (c *Commit) SignedBytes() []byte { return c.unsigned }

// Verify checks the signature with the account's key, which the commit does not
// name: it comes from the DID document. The error is a [*SignatureError], unless
// the key is nil or zero. When it fails the key may have been changed meanwhile:
// resolve the DID again, once, before the commit counts as forged, as
// [VerifyWith] does.
func (c *Commit) Verify(key *crypto.PublicKey) error {
	err := key.Verify(c.unsigned, c.sig)
	if errors.Is(err, crypto.ErrInvalidSignature) {
		return &SignatureError{c.cid, c.did, err}
	}
	return err
}

// A SignatureError reports a commit whose signature is not one of the key that
// it was checked with. It matches [crypto.ErrInvalidSignature].
type SignatureError struct {
	CID dagcbor.CID // the commit
	DID syntax.DID  // the account that it names
	err error
}

func (e *SignatureError) Error() string {
	return fmt.Sprintf("repo: commit %s of %s: %s", e.CID, e.DID, reason(e.err))
}

// Unwrap returns the reason.
func (e *SignatureError) Unwrap() error { return e.err }

// A CommitError reports a block that is not a commit.
//
// The text returned by the Error method may change between releases.
type CommitError struct {
	CID   dagcbor.CID // the block
	Field string      // the field at fault, or "" if it is not about one
	Msg   string      // what is wrong
	err   error
}

func (e *CommitError) Error() string {
	s := "repo: commit " + e.CID.String() + ": "
	if e.Field != "" {
		s += "field " + quote(e.Field) + ": "
	}
	return s + e.Msg
}

// Unwrap returns [ErrUnsupportedVersion], or [mst.ErrNotFound] for a block that
// is missing, or the error of package dagcbor or syntax that says more, or nil.
func (e *CommitError) Unwrap() error { return e.err }

// ErrUnsupportedVersion says that a commit is of another version than [Version],
// and of none that was allowed.
var ErrUnsupportedVersion = errors.New("repo: unsupported repository version")

// ParseCommit reads a commit. Its block has to be canonical DAG-CBOR with all
// fields of [Version] in their right form; fields that are unknown are
// tolerated and covered by the signature. A nil o is strict; of another one only
// AllowMissingPrev and AllowVersion2 count. The error is a
// [*CommitError], and matches [ErrUnsupportedVersion] for other versions. The
// Commit keeps block, which is not to be changed.
func ParseCommit(block []byte, o *Options) (*Commit, error) {
	if o == nil {
		o = &Options{}
	}
	c := new(Commit)
	if err := c.read(dagcbor.Sum(dagcbor.DAGCBOR, block), block, o, syntax.TID{}); err != nil {
		return nil, err
	}
	return c, nil
}

// read makes c, which is zero, the commit in block, whose CID is cid. It does not
// allocate if the fields did and rev are o.DID and rev, which need not be.
func (c *Commit) read(cid dagcbor.CID, block []byte, o *Options, rev syntax.TID) error {
	c.cid, c.block = cid, block
	p := commitParser{c: c, r: *dagcbor.NewReader(block, nil)}
	if err := p.parse(); err != nil {
		return p.error("", err)
	}
	if err := p.check(o); err != nil {
		return err
	}
	if err := p.names(o.DID, rev); err != nil {
		return err
	}
	c.unsigned = p.withoutSig()
	return nil
}

// commitParser holds the fields of a commit until all of them are there.
type commitParser struct {
	c *Commit
	r dagcbor.Reader

	fields           int
	did, rev         []byte
	version          int64
	sigStart, sigEnd int // the pair of sig in the block
	seen             struct{ did, rev, sig, data, prev, version bool }
}

func (p *commitParser) parse() error {
	n, err := p.r.Map()
	if err != nil {
		return err
	}
	p.fields = n
	for range n {
		start := p.r.Offset()
		key, err := p.r.Key()
		if err != nil {
			return err
		}
		if err := p.field(string(key), start); err != nil {
			return p.error(string(key), err)
		}
	}
	return p.r.End()
}

func (p *commitParser) field(key string, start int) (err error) {
	switch key {
	case "did":
		p.seen.did = true
		p.did, err = p.r.Text()
	case "rev":
		p.seen.rev = true
		p.rev, err = p.r.Text()
	case "sig":
		p.seen.sig = true
		p.c.sig, err = p.r.Bytes()
		p.sigStart, p.sigEnd = start, p.r.Offset()
	case "data":
		p.seen.data = true
		p.c.data, err = p.r.CID()
	case "prev":
		p.seen.prev = true
		if p.r.Kind() == dagcbor.KindNull {
			return p.r.Null()
		}
		p.c.prev, err = p.r.CID()
	case "version":
		p.seen.version = true
		p.version, err = p.r.Int()
	default:
		err = p.r.Skip()
	}
	return err
}

// error makes a CommitError of err, if it is none yet.
func (p *commitParser) error(field string, err error) error {
	if _, done := errors.AsType[*CommitError](err); done {
		return err
	}
	return &CommitError{p.c.cid, field, err.Error(), err}
}

// check compares the fields with what their version demands.
func (p *commitParser) check(o *Options) error {
	fail := func(field, msg string) error { return &CommitError{p.c.cid, field, msg, nil} }
	readable := p.version == Version || p.version == version2 && o.AllowVersion2
	switch s := &p.seen; {
	case !s.version:
		return fail("version", "is missing")
	case !readable:
		return &CommitError{p.c.cid, "version", fmt.Sprintf("is %d, not %d", p.version, Version), ErrUnsupportedVersion}
	case !s.did:
		return fail("did", "is missing")
	case !s.rev && p.version != version2:
		return fail("rev", "is missing")
	case !s.sig:
		return fail("sig", "is missing")
	case !s.data:
		return fail("data", "is missing")
	case !s.prev && !o.AllowMissingPrev:
		return fail("prev", "is missing")
	case p.c.data.Codec() != dagcbor.DAGCBOR:
		return fail("data", "is not the link of a node")
	case p.c.prev.Defined() && p.c.prev.Codec() != dagcbor.DAGCBOR:
		return fail("prev", "is not the link of a commit")
	case len(p.c.sig) != crypto.SignatureSize:
		return fail("sig", fmt.Sprintf("has %d bytes, not %d", len(p.c.sig), crypto.SignatureSize))
	}
	p.c.version = int(p.version)
	return nil
}

// names parses the fields did and rev, unless they are those that are expected.
func (p *commitParser) names(did syntax.DID, rev syntax.TID) (err error) {
	if p.c.did = did; did.IsZero() || string(p.did) != did.String() {
		if p.c.did, err = syntax.ParseDID(string(p.did)); err != nil {
			return p.error("did", err)
		}
	}
	if !p.seen.rev {
		return nil
	}
	if p.c.rev = rev; rev.IsZero() || string(p.rev) != rev.String() {
		if p.c.rev, err = syntax.ParseTID(string(p.rev)); err != nil {
			return p.error("rev", err)
		}
	}
	return nil
}

// withoutSig returns the block with the pair of sig cut out: what was signed.
func (p *commitParser) withoutSig() []byte {
	b := p.c.block
	head := headLen(p.fields)
	out := p.c.room[:0:len(p.c.room)]
	if len(b) > len(p.c.room)+p.sigEnd-p.sigStart {
		out = make([]byte, 0, len(b))
	}
	out = dagcbor.AppendMap(out, p.fields-1)
	out = append(out, b[head:p.sigStart]...)
	return append(out, b[p.sigEnd:]...)
}

// headLen is how long the head of a map of n pairs is.
func headLen(n int) int {
	var room [9]byte
	return len(dagcbor.AppendMap(room[:0], n))
}
