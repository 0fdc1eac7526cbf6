package did

import (
	"context"
	"errors"
	"sync"

	"github.com/linnet-at/linnet/syntax"
)

// InOrder returns a resolver that asks others one after the other, until one has
// an answer. Others are not asked either after an answer of no use: different
// DIDs, or a DID that can't be resolved. If there is no answer, the error has
// what all said.
//
// With it, other DNS servers can be asked when the first knows nothing yet:
//
//	did.InOrder(did.NewDNS(nil), did.NewDNS(&did.Options{DNS: other}), did.NewHTTPS(nil))
//
// https://atproto.com/specs/handle#resolution-best-practices
func InOrder(arms ...HandleResolver) HandleResolver {
	return HandleResolverFunc(func(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
		return firstAnswer(h, len(arms), func(i int) (syntax.DID, error) {
			return arms[i].ResolveHandle(ctx, h)
		})
	})
}

// AtOnce is like [InOrder], and has the same results, but asks all at once. When
// the first in order that has an answer gives it, the others are cancelled and
// waited for.
func AtOnce(arms ...HandleResolver) HandleResolver {
	return HandleResolverFunc(func(ctx context.Context, h syntax.Handle) (syntax.DID, error) {
		type answer struct {
			id  syntax.DID
			err error
		}
		var wg sync.WaitGroup
		defer wg.Wait()
		armsCtx, cancel := context.WithCancel(ctx)
		defer cancel()
		answers := make([]chan answer, len(arms))
		for i, arm := range arms {
			answers[i] = make(chan answer, 1)
			wg.Go(func() {
				id, err := arm.ResolveHandle(armsCtx, h)
				answers[i] <- answer{id, err}
			})
		}
		return firstAnswer(h, len(arms), func(i int) (syntax.DID, error) {
			a := <-answers[i]
			return a.id, a.err
		})
	})
}

// firstAnswer returns the first answer of n arms, in their order. It asks all of
// them when a context is done: one may have had its answer before, and the
// others know it as well.
func firstAnswer(h syntax.Handle, n int, ask func(i int) (syntax.DID, error)) (syntax.DID, error) {
	all := &ResolveError{Handle: h}
	for i := range n {
		id, err := ask(i)
		if err == nil {
			return id, nil
		}
		e, ok := errors.AsType[*ResolveError](err)
		switch {
		case ok:
			all.Arms = append(all.Arms, e.Arms...)
		case neverResolved(err):
			return syntax.DID{}, err
		default:
			all.Arms = append(all.Arms, foreign(err))
		}
		if ok && e.final() {
			break
		}
	}
	return syntax.DID{}, all
}

// neverResolved reports whether err is one of [syntax.Handle.CheckResolvable],
// on which all arms agree.
func neverResolved(err error) bool {
	_, ok := errors.AsType[*syntax.Error](err)
	return ok || errors.Is(err, syntax.ErrInvalidHandle) || errors.Is(err, syntax.ErrReservedTLD)
}

// foreign returns the error of a resolver that is not of this package.
func foreign(err error) *ArmError {
	e := explain(err)
	e.Arm = armOther
	switch {
	case errors.Is(err, ErrHandleNotFound):
		e.Reason, e.Temporary = ReasonNotFound, false
	case e.Reason == ReasonNetwork:
		e.Reason = ReasonOther
	}
	return e
}
