package session_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/session"
)

func TestFinder(t *testing.T) {
	docs := map[syntax.DID]string{
		alice:  fmt.Sprintf(`{"id":%q,"alsoKnownAs":["at://alice.example.com"],"service":[{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://pds.example.com"}]}`, alice),
		mallet: fmt.Sprintf(`{"id":%q,"alsoKnownAs":["at://mallet.example.com"]}`, mallet),
	}
	dids := did.ResolverFunc(func(_ context.Context, id syntax.DID) (*did.Document, error) {
		return did.ParseDocument([]byte(docs[id]), &did.ParseOptions{DID: id})
	})
	handles := did.HandleResolverFunc(func(_ context.Context, h syntax.Handle) (syntax.DID, error) {
		switch h.Normalize().String() {
		case "alice.example.com", "stolen.example.com":
			return alice, nil
		case "mallet.example.com":
			return mallet, nil
		}
		return syntax.DID{}, did.ErrHandleNotFound
	})
	f, err := session.NewFinder(dids, handles)
	require.NoError(t, err)
	for id, want := range map[string]string{
		alice.String(): "", "alice.example.com": "", "Alice.Example.com": "",
		"stolen.example.com":  "does not claim the handle",
		"unknown.example.com": "handle not found",
		"mallet.example.com":  "no usable PDS",
		mallet.String():       "no usable PDS",
	} {
		at, err := syntax.ParseAtIdentifier(id)
		require.NoError(t, err)
		account, host, err := f.FindAccount(t.Context(), at)
		if want != "" {
			require.ErrorContains(t, err, want, id)
			continue
		}
		require.NoError(t, err, id)
		require.Equal(t, alice, account)
		require.Equal(t, "https://pds.example.com", host)
	}
	_, err = session.NewFinder(nil, nil)
	require.NoError(t, err)
}
