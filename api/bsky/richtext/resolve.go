package richtext

import (
	"context"
	"sync"

	"github.com/linnet-at/linnet/syntax"
)

// DefaultMaxMentions is how many accounts a text mentions at most by default.
const DefaultMaxMentions = 20

// concurrency is how many handles are resolved at a time.
const concurrency = 4

// A Resolver finds the accounts of handles. Those of package did are Resolvers;
// the one to choose is a Directory there, which checks that handles and accounts
// lead to each other, and remembers.
type Resolver interface {
	ResolveHandle(ctx context.Context, handle syntax.Handle) (syntax.DID, error)
}

// A ResolverFunc is a function as a [Resolver].
type ResolverFunc func(ctx context.Context, handle syntax.Handle) (syntax.DID, error)

// ResolveHandle calls f.
func (f ResolverFunc) ResolveHandle(ctx context.Context, handle syntax.Handle) (syntax.DID, error) {
	return f(ctx, handle)
}

// Options are options for [New].
type Options struct {
	DetectOptions

	// MaxMentions is how many different handles are resolved; those after that
	// are no mentions. Zero means [DefaultMaxMentions], and a negative number no
	// limit. The text of a bot may be made by strangers, who would have it ask
	// the whole network.
	MaxMentions int

	// Unresolved is called with each handle that the resolver has an error for,
	// and returns the error with which New fails, or nil to leave the handle as
	// plain text. Nil leaves all.
	Unresolved func(handle syntax.Handle, err error) error
}

// New returns a text with the facets that [Detect] finds in it; nil options mean
// the defaults. Each handle is resolved once, some at a time. Where that fails,
// what looks like a mention is plain text, unless Options.Unresolved says
// otherwise; a nil resolver leaves all as such.
//
// The error is that of ctx or of Options.Unresolved, or says that the text is
// not UTF-8. Such a text is not mended, as that would not be what was written;
// [strings.ToValidUTF8] does it.
func New(ctx context.Context, text string, r Resolver, o *Options) (Text, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	if err := checkUTF8(text); err != nil {
		return Text{}, err
	}
	t := Text{Text: text}
	var matches []Match
	for m := range Detect(text, &opts.DetectOptions) {
		matches = append(matches, m)
	}
	accounts, err := opts.resolve(ctx, matches, r)
	if err != nil {
		return Text{}, err
	}
	for _, m := range matches {
		switch m.Kind {
		case Mention:
			if account, ok := accounts[m.Handle]; ok {
				t.Facets = append(t.Facets, newFacet(m.Start, m.End, mention(account)))
			}
		case Link:
			t.Facets = append(t.Facets, newFacet(m.Start, m.End, link(m.URI)))
		case Tag:
			t.Facets = append(t.Facets, newFacet(m.Start, m.End, tag(m.Tag)))
		}
	}
	return t, nil
}

// resolve returns the accounts of the handles in matches.
func (o *Options) resolve(ctx context.Context, matches []Match, r Resolver) (map[syntax.Handle]syntax.DID, error) {
	handles := o.handles(matches)
	if r == nil || len(handles) == 0 {
		return nil, ctx.Err()
	}
	accounts, errs := make([]syntax.DID, len(handles)), make([]error, len(handles))
	var wg sync.WaitGroup
	slots := make(chan struct{}, concurrency)
	for i, h := range handles {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if errs[i] = ctx.Err(); errs[i] == nil {
				accounts[i], errs[i] = r.ResolveHandle(ctx, h)
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found := make(map[syntax.Handle]syntax.DID, len(handles))
	for i, h := range handles {
		switch {
		case errs[i] == nil && !accounts[i].IsZero():
			found[h] = accounts[i]
		case errs[i] != nil && o.Unresolved != nil:
			if err := o.Unresolved(h, errs[i]); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// handles returns the different handles to resolve.
func (o *Options) handles(matches []Match) []syntax.Handle {
	limit := o.MaxMentions
	if limit == 0 {
		limit = DefaultMaxMentions
	}
	var handles []syntax.Handle
	seen := make(map[syntax.Handle]bool)
	for _, m := range matches {
		if m.Kind != Mention || seen[m.Handle] || limit >= 0 && len(handles) >= limit {
			continue
		}
		seen[m.Handle] = true
		handles = append(handles, m.Handle)
	}
	return handles
}
