package did_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/syntax"
)

// newFull returns a directory that knows n accounts, and their names.
func newFull(b testing.TB, n int) (*did.Directory, []syntax.DID, []syntax.Handle) {
	docs, handles := did.Static{}, did.StaticHandles{}
	dids, names := make([]syntax.DID, n), make([]syntax.Handle, n)
	w := newWorld()
	for i := range n {
		dids[i] = parseDID(b, fmt.Sprintf("did:web:n%d.example.com", i))
		names[i] = parseHandle(b, fmt.Sprintf("n%d.example.com", i))
		w.account(b, dids[i].String(), names[i].String(), keyK256)
		docs[dids[i]], handles[names[i]] = w.docs[dids[i].String()], dids[i]
	}
	d := did.NewDirectory(docs, handles, &did.DirectoryOptions{MaxEntries: 2 * n, HitAge: 100 * time.Hour, HandleAge: 100 * time.Hour})
	for i := range n {
		id, err := d.LookupHandle(b.Context(), names[i])
		require.NoError(b, err)
		_, err = id.SigningKey()
		require.NoError(b, err)
	}
	return d, dids, names
}

// TestNoAllocations finds known accounts without allocating.
func TestNoAllocations(t *testing.T) {
	d, dids, names := newFull(t, 10)
	ctx := t.Context()
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		id, err := d.LookupDID(ctx, dids[3])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := id.SigningKey(); err != nil {
			t.Fatal(err)
		}
		if _, err := d.LookupHandle(ctx, names[4]); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Lookup(ctx, names[5].AtIdentifier()); err != nil {
			t.Fatal(err)
		}
	}))
}

// Lookups of accounts that are known, beside what it takes to find them in a map,
// and to ask for the time.
func BenchmarkLookup(b *testing.B) {
	d, dids, names := newFull(b, 10_000)
	ctx := b.Context()
	b.Run("DID", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := d.LookupDID(ctx, dids[i%len(dids)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("SameDID", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.LookupDID(ctx, dids[0]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("DIDParallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := rand.IntN(len(dids)); pb.Next(); i++ {
				if _, err := d.LookupDID(ctx, dids[i%len(dids)]); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("SameDIDParallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := d.LookupDID(ctx, dids[0]); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("Handle", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := d.LookupHandle(ctx, names[i%len(names)]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Map", func(b *testing.B) {
		m := make(map[syntax.DID]*did.Identity)
		for _, id := range dids {
			m[id], _ = d.LookupDID(ctx, id)
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_ = m[dids[i%len(dids)]]
		}
	})
	b.Run("Time", func(b *testing.B) {
		start := time.Now()
		for b.Loop() {
			_ = time.Since(start)
		}
	})
}

// BenchmarkLookupAll is 100 known accounts at a time.
func BenchmarkLookupAll(b *testing.B) {
	d, dids, _ := newFull(b, 100)
	names := make([]syntax.AtIdentifier, len(dids))
	for i, id := range dids {
		names[i] = id.AtIdentifier()
	}
	b.ReportAllocs()
	for b.Loop() {
		for r := range d.LookupAll(b.Context(), slices.Values(names)) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
}

// BenchmarkRefresh is what the directory adds to asking.
func BenchmarkRefresh(b *testing.B) {
	d, dids, _ := newFull(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Refresh(b.Context(), dids[0].AtIdentifier()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCacheEntry reads a value of a Cache and writes it again.
func BenchmarkCacheEntry(b *testing.B) {
	s := newShared()
	w := newWorld()
	w.account(b, alice, alices, keyK256)
	d := did.NewDirectory(w, w, &did.DirectoryOptions{Cache: s})
	found(b, d, alice)
	require.NoError(b, d.Close())
	value := s.values[alice]
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := did.RewriteEntry(value); err != nil {
			b.Fatal(err)
		}
	}
}
