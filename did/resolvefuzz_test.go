package did_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// FuzzParseTXT compares with a slow reference: the set of valid DIDs.
func FuzzParseTXT(f *testing.F) {
	for _, s := range []string{"", "did=" + alice, "did=" + alice + "\n" + "did=" + bob, "v=spf1\ndid=" + alice, "did=\ndid=x", "did=" + alice + "\ndid=" + alice + "\ndid=y", "DID=" + alice} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		values := strings.Split(lines, "\n")
		set := make(map[syntax.DID]bool)
		ours := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !strings.HasPrefix(v, "did=") })
		for _, v := range ours {
			if id, err := syntax.ParseDID(v[len("did="):]); err == nil {
				set[id] = true
			}
		}
		id, err := did.ParseTXT(values)
		require.Equal(t, len(set) == 1, err == nil)
		if err == nil {
			require.True(t, set[id])
			return
		}
		require.True(t, id.IsZero())
		e, ok := errors.AsType[*did.ArmError](err)
		require.True(t, ok)
		want := did.ReasonNotFound
		switch {
		case len(set) > 1:
			want = did.ReasonAmbiguous
		case len(ours) > 0:
			want = did.ReasonInvalid
		}
		require.Equal(t, want, e.Reason)
		require.Less(t, len(err.Error()), 1000)
	})
}

// FuzzWellKnown compares with a slow reference.
func FuzzWellKnown(f *testing.F) {
	for _, s := range []string{"", alice, alice + "\n", "\ufeff" + alice, alice + "\n" + bob, "<html>", "did:key:abc", "\r\n\t " + carol + " ", "did:web:localhost", strings.Repeat(" ", 2049)} {
		f.Add(s, 200)
	}
	f.Add(alice, 404)
	f.Add(alice, 299)
	f.Fuzz(func(t *testing.T, body string, status int) {
		client, _ := answering(status, body)
		id, err := did.NewHTTPS(&did.Options{Client: client}).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		trimmed := body
		for trimmed != "" && strings.Contains(" \t\r\n", trimmed[:1]) {
			trimmed = trimmed[1:]
		}
		for trimmed != "" && strings.Contains(" \t\r\n", trimmed[len(trimmed)-1:]) {
			trimmed = trimmed[:len(trimmed)-1]
		}
		want, refErr := syntax.ParseDID(trimmed)
		good := refErr == nil && want.CheckResolvable(nil) == nil && len(body) <= 2048 && status/100 == 2
		require.Equal(t, good, err == nil, "%v", err)
		if good {
			require.Equal(t, want, id)
			return
		}
		require.True(t, id.IsZero())
		e := arm(t, err)
		require.Equal(t, status == 404, e.Reason == did.ReasonNotFound)
		require.NotContains(t, err.Error(), "\n")
	})
}

// FuzzWebURL sees where the documents of did:web are looked for.
func FuzzWebURL(f *testing.F) {
	for _, s := range []string{"example.com", "EXAMPLE.com", "localhost", "localhost%3A8080", "example.com%3A443", "a.b:c:d", "..", "127.0.0.1", "a.test", "a%2Fb.com", "%5B%3A%3A1%5D", "localhost%3A1%3A2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := syntax.ParseDID("did:web:" + s)
		if err != nil {
			return
		}
		for _, development := range []bool{false, true} {
			var asked []*url.URL
			client := &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
				asked = append(asked, req.URL)
				return nil, io.EOF
			})}
			_, err := did.NewWeb(&did.Options{Client: client, Development: development}).ResolveDID(t.Context(), id)
			if id.CheckResolvable(&syntax.Policy{Development: development}) != nil {
				require.Empty(t, asked)
				require.NotErrorIs(t, err, did.ErrDIDResolutionFailed)
				continue
			}
			require.ErrorIs(t, err, did.ErrDIDResolutionFailed)
			require.Len(t, asked, 1)
			u := asked[0]
			require.Equal(t, "/.well-known/did.json", u.RequestURI())
			require.Nil(t, u.User)
			if name, port, _ := strings.Cut(s, "%3A"); name == "localhost" {
				require.True(t, development)
				require.Equal(t, []string{"http", name, port}, []string{u.Scheme, u.Hostname(), u.Port()})
				continue
			}
			require.Equal(t, []string{"https", s}, []string{u.Scheme, u.Host})
		}
	})
}
