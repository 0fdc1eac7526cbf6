package record_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/record"
)

const schema = `{"$type":"com.atproto.lexicon.schema","lexicon":1,"id":"com.example.note","defs":{"main":{"type":"token"}}}`

var (
	alice    = syntax.MustParseDID("did:web:alice.example.com")
	notePath = syntax.MustParseRepoPath("com.atproto.lexicon.schema/com.example.note")
	nonePath = syntax.MustParseRepoPath("com.atproto.lexicon.schema/com.example.none")
)

// host is a server that has the repository of alice, and a directory that knows
// where it is.
type host struct {
	url    string
	key    *crypto.PublicKey
	err    error
	server http.HandlerFunc // instead of the repository
}

func (h *host) LocateAccount(context.Context, syntax.DID) (url string, key *crypto.PublicKey, err error) {
	return h.url, h.key, h.err
}

func newHost(t testing.TB) *host {
	key, err := crypto.GenerateKey(crypto.P256)
	require.NoError(t, err)
	value, err := data.FromJSON([]byte(schema), nil)
	require.NoError(t, err)
	r := repo.New(alice, key, nil)
	_, err = r.Apply(t.Context(), repo.Create(notePath, value))
	require.NoError(t, err)
	h := &host{key: key.PublicKey()}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if h.server != nil {
			h.server(w, req)
			return
		}
		q := req.URL.Query()
		path, err := syntax.ParseRepoPath(q.Get("collection") + "/" + q.Get("rkey"))
		switch {
		case err != nil || req.Header.Get("Authorization") != "":
			w.WriteHeader(http.StatusBadRequest)
		case req.URL.Path == "/xrpc/com.atproto.sync.getRecord" && q.Get("did") == alice.String():
			w.Header().Set("Content-Type", "application/vnd.ipld.car")
			_ = r.WriteProof(req.Context(), w, path)
		case req.URL.Path == "/xrpc/com.atproto.repo.getRecord" && q.Get("repo") == alice.String() && path == notePath:
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"uri":"at://`+alice.String()+`/`+path.String()+`","value":`+schema+`}`)
		default:
			refuse(w, req)
		}
	}))
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

func refuse(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, `{"error":"RecordNotFound","message":"none"}`)
}

func (h *host) fetcher() *record.Fetcher {
	return record.New(h, &record.Options{Client: &xrpc.Options{Development: true, Auth: xrpc.AdminAuth("secret"), Retry: &xrpc.Retry{Max: -1}}})
}

func TestGet(t *testing.T) {
	h := newHost(t)
	f := h.fetcher()
	r, err := f.Get(t.Context(), syntax.RecordURI(alice, notePath))
	require.NoError(t, err)
	require.Equal(t, notePath.String(), r.Path())
	text, err := data.ToJSON(r.Bytes(), nil)
	require.NoError(t, err)
	require.JSONEq(t, schema, string(text))

	_, err = f.Get(t.Context(), syntax.RecordURI(alice, nonePath))
	require.ErrorIs(t, err, record.ErrNotFound)
	require.EqualError(t, err, "record: not found: at://did:web:alice.example.com/com.atproto.lexicon.schema/com.example.none")

	for _, uri := range []syntax.ATURI{
		{}, syntax.MustParseATURI("at://alice.example.com/com.example.note/1"), syntax.MustParseATURI("at://did:web:alice.example.com/com.example.note"),
	} {
		_, err = f.Get(t.Context(), uri)
		require.ErrorContains(t, err, "does not name a record by the DID of its account")
	}
}

// TestGetRefuses has servers that lie, and accounts that cannot be asked.
func TestGetRefuses(t *testing.T) {
	h := newHost(t)
	stranger, err := crypto.GenerateKey(crypto.P256)
	require.NoError(t, err)
	get := func() error {
		_, err := h.fetcher().Get(t.Context(), syntax.RecordURI(alice, notePath))
		return err
	}
	key, url := h.key, h.url
	h.key = stranger.PublicKey()
	require.ErrorIs(t, get(), crypto.ErrInvalidSignature)
	h.key = nil
	require.EqualError(t, get(), "record: did:web:alice.example.com has no signing key")
	h.key, h.url = key, ""
	require.EqualError(t, get(), "record: did:web:alice.example.com has no server")
	h.url, h.err = url, errors.New("no such account")
	require.ErrorIs(t, get(), h.err)
	h.err = nil

	h.server = refuse
	require.True(t, xrpc.Is(get(), xrpc.RecordNotFound))
	require.NotErrorIs(t, get(), record.ErrNotFound)
	h.server = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.ipld.car")
		_, _ = w.Write(make([]byte, record.DefaultMaxSize+1))
	}
	limit, ok := errors.AsType[*xrpc.LimitError](get())
	require.True(t, ok)
	require.EqualValues(t, record.DefaultMaxSize, limit.Limit)

	h.url = "http://192.0.2.1"
	_, err = record.New(h, nil).Get(t.Context(), syntax.RecordURI(alice, notePath))
	require.Error(t, err)
}

// TestFetch fetches for package lexicon/resolve, with proof and without.
func TestFetch(t *testing.T) {
	ledger.Covers(t, "LEX-153", "LEX-154")
	h := newHost(t)
	f := h.fetcher()
	id := syntax.MustParseNSID("com.example.note")
	resolver, err := resolve.New(resolve.Config{TXT: dns{}, Accounts: h, Proofs: f})
	require.NoError(t, err)
	got, err := resolver.Resolve(t.Context(), id)
	require.NoError(t, err)
	require.True(t, got.Verified)
	require.Equal(t, id, got.Document.ID)
	_, err = resolver.Resolve(t.Context(), syntax.MustParseNSID("com.example.none"))
	require.ErrorIs(t, err, resolve.ErrNotFound)

	plain, err := resolve.New(resolve.Config{TXT: dns{}, Accounts: h, Unverified: f})
	require.NoError(t, err)
	got, err = plain.Resolve(t.Context(), id)
	require.NoError(t, err)
	require.False(t, got.Verified)
	_, err = plain.Resolve(t.Context(), syntax.MustParseNSID("com.example.none"))
	require.ErrorIs(t, err, resolve.ErrNotFound)

	h.server = refuse
	_, err = f.FetchProof(t.Context(), h.url, alice, notePath)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.True(t, xrpc.Is(err, xrpc.RecordNotFound))
	h.server = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"uri":"x"}`)
	}
	_, err = f.FetchRecord(t.Context(), h.url, alice, notePath)
	require.ErrorContains(t, err, "answer without value")
	for _, fetch := range []func(context.Context, string, syntax.DID, syntax.RepoPath) (io.ReadCloser, error){f.FetchProof, f.FetchRecord} {
		_, err = fetch(t.Context(), "ftp://x", alice, notePath)
		require.Error(t, err)
	}
}

// dns names alice as the authority for everything.
type dns struct{}

func (dns) LookupTXT(_ context.Context, name string) ([]string, error) {
	if name != "_lexicon.example.com." {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []string{"did=" + alice.String()}, nil
}
