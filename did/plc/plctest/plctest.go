// Package plctest has a PLC directory for tests: complete, in memory, and with
// the rules of the real one. It implements the server's side of
// https://web.plc.directory/spec/v0.1/did-plc.
//
// [New] returns a [Directory], which is an [http.Handler]:
//
//	dir := plctest.New(nil)
//	srv := httptest.NewServer(dir)
//	defer srv.Close()
//	client, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true})
//
// It serves DID documents, data, logs and audit logs, the export in both of its
// forms and as a stream, and takes operations, which it verifies as package plc
// does: signatures, limits, recovery within 72 hours and what that undoes. A
// [Clock] sets the time. Servers of others can run on it as well.
//
// What it does on purpose is what the specification says where implementations
// differ, see [Options]. An operation that loses against another one that was
// faster gets 409, and one that cannot be right 400.
//
// All methods may be called concurrently. Nothing is ever written to disk.
package plctest

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/syntax"
)

// Options are options for [New]. Nil, and zero fields, mean the defaults.
type Options struct {
	// Now is the directory's clock, such as that of a [Clock]. Nil means the
	// real one.
	Now func() time.Time

	// RateLimit limits the operations of a DID to 10 in an hour, 30 in a day and
	// 100 in a week. Those that undo others are let through.
	RateLimit bool

	// DeactivatedStatus is the HTTP status for DIDs that are deactivated. Zero
	// means 410, as the API's description says. Servers exist that give 404.
	DeactivatedStatus int

	// FirstSeq is the number of the first operation in the export. Zero means 1.
	FirstSeq int64

	// StreamWindow is how old operations may be that the stream begins with.
	// Zero means a week.
	StreamWindow time.Duration

	// StreamBacklog is how many operations a consumer of the stream may be behind,
	// once it has caught up. Zero means 500.
	StreamBacklog int

	// Version is what the health check returns. Empty means "plctest".
	Version string
}

// A Directory is a PLC directory. Make one with [New].
type Directory struct {
	o    Options
	keys plc.KeyCache
	mux  *http.ServeMux

	mu      sync.Mutex
	dids    map[syntax.DID]*account
	export  []*record     // in the order of their numbers
	grown   chan struct{} // closed when the export grows, or streams have to end
	dropped string        // why streams have to end
	drops   int           // how often they had to
	streams int           // how many are open
	idle    int           // how many of them have sent all there is
}

// An account is a DID and its history.
type account struct {
	log   []*record
	state *plc.State
}

// A record is an operation as the directory has it. Only the flag changes.
type record struct {
	plc.Entry // its Seq is always set
}

// New returns an empty directory. Nil options mean the defaults.
func New(o *Options) *Directory {
	d := &Directory{dids: map[syntax.DID]*account{}, grown: make(chan struct{})}
	if o != nil {
		d.o = *o
	}
	if d.o.Now == nil {
		d.o.Now = time.Now
	}
	if d.o.DeactivatedStatus == 0 {
		d.o.DeactivatedStatus = http.StatusGone
	}
	if d.o.FirstSeq <= 0 {
		d.o.FirstSeq = 1
	}
	if d.o.StreamWindow <= 0 {
		d.o.StreamWindow = 7 * 24 * time.Hour
	}
	if d.o.StreamBacklog <= 0 {
		d.o.StreamBacklog = 500
	}
	if d.o.Version == "" {
		d.o.Version = "plctest"
	}
	d.routes()
	return d
}

// Submit hands an operation to the directory, as POST does over HTTP. The error
// is the same [*plc.StatusError] as a client gets.
func (d *Directory) Submit(id syntax.DID, op *plc.Operation) error {
	_, err := d.SubmitAll(Submission{id, op})
	return err
}

// A Submission is an operation to submit.
type Submission struct {
	DID       syntax.DID
	Operation *plc.Operation
}

// SubmitAll submits operations one after the other, and lets nobody see the
// first before it has taken the last. It stops at the first that is refused and
// returns how many were taken.
func (d *Directory) SubmitAll(list ...Submission) (taken int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range list {
		if err := d.submit(s.DID, s.Operation); err != nil {
			return taken, err
		}
		taken++
	}
	return taken, nil
}

// Log returns the audit log of a DID, which is nil if there is none.
func (d *Directory) Log(id syntax.DID) []plc.Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.dids[id]
	if a == nil {
		return nil
	}
	log := make([]plc.Entry, len(a.log))
	for i, r := range a.log {
		log[i] = r.Entry
		log[i].Seq = 0
	}
	return log
}

