package resolve

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

const (
	authorityLabel = "_lexicon."
	didPrefix      = "did="
)

// AuthorityName returns the domain name whose TXT records name the account that
// publishes the schema with the given NSID: "_lexicon.feed.bsky.app" for
// "app.bsky.feed.post". Schemas whose NSIDs differ in the last segment only have
// the same; there is no hierarchy, neither up nor down.
func AuthorityName(id syntax.NSID) string { return authorityLabel + id.Authority() }

// LookupAuthority finds the account that publishes the schema with the given
// NSID, with one question to DNS at most: in the TXT records of
// [AuthorityName], those that begin with "did=" have to name exactly one DID.
// Others are ignored.
func (r *Resolver) LookupAuthority(ctx context.Context, id syntax.NSID) (syntax.DID, error) {
	fail := func(step, err error) (syntax.DID, error) {
		return syntax.DID{}, &Error{NSID: id, Step: step, Err: err}
	}
	if r.c.Authority != nil {
		if did, ok := r.c.Authority(id); ok {
			return did, nil
		}
	}
	if r.c.TXT == nil || id.IsZero() {
		return fail(ErrNoAuthority, nil)
	}
	records, err := r.c.TXT.LookupTXT(ctx, AuthorityName(id)+".") // the dot keeps search domains away
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return fail(ErrNoAuthority, err)
	}
	if err != nil {
		return fail(ErrLookup, err)
	}
	var found syntax.DID
	for _, record := range records {
		text, ok := strings.CutPrefix(record, didPrefix)
		if !ok {
			continue
		}
		did, err := syntax.ParseDID(text)
		if err != nil {
			continue
		}
		if !found.IsZero() && did != found {
			return fail(ErrAmbiguous, nil)
		}
		found = did
	}
	if found.IsZero() {
		return fail(ErrNoAuthority, nil)
	}
	return found, nil
}
