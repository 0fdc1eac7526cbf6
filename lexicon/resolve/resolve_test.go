package resolve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

var (
	noteID = syntax.MustParseNSID("com.example.feed.note")
	other  = syntax.MustParseNSID("com.example.feed.other")
	author = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	second = syntax.MustParseDID("did:web:example.com")
)

const noteJSON = `{"lexicon":1,"id":"com.example.feed.note","defs":{"main":{"type":"record","key":"tid","record":{"type":"object","properties":{"n":{"type":"integer"}}}}}}`

// A network is a fake of DNS, of identities and of a host, which notes what it
// was asked.
type network struct {
	t       testing.TB
	mu      sync.Mutex
	asked   []string
	txt     map[string][]string
	txtErr  error
	host    string
	key     *crypto.PrivateKey
	records map[string][]byte // by path
	change  func([]byte) []byte
	err     error // of the host
	idErr   error
	noKey   bool
}

func newNetwork(t testing.TB) *network {
	t.Helper()
	key, err := crypto.GenerateKey(crypto.K256)
	require.NoError(t, err)
	n := &network{t: t, key: key, host: "https://pds.example.com", records: make(map[string][]byte)}
	n.txt = map[string][]string{"_lexicon.feed.example.com.": {"did=" + author.String()}}
	n.publish(noteJSON)
	return n
}

// publish puts a document into the repository.
func (n *network) publish(text string) {
	n.t.Helper()
	d, err := schema.Parse([]byte(text), nil)
	require.NoError(n.t, err)
	record, err := d.Record()
	require.NoError(n.t, err)
	n.records[schema.Collection+"/"+d.ID.String()] = record
}

func (n *network) note(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, s)
}

func (n *network) LookupTXT(_ context.Context, name string) ([]string, error) {
	n.note("TXT " + name)
	if n.txtErr != nil {
		return nil, n.txtErr
	}
	list, ok := n.txt[name]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return list, nil
}

func (n *network) LocateAccount(_ context.Context, did syntax.DID) (host string, key *crypto.PublicKey, err error) {
	n.note("DID " + did.String())
	if n.noKey {
		return n.host, nil, n.idErr
	}
	return n.host, n.key.PublicKey(), n.idErr
}

func (n *network) FetchProof(ctx context.Context, host string, did syntax.DID, path syntax.RepoPath) (io.ReadCloser, error) {
	n.note("GET " + host + " " + did.String() + " " + path.String())
	if n.err != nil {
		return nil, n.err
	}
	r := repo.New(author, n.key, nil)
	var writes []repo.Write
	for p, record := range n.records {
		parsed, err := syntax.ParseRepoPath(p)
		require.NoError(n.t, err)
		writes = append(writes, repo.Create(parsed, record))
	}
	_, err := r.Apply(ctx, writes...)
	require.NoError(n.t, err)
	var b bytes.Buffer
	require.NoError(n.t, r.WriteProof(ctx, &b, path))
	file := b.Bytes()
	if n.change != nil {
		file = n.change(file)
	}
	return io.NopCloser(bytes.NewReader(file)), nil
}

func (n *network) FetchRecord(_ context.Context, _ string, _ syntax.DID, path syntax.RepoPath) (io.ReadCloser, error) {
	record, ok := n.records[path.String()]
	if !ok {
		return nil, fs.ErrNotExist
	}
	text, err := data.ToJSON(record, nil)
	require.NoError(n.t, err)
	return io.NopCloser(bytes.NewReader(text)), nil
}

func (n *network) config() resolve.Config {
	return resolve.Config{TXT: n, Accounts: n, Proofs: n}
}

func newResolver(t testing.TB, c resolve.Config) *resolve.Resolver {
	t.Helper()
	r, err := resolve.New(c)
	require.NoError(t, err)
	return r
}

