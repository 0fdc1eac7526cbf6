package did_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/doh"
	"github.com/linnet-at/linnet/did/internal/dnstest"
	"github.com/linnet-at/linnet/did/internal/leaktest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

const (
	bob   = "did:plc:44ybard66vv44zksje25o7dz"
	carol = "did:web:carol.example.com"
)

func TestParseTXT(t *testing.T) {
	ledger.Covers(t, "DID-028", "DID-029", "LEX-151")
	for _, tc := range []struct {
		values string // with spaces between them
		want   any
	}{
		{"did=" + alice, alice},
		{"v=spf1 did=" + alice + " other", alice},
		{"did=" + alice + " did=" + alice, alice},
		{"did=" + alice + " did=" + bob, did.ReasonAmbiguous},
		{"did=" + alice + " did=" + alice + " did=" + carol, did.ReasonAmbiguous},
		{"did=" + alice + " did=did:example:123", did.ReasonAmbiguous},
		{"did=nonsense did=" + alice + " did=", alice},
		{"did=did:example:123", "did:example:123"},
		{"", did.ReasonNotFound},
		{"other", did.ReasonNotFound},
		{alice, did.ReasonNotFound},
		{"DID=" + alice, did.ReasonNotFound},
		{"xdid=" + alice, did.ReasonNotFound},
		{"did:" + alice, did.ReasonNotFound},
		{"did=", did.ReasonInvalid},
		{"did=nonsense", did.ReasonInvalid},
		{"did=did=" + alice, did.ReasonInvalid},
		{`did="` + alice + `"`, did.ReasonInvalid},
		{"did=" + alice + "\n", did.ReasonInvalid},
		{"did=DID:plc:abc other", did.ReasonInvalid},
	} {
		id, err := did.ParseTXT(strings.Split(tc.values, " "))
		if want, ok := tc.want.(string); ok {
			require.NoError(t, err)
			require.Equal(t, want, id.String())
			continue
		}
		e, ok := errors.AsType[*did.ArmError](err)
		require.True(t, ok)
		require.Equal(t, tc.want, e.Reason, "%q", tc.values)
		require.Equal(t, "dns", e.Arm)
		require.Equal(t, e.Reason == did.ReasonAmbiguous, e.Temporary)
		require.True(t, id.IsZero())
	}
	_, err := did.ParseTXT(nil)
	require.EqualError(t, err, `did: dns: not found: no TXT record with "did="`)
	_, err = did.ParseTXT([]string{"did=" + alice, "did=" + carol})
	require.EqualError(t, err, `did: dns: more than one DID: "`+alice+`" and "`+carol+`"`)
}

// TestDNS asks a DNS server.
func TestDNS(t *testing.T) {
	ledger.Covers(t, "DID-028", "DID-029", "DID-030", "DID-039", "LEX-150")
	leaktest.Check(t)
	txt := func(values ...string) dnstest.Answer {
		var a dnstest.Answer
		for _, v := range values {
			a.TXT = append(a.TXT, strings.Split(v, "|"))
		}
		return a
	}
	long := strings.Repeat("x", 250)
	for name, tc := range map[string]struct {
		answer dnstest.Answer
		want   string
		reason did.Reason
	}{
		"one":        {txt("did=" + alice), alice, ""},
		"chunks":     {txt("d|id=|did:plc:ewvi7n||xzyoun6zhxrhs64oiz"), alice, ""},
		"others":     {txt("a=b", "did="+alice, "did:x"), alice, ""},
		"duplicates": {txt("did="+alice, "did="+alice), alice, ""},
		"large":      {txt(long, long+"1", long+"2", long+"3", long+"4", long+"5", "did="+alice), alice, ""}, // over TCP
		"two":        {txt("did="+alice, "did="+bob), "", did.ReasonAmbiguous},
		"invalid":    {txt("did=did:plc:", "did=a"), "", did.ReasonInvalid},
		"method":     {txt("did=did:key:abc"), "", did.ReasonUnsupported},
		"form":       {txt("did=did:plc:abc"), "", did.ReasonUnsupported},
		"other":      {txt("a=b"), "", did.ReasonNotFound},
		"nodata":     {dnstest.Answer{}, "", did.ReasonNotFound},
		"nxdomain":   {dnstest.Answer{Code: dnstest.NameError}, "", did.ReasonNotFound},
		"servfail":   {dnstest.Answer{Code: dnstest.ServerFailure}, "", did.ReasonNetwork},
		"refused":    {dnstest.Answer{Code: dnstest.Refused}, "", did.ReasonNetwork},
		"notimp":     {dnstest.Answer{Code: dnstest.NotImplemented}, "", did.ReasonNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			dns := dnstest.Names(t, map[string]dnstest.Answer{"_atproto.alice.example.com": tc.answer})
			id, err := did.NewDNS(&did.Options{DNS: dns.Resolver(), Timeout: ample}).ResolveHandle(t.Context(), parseHandle(t, "Alice.example.COM"))
			for _, q := range dns.Queries() { // none with a search domain
				require.Equal(t, "_atproto.alice.example.com", q)
			}
			require.Equal(t, tc.want, id.String(), "%v", err)
			if tc.reason == "" {
				require.NoError(t, err)
				return
			}
			e := arm(t, err)
			require.Equal(t, tc.reason, e.Reason, "%v", err)
			require.Equal(t, "_atproto.alice.example.com", e.Asked)
			require.Equal(t, tc.reason == did.ReasonNotFound, errors.Is(err, did.ErrHandleNotFound))
			require.Equal(t, tc.reason == did.ReasonNetwork || tc.reason == did.ReasonAmbiguous, e.Temporary)
			require.Equal(t, name == "method", errors.Is(err, syntax.ErrUnsupportedMethod))
		})
	}
}

