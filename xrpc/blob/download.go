package blob

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// DefaultMaxSize is the largest blob, in bytes, that is downloaded by default.
// Videos are the largest that are in use.
const DefaultMaxSize = 100 << 20

// DownloadOptions are options for [Download] and [Get].
type DownloadOptions struct {
	// MaxSize is the largest blob in bytes, such as the size that its
	// reference says, and beyond it there is an [*xrpc.LimitError]. Zero means
	// [DefaultMaxSize], and a negative number no limit.
	MaxSize int64
}

// Download fetches a blob of an account from the server that has it, to which c
// must lead; nil options mean the defaults. What is returned must be closed.
//
// The content is checked as it is read. Its last byte is only handed out when
// all of it has turned out to have the CID that was asked for; if it has not,
// the error of Read matches [ErrMismatch]. Whoever uses the content before must
// be able to take that back.
//
// Redirects to other servers are followed, without credentials. The media type
// that servers give is not to be trusted: take it from the record. The content
// is a stranger's, and harmful to programs that show it carelessly. Many copies
// for many people are for a CDN to give out, not for the account's server.
//
// The error is one of [xrpc.Client.Call], with names such as
// [xrpc.BlobNotFound] and [xrpc.RepoTakendown].
//
// https://atproto.com/specs/blob#blob-lifecycle
func Download(ctx context.Context, c xrpc.Caller, account syntax.DID, cid dagcbor.CID, o *DownloadOptions) (io.ReadCloser, error) {
	if cid.Codec() != dagcbor.Raw {
		return nil, fmt.Errorf("blob: %s is not the CID of a blob", cid)
	}
	call := &xrpc.Call{NSID: methodDownload, Params: params{account, cid}, Accept: "*/*", Stream: true}
	call.Options.MaxOutput = o.maxSize()
	call.Options.NoProxy, call.Options.NoLabelers, call.Options.AnyOrigin = true, true, true
	res, err := c.Call(ctx, call)
	if err != nil {
		return nil, err
	}
	if limit := o.maxSize(); limit > 0 && res.Size > limit {
		_ = res.Body.Close() // the error counts
		return nil, &xrpc.LimitError{Name: limitSize, Limit: limit, Got: res.Size, Offset: -1}
	}
	return &checker{body: res.Body, cid: cid, hash: sha256.New()}, nil
}

// limitSize is the name of the limit in a LimitError.
const limitSize = "blob: size"

func (o *DownloadOptions) maxSize() int64 {
	if o == nil {
		return DefaultMaxSize
	}
	return cmp.Or(o.MaxSize, DefaultMaxSize)
}

// Get is [Download] into memory: it returns the content once it is checked.
func Get(ctx context.Context, c xrpc.Caller, account syntax.DID, cid dagcbor.CID, o *DownloadOptions) ([]byte, error) {
	body, err := Download(ctx, c, account, cid, o)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	return content, nil
}

type params struct {
	account syntax.DID
	cid     dagcbor.CID
}

// AppendQuery implements [xrpc.Params].
func (p params) AppendQuery(q []byte) []byte {
	q = xrpc.AppendParam(q, "did", p.account.String())
	return xrpc.AppendParam(q, "cid", p.cid.String())
}

// A checker hands out all but the last byte of a body, and the last one when
// the hash of all is right.
type checker struct {
	body io.ReadCloser
	cid  dagcbor.CID
	hash hash.Hash

	held  byte  // the byte that was read last
	holds bool  // whether there is one
	right bool  // all was read, and is what it should be
	err   error // what Read returns from now on
}

// Read implements [io.Reader].
func (c *checker) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.right {
		return c.last(p, 0)
	}
	n, err := c.body.Read(p)
	c.hash.Write(p[:n])
	n = c.shift(p, n)
	if err != io.EOF {
		c.err = err
		return n, err
	}
	if got := dagcbor.CIDFromDigest(dagcbor.Raw, [sha256.Size]byte(c.hash.Sum(nil))); got != c.cid {
		c.err = fmt.Errorf("%w: CID %s instead of %s", ErrMismatch, got, c.cid)
		return n, c.err
	}
	c.right = true
	return c.last(p, n)
}

// Close implements [io.Closer].
func (c *checker) Close() error { return c.body.Close() }

// shift puts the held byte before the n bytes in p, holds the last one of all,
// and returns how many there are now.
func (c *checker) shift(p []byte, n int) int {
	if n == 0 {
		return 0
	}
	last := p[n-1]
	copy(p[1:n], p[:n-1])
	p[0] = c.held
	c.held = last
	if !c.holds {
		c.holds = true
		copy(p, p[1:n])
		return n - 1
	}
	return n
}

// last puts the held byte after the n bytes in p, if there is room for it.
func (c *checker) last(p []byte, n int) (int, error) {
	if c.holds && n == len(p) {
		return n, nil
	}
	if c.holds {
		p[n] = c.held
		n++
	}
	c.err = io.EOF
	return n, io.EOF
}