func TestResolve(t *testing.T) {
	ledger.Covers(t, "LEX-149", "LEX-150", "LEX-152", "LEX-153", "LEX-154", "LEX-155")
	n := newNetwork(t)
	r := newResolver(t, n.config())
	res, err := r.Resolve(t.Context(), noteID)
	require.NoError(t, err)
	require.Equal(t, noteID, res.Document.ID)
	require.Equal(t, "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/com.atproto.lexicon.schema/com.example.feed.note", res.URI)
	require.Equal(t, author, res.DID)
	require.True(t, res.Verified)
	cid, err := res.Document.CID()
	require.NoError(t, err)
	require.Equal(t, cid, res.CID)
	require.Equal(t, []string{
		"TXT _lexicon.feed.example.com.", "DID " + author.String(),
		"GET https://pds.example.com " + author.String() + " com.atproto.lexicon.schema/com.example.feed.note",
	}, n.asked, "one question each")

	res, err = r.Fetch(t.Context(), author, noteID)
	require.NoError(t, err)
	require.Equal(t, cid, res.CID)
}

func TestAuthorityName(t *testing.T) {
	ledger.Covers(t, "LEX-149", "LEX-162")
	for id, want := range map[string]string{
		"edu.university.dept.lab.blogging.getBlogPost": "_lexicon.blogging.lab.dept.university.edu",
		"app.toy.record": "_lexicon.toy.app", "com.Example.feed.note": "_lexicon.feed.example.com", "com.example.feed.other": "_lexicon.feed.example.com",
	} {
		parsed, err := syntax.ParseNSID(id)
		require.NoError(t, err)
		require.Equal(t, want, resolve.AuthorityName(parsed))
	}
}

