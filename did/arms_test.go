package did_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/internal/dnstest"
	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// TestBothMethods has all pairs of what the DNS and the web server may say, in
// both orders.
func TestBothMethods(t *testing.T) {
	ledger.Covers(t, "DID-037", "DID-038", "DID-039")
	leaktest.Check(t)
	dnsAnswers := map[string]texts{
		"did":  func(string) ([]string, error) { return []string{"did=" + alice}, nil },
		"none": func(string) ([]string, error) { return nil, errNoSuchName },
		"failure": func(string) ([]string, error) {
			return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
		},
		"two":         func(string) ([]string, error) { return []string{"did=" + alice, "did=" + bob}, nil },
		"invalid":     func(string) ([]string, error) { return []string{"did=a"}, nil },
		"unsupported": func(string) ([]string, error) { return []string{"did=did:key:abc"}, nil },
	}
	webAnswers := map[string]struct {
		status int
		body   string
	}{"did": {200, bob}, "none": {404, ""}, "failure": {503, ""}, "html": {200, "<html>"}, "unsupported": {200, "did:key:abc"}}
	for dnsName, dns := range dnsAnswers {
		for webName, web := range webAnswers {
			for _, sequential := range []bool{false, true} {
				client, asked := answering(web.status, web.body)
				r := did.NewHandleResolver(&did.Options{DNS: dns, Client: client, Sequential: sequential})
				id, err := r.ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
				final := dnsName == "did" || dnsName == "two" || dnsName == "unsupported"
				if sequential {
					require.Equal(t, !final, len(*asked) == 1)
				}
				switch {
				case dnsName == "did":
					require.NoError(t, err)
					require.Equal(t, alice, id.String())
					continue
				case !final && webName == "did":
					require.NoError(t, err)
					require.Equal(t, bob, id.String())
					continue
				}
				e := resolveError(t, err)
				require.Equal(t, dnsName == "none" && webName == "none", e.NotFound(), "%v", err)
				require.Equal(t, e.NotFound(), errors.Is(err, did.ErrHandleNotFound))
				require.Equal(t, dnsName == "failure" || dnsName == "two" || !final && webName == "failure", e.Temporary(), "%v", err)
				require.Equal(t, "dns", e.Arms[0].Arm)
				require.Equal(t, dnsName == "unsupported" || !final && webName == "unsupported", errors.Is(err, syntax.ErrUnsupportedMethod))
				if final {
					require.Len(t, e.Arms, 1)
				} else {
					require.Len(t, e.Arms, 2)
					require.Equal(t, "https", e.Arms[1].Arm)
				}
			}
		}
	}
}

// TestBothForReal asks a DNS server and a web server.
func TestBothForReal(t *testing.T) {
	ledger.Covers(t, "DID-037")
	leaktest.Check(t)
	s := newSite(t, map[string]dnstest.Answer{
		"_atproto.both.example.com": {TXT: [][]string{{"did=" + alice}}},
		"_atproto.dns.example.com":  {TXT: [][]string{{"did=" + alice}}},
		"_atproto.two.example.com":  {TXT: [][]string{{"did=" + alice}, {"did=" + bob}}},
		"dns.example.com":           {Code: dnstest.NameError},
		"none.example.com":          {Code: dnstest.NameError},
	}, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, bob) })
	r := did.NewHandleResolver(s.options(t))
	for name, want := range map[string]string{"both": alice, "dns": alice, "web": bob, "two": "", "none": ""} {
		id, err := r.ResolveHandle(t.Context(), parseHandle(t, name+".example.com"))
		require.Equal(t, want, id.String(), "%v", err)
		require.Equal(t, name == "none", errors.Is(err, did.ErrHandleNotFound))
		require.Equal(t, name == "two", errors.Is(err, did.ErrHandleResolutionFailed))
	}
}

// TestCancelledArm sees that an arm whose answer is not needed is cancelled, and
// has ended when there is an answer.
func TestCancelledArm(t *testing.T) {
	ledger.Covers(t, "DID-037")
	leaktest.Check(t)
	var started, ended atomic.Bool
	begun := make(chan struct{})
	slow := did.HandleResolverFunc(func(ctx context.Context, _ syntax.Handle) (syntax.DID, error) {
		started.Store(true)
		close(begun)
		<-ctx.Done()
		ended.Store(true)
		return syntax.DID{}, ctx.Err()
	})
	fast := did.HandleResolverFunc(func(context.Context, syntax.Handle) (syntax.DID, error) {
		<-begun
		return parseDID(t, alice), nil
	})
	id, err := did.AtOnce(fast, slow).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
	require.NoError(t, err)
	require.Equal(t, alice, id.String())
	require.True(t, started.Load() && ended.Load())
}

// TestLateDNS keeps the answer of the web server when the caller's time is up.
func TestLateDNS(t *testing.T) {
	answered := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dns := did.HandleResolverFunc(func(ctx context.Context, _ syntax.Handle) (syntax.DID, error) {
		<-answered
		cancel()
		<-ctx.Done()
		return syntax.DID{}, ctx.Err()
	})
	web := did.HandleResolverFunc(func(context.Context, syntax.Handle) (syntax.DID, error) {
		defer close(answered)
		return parseDID(t, bob), nil
	})
	id, err := did.AtOnce(dns, web).ResolveHandle(ctx, parseHandle(t, "alice.example.com"))
	require.NoError(t, err)
	require.Equal(t, bob, id.String())
}

// TestCancelledCaller ends all arms.
func TestCancelledCaller(t *testing.T) {
	leaktest.Check(t)
	hang := did.HandleResolverFunc(func(ctx context.Context, _ syntax.Handle) (syntax.DID, error) {
		<-ctx.Done()
		return syntax.DID{}, ctx.Err()
	})
	for _, r := range []did.HandleResolver{did.AtOnce(hang, hang), did.InOrder(hang, hang)} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		_, err := r.ResolveHandle(ctx, parseHandle(t, "alice.example.com"))
		require.ErrorIs(t, err, context.Canceled)
		e := resolveError(t, err)
		require.Equal(t, did.ReasonCanceled, e.Arms[0].Reason)
		require.False(t, e.NotFound())
	}
}
