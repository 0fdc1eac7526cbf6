package plc

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// nearLive is how old the last entry of a page may be for the stream to take
	// over. Streams go back days.
	nearLive = time.Hour

	// streamRetry is how long a directory without a stream is asked for pages
	// before the stream is tried again.
	streamRetry = 10 * time.Minute

	// streamTries is how often in a row a stream may fail before its directory
	// is taken for one without a stream.
	streamTries = 3
)

// Follow receives the operations of all DIDs, from the one after the number
// given, and waits for more: pages of the export until it is near the end, then
// the stream, and pages again whenever the stream does not go back far enough.
// Every entry comes once and in order. It begins with 0, and resumes with the
// Seq of the last entry that was dealt with.
//
// Follow goes on after failures that can pass, and tells
// [ExportOptions].OnRetry. What ends it is the last pair: the error of the
// context, [ErrFutureCursor], an answer to a page that will not change, such as
// a [*StatusError] with 404, or an invalid entry that OnInvalid does not
// excuse. Where the directory has no stream it asks for pages all the time.
//
// Nothing is verified: [VerifyExport] does that.
//
// https://web.plc.directory/spec/v0.1/did-plc#export-streaming-websocket
func (c *Client) Follow(ctx context.Context, cursor int64, o *ExportOptions) iter.Seq2[Entry, error] {
	opts := o.withDefaults()
	return func(yield func(Entry, error) bool) {
		f := follower{c: c, o: &opts, cursor: max(cursor, 0)}
		f.yield = func(e Entry, _ error) bool {
			f.wait = 0
			f.stopped = !yield(e, nil)
			return !f.stopped
		}
		if err := f.run(ctx); err != nil && !f.stopped {
			yield(Entry{}, handOut(err))
		}
	}
}

// A follower is a run of Follow.
type follower struct {
	c       *Client
	o       *ExportOptions
	cursor  int64
	yield   func(Entry, error) bool
	stopped bool          // whether yield wants no more
	failed  int           // how often the stream has, since the last entry
	wait    time.Duration // after the last failure; 0 after an entry
	pages   time.Time     // until when there is no use in trying the stream
}

// run returns nil if yield wants no more, and otherwise why it ended.
func (f *follower) run(ctx context.Context) error {
	for {
		before := f.cursor
		err := f.live(ctx)
		if f.stopped || ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, ErrOutdatedCursor) || errors.Is(err, errNoStream) {
			noStream := errors.Is(err, errNoStream)
			err = f.catchUp(ctx)
			switch {
			case f.stopped || ctx.Err() != nil:
				return context.Cause(ctx)
			case err == nil && noStream:
				if !sleep(ctx, f.o.PollInterval) {
					return context.Cause(ctx)
				}
				continue
			case err == nil && f.cursor > before:
				continue
			case err == nil:
				err = ErrOutdatedCursor
			}
		}
		if fatal(err) {
			return err
		}
		if !f.backOff(ctx, err) {
			return context.Cause(ctx)
		}
	}
}

var errNoStream = errors.New("plc: directory has no stream")

// live follows the stream to its end. If the directory refuses it, or it has
// failed too often without an entry, there is none for a while.
func (f *follower) live(ctx context.Context) error {
	if time.Now().Before(f.pages) {
		return errNoStream
	}
	before := f.cursor
	err := f.c.stream(ctx, &f.cursor, f.o, func(e Entry) bool { return f.yield(e, nil) })
	e, refused := errors.AsType[*StatusError](err)
	switch {
	case f.cursor > before || errors.Is(err, ErrOutdatedCursor):
		f.failed = 0
		return err
	case refused && !e.Temporary():
	case fatal(err):
		return err
	default:
		if f.failed++; f.failed <= streamTries {
			return err
		}
	}
	f.failed, f.pages = 0, time.Now().Add(streamRetry)
	return errNoStream
}

// catchUp goes through pages until it is near the end.
func (f *follower) catchUp(ctx context.Context) error {
	for {
		p, err := f.c.page(ctx, &f.cursor, f.o, f.yield)
		if err != nil || f.stopped || p.lines == 0 {
			return err
		}
		if time.Since(p.last) < nearLive && time.Now().After(f.pages) {
			return nil
		}
	}
}

// fatal reports whether err cannot pass.
func fatal(err error) bool {
	if e, ok := errors.AsType[*StatusError](err); ok {
		return !e.Temporary() && e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden
	}
	if _, ok := err.(faultError); ok { //nolint:errorlint // it is never wrapped
		return true
	}
	_, tooLarge := errors.AsType[*LimitError](err)
	return tooLarge || errors.Is(err, ErrFutureCursor) || errors.Is(err, errNotSequenced)
}

// backOff waits after a failure, and reports whether to go on.
func (f *follower) backOff(ctx context.Context, err error) bool {
	f.wait = min(max(2*f.wait, f.o.MinBackoff), f.o.MaxBackoff)
	wait := f.wait/2 + rand.N(f.wait/2+1) // not all clients at once
	if e, ok := errors.AsType[*StatusError](err); ok {
		wait = max(wait, e.RetryAfter)
	}
	if f.o.OnRetry != nil {
		f.o.OnRetry(err, wait)
	}
	return sleep(ctx, wait)
}

// sleep waits, and reports whether it has done so to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
