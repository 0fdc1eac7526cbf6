package oracle_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/oracle"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

const records = 5000

type testPost struct {
	Type      string   `json:"$type"`
	Text      string   `json:"text"`
	Langs     []string `json:"langs"`
	CreatedAt string   `json:"createdAt"`
}

// TestImportRepo builds a repository and signs it, has the reference PDS import
// it, and reads it back in every way in which the PDS serves it.
func TestImportRepo(t *testing.T) {
	network := oracle.Start(t)
	account := network.NewAccount(t, "alice")
	ours, key := build(t, account.DID)
	var file bytes.Buffer
	require.NoError(t, ours.Export(t.Context(), &file))
	account.Procedure(t, "com.atproto.repo.importRepo", car.MediaType, &file)

	want := content(t, ours)
	require.Len(t, want, records)
	t.Run("getRepo", func(t *testing.T) {
		e := served(t, account, key)
		require.Equal(t, ours.Head().CID(), e.Commit().CID(), "the PDS keeps the commit that came with the import")
		require.Equal(t, want, read(t, e))
	})
	t.Run("listRecords", func(t *testing.T) {
		got := map[string]dagcbor.CID{}
		for collection := range collections() {
			list(t, account, collection, func(uri, cid string, value []byte) {
				path := strings.TrimPrefix(uri, "at://"+account.DID+"/")
				cbor, err := data.FromJSON(value, nil)
				require.NoError(t, err)
				got[path] = dagcbor.Sum(dagcbor.DAGCBOR, cbor)
				require.Equal(t, cid, got[path].String())
			})
		}
		require.Equal(t, want, got)
	})
	t.Run("createRecord", func(t *testing.T) {
		// The next commit is the PDS's own, on top of our tree.
		in := fmt.Sprintf(`{"repo":%q,"collection":"com.example.note","record":{"$type":"com.example.note","text":"after"}}`, account.DID)
		out := fixtures.JSON[struct{ URI, CID string }](t, account.Procedure(t, "com.atproto.repo.createRecord", "application/json", strings.NewReader(in)))
		c, err := dagcbor.ParseCID(out.CID)
		require.NoError(t, err)
		want[strings.TrimPrefix(out.URI, "at://"+account.DID+"/")] = c

		doc, err := did.ParseDocument(account.DIDDocument(t), nil)
		require.NoError(t, err)
		key, err := doc.SigningKey()
		require.NoError(t, err)
		require.Equal(t, want, read(t, served(t, account, key)))
	})
}

// served returns the repository as com.atproto.sync.getRepo serves it.
func served(t *testing.T, account *oracle.Account, key *crypto.PublicKey) *repo.Export {
	t.Helper()
	owner, err := syntax.ParseDID(account.DID)
	require.NoError(t, err)
	file := account.Query(t, "com.atproto.sync.getRepo", url.Values{"did": {account.DID}})
	e, err := repo.ReadBytes(file, &repo.Options{Key: key, DID: owner, CheckRecords: true})
	require.NoError(t, err)
	return e
}

func read(t *testing.T, e *repo.Export) map[string]dagcbor.CID {
	t.Helper()
	m := map[string]dagcbor.CID{}
	for r, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		m[r.Path()] = r.CID()
	}
	return m
}

// collections returns those of the test and how many records each gets of ten.
func collections() map[string]int {
	return map[string]int{"app.bsky.feed.post": 7, "app.bsky.feed.like": 2, "com.example.note": 1}
}

// build makes a repository in commits of as many writes as one may have.
func build(t *testing.T, account string) (*repo.Repo, *crypto.PublicKey) {
	t.Helper()
	key, err := crypto.GenerateKey(crypto.K256)
	require.NoError(t, err)
	owner, err := syntax.ParseDID(account)
	require.NoError(t, err)
	r := repo.New(owner, key, nil)
	clock := new(syntax.TIDClock)
	var writes []repo.Write
	for collection, share := range collections() {
		for i := range records / 10 * share {
			path, err := syntax.ParseRepoPath(collection + "/" + clock.Next().String())
			require.NoError(t, err)
			block, err := dagcbor.Marshal(testPost{collection, fmt.Sprintf("number %d, naïve ✓", i), []string{"en"}, "2026-11-22T09:00:00.000Z"})
			require.NoError(t, err)
			writes = append(writes, repo.Create(path, block))
		}
	}
	for len(writes) > 0 {
		n := min(len(writes), repo.MaxWrites)
		_, err := r.Apply(t.Context(), writes[:n]...)
		require.NoError(t, err)
		writes = writes[n:]
	}
	return r, key.PublicKey()
}

func content(t *testing.T, r *repo.Repo) map[string]dagcbor.CID {
	t.Helper()
	m := map[string]dagcbor.CID{}
	for e, err := range r.Tree().Entries(context.Background()) {
		require.NoError(t, err)
		m[e.Key] = e.Value
	}
	return m
}

// list calls listRecords, page after page.
func list(t *testing.T, account *oracle.Account, collection string, visit func(uri, cid string, value []byte)) {
	t.Helper()
	type page struct {
		Cursor  string `json:"cursor"`
		Records []struct {
			URI   string `json:"uri"`
			CID   string `json:"cid"`
			Value raw    `json:"value"`
		} `json:"records"`
	}
	for cursor := ""; ; {
		p := fixtures.JSON[page](t, account.Query(t, "com.atproto.repo.listRecords", url.Values{
			"repo": {account.DID}, "collection": {collection}, "limit": {"100"}, "cursor": {cursor},
		}))
		for _, r := range p.Records {
			visit(r.URI, r.CID, r.Value)
		}
		if cursor = p.Cursor; cursor == "" {
			return
		}
	}
}

// raw is JSON as it stands.
type raw []byte

func (r *raw) UnmarshalJSON(b []byte) error {
	*r = bytes.Clone(b)
	return nil
}