// TestSilentDNS has a server that does not answer. Time-outs and contexts end
// the wait.
func TestSilentDNS(t *testing.T) {
	ledger.Covers(t, "DID-030")
	leaktest.Check(t)
	dns := dnstest.Names(t, map[string]dnstest.Answer{"_atproto.alice.example.com": {Silent: true}})
	_, err := did.NewDNS(&did.Options{DNS: dns.Resolver(), Timeout: 100 * time.Millisecond}).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
	require.Equal(t, did.ReasonTimeout, arm(t, err).Reason)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, err, did.ErrHandleResolutionFailed)
}

// TestLongHandle is not asked for in the DNS.
func TestLongHandle(t *testing.T) {
	ledger.Covers(t, "DID-031")
	label := strings.Repeat("a", 60) + "."
	for size, asked := range map[int]bool{244: true, 245: false, 253: false} {
		name := label + label + label + strings.Repeat("b", size-4-len(label)*3) + ".com"
		if n := size - 4 - len(label)*3; n > 60 {
			name = label + label + label + strings.Repeat("b", 30) + "." + strings.Repeat("c", n-31) + ".com"
		}
		require.Len(t, name, size)
		var names []string
		o := &did.Options{DNS: texts(func(name string) ([]string, error) { names = append(names, name); return nil, errNoSuchName })}
		_, err := did.NewDNS(o).ResolveHandle(t.Context(), parseHandle(t, name))
		require.ErrorIs(t, err, did.ErrHandleNotFound)
		require.Equal(t, asked, len(names) == 1)
		client, urls := answering(http.StatusOK, alice)
		o.Client = client
		id, err := did.NewHandleResolver(o).ResolveHandle(t.Context(), parseHandle(t, name))
		require.NoError(t, err)
		require.Equal(t, alice, id.String())
		require.Equal(t, []string{"https://" + name + "/.well-known/atproto-did"}, *urls)
	}
}

