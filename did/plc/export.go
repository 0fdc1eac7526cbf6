package plc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/linnet-at/linnet/dagcbor"
)

const (
	// pageSize is the largest page of an export that a directory gives.
	//
	// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
	pageSize = 1000

	// maxPageBytes is the largest page that is read. It has room for that many
	// operations of the largest size.
	maxPageBytes = 16 << 20
)

// ExportOptions are options for [Client.Export], [Client.ExportSince],
// [Client.Stream] and [Client.Follow]. Nil, and zero fields, mean the defaults.
type ExportOptions struct {
	// PageSize is how many entries are asked for at once. Zero means 1000, which
	// is as many as a directory gives.
	PageSize int

	// OnInvalid gets what is not a valid entry, and why. If it returns nil, the
	// iteration goes on with the next entry, and otherwise it ends with that
	// error. Nil ends it. The line must not be kept.
	OnInvalid func(line []byte, err error) error

	// PingInterval is how often a stream that is silent is asked whether it is
	// still there. One that does not answer within as much time is given up. Zero
	// means 30 seconds, negative never.
	PingInterval time.Duration

	// The rest is for Follow.

	// PollInterval is how often a directory without a stream is asked for more.
	// Zero means 10 seconds.
	PollInterval time.Duration

	// MinBackoff and MaxBackoff bound the wait after a failure, which doubles
	// from one to the next. Zero means a second and a minute.
	MinBackoff, MaxBackoff time.Duration

	// OnRetry gets every failure after which Follow goes on, and how long it
	// waits. It may be nil.
	OnRetry func(err error, wait time.Duration)
}

// withDefaults returns a copy of o with all fields set but the functions.
func (o *ExportOptions) withDefaults() ExportOptions {
	var opts ExportOptions
	if o != nil {
		opts = *o
	}
	if opts.PageSize <= 0 {
		opts.PageSize = pageSize
	}
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&opts.PingInterval, 30*time.Second)
	set(&opts.PollInterval, 10*time.Second)
	set(&opts.MinBackoff, time.Second)
	set(&opts.MaxBackoff, time.Minute)
	return opts
}

// An faultError is why an entry ended an iteration. It is for Follow to tell
// from failures that can pass, and is taken off before an error is handed out.
type faultError struct{ error }

// invalid reports an entry that is invalid.
func (o *ExportOptions) invalid(line []byte, err error) error {
	if o.OnInvalid != nil {
		err = o.OnInvalid(line, err)
	}
	if err == nil {
		return nil
	}
	return faultError{err}
}

// handOut returns the error that callers get to see.
func handOut(err error) error {
	if f, ok := err.(faultError); ok { //nolint:errorlint // it is never wrapped
		return f.error
	}
	return err
}

// Export fetches the operations of all DIDs in the order in which the directory
// numbered them, from the one after the number given to the last one there is,
// page by page. Start with 0, and resume with the Seq of the last entry that
// was dealt with. To wait for more, see [Client.Follow].
//
// Nothing is verified: [VerifyExport] does that. The numbers are the
// directory's: another directory has others. Entries of unknown types are
// passed over. An error is the last pair.
//
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
func (c *Client) Export(ctx context.Context, after int64, o *ExportOptions) iter.Seq2[Entry, error] {
	opts := o.withDefaults()
	return func(yield func(Entry, error) bool) {
		for {
			p, err := c.page(ctx, &after, &opts, yield)
			switch {
			case p.stopped:
				return
			case err != nil:
				yield(Entry{}, handOut(err))
				return
			case p.lines == 0:
				return
			}
		}
	}
}

// A page is what came of asking for one.
type page struct {
	lines   int       // on it, whatever they were
	last    time.Time // of its last entry
	stopped bool      // whether yield wants no more
}

var errNotSequenced = errors.New("plc: directory does not number its export, see Client.ExportSince")

