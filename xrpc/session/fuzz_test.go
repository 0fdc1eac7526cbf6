package session_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/xrpc/session"
)

// FuzzStored: whatever is stored gives a session or an error.
func FuzzStored(f *testing.F) {
	p := newPDS()
	store := new(session.MemoryStore)
	p.login(f, session.Options{Store: store})
	good, err := store.Load(f.Context(), alice.String())
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"v":1,"did":"did:web:a.b","handle":"a.b","host":"https://a.b","access":"x","refresh":"y","obtained":-1}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		store := new(session.MemoryStore)
		if value == nil {
			return
		}
		_, err := store.Swap(t.Context(), "k", nil, value)
		require.NoError(t, err)
		p := newPDS()
		s, err := session.Resume(t.Context(), alice, p.options(session.Options{Store: store, Key: "k"}))
		if err == nil {
			require.Equal(t, alice, s.DID())
			_ = call(t.Context(), s)
		}
	})
}

// FuzzToken: tokens are opaque, whatever they look like.
func FuzzToken(f *testing.F) {
	for _, claims := range []string{`{"iat":1,"exp":2}`, `{"iat":1e300,"exp":-1e300}`, `{"iat":"x"}`, `[]`, ``, `{"iat":1,"exp":1e18}`, `{"exp":1}`} {
		f.Add("a." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c")
	}
	f.Add("opaque")
	f.Add("a.b")
	f.Add("....")
	f.Fuzz(func(t *testing.T, token string) {
		p := newPDS()
		p.fixed = token
		s, err := session.Login(t.Context(), "alice.example.com", password, p.options(session.Options{}))
		if err != nil {
			return // it can't stand in a header
		}
		require.NoError(t, call(t.Context(), s))
	})
}
