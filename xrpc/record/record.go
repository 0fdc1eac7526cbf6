// Package record fetches single records from the servers that have them, with
// the proof that they are in the signed repository of their account.
//
// Begin with [New], and give it a directory of package did. Get finds the account
// of an AT-URI, asks its server, and returns the record once it is verified. A
// [Fetcher] is also what package lexicon/resolve fetches schemas with.
package record

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

const (
	methodProof  = "com.atproto.sync.getRecord"
	methodRecord = "com.atproto.repo.getRecord"
	mediaTypeCAR = "application/vnd.ipld.car"
)

// DefaultMaxSize is the largest answer, in bytes, that is read by default: a
// record of a mebibyte and the proof around it.
const DefaultMaxSize = 2 << 20

// ErrNotFound is matched by the errors of [Fetcher.Get] for records that the
// account proves not to have.
var ErrNotFound = errors.New("record: not found")

// An AccountLocator says where an account is and what verifies its commits. A
// Directory of package did is one.
type AccountLocator interface {
	LocateAccount(ctx context.Context, did syntax.DID) (host string, key *crypto.PublicKey, err error)
}

// Options are options for [New].
type Options struct {
	// Client are the options of the clients that ask the servers, one for each
	// call; nil means the defaults, which refuse addresses that are not public.
	Client *xrpc.Options
	// MaxSize is the largest answer in bytes; beyond it there is an
	// [*xrpc.LimitError]. Zero means [DefaultMaxSize], and a negative number no
	// limit.
	MaxSize int64
}

// A Fetcher fetches records of any account from any server, without
// credentials. It may be used concurrently.
type Fetcher struct {
	accounts AccountLocator
	client   xrpc.Options
	maxSize  int64
}

// New returns a Fetcher that finds accounts through accounts; nil options mean
// the defaults.
func New(accounts AccountLocator, o *Options) *Fetcher {
	if o == nil {
		o = &Options{}
	}
	f := &Fetcher{accounts: accounts, maxSize: cmp.Or(o.MaxSize, DefaultMaxSize)}
	if o.Client != nil {
		f.client = *o.Client
	}
	f.client.Auth = nil
	if f.client.HTTPClient == nil { // one for all servers
		f.client.HTTPClient = safehttp.New(&safehttp.Options{
			Timeout: -1, HeaderTimeout: -1, MaxBody: -1, // those of xrpc count
			AllowPort:     func(uint16) bool { return true },
			AllowLoopback: f.client.Development,
		})
	}
	return f
}

// Get fetches the record that uri names, checks that it is in the repository
// that the account has signed, and returns it. The authority of uri is a DID:
// handles are looked up first, since they may lead elsewhere tomorrow.
//
// The error is one of the AccountLocator, of [xrpc.Client.Call], or of
// [repo.VerifyProof]. It matches [ErrNotFound] if the repository proves that it
// has no such record. A server that says so without a proof gives an
// [*xrpc.Error] with the name [xrpc.RecordNotFound].
func (f *Fetcher) Get(ctx context.Context, uri syntax.ATURI) (repo.Record, error) {
	path, ok := uri.RepoPath()
	account, isDID := uri.Authority().DID()
	if !ok || !isDID {
		return repo.Record{}, fmt.Errorf("record: %q does not name a record by the DID of its account", uri)
	}
	host, key, err := f.accounts.LocateAccount(ctx, account)
	switch {
	case err != nil:
		return repo.Record{}, err
	case host == "":
		return repo.Record{}, fmt.Errorf("record: %s has no server", account)
	case key == nil:
		return repo.Record{}, fmt.Errorf("record: %s has no signing key", account)
	}
	res, err := f.proof(ctx, host, account, path)
	if err != nil {
		return repo.Record{}, err
	}
	defer res.Body.Close()
	proof, err := io.ReadAll(res.Body)
	if err != nil {
		return repo.Record{}, err
	}
	r, found, err := repo.VerifyProof(ctx, proof, path, &repo.Options{DID: account, Key: key})
	if err == nil && !found {
		err = fmt.Errorf("%w: %s", ErrNotFound, uri)
	}
	return r, err
}

// FetchProof returns the CAR file that the server at host proves a record with,
// or proves with that there is none. Nothing of it is checked. The error is one
// of [xrpc.Client.Call]; it also matches [fs.ErrNotExist] if the server says
// without proof that there is no such record.
//
// https://atproto.com/specs/sync#com-atproto-sync-get-record
func (f *Fetcher) FetchProof(ctx context.Context, host string, account syntax.DID, path syntax.RepoPath) (io.ReadCloser, error) {
	res, err := f.proof(ctx, host, account, path)
	return res.Body, notExist(err)
}

func (f *Fetcher) proof(ctx context.Context, host string, account syntax.DID, path syntax.RepoPath) (xrpc.Response, error) {
	c, err := xrpc.New(host, &f.client)
	if err != nil {
		return xrpc.Response{}, err
	}
	call := &xrpc.Call{NSID: methodProof, Params: params{"did", account, path}, Accept: mediaTypeCAR, Stream: true}
	call.Options.MaxOutput = f.maxSize
	return c.Call(ctx, call)
}

// FetchRecord returns a record in JSON as the server at host gives it, without a
// proof. The errors are those of [Fetcher.FetchProof].
func (f *Fetcher) FetchRecord(ctx context.Context, host string, account syntax.DID, path syntax.RepoPath) (io.ReadCloser, error) {
	c, err := xrpc.New(host, &f.client)
	if err != nil {
		return nil, err
	}
	var out output
	call := &xrpc.Call{NSID: methodRecord, Params: params{"repo", account, path}, Output: &out}
	call.Options.MaxOutput = f.maxSize
	if _, err := c.Call(ctx, call); err != nil {
		return nil, notExist(err)
	}
	return io.NopCloser(bytes.NewReader(out)), nil
}

// notExist lets errors that say that there is no record match fs.ErrNotExist.
func notExist(err error) error {
	if xrpc.Is(err, xrpc.RecordNotFound) {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}

// params are the parameters of both methods, which name the account differently.
type params struct {
	name    string
	account syntax.DID
	path    syntax.RepoPath
}

// AppendQuery implements xrpc.Params.
func (p params) AppendQuery(query []byte) []byte {
	return xrpc.Values{
		p.name:       {p.account.String()},
		"collection": {p.path.Collection().String()},
		"rkey":       {p.path.RecordKey().String()},
	}.AppendQuery(query)
}

// output is the value in an answer of com.atproto.repo.getRecord.
type output []byte

// UnmarshalJSON implements json.Unmarshaler.
func (o *output) UnmarshalJSON(text []byte) error {
	var answer struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	if answer.Value == nil {
		return errors.New("record: answer without value")
	}
	*o = output(answer.Value)
	return nil
}
