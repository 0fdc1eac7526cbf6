package did_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// A crowd is a directory of did:plc on loopback with many accounts, all of one
// server, and how often each was asked for.
type crowd struct {
	*httptest.Server
	t       *testing.T
	dids    []syntax.DID
	handles map[syntax.Handle]syntax.DID
	asked   []atomic.Int32
	serve   atomic.Pointer[func(w http.ResponseWriter, i int) bool] // whether it has answered
}

func newCrowd(t *testing.T, n int) *crowd {
	c := &crowd{t: t, dids: make([]syntax.DID, n), handles: make(map[syntax.Handle]syntax.DID, n), asked: make([]atomic.Int32, n)}
	for i := range n {
		c.dids[i] = parseDID(t, "did:plc:"+strings.Map(digit, fmt.Sprintf("%024d", i)))
		c.handles[parseHandle(t, fmt.Sprintf("n%d.example.com", i))] = c.dids[i]
	}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := index(r.URL.Path)
		c.asked[i].Add(1)
		if f := c.serve.Load(); f != nil && (*f)(w, i) {
			return
		}
		fmt.Fprintf(w, `{"id":%q,"alsoKnownAs":["at://n%d.example.com"],"verificationMethod":[{"id":"%s#atproto","type":"Multikey","controller":%q,"publicKeyMultibase":%q}],`+
			`"service":[{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://pds.example.com"}]}`, r.URL.Path[1:], i, r.URL.Path[1:], r.URL.Path[1:], keyK256)
	}))
	t.Cleanup(c.Close)
	return c
}

// digit returns a digit as a letter of base32.
func digit(r rune) rune { return 'a' + r - '0' }

// index returns the number of a DID in a path.
func index(path string) int {
	n := 0
	for _, r := range path[len("/did:plc:"):] {
		if r >= 'a' && r <= 'j' {
			n = 10*n + int(r-'a')
		}
	}
	return n
}

func (c *crowd) directory(t *testing.T, o *did.DirectoryOptions) *did.Directory {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	plc, err := did.NewPLC(&did.Options{PLC: c.URL, Timeout: ample, Client: &http.Client{Transport: transport}})
	require.NoError(t, err)
	o.MaxEntries, o.Timeout = 2*len(c.dids), ample
	d := did.NewDirectory(plc, did.StaticHandles(c.handles), o)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// run makes lookups of random accounts from many goroutines, half of them by
// handle.
func (c *crowd) run(d *did.Directory, lookups, goroutines int, check func(i int, id *did.Identity, err error)) {
	names := make([]syntax.Handle, len(c.dids))
	for h, id := range c.handles {
		names[index("/"+id.String())] = h
	}
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 7))
			for k := range lookups / goroutines {
				i := k*goroutines + g // all of them, and then any
				if i >= len(c.dids) {
					i = r.IntN(len(c.dids))
				}
				var id *did.Identity
				var err error
				if k%2 == 0 {
					id, err = d.LookupDID(c.t.Context(), c.dids[i])
				} else {
					id, err = d.LookupHandle(c.t.Context(), names[i])
				}
				check(i, id, err)
			}
		})
	}
	wg.Wait()
}