// TestSteps has one failure for each step.
func TestSteps(t *testing.T) {
	ledger.Covers(t, "LEX-151", "LEX-152", "LEX-154", "LEX-155", "LEX-156", "LEX-160")
	const name = "_lexicon.feed.example.com."
	temporary := errors.New("network is down")
	body := func(text string) func(n *network) {
		return func(n *network) {
			b, err := data.FromJSON([]byte(text), nil)
			require.NoError(t, err)
			n.records[schema.Collection+"/"+noteID.String()] = b
		}
	}
	for what, tc := range map[string]struct {
		set  func(n *network)
		step error
	}{
		"no TXT record":     {func(n *network) { n.txt = nil }, resolve.ErrNoAuthority},
		"other TXT records": {func(n *network) { n.txt[name] = []string{"v=spf1", "DID=x", " did=" + author.String()} }, resolve.ErrNoAuthority},
		"invalid DID":       {func(n *network) { n.txt[name] = []string{"did=plc"} }, resolve.ErrNoAuthority},
		"empty list":        {func(n *network) { n.txt[name] = []string{} }, resolve.ErrNoAuthority},
		"two DIDs":          {func(n *network) { n.txt[name] = append(n.txt[name], "did="+second.String()) }, resolve.ErrAmbiguous},
		"parent only":       {func(n *network) { n.txt = map[string][]string{"_lexicon.example.com.": n.txt[name]} }, resolve.ErrNoAuthority},
		"DNS is down":       {func(n *network) { n.txtErr = temporary }, resolve.ErrLookup},
		"no identity":       {func(n *network) { n.idErr = temporary }, resolve.ErrIdentity},
		"no host":           {func(n *network) { n.host = "" }, resolve.ErrNoHost},
		"no key":            {func(n *network) { n.noKey = true }, resolve.ErrProof},
		"host is down":      {func(n *network) { n.err = temporary }, resolve.ErrFetch},
		"host says no":      {func(n *network) { n.err = fs.ErrNotExist }, resolve.ErrNotFound},
		"proof of absence":  {func(n *network) { clear(n.records); n.publish(strings.ReplaceAll(noteJSON, "note", "other")) }, resolve.ErrNotFound},
		"changed byte":      {func(n *network) { n.change = func(b []byte) []byte { b[len(b)-1] ^= 1; return b } }, resolve.ErrProof},
		"cut":               {func(n *network) { n.change = func(b []byte) []byte { return b[:len(b)-10] } }, resolve.ErrProof},
		"empty":             {func(n *network) { n.change = func([]byte) []byte { return nil } }, resolve.ErrProof},
		"too large":         {func(n *network) { n.change = func(b []byte) []byte { return make([]byte, resolve.DefaultMaxProof+1) } }, resolve.ErrFetch},
		"version":           {body(`{"$type":"com.atproto.lexicon.schema","lexicon":2,"id":"com.example.feed.note","defs":{"main":{"type":"integer"}}}`), resolve.ErrInvalid},
		"another document":  {body(`{"$type":"com.atproto.lexicon.schema","lexicon":1,"id":"com.example.feed.other","defs":{"main":{"type":"integer"}}}`), resolve.ErrInvalid},
		"fragment":          {body(`{"$type":"com.atproto.lexicon.schema","lexicon":1,"id":"com.example.feed.note#main","defs":{"main":{"type":"integer"}}}`), resolve.ErrInvalid},
		"not a schema":      {body(`{"$type":"com.atproto.lexicon.schema","lexicon":1,"id":"com.example.feed.note"}`), resolve.ErrInvalid},
	} {
		n := newNetwork(t)
		tc.set(n)
		res, err := newResolver(t, n.config()).Resolve(t.Context(), noteID)
		require.Nil(t, res, what)
		require.ErrorIs(t, err, tc.step, what)
		e, ok := errors.AsType[*resolve.Error](err)
		require.True(t, ok)
		require.Equal(t, noteID, e.NSID)
		require.True(t, strings.HasPrefix(err.Error(), "resolve: schema com.example.feed.note"), "%v", err)
		if errors.Is(e.Err, temporary) {
			require.ErrorIs(t, err, temporary)
		}
		require.Equal(t, tc.step == resolve.ErrNotFound || tc.step == resolve.ErrNoAuthority, resolve.IsNotFound(err), what)
		lookups := 0
		for _, asked := range n.asked {
			if strings.HasPrefix(asked, "TXT ") {
				lookups++
			}
		}
		require.Equal(t, 1, lookups, "no other name is tried")
	}

	n := newNetwork(t)
	n.txt[name] = []string{"unrelated", "did=" + author.String(), "did=" + author.String(), "did=bad"}
	_, err := newResolver(t, n.config()).Resolve(t.Context(), noteID)
	require.NoError(t, err, "the same DID twice is one")

	stranger, err := crypto.GenerateKey(crypto.K256)
	require.NoError(t, err)
	c := n.config()
	c.Accounts = locator(func(context.Context) (string, *crypto.PublicKey, error) {
		return "https://pds.example.com", stranger.PublicKey(), nil
	})
	_, err = newResolver(t, c).Resolve(t.Context(), noteID)
	require.ErrorIs(t, err, resolve.ErrProof, "signed with another key")
	_, err = newResolver(t, n.config()).Fetch(t.Context(), second, noteID)
	require.ErrorIs(t, err, resolve.ErrProof, "the repository of another account")
	c = n.config()
	c.MaxProof = 100
	_, err = newResolver(t, c).Resolve(t.Context(), noteID)
	require.ErrorIs(t, err, resolve.ErrFetch)
	require.ErrorAs(t, err, new(*dagcbor.LimitError))
	_, err = newResolver(t, n.config()).Resolve(t.Context(), syntax.NSID{})
	require.ErrorIs(t, err, resolve.ErrNoAuthority)
}

type locator func(ctx context.Context) (string, *crypto.PublicKey, error)

func (f locator) LocateAccount(ctx context.Context, _ syntax.DID) (host string, key *crypto.PublicKey, err error) {
	return f(ctx)
}

