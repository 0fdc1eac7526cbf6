package session_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/session"
)

func TestLogin(t *testing.T) {
	ledger.Covers(t, "XRPC-055", "XRPC-067")
	p := newPDS()
	p.more = `,"email":"a@example.com","emailConfirmed":true,"emailAuthFactor":true,"active":false,"status":"deactivated","new":[{"a":1}]`
	s := p.login(t, session.Options{})
	request, auth := p.lastRequest()
	require.Equal(t, `pds.example.com POST com.atproto.server.createSession {"identifier":"alice.example.com","password":"abcd-efgh-ijkl-mnop"}`, request)
	require.Empty(t, auth)
	want := session.Info{
		DID: alice, Handle: syntax.MustParseHandle("alice.example.com"), Host: host, Status: "deactivated",
		Email: "a@example.com", EmailConfirmed: true, EmailAuthFactor: true,
	}
	require.Equal(t, want, s.Info())
	require.Equal(t, alice, s.DID())
	require.NoError(t, s.Err())
	require.NoError(t, call(t.Context(), s))
	_, auth = p.lastRequest()
	require.Equal(t, "Bearer "+p.access, auth)

	_, err := session.Login(t.Context(), "alice@example.com", password, p.options(session.Options{AllowTakendown: true}))
	require.NoError(t, err)
	request, _ = p.lastRequest()
	require.Contains(t, request, `{"allowTakendown":true,"identifier":"alice@example.com"`)

	_, err = session.Login(t.Context(), "alice.example.com", "wrong", p.options(session.Options{}))
	require.True(t, xrpc.Is(err, xrpc.AuthenticationRequired))
	p.fail = func(string) (int, string) { return failure(401, xrpc.AccountTakedown) }
	_, err = session.Login(t.Context(), "alice.example.com", password, p.options(session.Options{}))
	require.True(t, xrpc.Is(err, xrpc.AccountTakedown))
}

func TestAuthFactor(t *testing.T) {
	ledger.Covers(t, "XRPC-055")
	p := newPDS()
	p.factor = "12345-67890"
	_, err := session.Login(t.Context(), "alice.example.com", password, p.options(session.Options{}))
	require.True(t, xrpc.Is(err, xrpc.AuthFactorTokenRequired))
	asked := 0
	o := session.Options{AuthFactor: func(context.Context) (string, error) { asked++; return "12345-67890", nil }}
	s := p.login(t, o)
	require.NoError(t, call(t.Context(), s))
	require.Equal(t, 1, asked)
	broken := errors.New("no mail")
	_, err = session.Login(t.Context(), "alice.example.com", password, p.options(session.Options{AuthFactor: func(context.Context) (string, error) { return "", broken }}))
	require.ErrorIs(t, err, broken)
}

// A finder knows one account.
type finder struct {
	did   syntax.DID
	asked []string
}

func (f *finder) FindAccount(_ context.Context, id syntax.AtIdentifier) (syntax.DID, string, error) {
	f.asked = append(f.asked, id.String())
	return f.did, "https://found.example.com", nil
}

func TestLoginFindsServer(t *testing.T) {
	ledger.Covers(t, "XRPC-065")
	p := newPDS()
	f := &finder{did: alice}
	o := p.options(session.Options{Finder: f})
	o.Host = ""
	s, err := session.Login(t.Context(), "alice.example.com", password, o)
	require.NoError(t, err)
	require.Equal(t, []string{"alice.example.com"}, f.asked)
	require.Equal(t, "https://found.example.com", s.Host())

	f.did = mallet
	_, err = session.Login(t.Context(), "alice.example.com", password, o)
	require.ErrorIs(t, err, session.ErrOtherAccount)
	_, err = session.Login(t.Context(), "alice@example.com", password, o)
	require.ErrorContains(t, err, "without Options.Host")

	_, err = session.Login(t.Context(), mallet.String(), password, p.options(session.Options{}))
	require.ErrorIs(t, err, session.ErrOtherAccount)
	_, err = session.Login(t.Context(), alice.String(), password, p.options(session.Options{}))
	require.NoError(t, err)
}

const document = `{"id":%q,"service":[{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":%q}]}`