// State returns the history of a DID, or nil if there is none.
func (d *Directory) State(id syntax.DID) *plc.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.dids[id]; a != nil {
		return a.state
	}
	return nil
}

// Len returns how many operations the directory has, and the number of the last
// one.
func (d *Directory) Len() (operations int, lastSeq int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.export), d.lastSeq()
}

func (d *Directory) lastSeq() int64 { return d.o.FirstSeq - 1 + int64(len(d.export)) }

// submit does what Submit does, under the lock.
func (d *Directory) submit(id syntax.DID, op *plc.Operation) error {
	if err := op.CheckSubmit(); err != nil {
		return refusal(id, http.StatusBadRequest, err.Error())
	}
	a := d.dids[id]
	if a == nil {
		if !op.IsGenesis() {
			return refusal(id, http.StatusNotFound, "DID not registered: "+id.String())
		}
		a = &account{state: plc.NewState(id)}
	}
	e := plc.Entry{DID: id, Operation: op, CID: op.CID(), CreatedAt: d.now(a), Seq: d.lastSeq() + 1}
	state, verdict, err := a.state.Apply(e, &plc.VerifyOptions{Keys: &d.keys})
	if err != nil {
		return d.refuse(id, err)
	}
	if d.o.RateLimit && len(verdict.Nullifies) == 0 {
		if err := a.checkRate(id, e.CreatedAt); err != nil {
			return err
		}
	}
	a.nullify(verdict.Nullifies)
	r := &record{e}
	a.log, a.state = append(a.log, r), state
	d.dids[id] = a
	d.export = append(d.export, r)
	d.wake()
	return nil
}

// now returns the time for a new operation: the clock's, but later than the
// operation before it, also if that came in the same millisecond.
func (d *Directory) now(a *account) time.Time {
	now := d.o.Now().UTC().Truncate(time.Millisecond)
	if n := len(a.log); n > 0 && !now.After(a.log[n-1].CreatedAt) {
		now = a.log[n-1].CreatedAt.Add(time.Millisecond)
	}
	return now
}

// nullify sets the flag of operations that were undone.
func (a *account) nullify(undone []dagcbor.CID) {
	for _, c := range undone {
		for _, r := range a.log {
			if r.CID == c {
				r.Nullified = true
			}
		}
	}
}

// checkRate checks that an operation at the given time is not one too many.
//
// https://github.com/did-method-plc/did-method-plc, packages/server/src/constraints.ts
func (a *account) checkRate(id syntax.DID, now time.Time) error {
	for _, l := range []struct {
		name string
		span time.Duration
		max  int
	}{{"hour", time.Hour, 10}, {"day", 24 * time.Hour, 30}, {"week", 7 * 24 * time.Hour, 100}} {
		n := 0
		for _, r := range a.log {
			if !r.Nullified && r.CreatedAt.After(now.Add(-l.span)) {
				n++
			}
		}
		if n >= l.max {
			return refusal(id, http.StatusTooManyRequests, "Too many operations within last "+l.name)
		}
	}
	return nil
}

// refuse returns the answer to an operation that does not stand.
func (d *Directory) refuse(id syntax.DID, err error) error {
	status := http.StatusBadRequest
	if e, ok := errors.AsType[*plc.EntryError](err); ok {
		switch e.Reason {
		case plc.ReasonWeakKey, plc.ReasonDuplicate, plc.ReasonPrevNullified:
			status = http.StatusConflict
		case plc.ReasonPrevTombstone:
			return d.deactivated(id)
		}
	}
	return refusal(id, status, err.Error())
}

func (d *Directory) deactivated(id syntax.DID) *plc.StatusError {
	return refusal(id, d.o.DeactivatedStatus, "DID not available: "+id.String())
}

func refusal(id syntax.DID, status int, message string) *plc.StatusError {
	return &plc.StatusError{Status: status, Message: message, Path: "/" + id.String()}
}

// wake tells streams that there is something to do.
func (d *Directory) wake() {
	close(d.grown)
	d.grown = make(chan struct{})
}

// DropStreams ends all streams that are open now with the given reason, such as
// "ConsumerTooSlow". With an empty reason it cuts their connections.
func (d *Directory) DropStreams(reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dropped = reason
	d.drops++
	d.wake()
}

// Streams returns how many streams are open.
func (d *Directory) Streams() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.streams
}

// CaughtUp returns how many of the open streams have sent all operations that
// there are.
func (d *Directory) CaughtUp() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.idle
}

// A Clock is a clock that stands still until it is set. All methods may be
// called concurrently.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the given time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set sets the clock.
func (c *Clock) Set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// Advance sets the clock forward, or back if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