func TestUnverified(t *testing.T) {
	ledger.Covers(t, "LEX-154", "LEX-155")
	n := newNetwork(t)
	c := n.config()
	c.Proofs, c.Unverified = nil, n
	r := newResolver(t, c)
	res, err := r.Resolve(t.Context(), noteID)
	require.NoError(t, err)
	require.False(t, res.Verified)
	_, err = r.Resolve(t.Context(), other)
	require.ErrorIs(t, err, resolve.ErrNotFound)
	for _, text := range []string{
		`[]`, `{"lexicon":1,"id":"com.example.feed.note","defs":{"main":{"type":"integer"}}}`,
		`{"$type":"com.example.other","lexicon":1,"id":"com.example.feed.note","defs":{"main":{"type":"integer"}}}`,
	} {
		n.records[schema.Collection+"/"+noteID.String()], err = data.FromJSON([]byte(text), nil)
		require.NoError(t, err)
		_, err = r.Resolve(t.Context(), noteID)
		require.ErrorIs(t, err, resolve.ErrInvalid)
	}
}

func TestNew(t *testing.T) {
	n := newNetwork(t)
	for want, c := range map[string]resolve.Config{
		"without TXT":      {Accounts: n, Proofs: n},
		"without Accounts": {TXT: n, Proofs: n},
		"without Proofs":   {TXT: n, Accounts: n},
	} {
		_, err := resolve.New(c)
		require.ErrorContains(t, err, want)
	}
}

func TestAuthorityOverride(t *testing.T) {
	ledger.Covers(t, "LEX-158")
	n := newNetwork(t)
	n.txt = nil
	c := n.config()
	c.Authority = func(id syntax.NSID) (syntax.DID, bool) { return author, id == noteID }
	_, err := newResolver(t, c).Resolve(t.Context(), noteID)
	require.NoError(t, err)
	_, err = newResolver(t, c).Resolve(t.Context(), other)
	require.ErrorIs(t, err, resolve.ErrNoAuthority)
	c.TXT = nil
	_, err = newResolver(t, c).Resolve(t.Context(), other)
	require.ErrorIs(t, err, resolve.ErrNoAuthority)

	// A pinned schema comes before all others.
	local, err := schema.Parse([]byte(strings.Replace(noteJSON, `"n"`, `"local"`, 1)), nil)
	require.NoError(t, err)
	catalog, err := lexicon.NewCatalog(local)
	require.NoError(t, err)
	n.asked = nil
	res, err := resolve.Pinned(catalog, newResolver(t, n.config())).Resolve(t.Context(), noteID)
	require.NoError(t, err)
	require.Same(t, local, res.Document)
	require.Empty(t, n.asked)
	_, err = resolve.Pinned(catalog, newResolver(t, n.config())).Resolve(t.Context(), other)
	require.ErrorIs(t, err, resolve.ErrNoAuthority)
	_, err = resolve.Pinned(catalog, nil).Resolve(t.Context(), other)
	require.ErrorIs(t, err, resolve.ErrNotFound)
}

// TestCache: DNS is asked again after an hour, the host after a day or if the
// account is another, and old answers serve if that is wanted.
func TestCache(t *testing.T) {
	ledger.Covers(t, "LEX-157")
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		c := n.config()
		cache := &resolve.MemoryCache{}
		c.Cache = cache
		r := newResolver(t, c)
		ask := func(want ...string) {
			t.Helper()
			n.asked = nil
			_, err := r.Resolve(t.Context(), noteID)
			require.NoError(t, err)
			var kinds []string
			for _, s := range n.asked {
				kinds = append(kinds, s[:3])
			}
			require.Equal(t, want, kinds)
		}
		ask("TXT", "DID", "GET")
		ask()
		time.Sleep(59 * time.Minute)
		ask()
		time.Sleep(time.Minute)
		ask("TXT")
		time.Sleep(59 * time.Minute)
		ask()
		time.Sleep(22 * time.Hour)
		ask("TXT")
		time.Sleep(time.Minute)
		ask("DID", "GET")
		cache.Forget(noteID)
		ask("TXT", "DID", "GET")

		n.txtErr = errors.New("down")
		time.Sleep(time.Hour)
		_, err := r.Resolve(t.Context(), noteID)
		require.ErrorIs(t, err, resolve.ErrLookup)
		c.Stale = true
		stale := newResolver(t, c)
		_, err = stale.Resolve(t.Context(), noteID)
		require.NoError(t, err)
		n.txtErr, n.err = nil, errors.New("down")
		time.Sleep(30 * time.Hour)
		_, err = stale.Resolve(t.Context(), noteID)
		require.NoError(t, err)
		n.err = fs.ErrNotExist
		_, err = stale.Resolve(t.Context(), noteID)
		require.ErrorIs(t, err, resolve.ErrNotFound, "an answer is no failure of the network")
	})
}

