package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/cachetest"
	"github.com/linnet-at/linnet/stores/redis"
	"github.com/linnet-at/linnet/syntax"
)

func TestConformance(t *testing.T) {
	client := newServer(t)
	cachetest.Run(t, func(t *testing.T) did.Cache {
		require.NoError(t, client.FlushAll(t.Context()).Err())
		return redisstore.New(client, nil)
	})
}

// TestPrefix has two caches on one server.
func TestPrefix(t *testing.T) {
	client := newServer(t)
	a, b := redisstore.New(client, nil), redisstore.New(client, &redisstore.Options{Prefix: "other:"})
	require.NoError(t, a.Set(t.Context(), "did:a:b", []byte("a"), time.Hour))
	require.NoError(t, b.Set(t.Context(), "did:a:b", []byte("b"), time.Hour))
	for c, want := range map[*redisstore.Cache]string{a: "a", b: "b"} {
		got, found, err := c.Get(t.Context(), "did:a:b")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, string(got))
	}
	keys, err := client.Keys(t.Context(), "*").Result()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"linnet:did:a:b", "other:did:a:b"}, keys)
	require.Greater(t, client.PTTL(t.Context(), "linnet:did:a:b").Val(), 50*time.Minute)

	// No time is for ever.
	require.NoError(t, a.Set(t.Context(), "did:a:c", []byte("a"), time.Nanosecond))
	require.NotEqual(t, time.Duration(-1), client.PTTL(t.Context(), "linnet:did:a:c").Val())
}

const (
	alice = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
	bob   = "did:plc:44ybard66vv44zksje25o7dz"
)

// network returns resolvers of two accounts, and how often they were asked.
func network() (did.Resolver, did.HandleResolver, *int) {
	asked := new(int)
	docs := did.Static{}
	handles := did.StaticHandles{
		syntax.MustParseHandle("alice.example.com"): syntax.MustParseDID(alice),
		syntax.MustParseHandle("bob.example.com"):   syntax.MustParseDID(bob),
	}
	for h, id := range handles {
		docs[id] = &did.Document{ID: id, AlsoKnownAs: []string{"at://" + h.String()}}
	}
	return did.ResolverFunc(func(ctx context.Context, id syntax.DID) (*did.Document, error) {
		*asked++
		return docs.ResolveDID(ctx, id)
	}), handles, asked
}

// TestDirectories has a second directory know what the first has found out.
func TestDirectories(t *testing.T) {
	client := newServer(t)
	dids, handles, asked := network()
	for i, want := range []int{1, 1, 2} {
		d := did.NewDirectory(dids, handles, &did.DirectoryOptions{
			Cache: redisstore.New(client, nil), CacheTimeout: time.Minute, CacheFailed: func(err error) { t.Error(err) },
		})
		id, err := d.LookupHandle(t.Context(), syntax.MustParseHandle("alice.example.com"))
		require.NoError(t, err)
		require.Equal(t, alice, id.DID().String())
		require.Equal(t, "alice.example.com", id.Handle().String())
		if i == 1 {
			require.NoError(t, d.Purge(t.Context(), id.DID().AtIdentifier()))
			keys, err := client.Keys(t.Context(), "*").Result()
			require.NoError(t, err)
			require.Empty(t, keys)
		}
		require.NoError(t, d.Close())
		require.Equal(t, want, *asked)
	}
}

// TestServerGone ends the server. Accounts are found nevertheless.
func TestServerGone(t *testing.T) {
	client := newServer(t)
	dids, handles, _ := network()
	failed := make(chan error, 100)
	d := did.NewDirectory(dids, handles, &did.DirectoryOptions{
		Cache: redisstore.New(client, nil), CacheTimeout: time.Minute, CacheFailed: func(err error) { failed <- err },
	})
	_ = client.ShutdownNoSave(t.Context()).Err()
	id, err := d.LookupHandle(t.Context(), syntax.MustParseHandle("bob.example.com"))
	require.NoError(t, err)
	require.Equal(t, bob, id.DID().String())
	require.NoError(t, d.Close())
	require.ErrorContains(t, <-failed, "did: cache: get \"at://bob.example.com\": redisstore: ")
	require.ErrorContains(t, d.Purge(t.Context(), id.DID().AtIdentifier()), "redisstore: ")
}

func BenchmarkGet(b *testing.B) {
	client := newServer(b)
	dids, handles, _ := network()
	c := redisstore.New(client, nil)
	d := did.NewDirectory(dids, handles, &did.DirectoryOptions{Cache: c})
	_, err := d.LookupDID(b.Context(), syntax.MustParseDID(alice))
	require.NoError(b, err)
	require.NoError(b, d.Close())
	b.Run("Cache", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, found, err := c.Get(b.Context(), alice); err != nil || !found {
				b.Fatal(found, err)
			}
		}
	})
	b.Run("Directory", func(b *testing.B) { // one that has just begun
		b.ReportAllocs()
		for b.Loop() {
			d := did.NewDirectory(dids, handles, &did.DirectoryOptions{Cache: c, MaxEntries: 10})
			if _, err := d.LookupDID(b.Context(), syntax.MustParseDID(alice)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
