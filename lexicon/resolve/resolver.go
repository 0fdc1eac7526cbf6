package resolve

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// Defaults of [Config].
const (
	DefaultTimeout = 15 * time.Second
	// DefaultMaxProof is the largest record, and what a proof of it needs.
	DefaultMaxProof     = 1_048_576 + 10_240
	DefaultAuthorityAge = time.Hour
	DefaultRecordAge    = 24 * time.Hour
)

// A TXTLooker looks up the TXT records of a domain name, which ends in a dot.
// Each string is one record, with its parts put together. If there are none, the
// error is a [*net.DNSError] with IsNotFound, or nil. A [*net.Resolver] is one.
type TXTLooker interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// An AccountLocator says where an account is and what verifies its commits: the
// URL of its host, from the service #atproto_pds of its DID document, and its
// signing key, #atproto. A document without the one or the other is no error:
// then host is "", or key nil. A Directory of package did is one.
type AccountLocator interface {
	LocateAccount(ctx context.Context, did syntax.DID) (host string, key *crypto.PublicKey, err error)
}

// A ProofFetcher fetches a record with its proof, as com.atproto.sync.getRecord
// serves it: a CAR file. What it returns is closed, and not read to its end if
// it is too large. For a record that is not there the error matches
// [fs.ErrNotExist], or the file proves it.
type ProofFetcher interface {
	FetchProof(ctx context.Context, host string, did syntax.DID, path syntax.RepoPath) (io.ReadCloser, error)
}

// A RecordFetcher fetches a record without a proof, as
// com.atproto.repo.getRecord serves its value: in JSON.
type RecordFetcher interface {
	FetchRecord(ctx context.Context, host string, did syntax.DID, path syntax.RepoPath) (io.ReadCloser, error)
}

// Config says how schemas are resolved.
type Config struct {
	TXT      TXTLooker      // required, unless Authority answers for all
	Accounts AccountLocator // required
	Proofs   ProofFetcher   // required, unless Unverified is set

	// Unverified, if not nil, is used in place of Proofs: whatever the host
	// says is believed, and [Resolution.Verified] is not set.
	Unverified RecordFetcher

	// Authority, if not nil, is asked first for the account of an NSID: for
	// namespaces whose domain name is gone, or is not trusted.
	Authority func(id syntax.NSID) (syntax.DID, bool)

	// Schema says how documents are read; nil means leniently.
	Schema *schema.Options

	Timeout  time.Duration // for all steps together; 0 means [DefaultTimeout], and a negative one none
	MaxProof int64         // bytes of a proof or record; 0 means [DefaultMaxProof]

	// Cache, if not nil, keeps answers. What DNS said counts for AuthorityAge,
	// since nobody hears of changes there, and the record for RecordAge; zero
	// means [DefaultAuthorityAge] and [DefaultRecordAge]. If afterwards the
	// network does not answer, Stale lets the old answer count further.
	Cache        Cache
	AuthorityAge time.Duration
	RecordAge    time.Duration
	Stale        bool
}

// A Resolver resolves schemas in the network. It is a [Source].
type Resolver struct{ c Config }

// New returns a resolver.
func New(c Config) (*Resolver, error) {
	switch {
	case c.TXT == nil && c.Authority == nil:
		return nil, errors.New("resolve: config without TXT and Authority")
	case c.Accounts == nil:
		return nil, errors.New("resolve: config without Accounts")
	case c.Proofs == nil && c.Unverified == nil:
		return nil, errors.New("resolve: config without Proofs")
	}
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.MaxProof = cmp.Or(c.MaxProof, DefaultMaxProof)
	c.AuthorityAge = cmp.Or(c.AuthorityAge, DefaultAuthorityAge)
	c.RecordAge = cmp.Or(c.RecordAge, DefaultRecordAge)
	return &Resolver{c}, nil
}