// TestServerSwitch: calls go to the server that the DID document names.
func TestServerSwitch(t *testing.T) {
	ledger.Covers(t, "XRPC-066")
	for _, tt := range []struct{ name, doc, want string }{
		{"none", "", host},
		{"another server", fmt.Sprintf(document, alice, "https://morel.example.com"), "https://morel.example.com"},
		{"document of another account", fmt.Sprintf(document, mallet, "https://evil.example.com"), host},
		{"no server", fmt.Sprintf(`{"id":%q}`, alice), host},
		{"plain http", fmt.Sprintf(document, alice, "http://evil.example.com"), host},
		{"this machine", fmt.Sprintf(document, alice, "https://localhost"), host},
		{"a path", fmt.Sprintf(document, alice, "https://evil.example.com/x"), host},
		{"nonsense", `["x"]`, host},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPDS()
			p.doc = tt.doc
			s := p.login(t, session.Options{})
			require.Equal(t, tt.want, s.Host())
			require.NoError(t, call(t.Context(), s))
			request, _ := p.lastRequest()
			require.Equal(t, tt.want+" GET com.example.doIt null", "https://"+request)
			// It moves on, and back, with a renewal.
			p.doc = fmt.Sprintf(document, alice, "https://next.example.com")
			p.expire()
			require.NoError(t, call(t.Context(), s))
			require.Equal(t, "https://next.example.com", s.Host())
			require.NoError(t, call(t.Context(), s))
			request, _ = p.lastRequest()
			require.Equal(t, "next.example.com GET com.example.doIt null", request)
		})
	}
}

// TestRenewOnDemand: the server says that the token has expired, with either
// status.
func TestRenewOnDemand(t *testing.T) {
	ledger.Covers(t, "XRPC-056", "XRPC-059", "XRPC-062")
	for _, status := range []int{400, 401} {
		for _, opaque := range []bool{true, false} {
			p := newPDS()
			p.status, p.opaque = status, opaque
			var renewed []session.Info
			store := new(session.MemoryStore)
			s := p.login(t, session.Options{Store: store, Renewed: func(i session.Info) { renewed = append(renewed, i) }})
			for i := range 3 {
				before, refresh := p.access, p.refresh
				p.expire()
				require.NoError(t, call(t.Context(), s))
				require.Equal(t, i+1, p.count("refreshSession"))
				require.NotEqual(t, before, p.access)
				_, auth := p.lastRequest()
				require.Equal(t, "Bearer "+p.access, auth)
				require.Equal(t, "pds.example.com POST com.atproto.server.refreshSession null", p.requests[len(p.requests)-2])
				require.Equal(t, "Bearer "+refresh, p.auths[len(p.auths)-2])
				value, err := store.Load(t.Context(), alice.String())
				require.NoError(t, err)
				require.Contains(t, string(value), p.access)
				require.Contains(t, string(value), p.refresh)
			}
			require.NoError(t, s.Err())
			require.Len(t, renewed, 3)
			require.Equal(t, s.Info(), renewed[2])
		}
	}
}

// TestNotRenewed: other errors are none of ours.
func TestNotRenewed(t *testing.T) {
	ledger.Covers(t, "XRPC-062")
	p := newPDS()
	s := p.login(t, session.Options{})
	for status, name := range map[int]string{401: xrpc.InvalidToken, 403: xrpc.ExpiredToken, 400: xrpc.InvalidRequest, 500: xrpc.ExpiredToken} {
		p.fail = func(string) (int, string) { return failure(status, name) }
		require.True(t, xrpc.Is(call(t.Context(), s), name))
	}
	require.Zero(t, p.count("refreshSession"))
}

// TestRenewOnce: however many calls are under way, one expiry is one renewal.
func TestRenewOnce(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		p.slow = time.Second
		s := p.login(t, session.Options{})
		for round := 1; round <= 5; round++ {
			p.expire()
			var wg sync.WaitGroup
			for i := range 32 {
				wg.Go(func() {
					time.Sleep(time.Duration(i) * 50 * time.Millisecond) // some come when it is over
					require.NoError(t, call(t.Context(), s))
				})
			}
			wg.Wait()
			require.Equal(t, round, p.count("refreshSession"))
		}
	})
}

// TestLateAnswers: that a token has expired is no news when it was renewed
// meanwhile.
func TestLateAnswers(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		s := p.login(t, session.Options{})
		p.lag = func(method string) time.Duration {
			if method == "com.example.doIt" {
				return rand.N(time.Minute)
			}
			return 0
		}
		p.expire()
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() { require.NoError(t, call(t.Context(), s)) })
		}
		wg.Wait()
		require.Equal(t, 1, p.count("refreshSession"))
	})
}