// TestNeverResolved are handles for which nobody is asked.
func TestNeverResolved(t *testing.T) {
	ledger.Covers(t, "DID-027", "DID-046")
	x, err := did.NewXRPC("https://pds.example.com", nobody(t))
	require.NoError(t, err)
	sequential := nobody(t)
	sequential.Sequential = true
	for name, r := range map[string]did.HandleResolver{
		"dns": did.NewDNS(nobody(t)), "https": did.NewHTTPS(nobody(t)), "xrpc": x, "both": did.NewHandleResolver(nobody(t)), "sequential": did.NewHandleResolver(sequential),
	} {
		for handle, want := range map[string]error{
			"handle.invalid": syntax.ErrInvalidHandle, "HANDLE.invalid": syntax.ErrInvalidHandle, "a.invalid": syntax.ErrReservedTLD, "a.local": syntax.ErrReservedTLD,
			"a.LOCALHOST": syntax.ErrReservedTLD, "a.onion": syntax.ErrReservedTLD, "a.example": syntax.ErrReservedTLD, "a.internal": syntax.ErrReservedTLD,
			"a.alt": syntax.ErrReservedTLD, "1.0.0.127.in-addr.arpa": syntax.ErrReservedTLD, "a.test": syntax.ErrReservedTLD,
		} {
			_, err := r.ResolveHandle(t.Context(), parseHandle(t, handle))
			require.ErrorIs(t, err, want, "%s: %s", name, handle)
			_, ok := errors.AsType[*did.ResolveError](err)
			require.False(t, ok)
		}
		_, err := r.ResolveHandle(t.Context(), syntax.Handle{})
		_, ok := errors.AsType[*syntax.Error](err)
		require.True(t, ok)
	}
	client, asked := answering(http.StatusOK, alice)
	_, err = did.NewHTTPS(&did.Options{Client: client, Development: true}).ResolveHandle(t.Context(), parseHandle(t, "a.test"))
	require.NoError(t, err)
	require.Len(t, *asked, 1)
}

// TestWellKnown reads what servers have at the well-known place.
func TestWellKnown(t *testing.T) {
	ledger.Covers(t, "DID-033", "DID-034", "DID-036", "DID-039")
	longest := "did:web:" + strings.Repeat("a", 2040)
	for _, tc := range []struct {
		status int
		body   string
		want   did.Reason
	}{
		{200, alice, ""},
		{201, alice, ""},
		{200, alice + "\n", ""},
		{200, " \r\n\t" + alice + "\r\n ", ""},
		{200, alice + strings.Repeat("\n", 2048-len(alice)), ""},
		{200, alice + strings.Repeat("\n", 2049-len(alice)), did.ReasonTooLarge},
		{200, longest, did.ReasonUnsupported},
		{200, longest + "a", did.ReasonTooLarge},
		{200, "did:example:123", did.ReasonUnsupported},
		{200, "did:web:127.0.0.1", did.ReasonUnsupported},
		{200, alice + "\n" + bob, did.ReasonInvalid},
		{200, "did=" + alice, did.ReasonInvalid},
		{200, "\ufeff" + alice, did.ReasonInvalid},
		{200, "\u00a0" + alice, did.ReasonInvalid},
		{200, `{"did":"` + alice + `"}`, did.ReasonInvalid},
		{200, "", did.ReasonInvalid},
		{200, "<html>" + alice, did.ReasonHTML},
		{200, "\n<!doctype html>" + strings.Repeat("x", 100_000), did.ReasonHTML},
		{404, alice, did.ReasonNotFound},
		{404, strings.Repeat("x", 100_000), did.ReasonNotFound},
		{410, alice, did.ReasonStatus},
		{403, alice, did.ReasonStatus},
		{500, alice, did.ReasonStatus},
		{304, alice, did.ReasonStatus},
	} {
		client, asked := answering(tc.status, tc.body)
		id, err := did.NewHTTPS(&did.Options{Client: client}).ResolveHandle(t.Context(), parseHandle(t, "Alice.example.com"))
		require.Equal(t, []string{"https://alice.example.com/.well-known/atproto-did"}, *asked)
		if tc.want == "" {
			require.NoError(t, err)
			require.Equal(t, alice, id.String())
			continue
		}
		require.True(t, id.IsZero())
		e := arm(t, err)
		require.Equal(t, tc.want, e.Reason, "%d %.100q: %v", tc.status, tc.body, err)
		require.Equal(t, "https", e.Arm)
		require.Equal(t, (*asked)[0], e.Asked)
		require.Equal(t, tc.status == 404, errors.Is(err, did.ErrHandleNotFound))
		require.Equal(t, tc.status != 404, errors.Is(err, did.ErrHandleResolutionFailed))
		if tc.status == 200 {
			require.Zero(t, e.Status)
		} else {
			require.Equal(t, tc.status, e.Status)
		}
	}
	for err, want := range map[error]did.Reason{errNoSuchName: did.ReasonNotFound, net.ErrClosed: did.ReasonNetwork} {
		_, err := did.NewHTTPS(&did.Options{Client: failing(err)}).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		require.Equal(t, want, arm(t, err).Reason)
	}
}