// page yields the entries after the given number that fit on a page, and
// advances the number.
func (c *Client) page(ctx context.Context, after *int64, o *ExportOptions, yield func(Entry, error) bool) (p page, err error) {
	query := url.Values{"count": {strconv.Itoa(o.PageSize)}, "after": {strconv.FormatInt(*after, 10)}}
	body, err := c.get(ctx, "/export?"+query.Encode(), "application/jsonlines", maxPageBytes)
	if err != nil {
		return p, err
	}
	before := *after
	lines := newLineReader(bytes.NewReader(body))
	for {
		line, err := lines.next()
		if err != nil {
			return p, err
		}
		if line == nil {
			break
		}
		p.lines++
		more, err := o.sequenced(line, after, func(e Entry) bool { p.last = e.CreatedAt; return yield(e, nil) })
		if p.stopped = !more && err == nil; p.stopped || err != nil {
			return p, err
		}
	}
	if p.lines > 0 && *after <= before {
		return p, fmt.Errorf("plc: export does not advance beyond %d", before)
	}
	return p, nil
}

// sequenced yields the entry in line if it comes after the given number, which
// it advances, and reports whether there is to be more.
func (o *ExportOptions) sequenced(line []byte, after *int64, yield func(Entry) bool) (more bool, err error) {
	e, seq, err := parseEntry(line)
	switch {
	case err == nil && seq == 0:
		return false, errNotSequenced
	case seq != 0 && seq <= *after: // it has been there
		return true, nil
	case err != nil && !errors.Is(err, ErrUnknownType):
		if err := o.invalid(line, err); err != nil {
			return false, err
		}
	}
	if seq != 0 {
		*after = seq
	}
	return err != nil || yield(e), nil
}

// ExportSince fetches the operations of all DIDs in the older form of the
// export, in which entries are not numbered but say whether they are nullified,
// in the order of the time at which the directory took them: all those after
// the given time, which may be zero. It is for directories without [Client.Export].
//
// Since many operations may share a time, it looks at every last one twice and
// yields it once. Nothing is verified. An error is the last pair.
//
// https://web.plc.directory/spec/v0.1/did-plc#bulk-export
func (c *Client) ExportSince(ctx context.Context, after time.Time, o *ExportOptions) iter.Seq2[Entry, error] {
	opts := o.withDefaults()
	return func(yield func(Entry, error) bool) {
		s := sinceExport{c: c, o: &opts, after: after, seen: map[dagcbor.CID]bool{}}
		for {
			again, err := s.page(ctx, yield)
			if err != nil {
				yield(Entry{}, handOut(err))
			}
			if err != nil || !again {
				return
			}
		}
	}
}

// A sinceExport goes through an export by time.
type sinceExport struct {
	c     *Client
	o     *ExportOptions
	after time.Time // what to ask for
	last  time.Time // of the last entry
	seen  map[dagcbor.CID]bool
}

// page yields the entries of one page, and reports whether to ask for another.
func (s *sinceExport) page(ctx context.Context, yield func(Entry, error) bool) (again bool, err error) {
	query := url.Values{"count": {strconv.Itoa(s.o.PageSize)}}
	if !s.after.IsZero() {
		query.Set("after", s.after.UTC().Format(timeLayout))
	}
	body, err := s.c.get(ctx, "/export?"+query.Encode(), "application/jsonlines", maxPageBytes)
	if err != nil {
		return false, err
	}
	lines, count, fresh := newLineReader(bytes.NewReader(body)), 0, 0
	for {
		line, err := lines.next()
		if err != nil {
			return false, err
		}
		if line == nil {
			break
		}
		count++
		e, err := ParseEntry(line)
		if errors.Is(err, ErrUnknownType) {
			continue
		}
		if err != nil {
			if err := s.o.invalid(line, err); err != nil {
				return false, err
			}
			continue
		}
		if s.seen[e.CID] || e.CreatedAt.Before(s.last) {
			continue
		}
		if e.CreatedAt.After(s.last) {
			s.last = e.CreatedAt
			clear(s.seen)
		}
		s.seen[e.CID] = true
		fresh++
		if !yield(e, nil) {
			return false, nil
		}
	}
	if count == 0 {
		return false, nil
	}
	return s.advance(fresh)
}

// advance sets what to ask for next, after a page with so many entries that
// were not there before, and reports whether to ask.
func (s *sinceExport) advance(fresh int) (again bool, err error) {
	if s.last.IsZero() {
		return false, errors.New("plc: export does not advance beyond its first page")
	}
	next := s.last.Add(-time.Millisecond) // the rest of the last millisecond may be on the next page
	if fresh == 0 || !next.After(s.after) {
		next = s.last // there was nothing more of it, or there is no other way on
	}
	if fresh == 0 && !next.After(s.after) {
		return false, nil
	}
	s.after = next
	return true, nil
}