// TestRenewEarlyResumed: how old a token is does not begin anew with the process.
func TestRenewEarlyResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		store := new(session.MemoryStore)
		p.login(t, session.Options{Store: store})
		time.Sleep(time.Hour)
		s, err := session.Resume(t.Context(), alice, p.options(session.Options{Store: store}))
		require.NoError(t, err)
		require.NoError(t, call(t.Context(), s))
		require.Zero(t, p.count("refreshSession"))
		time.Sleep(59 * time.Minute)
		require.NoError(t, call(t.Context(), s))
		require.Equal(t, 1, p.count("refreshSession"))
	})
}

// TestRenewEarly: a token that says when it expires is renewed before, whatever
// the server's clock shows.
func TestRenewEarly(t *testing.T) {
	ledger.Covers(t, "XRPC-059")
	for _, skew := range []time.Duration{0, 24 * time.Hour, -24 * time.Hour} {
		for _, tt := range []struct {
			life, before, at time.Duration // at: when it is renewed; 0 for when the server says so
		}{
			{2 * time.Hour, 0, 119 * time.Minute},
			{2 * time.Hour, 10 * time.Minute, 110 * time.Minute},
			{2 * time.Hour, 3 * time.Hour, 90 * time.Minute},
			{40 * time.Second, 0, 30 * time.Second},
			{2 * time.Hour, -1, 0},
		} {
			synctest.Test(t, func(t *testing.T) {
				p := newPDS()
				p.life, p.skew = tt.life, skew
				s := p.login(t, session.Options{RenewBefore: tt.before})
				if tt.at == 0 {
					time.Sleep(tt.life)
					require.NoError(t, call(t.Context(), s))
					require.Zero(t, p.count("refreshSession"))
					return
				}
				time.Sleep(tt.at - time.Second)
				require.NoError(t, call(t.Context(), s))
				require.Zero(t, p.count("refreshSession"))
				time.Sleep(time.Second)
				var wg sync.WaitGroup
				for range 32 {
					wg.Go(func() { require.NoError(t, call(t.Context(), s)) })
				}
				wg.Wait()
				require.Equal(t, 1, p.count("refreshSession"))
			})
		}
	}
}

// TestEarlyRenewalFails: as long as the old token is good, nobody notices, and
// the server is not pestered.
func TestEarlyRenewalFails(t *testing.T) {
	ledger.Covers(t, "XRPC-064")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		s := p.login(t, session.Options{})
		time.Sleep(2*time.Hour - 30*time.Second)
		p.fail = func(method string) (int, string) {
			if method == "com.atproto.server.refreshSession" {
				return 503, ""
			}
			return 0, ""
		}
		for range 29 {
			require.NoError(t, call(t.Context(), s))
			time.Sleep(time.Second)
		}
		require.Equal(t, 5, p.count("refreshSession"), "after 0, 1, 3, 7 and 15 seconds")
		time.Sleep(2 * time.Second)
		err := call(t.Context(), s)
		require.ErrorContains(t, err, "503")
		require.NotErrorIs(t, err, session.ErrLost)
		p.fail = nil
		time.Sleep(time.Minute)
		require.NoError(t, call(t.Context(), s))
		require.NoError(t, s.Err())
	})
}