// TestHandleRedirects follows redirects by the rules.
func TestHandleRedirects(t *testing.T) {
	ledger.Covers(t, "DID-033", "DID-035")
	leaktest.Check(t)
	addr := func(s string) dnstest.Answer { return dnstest.Answer{Addrs: []netip.Addr{netip.MustParseAddr(s)}} }
	s := newSite(t, map[string]dnstest.Answer{"private.example.com": addr("10.0.0.1"), "meta.example.com": addr("169.254.169.254")}, func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(r.Host, ".")
		var n int
		switch _, err := fmt.Sscanf(name, "n%d", &n); {
		case r.URL.Path != "/.well-known/atproto-did":
			w.WriteHeader(http.StatusNotFound)
		case err == nil && n > 0:
			http.Redirect(w, r, fmt.Sprintf("https://n%d.example.com/.well-known/atproto-did", n-1), http.StatusFound)
		case err == nil:
			fmt.Fprint(w, alice)
		default:
			http.Redirect(w, r, map[string]string{
				"down": "http://n0.example.com/.well-known/atproto-did", "inside": "https://private.example.com/", "cloud": "https://meta.example.com/",
				"ip": "https://10.1.2.3/", "local": "https://printer.local/", "file": "file:///etc/passwd",
			}[name], http.StatusMovedPermanently)
		}
	})
	r := did.NewHTTPS(s.options(t))
	for n := range 8 {
		id, err := r.ResolveHandle(t.Context(), parseHandle(t, fmt.Sprintf("n%d.example.com", n)))
		if n <= 5 {
			require.NoError(t, err)
			require.Equal(t, alice, id.String())
			continue
		}
		require.Equal(t, did.ReasonRefused, arm(t, err).Reason)
		_, ok := errors.AsType[*safehttp.RedirectError](err)
		require.True(t, ok, "%v", err)
	}
	for name, redirect := range map[string]bool{"down": true, "file": true, "inside": false, "cloud": false, "ip": false, "local": false} {
		_, err := r.ResolveHandle(t.Context(), parseHandle(t, name+".example.com"))
		require.Equal(t, did.ReasonRefused, arm(t, err).Reason, "%s: %v", name, err)
		_, ok := errors.AsType[*safehttp.RedirectError](err)
		require.Equal(t, redirect, ok, "%v", err)
		_, ok = errors.AsType[*safehttp.BlockedError](err)
		require.Equal(t, !redirect, ok, "%v", err)
	}
}

// TestOtherArms are resolvers that are not of this package, with whatever errors.
func TestOtherArms(t *testing.T) {
	ledger.Covers(t, "DID-032", "DID-038")
	fail := func(err error) did.HandleResolver {
		return did.HandleResolverFunc(func(context.Context, syntax.Handle) (syntax.DID, error) { return syntax.DID{}, err })
	}
	broken := errors.New("broken")
	none := did.StaticHandles{}
	known := did.StaticHandles{parseHandle(t, "alice.example.com"): parseDID(t, alice)}
	for _, put := range []func(...did.HandleResolver) did.HandleResolver{did.AtOnce, did.InOrder} {
		id, err := put(none, fail(broken), fail(did.ErrHandleNotFound), known).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		require.NoError(t, err)
		require.Equal(t, alice, id.String())

		_, err = put(none, fail(broken), fail(did.ErrHandleNotFound), put(none)).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		e := resolveError(t, err)
		var reasons []did.Reason
		for _, a := range e.Arms {
			reasons = append(reasons, a.Reason)
		}
		require.Equal(t, []did.Reason{did.ReasonNotFound, did.ReasonOther, did.ReasonNotFound, did.ReasonNotFound}, reasons)
		require.Equal(t, "other", e.Arms[1].Arm)
		require.ErrorIs(t, err, broken)
		require.ErrorIs(t, err, did.ErrHandleResolutionFailed)

		_, err = put(none, fail(did.ErrHandleNotFound)).ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		require.ErrorIs(t, err, did.ErrHandleNotFound)
		_, err = put().ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
		require.ErrorIs(t, err, did.ErrHandleNotFound)
	}

	late := dnstest.Names(t, map[string]dnstest.Answer{}) // has not heard of the record yet
	early := dnstest.Names(t, map[string]dnstest.Answer{"_atproto.alice.example.com": {TXT: [][]string{{"did=" + alice}}}})
	r := did.InOrder(did.NewDNS(&did.Options{DNS: late.Resolver()}), did.NewDNS(&did.Options{DNS: early.Resolver()}), did.NewHTTPS(nobody(t)))
	id, err := r.ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
	require.NoError(t, err)
	require.Equal(t, alice, id.String())
	require.NotEmpty(t, late.Queries())
}

