package xrpc

import (
	"cmp"
	"context"
	"errors"
	"iter"
)

// DefaultMaxEmptyPages is how many pages in a row may be empty by default.
const DefaultMaxEmptyPages = 100

// ErrCursorLoop is the error of a [Pager] whose server leads it in a circle.
var ErrCursorLoop = errors.New("xrpc: the server's cursors go in a circle")

// PagerOptions are options for [NewPager].
type PagerOptions struct {
	// Cursor is where to begin: what [Pager.Cursor] returned once. Empty means
	// at the beginning.
	Cursor string
	// MaxPages is how many pages are fetched, after which [Pager.Done] says
	// whether there are more. Zero means all.
	MaxPages int
	// MaxEmptyPages is how many pages in a row may be empty; beyond it there
	// is a [*LimitError]. Zero means [DefaultMaxEmptyPages], and a negative
	// number no limit.
	MaxEmptyPages int
}

// A Pager goes through the pages of a method with a cursor. It is for one
// goroutine at a time. Make one with [NewPager].
//
// https://atproto.com/specs/xrpc#cursors-and-pagination
type Pager[T any] struct {
	fetch func(ctx context.Context, cursor string) ([]T, string, error)
	opts  PagerOptions

	cursor string
	done   bool
	pages  int
	empty  int
	loop   loopDetector
}

// NewPager returns a pager of what fetch fetches: the page at a cursor, which
// is empty for the first, with the cursor of the next page, which is empty if
// there is none. All other parameters must stay the same. Nil options mean the
// defaults.
func NewPager[T any](fetch func(ctx context.Context, cursor string) (items []T, next string, err error), o *PagerOptions) *Pager[T] {
	p := &Pager[T]{fetch: fetch}
	if o != nil {
		p.opts = *o
	}
	p.opts.MaxEmptyPages = cmp.Or(p.opts.MaxEmptyPages, DefaultMaxEmptyPages)
	p.cursor = p.opts.Cursor
	return p
}

// Items returns the items of the pages from where the pager is. The pair with
// an error is the last one: that of fetch or of ctx, [ErrCursorLoop], or a
// [*LimitError]. After an error, or when the loop was left, a new loop begins
// with the page at Cursor, and gives its items, again if some were taken.
func (p *Pager[T]) Items(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range p.Pages(ctx) {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// Pages is like Items for whole pages. Some may be empty.
func (p *Pager[T]) Pages(ctx context.Context) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		for !p.done && (p.opts.MaxPages <= 0 || p.pages < p.opts.MaxPages) {
			items, next, err := p.page(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(items, nil) {
				return
			}
			p.pages++
			if err := p.advance(next); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

func (p *Pager[T]) page(ctx context.Context) ([]T, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	items, next, err := p.fetch(ctx, p.cursor)
	if err != nil {
		return nil, "", err
	}
	if p.empty++; len(items) > 0 {
		p.empty = 0
	}
	if limit := p.opts.MaxEmptyPages; limit >= 0 && p.empty > limit && next != "" {
		return nil, "", &LimitError{Name: limitEmpty, Limit: int64(limit), Got: int64(p.empty), Offset: -1}
	}
	return items, next, nil
}

// advance goes on to the next page.
func (p *Pager[T]) advance(next string) error {
	if next == "" {
		p.done = true
		return nil
	}
	loop := next == p.cursor || p.loop.seen(next)
	p.cursor = next
	if loop {
		return ErrCursorLoop
	}
	return nil
}

// Cursor returns where to go on: the cursor of the first page whose items were
// not all taken. It is for [PagerOptions].Cursor, if Done does not report true.
// After [ErrCursorLoop] it is the one that has come again.
func (p *Pager[T]) Cursor() string { return p.cursor }

// Done reports whether the last page was taken.
func (p *Pager[T]) Done() bool { return p.done }

// A loopDetector finds a circle in a sequence, sooner or later, with the memory
// of one element (R. P. Brent, "An improved Monte Carlo factorization
// algorithm", 1980): it compares with one that it replaces after 1, 2, 4, …
// steps.
type loopDetector struct {
	kept        string
	steps, turn int
}

func (l *loopDetector) seen(s string) bool {
	if l.turn > 0 && s == l.kept {
		return true
	}
	if l.steps++; l.steps >= l.turn {
		l.kept, l.steps, l.turn = s, 0, max(2*l.turn, 1)
	}
	return false
}
