package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/xrpc"
)

const (
	methodUpload   = "com.atproto.repo.uploadBlob"
	methodDownload = "com.atproto.sync.getBlob"
)

// ErrMismatch means that content is not what its reference says: that the
// server has stored, or sent, something else.
var ErrMismatch = errors.New("blob: the content is not what its reference says")

// UploadOptions are options for [Upload].
type UploadOptions struct {
	// Size is the number of bytes to read; it is an error if there are fewer.
	// Zero means all that there are.
	Size int64

	// Prepare is given the content before it is sent, and returns what to send
	// instead: without the place where a picture was taken, for example. Those
	// who upload for people should have one: nobody else takes such data out.
	// Nil sends the content as it is.
	//
	// https://atproto.com/specs/blob#security-considerations
	Prepare func(mediaType string, content io.Reader) (io.Reader, error)

	// Progress is called as [xrpc.Body].Progress is. Nil is not called.
	Progress func(sent int64)
}

// Upload stores content on the account's server and returns the reference to
// it, which is to stand in a record as it is: the media type in it may be
// another one. The server drops what no record refers to soon. Nil options mean
// the defaults; an empty media type stands for one that is not known.
//
// What was sent is hashed on the way, and the error matches [ErrMismatch] if
// the reference is of something else. Since the same content is the same blob,
// however often it is stored, a call that failed is repeated as a query is, by
// the rules of [xrpc.Retry], if the content can be read again: see
// [xrpc.NewBody]. Other errors are those of [xrpc.Client.Call].
//
// https://atproto.com/specs/xrpc#blob-upload-and-download
func Upload(ctx context.Context, c xrpc.Caller, mediaType string, content io.Reader, o *UploadOptions) (data.Blob, error) {
	var opts UploadOptions
	if o != nil {
		opts = *o
	}
	if opts.Prepare != nil {
		var err error
		if content, err = opts.Prepare(mediaType, content); err != nil {
			return data.Blob{}, fmt.Errorf("blob: prepare: %w", err)
		}
	}
	size := opts.Size
	if size == 0 {
		size = -1
	}
	h := newHasher(content)
	body := xrpc.NewBody(mediaType, h.reader(), size)
	body.Progress = opts.Progress
	out := new(output)
	call := &xrpc.Call{NSID: methodUpload, Kind: xrpc.KindProcedure, Body: body, Output: out}
	call.Options.NoProxy, call.Options.NoLabelers, call.Options.Idempotent = true, true, true
	if _, err := c.Call(ctx, call); err != nil {
		return data.Blob{}, err
	}
	return out.Blob, h.check(out.Blob)
}

// An output is that of the method.
type output struct {
	Blob data.Blob `json:"blob"`
}

// UnmarshalJSON implements [json.Unmarshaler].
func (o *output) UnmarshalJSON(b []byte) error {
	type plain output
	if err := strictjson.Check(b, nil); err != nil {
		return err
	}
	if err := json.Unmarshal(b, (*plain)(o)); err != nil {
		return err
	}
	if !o.Blob.Ref.Defined() {
		return errors.New("no blob in it")
	}
	return nil
}

// A hasher hashes what is read. When its reader is set back, it begins anew. The
// network may still be reading when the server has answered.
type hasher struct {
	content io.Reader

	mu   sync.Mutex
	hash hash.Hash
	size int64
}

func newHasher(content io.Reader) *hasher {
	switch c := content.(type) {
	case nil:
		content = bytes.NewReader(nil)
	case *bytes.Buffer:
		content = bytes.NewReader(c.Bytes())
	}
	return &hasher{content: content, hash: sha256.New()}
}

// reader returns the reader to send, which can seek if the content can.
func (h *hasher) reader() io.Reader {
	if s, ok := h.content.(io.Seeker); ok {
		return &seekHasher{h, s}
	}
	return h
}

// Read implements [io.Reader].
func (h *hasher) Read(p []byte) (int, error) {
	n, err := h.content.Read(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hash.Write(p[:n])
	h.size += int64(n)
	return n, err
}

// check checks that b is the reference to what was read.
func (h *hasher) check(b data.Blob) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if b.Size != h.size {
		return fmt.Errorf("%w: size %d instead of %d", ErrMismatch, b.Size, h.size)
	}
	if sent := dagcbor.CIDFromDigest(dagcbor.Raw, [sha256.Size]byte(h.hash.Sum(nil))); b.Ref != sent {
		return fmt.Errorf("%w: CID %s instead of %s", ErrMismatch, b.Ref, sent)
	}
	return nil
}

// A seekHasher is a hasher of content that can seek.
type seekHasher struct {
	*hasher
	seeker io.Seeker
}

// Seek implements [io.Seeker]. Wherever it leads, what is read afterwards counts.
func (s *seekHasher) Seek(offset int64, whence int) (int64, error) {
	s.mu.Lock()
	s.hash.Reset()
	s.size = 0
	s.mu.Unlock()
	return s.seeker.Seek(offset, whence)
}