// TestResolveTXT asks for one name, and for no other if it is not there.
func TestResolveTXT(t *testing.T) {
	ledger.Covers(t, "DID-055", "LEX-150", "LEX-151", "LEX-152")
	var names []string
	dns := texts(func(name string) ([]string, error) {
		names = append(names, name)
		switch name {
		case "_lexicon.blog.example.com.":
			return []string{"did=" + alice}, nil
		case "_lexicon.two.example.com.":
			return []string{"did=" + alice, "did=" + bob}, nil
		case "_lexicon.example.com.", "_lexicon.com.":
			return []string{"did=" + bob}, nil
		}
		return nil, errNoSuchName
	})
	for _, name := range []string{"_lexicon.blog.example.com", "_lexicon.blog.example.com."} {
		id, err := did.ResolveTXT(t.Context(), dns, name)
		require.NoError(t, err)
		require.Equal(t, alice, id.String())
	}
	names = nil
	for name, want := range map[string]did.Reason{"_lexicon.deep.blog.example.com": did.ReasonNotFound, "_lexicon.two.example.com": did.ReasonAmbiguous} {
		_, err := did.ResolveTXT(t.Context(), dns, name)
		e, ok := errors.AsType[*did.ArmError](err)
		require.True(t, ok)
		require.Equal(t, want, e.Reason)
		require.Equal(t, name, e.Asked)
	}
	require.Len(t, names, 2)
}

// TestSystemDNS sees that a lookup with the servers of the system ends with its
// context.
func TestSystemDNS(t *testing.T) {
	leaktest.Check(t)
	for _, dns := range []did.TXTResolver{nil, (*net.Resolver)(nil), net.DefaultResolver} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // before anything is sent
		_, err := did.ResolveTXT(ctx, dns, "_atproto.alice.example.com")
		require.ErrorIs(t, err, context.Canceled)
		_, err = did.NewDNS(&did.Options{DNS: dns}).ResolveHandle(ctx, parseHandle(t, "alice.example.com"))
		require.ErrorIs(t, err, context.Canceled)
	}
	ctx, cancel := context.WithCancel(t.Context())
	careless := texts(func(string) ([]string, error) { cancel(); return nil, errNoSuchName }) // says so when it is interrupted
	_, err := did.ResolveTXT(ctx, careless, "_atproto.alice.example.com")
	require.ErrorIs(t, err, context.Canceled)

	// Nothing else ends a wait for a server that is silent.
	silent := dnstest.Names(t, nil)
	ctx, cancel = context.WithCancel(t.Context())
	conn, err := did.DialPrompt(ctx, "udp", silent.Addr("udp"))
	require.NoError(t, err)
	defer conn.Close()
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

// TestDoH resolves handles and hosts where there is no DNS but over HTTPS.
func TestDoH(t *testing.T) {
	ledger.Covers(t, "DID-054", "DID-056")
	dns := dnstest.Names(t, map[string]dnstest.Answer{
		"_atproto.alice.example.com": {TXT: [][]string{{"did=", alice}}},
		"bob.example.com":            {Addrs: []netip.Addr{netip.MustParseAddr("10.0.0.1")}},
	})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != doh.MediaType {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", doh.MediaType)
		w.Write(dns.Reply(query))
	}))
	defer server.Close()
	resolver, err := doh.New(server.URL, server.Client())
	require.NoError(t, err)
	r := did.NewHandleResolver(&did.Options{DNS: resolver})
	id, err := r.ResolveHandle(t.Context(), parseHandle(t, "alice.example.com"))
	require.NoError(t, err)
	require.Equal(t, alice, id.String())
	_, err = r.ResolveHandle(t.Context(), parseHandle(t, "none.example.com"))
	require.ErrorIs(t, err, did.ErrHandleNotFound)
	_, err = r.ResolveHandle(t.Context(), parseHandle(t, "bob.example.com")) // the address comes from there too
	blocked, ok := errors.AsType[*safehttp.BlockedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "10.0.0.1", blocked.Addr.String())
}

