package did_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// A world is a network of DIDs and handles, which counts questions.
type world struct {
	mu      sync.Mutex
	docs    map[string]*did.Document
	leads   map[string]string // handles to DIDs
	didErr  error             // for all DIDs
	hErr    error             // for all handles
	delay   time.Duration     // of all answers
	asked   map[string]int
	running int // questions
}

func newWorld() *world {
	return &world{docs: map[string]*did.Document{}, leads: map[string]string{}, asked: map[string]int{}}
}

// account adds an account whose document declares a handle, unless that is
// empty, and has a key.
func (w *world) account(t testing.TB, id, handle, key string) {
	d := &did.Document{ID: parseDID(t, id), Services: []did.Service{{ID: "#atproto_pds", Type: did.PDSType, Endpoint: "https://pds.example.com"}}}
	if handle != "" {
		d.AlsoKnownAs = []string{"at://" + handle}
	}
	if key != "" {
		d.VerificationMethods = []did.VerificationMethod{{ID: id + "#atproto", Type: "Multikey", Controller: id, PublicKeyMultibase: key}}
	}
	w.change(func() { w.docs[id] = d })
}

func (w *world) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// busy returns how many questions have no answer yet.
func (w *world) busy() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running
}

// begin counts a question, and takes its time.
func (w *world) begin(ctx context.Context, name string) error {
	w.mu.Lock()
	w.asked[name]++
	w.running++
	delay := w.delay
	w.mu.Unlock()
	defer w.change(func() { w.running-- })
	if delay == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) ResolveDID(ctx context.Context, id syntax.DID) (*did.Document, error) {
	if err := id.CheckResolvable(nil); err != nil {
		return nil, err
	}
	fail := func(r did.Reason, err error) error {
		return &did.ResolveError{DID: id, Arms: []*did.ArmError{{Arm: "plc", Reason: r, Temporary: r != did.ReasonNotFound, Err: err}}}
	}
	if err := w.begin(ctx, id.String()); err != nil {
		return nil, fail(did.ReasonTimeout, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.docs[id.String()]
	switch {
	case w.didErr != nil:
		return nil, fail(did.ReasonNetwork, w.didErr)
	case d == nil:
		return nil, fail(did.ReasonNotFound, nil)
	}
	c := *d
	return &c, nil
}

func (w *world) ResolveHandle(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
	if err := h.CheckResolvable(nil); err != nil {
		return syntax.DID{}, err
	}
	fail := func(r did.Reason, err error) error {
		return &did.ResolveError{Handle: h, Arms: []*did.ArmError{{Arm: "dns", Reason: r, Temporary: r != did.ReasonNotFound, Err: err}}}
	}
	if err := w.begin(ctx, h.String()); err != nil {
		return syntax.DID{}, fail(did.ReasonTimeout, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	to := w.leads[h.String()]
	switch {
	case w.hErr != nil:
		return syntax.DID{}, fail(did.ReasonNetwork, w.hErr)
	case to == "":
		return syntax.DID{}, fail(did.ReasonNotFound, nil)
	}
	return syntax.ParseDID(to)
}

// count returns how often a name was asked for since the last count.
func (w *world) count(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.asked[name]
	w.asked[name] = 0
	return n
}

// all returns how often names were asked for since the last count.
func (w *world) all() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := maps.Clone(w.asked)
	clear(w.asked)
	maps.DeleteFunc(all, func(_ string, n int) bool { return n == 0 })
	return all
}

const (
	alices = "alice.example.com"
	bobs   = "bob.example.com"
	evils  = "evil.example.com"
)

// newAlice returns a world in which all is well with alice, and its directory.
func newAlice(t testing.TB, o *did.DirectoryOptions) (*world, *did.Directory) {
	w := newWorld()
	w.account(t, alice, alices, keyK256)
	w.leads[alices] = alice
	d := did.NewDirectory(w, w, o)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return w, d
}

// lookup looks a name up that is a DID or handle.
func lookup(t testing.TB, d *did.Directory, name string) (*did.Identity, error) {
	t.Helper()
	return d.Lookup(t.Context(), at(t, name))
}

func at(t testing.TB, name string) syntax.AtIdentifier {
	t.Helper()
	id, err := syntax.ParseAtIdentifier(name)
	require.NoError(t, err)
	return id
}

// found looks a name up that must be there.
func found(t testing.TB, d *did.Directory, name string) *did.Identity {
	t.Helper()
	id, err := lookup(t, d, name)
	require.NoError(t, err)
	return id
}

// TestBothWays is about handles and DIDs that lead to each other, or do not.
func TestBothWays(t *testing.T) {
	ledger.Covers(t, "DID-041", "DID-042", "DID-043", "DID-044")
	for _, tc := range []struct {
		name     string
		leads    string // alice's handle; empty for nowhere
		declares string // her document
		byHandle error
		byDID    error // what is wrong with the handle
		text     string
	}{
		{"well", alice, alices, nil, nil, ""},
		{"case", alice, "ALICE.Example.Com", nil, nil, ""},
		{"elsewhere", bob, alices, did.ErrHandleMismatch, did.ErrHandleMismatch, `did: handle "alice.example.com" is declared by "` + alice + `", but leads to "` + bob + `"`},
		{"nowhere", "", alices, did.ErrHandleNotFound, did.ErrHandleNotFound, `did: handle of "` + alice + `": handle "alice.example.com" did not resolve: dns: not found`},
		{"another", alice, bobs, did.ErrHandleMismatch, did.ErrHandleNotFound, `did: handle of "` + alice + `": handle "bob.example.com" did not resolve: dns: not found`},
		{"none", alice, "", did.ErrHandleNotDeclared, did.ErrHandleNotDeclared, `did: "` + alice + `" declares no handle`},
		{"reserved", alice, "alice.local", did.ErrHandleMismatch, syntax.ErrReservedTLD, `did: handle of "` + alice + `": syntax: handle "alice.local" can't be resolved: reserved top-level domain`},
		{"placeholder", alice, "handle.invalid", did.ErrHandleMismatch, syntax.ErrInvalidHandle, ""},
	} {
		for _, order := range []string{"DID first", "handle first"} {
			t.Run(tc.name+", "+order, func(t *testing.T) {
				w, d := newAlice(t, nil)
				w.leads[alices] = tc.leads
				w.account(t, alice, tc.declares, keyK256)
				w.account(t, bob, bobs, keyK256)
				byDID := func() {
					id := found(t, d, alice)
					require.Equal(t, alice, id.DID().String())
					declared, ok := id.DeclaredHandle()
					require.Equal(t, tc.declares != "", ok)
					if tc.byDID == nil {
						require.NoError(t, id.HandleError())
						require.Equal(t, alices, id.Handle().String())
						require.Equal(t, alices, declared.String())
						return
					}
					require.Equal(t, "handle.invalid", id.Handle().String())
					require.ErrorIs(t, id.HandleError(), tc.byDID)
					e, ok := errors.AsType[*did.HandleError](id.HandleError())
					require.True(t, ok)
					require.Equal(t, alice, e.DID.String())
					if tc.text != "" {
						require.EqualError(t, e, tc.text)
					}
				}
				byHandle := func() {
					id, err := lookup(t, d, "Alice.example.com")
					if tc.byHandle == nil {
						require.NoError(t, err)
						require.Equal(t, alices, id.Handle().String())
						require.Equal(t, alice, id.DID().String())
						return
					}
					require.Nil(t, id)
					require.ErrorIs(t, err, tc.byHandle)
				}
				if order == "DID first" {
					byDID()
					byHandle()
				}
				byHandle()
				byDID()
				// A document from before the handle was looked up is asked for
				// once more, before it is said not to declare it.
				all := w.all()
				if order == "DID first" && (errors.Is(tc.byHandle, did.ErrHandleNotDeclared) || tc.declares != alices && tc.byHandle != nil) {
					require.Equal(t, 2, all[alice])
					delete(all, alice)
				}
				for name, n := range all {
					require.Equal(t, 1, n, name)
				}
			})
		}
	}
}

// TestHandleErrors are the texts of the errors of lookups by handle.
func TestHandleErrors(t *testing.T) {
	w, d := newAlice(t, nil)
	w.leads[evils], w.leads["none.example.com"] = alice, bob
	w.account(t, bob, "", "")
	for name, want := range map[string]string{
		evils:               `did: handle "evil.example.com" leads to "` + alice + `", which declares "alice.example.com"`,
		"none.example.com":  `did: handle "none.example.com" leads to "` + bob + `", which declares none`,
		"handle.invalid":    `syntax: handle "handle.invalid" can't be resolved: placeholder for a missing handle`,
		"a.local":           `syntax: handle "a.local" can't be resolved: reserved top-level domain`,
		"did:example:a":     `syntax: DID "did:example:a" can't be resolved: unsupported DID method`,
		"gone.example.com":  `did: handle "gone.example.com" did not resolve: dns: not found`,
		"did:web:gone.test": `syntax: DID "did:web:gone.test" can't be resolved: reserved top-level domain`,
	} {
		_, err := lookup(t, d, name)
		require.EqualError(t, err, want)
	}
	e, ok := errors.AsType[*did.HandleError](func() error { _, err := lookup(t, d, evils); return err }())
	require.True(t, ok)
	require.Equal(t, []string{evils, alice, alices, alice}, []string{e.Handle.String(), e.DID.String(), e.Declared.String(), e.LeadsTo.String()})
	for _, f := range []func() error{
		func() error { _, err := d.Lookup(t.Context(), syntax.AtIdentifier{}); return err },
		func() error { _, err := d.LookupDID(t.Context(), syntax.DID{}); return err },
		func() error { _, err := d.LookupHandle(t.Context(), syntax.Handle{}); return err },
		func() error { _, err := d.Refresh(t.Context(), syntax.AtIdentifier{}); return err },
		func() error { return d.Purge(t.Context(), syntax.AtIdentifier{}) },
	} {
		_, ok := errors.AsType[*syntax.Error](f())
		require.True(t, ok)
	}
}

// TestPoison has handles of others claim alice, and DIDs of others her handle.
func TestPoison(t *testing.T) {
	ledger.Covers(t, "DID-041", "DID-042", "DID-044")
	for _, first := range []string{alice, alices, evils, bob} {
		w, d := newAlice(t, nil)
		w.leads[evils] = alice
		w.account(t, bob, alices, keyP256)
		for _, name := range []string{first, evils, bob, alices, alice, evils, bob} {
			id, err := lookup(t, d, name)
			switch name {
			case evils:
				require.ErrorIs(t, err, did.ErrHandleMismatch)
			case bob:
				require.NoError(t, err)
				require.True(t, id.Handle().IsInvalid())
				require.ErrorIs(t, id.HandleError(), did.ErrHandleMismatch)
			default:
				require.NoError(t, err)
				require.Equal(t, alices, id.Handle().String())
				require.Equal(t, alice, id.DID().String())
			}
		}
		all := w.all()
		require.LessOrEqual(t, all[alice], 2) // once more when evils led there
		all[alice] = 1
		require.Equal(t, map[string]int{alice: 1, alices: 1, evils: 1, bob: 1}, all)
	}
}

// TestNothingInDocument looks up an account that states nothing.
func TestNothingInDocument(t *testing.T) {
	ledger.Covers(t, "DID-024", "DID-025", "DID-043")
	w, d := newAlice(t, nil)
	w.docs[alice] = &did.Document{ID: parseDID(t, alice)}
	id := found(t, d, alice)
	_, err := id.SigningKey()
	require.ErrorIs(t, err, did.ErrKeyNotDeclared)
	_, err = id.PDS()
	require.ErrorIs(t, err, did.ErrPDSNotDeclared)
	_, _, err = d.FindAccount(t.Context(), at(t, alice))
	require.ErrorIs(t, err, did.ErrPDSNotDeclared)
	require.ErrorIs(t, id.HandleError(), did.ErrHandleNotDeclared)

	// That nobody answers there is found out by who goes there.
	w.account(t, bob, "", "")
	w.docs[bob].Services[0].Endpoint = "https://down.example.com"
	pds, err := found(t, d, bob).PDS()
	require.NoError(t, err)
	require.Equal(t, "https://down.example.com", pds)
	require.Equal(t, map[string]int{alice: 1, bob: 1}, w.all())
}

// TestAccessors reads all there is of an identity.
func TestAccessors(t *testing.T) {
	w, d := newAlice(t, nil)
	before := time.Now()
	id := found(t, d, alice)
	key, err := id.SigningKey()
	require.NoError(t, err)
	require.Equal(t, keyK256, key.Multikey())
	again, err := id.SigningKey()
	require.NoError(t, err)
	require.Same(t, key, again)
	pds, err := id.PDS()
	require.NoError(t, err)
	require.Equal(t, "https://pds.example.com", pds)
	require.Equal(t, alice, id.Document().ID.String())
	require.False(t, id.Resolved().Before(before))
	require.Same(t, id, found(t, d, alices))

	doc, err := d.ResolveDID(t.Context(), id.DID())
	require.NoError(t, err)
	require.Same(t, id.Document(), doc)
	got, err := d.ResolveHandle(t.Context(), id.Handle())
	require.NoError(t, err)
	require.Equal(t, id.DID(), got)
	account, host, err := d.FindAccount(t.Context(), at(t, alices))
	require.NoError(t, err)
	require.Equal(t, id.DID(), account)
	require.Equal(t, pds, host)

	_, err = d.ResolveDID(t.Context(), parseDID(t, bob))
	require.ErrorIs(t, err, did.ErrDIDNotFound)
	_, err = d.ResolveHandle(t.Context(), parseHandle(t, bobs))
	require.ErrorIs(t, err, did.ErrHandleNotFound)
	_, _, err = d.FindAccount(t.Context(), at(t, bobs))
	require.ErrorIs(t, err, did.ErrHandleNotFound)
	require.Equal(t, map[string]int{alice: 1, alices: 1, bob: 1, bobs: 1}, w.all())
}

// TestSkipHandleVerification needs no handles, and does not tell them.
func TestSkipHandleVerification(t *testing.T) {
	ledger.Covers(t, "DID-044", "DID-045")
	w, d := newAlice(t, &did.DirectoryOptions{SkipHandleVerification: true})
	id := found(t, d, alice)
	require.True(t, id.Handle().IsInvalid())
	require.ErrorIs(t, id.HandleError(), did.ErrHandleNotVerified)
	require.EqualError(t, id.HandleError(), `did: handle "alice.example.com" of "`+alice+`" was not verified`)
	declared, ok := id.DeclaredHandle()
	require.True(t, ok)
	require.Equal(t, alices, declared.String())
	require.Equal(t, map[string]int{alice: 1}, w.all())

	// By handle, both ways are gone anyway.
	require.Equal(t, alices, found(t, d, alices).Handle().String())
	require.Equal(t, alices, found(t, d, alice).Handle().String())
	require.Equal(t, map[string]int{alices: 1}, w.all())
	w.leads[evils] = alice
	_, err := lookup(t, d, evils)
	require.ErrorIs(t, err, did.ErrHandleMismatch)
}

// TestBound looks up more than there is room for.
func TestBound(t *testing.T) {
	ledger.Covers(t, "DID-047")
	w, d := newAlice(t, &did.DirectoryOptions{MaxEntries: 50})
	for range 3 {
		found(t, d, alices)
	}
	for i := range 1000 {
		id := fmt.Sprintf("did:web:n%d.example.com", i)
		w.account(t, id, fmt.Sprintf("n%d.example.com", i), "")
		w.leads[fmt.Sprintf("n%d.example.com", i)] = id
		found(t, d, id)
	}
	s := d.Stats()
	require.Equal(t, 50, s.DIDs)
	require.Equal(t, 50, s.Handles)
	require.Equal(t, uint64(2*1001-100), s.Evicted)
	w.all()
	found(t, d, alices) // was not driven out
	require.Empty(t, w.all())
}

// TestMeanwhile changes a handle. Who looks it up sees it, although the old
// document is known.
func TestMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newAlice(t, nil)
		found(t, d, alice)
		time.Sleep(time.Second)
		w.account(t, alice, "new.example.com", keyK256)
		w.change(func() { w.leads["new.example.com"] = alice; w.leads[evils] = alice })
		require.Equal(t, "new.example.com", found(t, d, "new.example.com").Handle().String())
		require.Equal(t, "new.example.com", found(t, d, alice).Handle().String())
		_, err := lookup(t, d, alices)
		require.ErrorIs(t, err, did.ErrHandleMismatch)
		require.Equal(t, map[string]int{alice: 2, alices: 1, "new.example.com": 1}, w.all())

		// Nobody can have it asked for without end in this way.
		for i := range 100 {
			h := fmt.Sprintf("evil%d.example.com", i)
			w.change(func() { w.leads[h] = alice })
			time.Sleep(time.Millisecond)
			_, err := lookup(t, d, h)
			require.ErrorIs(t, err, did.ErrHandleMismatch)
		}
		require.Zero(t, w.count(alice))
		time.Sleep(did.DefaultRecheckAge)
		_, err = lookup(t, d, evils)
		require.ErrorIs(t, err, did.ErrHandleMismatch)
		require.Equal(t, 1, w.count(alice))
	})
}