// TestLost says which failures end a session.
func TestLost(t *testing.T) {
	ledger.Covers(t, "XRPC-064", "XRPC-065")
	for _, tt := range []struct {
		name   string
		status int
		body   string
		lost   bool
	}{
		{"expired", 400, `{"error":"ExpiredToken"}`, true},
		{"expired 401", 401, `{"error":"ExpiredToken"}`, true},
		{"invalid", 400, `{"error":"InvalidToken"}`, true},
		{"taken down", 401, `{"error":"AccountTakedown"}`, true},
		{"other account", 200, fmt.Sprintf(`{"accessJwt":"a","refreshJwt":"r","handle":"alice.example.com","did":%q}`, mallet), true},
		{"network", -1, "", false},
		{"500", 500, "", false},
		{"502", 502, "<html>", false},
		{"429", 429, `{"error":"RateLimitExceeded"}`, false},
		{"rubbish", 200, `<html>`, false},
		{"incomplete", 200, fmt.Sprintf(`{"accessJwt":"a","handle":"alice.example.com","did":%q}`, alice), false},
		{"token with a line break", 200, fmt.Sprintf(`{"accessJwt":"a\nb","refreshJwt":"r","handle":"alice.example.com","did":%q}`, alice), false},
	} {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			p := newPDS()
			store := new(session.MemoryStore)
			lost := make(chan error, 10)
			s := p.login(t, session.Options{Store: store, Lost: func(err error) { lost <- err }})
			p.expire()
			p.fail = func(method string) (int, string) {
				if method == "com.atproto.server.refreshSession" {
					return tt.status, tt.body
				}
				return 0, ""
			}
			err := call(t.Context(), s)
			require.Error(t, err)
			require.Equal(t, tt.lost, errors.Is(err, session.ErrLost), "%v", err)
			require.NotContains(t, err.Error(), "refresh-1")
			if e, ok := errors.AsType[*xrpc.InvalidResponseError](err); ok {
				require.Empty(t, e.Body, "there may be tokens in it")
			}
			value, loadErr := store.Load(t.Context(), alice.String())
			require.NoError(t, loadErr)
			require.Equal(t, tt.lost, value == nil)
			if tt.lost {
				require.ErrorIs(t, <-lost, session.ErrLost)
				n := p.count("refreshSession")
				require.ErrorIs(t, call(t.Context(), s), session.ErrLost)
				require.ErrorIs(t, s.Renew(t.Context()), session.ErrLost)
				require.ErrorIs(t, s.Err(), session.ErrLost)
				require.Equal(t, n, p.count("refreshSession"), "nobody is asked any more")
				require.Empty(t, lost, "it is told once")
				_, err = session.Resume(t.Context(), alice, p.options(session.Options{Store: store}))
				require.ErrorIs(t, err, session.ErrNoSession)
				return
			}
			p.fail = nil
			time.Sleep(time.Minute)
			require.NoError(t, call(t.Context(), s), "it goes on")
		}))
	}
}

// TestWaitersAreFree: who gives up does not spoil it for the others, and what was
// renewed for nobody is not lost.
func TestWaitersAreFree(t *testing.T) {
	ledger.Covers(t, "XRPC-063")
	synctest.Test(t, func(t *testing.T) {
		p := newPDS()
		p.slow = 10 * time.Second
		s := p.login(t, session.Options{})
		p.expire()
		first, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			start := time.Now()
			require.ErrorIs(t, call(first, s), context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(start))
		})
		wg.Go(func() {
			time.Sleep(500 * time.Millisecond)
			require.NoError(t, call(t.Context(), s))
		})
		wg.Wait()
		require.Equal(t, 1, p.count("refreshSession"))

		p.expire()
		alone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, call(alone, s), context.DeadlineExceeded)
		time.Sleep(time.Minute)
		require.NoError(t, call(t.Context(), s))
		require.Equal(t, 2, p.count("refreshSession"))
	})
}

func TestLogout(t *testing.T) {
	ledger.Covers(t, "XRPC-057")
	for name, fail := range map[string]func(string) (int, string){
		"fine": nil, "ended already": func(string) (int, string) { return failure(400, xrpc.ExpiredToken) },
		"invalid": func(string) (int, string) { return failure(401, xrpc.InvalidToken) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPDS()
			store := new(session.MemoryStore)
			s := p.login(t, session.Options{Store: store, Lost: func(error) { t.Error("it was logged out") }})
			refresh := p.refresh
			p.fail = fail
			require.NoError(t, s.Logout(t.Context()))
			request, auth := p.lastRequest()
			require.Equal(t, "pds.example.com POST com.atproto.server.deleteSession null", request)
			require.Equal(t, "Bearer "+refresh, auth)
			require.ErrorIs(t, call(t.Context(), s), session.ErrLost)
			value, err := store.Load(t.Context(), alice.String())
			require.NoError(t, err)
			require.Nil(t, value)
		})
	}
	p := newPDS()
	s := p.login(t, session.Options{})
	p.fail = func(string) (int, string) { return 503, "" }
	require.ErrorContains(t, s.Logout(t.Context()), "503")
	p.fail = nil
	require.NoError(t, call(t.Context(), s), "it was not logged out")
	require.NoError(t, s.Forget(t.Context()))
	require.ErrorIs(t, call(t.Context(), s), session.ErrLost)
	require.Zero(t, p.count("deleteSession")-1)
}