// TestXRPC asks a server that does the work.
func TestXRPC(t *testing.T) {
	ledger.Covers(t, "DID-040", "DID-053")
	doc := `{"id":"` + alice + `","alsoKnownAs":["at://alice.example.com"]}`
	for _, tc := range []struct {
		status      int
		body        string
		did, handle did.Reason
	}{
		{200, `{"did":"` + alice + `","didDoc":` + doc + `}`, "", ""},
		{200, ` { "x" : [{}] , "didDoc" : ` + doc + ` , "did" : "` + alice + `" } `, "", ""},
		{200, `{"did":"` + bob + `","didDoc":{"id":"` + bob + `"}}`, did.ReasonInvalid, ""},
		{200, `{"did":"did:key:abc","didDoc":[]}`, did.ReasonInvalid, did.ReasonUnsupported},
		{200, `{"did":"alice","didDoc":null}`, did.ReasonInvalid, did.ReasonInvalid},
		{200, `{"did":1}`, did.ReasonInvalid, did.ReasonInvalid},
		{200, `{}`, did.ReasonInvalid, did.ReasonInvalid},
		{200, `[]`, did.ReasonInvalid, did.ReasonInvalid},
		{200, ``, did.ReasonInvalid, did.ReasonInvalid},
		{200, `{"did":"` + alice + `","did":"` + bob + `"}`, did.ReasonInvalid, did.ReasonInvalid},
		{200, `<html>`, did.ReasonHTML, did.ReasonHTML},
		{200, `"` + strings.Repeat("x", did.DefaultMaxDocumentSize+1024), did.ReasonTooLarge, did.ReasonTooLarge},
		{400, `{"error":"HandleNotFound","message":"no"}`, did.ReasonNotFound, did.ReasonNotFound},
		{400, `{"error":"DidNotFound"}`, did.ReasonNotFound, did.ReasonNotFound},
		{400, `{"error":"DidDeactivated"}`, did.ReasonDeactivated, did.ReasonDeactivated},
		{400, `{"error":"InvalidRequest","message":"Unable to resolve handle"}`, did.ReasonStatus, did.ReasonStatus},
		{400, `{"error":1}`, did.ReasonStatus, did.ReasonStatus},
		{404, `not found`, did.ReasonStatus, did.ReasonStatus},
		{500, `{"error":"HandleNotFound"}`, did.ReasonStatus, did.ReasonStatus},
		{501, `{"error":"MethodNotImplemented"}`, did.ReasonStatus, did.ReasonStatus},
	} {
		client, asked := answering(tc.status, tc.body)
		x, err := did.NewXRPC("https://pds.example.com/", &did.Options{Client: client})
		require.NoError(t, err)
		d, err := x.ResolveDID(t.Context(), parseDID(t, alice))
		if tc.did == "" {
			require.NoError(t, err)
			h, ok := d.ClaimedHandle() // which is still to be checked
			require.True(t, ok)
			require.Equal(t, "alice.example.com", h.String())
		} else {
			require.Equal(t, tc.did, arm(t, err).Reason, "%v", err)
			require.Equal(t, "xrpc", arm(t, err).Arm)
			require.Equal(t, tc.did == did.ReasonDeactivated, errors.Is(err, did.ErrDIDDeactivated))
		}
		id, err := x.ResolveHandle(t.Context(), parseHandle(t, "Alice.example.com"))
		if tc.handle == "" {
			require.NoError(t, err)
			require.Contains(t, tc.body, id.String())
		} else {
			require.Equal(t, tc.handle, arm(t, err).Reason, "%v", err)
			require.Equal(t, tc.handle == did.ReasonNotFound || tc.handle == did.ReasonDeactivated, errors.Is(err, did.ErrHandleNotFound))
		}
		require.Equal(t, []string{
			"https://pds.example.com/xrpc/com.atproto.identity.resolveDid?did=did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz",
			"https://pds.example.com/xrpc/com.atproto.identity.resolveHandle?handle=alice.example.com",
		}, *asked)
	}
}
