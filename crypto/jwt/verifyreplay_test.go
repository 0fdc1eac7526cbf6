package jwt_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/stretchr/testify/require"
)

func TestVerifyReplay(t *testing.T) {
	k, other := testKey(t, crypto.P256, "replay"), testKey(t, crypto.P256, "replay by another")
	store := &countingStore{}
	verify := func(k *crypto.PrivateKey, c jwt.Claims, change func(*jwt.Options)) (jwt.Reason, error) {
		o := goodOptions()
		o.Replay = store
		if change != nil {
			change(o)
		}
		_, err := mustParse(t, mustSign(t, k, jwt.Header{}, c)).Verify(t.Context(), k.PublicKey(), o)
		return reasonOf(t, err), err
	}
	c := goodClaims()
	reason, err := verify(k, c, nil)
	require.Zero(t, reason, err)
	require.Regexp(t, `^[A-Za-z0-9_-]{43}$`, store.keys[0])
	require.Equal(t, c.Expires.Add(5*time.Second), store.expires[0])
	_, err = verify(k, c, nil)
	require.EqualError(t, err, "jwt: replayed: the token has been used before")
	require.Equal(t, jwt.Replayed, reasonOf(t, err))

	// The other form of the signature, and another token with the same jti, are
	// no new use; nor is a later exp.
	signed, _, _, _, _ := refParse(mustSign(t, k, jwt.Header{}, c))
	o := goodOptions()
	o.Replay = store
	for _, highS := range []bool{true, false} {
		_, err = mustParse(t, signed+"."+b64.EncodeToString(refSign(t, k, signed, highS))).Verify(t.Context(), k.PublicKey(), o)
		require.Equal(t, jwt.Replayed, reasonOf(t, err))
	}
	c.Expires = c.Expires.Add(time.Second)
	reason, _ = verify(k, c, nil)
	require.Equal(t, jwt.Replayed, reason)

	// Another jti, issuer or key is. Names do not run into each other.
	for _, change := range []func(c *jwt.Claims){
		func(c *jwt.Claims) { c.ID = "1" }, func(c *jwt.Claims) { c.Issuer = "did:web:other" },
		func(c *jwt.Claims) { c.Issuer, c.ID = c.Issuer+"1", "2" }, func(c *jwt.Claims) { c.ID = "12" },
	} {
		c := goodClaims()
		change(&c)
		for _, k := range []*crypto.PrivateKey{k, other} {
			reason, err = verify(k, c, nil)
			require.Zero(t, reason, err)
		}
	}

	// A token is remembered as long as it is good for.
	for _, tc := range []struct {
		claims jwt.Claims
		change func(*jwt.Options)
		want   time.Time
	}{
		{jwt.Claims{ID: "a", IssuedAt: now}, func(o *jwt.Options) { o.MaxAge = time.Minute }, now.Add(time.Minute + 1)},
		{jwt.Claims{ID: "b", IssuedAt: now, Expires: now.Add(time.Hour)}, nil, now.Add(5*time.Minute + 1)},
		{jwt.Claims{ID: "c", IssuedAt: now, Expires: now.Add(time.Hour)}, func(o *jwt.Options) { o.MaxAge, o.ClockSkew = -1, -1 }, now.Add(time.Hour)},
		{jwt.Claims{ID: "d", Expires: now.Add(time.Hour)}, func(o *jwt.Options) { o.ClockSkew = time.Minute }, now.Add(61 * time.Minute)},
	} {
		reason, err := verify(k, tc.claims, func(o *jwt.Options) {
			o.Audiences, o.Method, o.Required = nil, "", []string{}
			if tc.change != nil {
				tc.change(o)
			}
		})
		require.Zero(t, reason, err)
		require.Equal(t, tc.want, store.expires[len(store.expires)-1])
	}
}

// The store is asked only about tokens that are good, and must answer.
func TestVerifyReplayOrder(t *testing.T) {
	k := testKey(t, crypto.P256, "order")
	store := &countingStore{}
	o := goodOptions()
	o.Replay = store
	p := mustParse(t, mustSign(t, k, jwt.Header{}, goodClaims()))
	_, err := p.Verify(t.Context(), testKey(t, crypto.P256, "other").PublicKey(), o)
	require.Equal(t, jwt.BadSignature, reasonOf(t, err))
	late := *o
	late.At = now.Add(time.Hour)
	_, err = p.Verify(t.Context(), k.PublicKey(), &late)
	require.Equal(t, jwt.Expired, reasonOf(t, err))
	require.NoError(t, p.Precheck(o))
	require.Empty(t, store.keys)

	c := goodClaims()
	c.ID = ""
	free := *o
	free.Required = []string{}
	_, err = mustParse(t, mustSign(t, k, jwt.Header{}, c)).Verify(t.Context(), k.PublicKey(), &free)
	require.EqualError(t, err, "jwt: missing claim: no jti")

	store.err = errors.New("out of order")
	v, err := p.Verify(t.Context(), k.PublicKey(), o)
	require.ErrorIs(t, err, store.err)
	require.EqualError(t, err, "jwt: replay store: out of order")
	require.Nil(t, v)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store.err = ctx.Err()
	_, err = p.Verify(ctx, k.PublicKey(), o)
	require.ErrorIs(t, err, context.Canceled)
}