// Resolve finds the schema with the given NSID: the account that DNS names for
// its authority, and the record there. The error is an [*Error].
func (r *Resolver) Resolve(ctx context.Context, id syntax.NSID) (*Resolution, error) {
	ctx, cancel := r.deadline(ctx)
	defer cancel()
	entry := r.cached(ctx, id)
	now := time.Now()
	did, looked := entry.DID, entry.Looked
	if did.IsZero() || now.Sub(looked) >= r.c.AuthorityAge {
		var err error
		if did, err = r.LookupAuthority(ctx, id); err != nil {
			return r.stale(entry, err)
		}
		looked = now
	}
	res, fetched := entry.Resolution, entry.Fetched
	if res == nil || res.DID != did || now.Sub(fetched) >= r.c.RecordAge {
		var err error
		if res, err = r.fetch(ctx, did, id); err != nil {
			return r.stale(entry, err)
		}
		fetched = now
	}
	if r.c.Cache != nil && (looked.Equal(now) || fetched.Equal(now)) {
		r.c.Cache.Put(ctx, id, Entry{did, looked, res, fetched})
	}
	return res, nil
}

// Fetch gets the schema with the given NSID from an account, whatever DNS says,
// and without a look at the cache.
func (r *Resolver) Fetch(ctx context.Context, did syntax.DID, id syntax.NSID) (*Resolution, error) {
	ctx, cancel := r.deadline(ctx)
	defer cancel()
	return r.fetch(ctx, did, id)
}

func (r *Resolver) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.c.Timeout < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, r.c.Timeout)
}

// cached returns what the cache has, or the zero Entry.
func (r *Resolver) cached(ctx context.Context, id syntax.NSID) Entry {
	if r.c.Cache == nil {
		return Entry{}
	}
	e, _ := r.c.Cache.Get(ctx, id)
	return e
}

// stale returns what there was before, if err is about the network and that is
// wanted.
func (r *Resolver) stale(e Entry, err error) (*Resolution, error) {
	temporary := errors.Is(err, ErrLookup) || errors.Is(err, ErrIdentity) || errors.Is(err, ErrFetch)
	if r.c.Stale && e.Resolution != nil && temporary {
		return e.Resolution, nil
	}
	return nil, err
}

// fetch gets and checks the record.
func (r *Resolver) fetch(ctx context.Context, did syntax.DID, id syntax.NSID) (*Resolution, error) {
	fail := func(step, err error) (*Resolution, error) {
		return nil, &Error{NSID: id, DID: did, Step: step, Err: err}
	}
	host, key, err := r.c.Accounts.LocateAccount(ctx, did)
	switch {
	case err != nil:
		return fail(ErrIdentity, err)
	case host == "":
		return fail(ErrNoHost, nil)
	}
	if r.c.Unverified != nil {
		return r.fetchUnverified(ctx, host, did, id)
	}
	if key == nil {
		return fail(ErrProof, errors.New("the account has no key"))
	}
	path := recordPath(id)
	file, err := r.read(r.c.Proofs.FetchProof(ctx, host, did, path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail(ErrNotFound, err)
	case err != nil:
		return fail(ErrFetch, err)
	}
	record, found, err := repo.VerifyProof(ctx, file, path, &repo.Options{Key: key, DID: did})
	switch {
	case err != nil:
		return fail(ErrProof, err)
	case !found:
		return fail(ErrNotFound, nil)
	}
	res, err := readRecord(id, did, record.Bytes(), r.c.Schema)
	if err != nil {
		return nil, err
	}
	res.Verified = true
	return res, nil
}

func (r *Resolver) fetchUnverified(ctx context.Context, host string, did syntax.DID, id syntax.NSID) (*Resolution, error) {
	text, err := r.read(r.c.Unverified.FetchRecord(ctx, host, did, recordPath(id)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{NSID: id, DID: did, Step: ErrNotFound, Err: err}
	case err != nil:
		return nil, &Error{NSID: id, DID: did, Step: ErrFetch, Err: err}
	}
	record, err := data.FromJSON(text, nil)
	if err != nil {
		return nil, &Error{NSID: id, DID: did, Step: ErrInvalid, Err: err}
	}
	return readRecord(id, did, record, r.c.Schema)
}

// read reads a body up to the limit and closes it.
func (r *Resolver) read(body io.ReadCloser, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(body, r.c.MaxProof+1))
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	if n > r.c.MaxProof {
		return nil, &dagcbor.LimitError{Name: "resolve: size of a proof", Limit: r.c.MaxProof, Got: n, Offset: -1}
	}
	return b.Bytes(), nil
}