func TestMemoryCache(t *testing.T) {
	m := &resolve.MemoryCache{Max: 2}
	for i, id := range []syntax.NSID{noteID, other, noteID, syntax.MustParseNSID("com.example.third")} {
		m.Put(t.Context(), id, resolve.Entry{Looked: time.Unix(int64(i), 0)})
	}
	held := 0
	for _, id := range []syntax.NSID{noteID, other, syntax.MustParseNSID("com.example.third")} {
		if _, ok := m.Get(t.Context(), id); ok {
			held++
		}
	}
	require.Equal(t, 2, held)
	_, ok := m.Get(t.Context(), syntax.MustParseNSID("com.example.third"))
	require.True(t, ok)
}

// TestTimeout: the steps together have one deadline.
func TestTimeout(t *testing.T) {
	ledger.Covers(t, "LEX-156")
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		c := n.config()
		slow := func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(10 * time.Second):
				return nil
			}
		}
		c.TXT = lookup(func(ctx context.Context, name string) ([]string, error) {
			if err := slow(ctx); err != nil {
				return nil, err
			}
			return n.LookupTXT(ctx, name)
		})
		c.Accounts = locator(func(ctx context.Context) (string, *crypto.PublicKey, error) { return "", nil, slow(ctx) })
		start := time.Now()
		_, err := newResolver(t, c).Resolve(t.Context(), noteID)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, resolve.ErrIdentity)
		require.Equal(t, resolve.DefaultTimeout, time.Since(start))
		c.Timeout = -1
		_, err = newResolver(t, c).Resolve(t.Context(), noteID)
		require.ErrorIs(t, err, resolve.ErrNoHost)
	})
}

type lookup func(ctx context.Context, name string) ([]string, error)

func (f lookup) LookupTXT(ctx context.Context, name string) ([]string, error) { return f(ctx, name) }

func TestFromAnswer(t *testing.T) {
	ledger.Covers(t, "LEX-159", "LEX-155")
	d, err := schema.Parse([]byte(noteJSON), nil)
	require.NoError(t, err)
	record, err := d.Record()
	require.NoError(t, err)
	value, err := data.ToJSON(record, nil)
	require.NoError(t, err)
	cid, err := d.CID()
	require.NoError(t, err)
	const uri = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/com.atproto.lexicon.schema/com.example.feed.note"
	answer := func(uri, cid string, schema []byte) []byte {
		text, err := json.Marshal(map[string]any{"uri": uri, "cid": cid, "schema": json.RawMessage(schema)})
		require.NoError(t, err)
		return text
	}
	res, err := resolve.FromAnswer(noteID, answer(uri, cid.String(), value))
	require.NoError(t, err)
	require.Equal(t, uri, res.URI)
	require.Equal(t, cid, res.CID)
	require.False(t, res.Verified)
	for _, bad := range [][]byte{
		nil, []byte(`{}`), []byte(`{"uri":5}`), answer("x", cid.String(), value), answer(uri, "x", value), answer(uri, cid.String(), []byte(`{}`)),
		answer(uri, cid.String(), []byte(noteJSON)),
		answer("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/com.atproto.lexicon.schema/com.example.feed.other", cid.String(), value),
		answer("at://alice.example.com/com.atproto.lexicon.schema/com.example.feed.note", cid.String(), value),
		answer("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz", cid.String(), value),
	} {
		_, err := resolve.FromAnswer(noteID, bad)
		require.ErrorIs(t, err, resolve.ErrInvalid, "%s", bad)
	}
	_, err = resolve.FromAnswer(other, answer(uri, cid.String(), value))
	require.ErrorIs(t, err, resolve.ErrInvalid)
}