// requests returns how many requests there were, and the most for one account.
func (c *crowd) requests() (total int, most int32) {
	for i := range c.asked {
		n := c.asked[i].Swap(0)
		total += int(n)
		most = max(most, n)
	}
	return total, most
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestLoad makes many lookups of many accounts at once. Each account is asked for
// once, and what is kept of it is not large.
func TestLoad(t *testing.T) {
	ledger.Covers(t, "DID-047", "DID-048")
	leaktest.Check(t)
	accounts, lookups := loadAccounts, 10*loadAccounts
	c := newCrowd(t, accounts)
	d := c.directory(t, new(did.DirectoryOptions))
	before := heap()
	start := time.Now()
	var wrong atomic.Int64
	c.run(d, lookups, 64, func(i int, id *did.Identity, err error) {
		if err != nil || id.DID() != c.dids[i] || c.handles[id.Handle()] != c.dids[i] {
			wrong.Add(1)
		}
	})
	took := time.Since(start)
	require.Zero(t, wrong.Load())
	total, most := c.requests()
	require.Equal(t, accounts, total)
	require.Equal(t, int32(1), most)
	s := d.Stats()
	require.Equal(t, uint64(accounts), s.DIDsAsked)
	require.Equal(t, uint64(accounts), s.HandlesAsked)
	require.Zero(t, s.Failed)
	per := (heap() - before) / int64(accounts)
	require.Less(t, per, int64(4096))
	t.Logf("%d lookups of %d accounts in %v, %d bytes for each account", lookups, accounts, took.Round(time.Millisecond), per)
	runtime.KeepAlive(d)
}

// TestLoadFlood looks up more accounts than there is room for.
func TestLoadFlood(t *testing.T) {
	leaktest.Check(t)
	c := newCrowd(t, loadAccounts/10)
	o := new(did.DirectoryOptions)
	d := c.directory(t, o)
	small := did.NewDirectory(d, d, &did.DirectoryOptions{MaxEntries: 500})
	c.run(d, loadAccounts/5, 64, func(int, *did.Identity, error) {}) // so that all are known
	before := heap()
	var wrong atomic.Int64
	c.run(small, loadAccounts, 64, func(_ int, _ *did.Identity, err error) {
		if err != nil {
			wrong.Add(1)
		}
	})
	require.Zero(t, wrong.Load())
	require.LessOrEqual(t, small.Stats().DIDs, 500)
	require.LessOrEqual(t, small.Stats().Handles, 500)
	require.Less(t, heap()-before, int64(8<<20))
	runtime.KeepAlive(small)
	runtime.KeepAlive(d)
}

// TestLoadSlow has a server that takes its time, and callers that share answers.
func TestLoadSlow(t *testing.T) {
	leaktest.Check(t)
	c := newCrowd(t, 50)
	slow := func(http.ResponseWriter, int) bool { time.Sleep(20 * time.Millisecond); return false }
	c.serve.Store(&slow)
	d := c.directory(t, new(did.DirectoryOptions))
	var failed atomic.Int64
	var wg sync.WaitGroup
	for range 20 { // all want the same at once
		wg.Go(func() {
			c.run(d, 100, 2, func(_ int, _ *did.Identity, err error) {
				if err != nil {
					failed.Add(1)
				}
			})
		})
	}
	wg.Wait()
	require.Zero(t, failed.Load())
	total, most := c.requests()
	require.LessOrEqual(t, total, 50)
	require.Equal(t, int32(1), most)
}

// TestLoadFailing has a server that fails for all accounts, and then for none.
// Failures are shared, and not asked for again at once.
func TestLoadFailing(t *testing.T) {
	leaktest.Check(t)
	n := loadAccounts / 50
	c := newCrowd(t, n)
	broken := func(w http.ResponseWriter, _ int) bool { w.WriteHeader(http.StatusBadGateway); return true }
	c.serve.Store(&broken)
	d := c.directory(t, &did.DirectoryOptions{FailureAge: time.Hour})
	var wrong atomic.Int64
	c.run(d, 10*n, 64, func(_ int, _ *did.Identity, err error) {
		if !errors.Is(err, did.ErrDIDResolutionFailed) || errors.Is(err, did.ErrDIDNotFound) {
			wrong.Add(1)
		}
	})
	require.Zero(t, wrong.Load())
	total, most := c.requests()
	require.Equal(t, n, total)
	require.Equal(t, int32(1), most)
	c.serve.Store(nil)
	for _, id := range c.dids {
		require.NoError(t, d.Purge(t.Context(), id.AtIdentifier()))
	}
	c.run(d, 10*n, 64, func(_ int, _ *did.Identity, err error) {
		if err != nil {
			wrong.Add(1)
		}
	})
	require.Zero(t, wrong.Load())
	total, most = c.requests()
	require.Equal(t, n, total)
	require.Equal(t, int32(1), most)
}

// TestLoadKilled cuts connections half way, and comes back. What is known stays
// known all the time, although it has to be asked for anew.
func TestLoadKilled(t *testing.T) {
	leaktest.Check(t)
	n := loadAccounts / 50
	c := newCrowd(t, n)
	d := c.directory(t, &did.DirectoryOptions{HitAge: time.Nanosecond, FailureAge: time.Nanosecond, SkipHandleVerification: true})
	half := func(i int) bool { return i < n/2 }
	for i := range n / 2 {
		_, err := d.LookupDID(t.Context(), c.dids[i])
		require.NoError(t, err)
	}
	killed := func(http.ResponseWriter, int) bool { panic(http.ErrAbortHandler) }
	c.serve.Store(&killed)
	var wrong atomic.Int64
	c.run(d, 10*n, 64, func(i int, id *did.Identity, err error) {
		if half(i) && err != nil || !half(i) && (!errors.Is(err, did.ErrDIDResolutionFailed) || id != nil) {
			wrong.Add(1)
		}
	})
	require.Zero(t, wrong.Load())
	c.serve.Store(nil)
	c.run(d, 10*n, 64, func(_ int, _ *did.Identity, err error) {
		if err != nil {
			wrong.Add(1)
		}
	})
	require.Zero(t, wrong.Load())
}