func TestCheck(t *testing.T) {
	ledger.Covers(t, "XRPC-058")
	p := newPDS()
	s := p.login(t, session.Options{})
	p.more = `,"active":false,"status":"suspended"`
	i, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Equal(t, "suspended", i.Status)
	require.False(t, i.Active)
	request, auth := p.lastRequest()
	require.Equal(t, "pds.example.com GET com.atproto.server.getSession null", request)
	require.Equal(t, "Bearer "+p.access, auth)
	p.did = mallet
	_, err = s.Check(t.Context())
	require.ErrorIs(t, err, session.ErrOtherAccount)
}

func TestCreateAccount(t *testing.T) {
	p := newPDS()
	a := &session.Account{Handle: syntax.MustParseHandle("alice.example.com"), Email: "a@example.com", Password: "hunter2", InviteCode: "x"}
	s, err := session.CreateAccount(t.Context(), a, p.options(session.Options{}))
	require.NoError(t, err)
	require.NoError(t, call(t.Context(), s))
	require.Equal(t, `pds.example.com POST com.atproto.server.createAccount {"email":"a@example.com","handle":"alice.example.com","inviteCode":"x","password":"hunter2"}`, p.requests[0])
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", a, a, a), "hunter2")

	a.DID, a.Auth, a.PLCOp = mallet, xrpc.BearerAuth("service"), []byte(`{"type":"plc_operation"}`)
	_, err = session.CreateAccount(t.Context(), a, p.options(session.Options{}))
	require.ErrorIs(t, err, session.ErrOtherAccount)
	request, auth := p.lastRequest()
	require.Contains(t, request, `"did":"`+mallet.String()+`"`)
	require.Contains(t, request, `"plcOp":{"type":"plc_operation"}`)
	require.Equal(t, "Bearer service", auth)
}

// TestTokenStaysHome: the token is for the account's server.
func TestTokenStaysHome(t *testing.T) {
	p := newPDS()
	s := p.login(t, session.Options{})
	for url, ok := range map[string]bool{
		host + "/xrpc/a.b.c": true, "https://PDS.example.com/x": true, "http://pds.example.com/": false,
		"https://pds.example.com:444/": false, "https://api.example.com/": false,
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
		require.NoError(t, err)
		err = s.Authorize(t.Context(), req)
		require.Equal(t, ok, err == nil, url)
		require.Equal(t, ok, req.Header.Get("Authorization") != "")
	}
}

func TestIsAppPassword(t *testing.T) {
	ledger.Covers(t, "XRPC-068")
	for s, want := range map[string]bool{
		"abcd-efgh-ijkl-mnop": true, "2345-67ab-zzzz-aaaa": true,
		"abcd-efgh-ijkl-mno": false, "abcd-efgh-ijkl-mnopq": false, "abcd-efgh-ijkl-mno1": false, "abcd-efgh-ijkl-mno8": false,
		"Abcd-efgh-ijkl-mnop": false, "abcdeefgh-ijkl-mnop": false, "abcd-efgh-ijklmnop-": false, "": false, "hunter2": false,
	} {
		require.Equal(t, want, session.IsAppPassword(s), s)
	}
}

// TestSecrets: nothing that is printed has tokens or passwords in it.
func TestSecrets(t *testing.T) {
	p := newPDS()
	store := new(session.MemoryStore)
	var seen []string
	o := session.Options{Store: store}
	o.Client.Hooks.Call = func(ctx context.Context, c *xrpc.Call) (context.Context, func(xrpc.Outcome)) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			seen = append(seen, fmt.Sprintf(verb, c))
		}
		return ctx, nil
	}
	s := p.login(t, o)
	p.expire()
	require.NoError(t, call(t.Context(), s))
	for _, v := range []any{s, *p.options(o), store, s.Client(), s.Info(), struct{ s *session.Session }{s}, struct{ s *session.MemoryStore }{store}} {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			seen = append(seen, fmt.Sprintf(verb, v))
		}
	}
	for _, text := range seen {
		require.NotContains(t, text, "secretsig")
		require.NotContains(t, text, "refresh-")
		require.NotContains(t, text, password)
	}
}
