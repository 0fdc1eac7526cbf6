package oracle_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/internal/oracle"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/blob"
	"github.com/linnet-at/linnet/xrpc/session"
)

// An accountTest is the life of an account on a PDS and its directory.
type accountTest struct {
	*pdsClient
	pds *oracle.PDS
	dir *plctest.Directory
}

// TestAccounts goes through the lives of accounts.
func TestAccounts(t *testing.T) {
	ledger.Covers(t, "ACCT-010", "ACCT-015", "ACCT-019", "ACCT-021", "ACCT-022", "XRPC-025", "XRPC-055", "XRPC-058", "XRPC-068")
	pds, dir, _ := newPDS(t, oracle.PDSOptions{})
	a := &accountTest{newUser(t, pds.URL, "alice"), pds, dir}
	for _, part := range []struct {
		name string
		test func(*accountTest, *testing.T)
	}{
		{"create", (*accountTest).create}, {"data", (*accountTest).data}, {"handle", (*accountTest).handle}, {"appPassword", (*accountTest).appPassword},
		{"expire", (*accountTest).expire}, {"deactivate", (*accountTest).deactivate}, {"takedown", (*accountTest).takedown},
		{"remove", (*accountTest).remove},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(a, t) })
	}
}

// call calls a procedure of com.atproto without an output.
func (a *accountTest) call(t *testing.T, method string, in any) error {
	t.Helper()
	_, err := xrpc.Procedure[struct{}](t.Context(), a.c, "com.atproto."+method, in)
	return err
}

// login makes another session of the account, which is not stored.
func (a *accountTest) login(t *testing.T, identifier, password string) (*session.Session, error) {
	t.Helper()
	o := *a.opts
	o.Store = nil
	return session.Login(t.Context(), identifier, password, &o)
}

func (a *accountTest) create(t *testing.T) {
	require.True(t, a.s.Info().Active)
	require.Equal(t, a.pds.URL, a.s.Host())
	o := *a.opts
	o.Store = nil
	for want, account := range map[string]session.Account{
		"already taken":        {Handle: syntax.MustParseHandle("alice.test"), Email: "x@example.com", Password: "password"},
		"Not a supported":      {Handle: syntax.MustParseHandle("alice.example.com"), Email: "x@example.com", Password: "password"},
		"Email already taken:": {Handle: syntax.MustParseHandle("x123.test"), Email: "alice@example.com", Password: "password"},
	} {
		_, err := session.CreateAccount(t.Context(), &account, &o)
		e, ok := errors.AsType[*xrpc.Error](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, 400, e.Status)
		require.Contains(t, e.Message, want)
	}
}

// data has the server refuse what is no data of the protocol, and take what is.
func (a *accountTest) data(t *testing.T) {
	link := dagcbor.Sum(dagcbor.DAGCBOR, nil)
	in := func(value string) json.RawMessage {
		return json.RawMessage(`{"repo":"` + a.s.DID().String() + `","collection":"com.example.data","rkey":"x","record":{"$type":"com.example.data","x":` + value + `}}`)
	}
	for _, bad := range []string{`1.5`, `{"a":[0.5]}`} {
		_, err := xrpc.Procedure[any](t.Context(), a.c, "com.atproto.repo.putRecord", in(bad))
		e, ok := errors.AsType[*xrpc.Error](err)
		require.True(t, ok, "%s: %v", bad, err)
		require.Equal(t, 400, e.Status, "%s: %v", bad, err)
	}
	want := map[string]any{"link": link, "bytes": []byte("hi")}
	_, err := xrpc.Procedure[any](t.Context(), a.c, "com.atproto.repo.putRecord", map[string]any{
		"repo": a.s.DID().String(), "collection": "com.example.data", "rkey": "x", "record": map[string]any{"$type": "com.example.data", "x": want},
	})
	require.NoError(t, err)
	got, err := xrpc.Query[map[string]any](t.Context(), a.c, "com.atproto.repo.getRecord", xrpc.Values{"repo": {a.s.DID().String()}, "collection": {"com.example.data"}, "rkey": {"x"}})
	require.NoError(t, err)
	require.Equal(t, want, got["value"].(map[string]any)["x"])
}

func (a *accountTest) handle(t *testing.T) {
	require.NoError(t, a.call(t, "identity.updateHandle", map[string]any{"handle": "alice2.test"}))
	want := syntax.MustParseHandle("alice2.test")
	info, err := a.s.Check(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, info.Handle)
	require.NoError(t, a.s.Renew(t.Context()))
	require.Equal(t, want, a.s.Info().Handle)
	require.Equal(t, []string{"at://alice2.test"}, a.dir.State(a.s.DID()).Data().AlsoKnownAs)

	_, err = a.login(t, "alice.test", "password")
	require.True(t, xrpc.Is(err, xrpc.AuthenticationRequired), "%v", err)
	s, err := a.login(t, "alice2.test", "password")
	require.NoError(t, err)
	require.Equal(t, a.s.DID(), s.DID())
	for _, bad := range []string{"not a handle", "alice2.example.com", "a.b.test"} {
		_, ok := errors.AsType[*xrpc.Error](a.call(t, "identity.updateHandle", map[string]any{"handle": bad}))
		require.True(t, ok, bad)
	}
}

func (a *accountTest) appPassword(t *testing.T) {
	type created struct{ Password string }
	app, err := xrpc.Procedure[created](t.Context(), a.c, "com.atproto.server.createAppPassword", map[string]any{"name": "bot"})
	require.NoError(t, err)
	require.True(t, session.IsAppPassword(app.Password))
	bot, err := a.login(t, a.s.DID().String(), app.Password)
	require.NoError(t, err)
	require.NoError(t, bot.Renew(t.Context()))
	require.NoError(t, a.put(t.Context(), bot.Client(), "by-bot"))

	// It writes records and does not manage the account.
	_, err = xrpc.Procedure[created](t.Context(), bot.Client(), "com.atproto.server.createAppPassword", map[string]any{"name": "more"})
	e, ok := errors.AsType[*xrpc.Error](err)
	require.True(t, ok, "%v", err)
	require.Contains(t, []int{400, 401, 403}, e.Status)
	require.NoError(t, bot.Err(), "that is no end of the session")

	type list struct {
		Passwords []struct{ Name string }
	}
	all, err := xrpc.Query[list](t.Context(), a.c, "com.atproto.server.listAppPasswords", nil)
	require.NoError(t, err)
	require.Len(t, all.Passwords, 1)
	require.Equal(t, "bot", all.Passwords[0].Name)
	require.NoError(t, a.call(t, "server.revokeAppPassword", map[string]any{"name": "bot"}))
	require.ErrorIs(t, bot.Renew(t.Context()), session.ErrLost)
	_, err = bot.Check(t.Context())
	require.ErrorIs(t, err, session.ErrLost)
	_, err = a.login(t, "alice2.test", app.Password)
	require.True(t, xrpc.Is(err, xrpc.AuthenticationRequired), "%v", err)
	require.NoError(t, a.s.Renew(t.Context()), "the other session goes on")
}

// aged returns a token of the PDS that expired an hour ago, with its signature.
func (a *accountTest) aged(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(payload, &claims))
	claims["iat"], claims["exp"] = time.Now().Add(-3*time.Hour).Unix(), time.Now().Add(-time.Hour).Unix()
	payload, err = json.Marshal(claims)
	require.NoError(t, err)
	text := parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := hmac.New(sha256.New, []byte(a.pds.Secret))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// age puts an expired token in the place of the stored one.
func (a *accountTest) age(t *testing.T, name string) {
	t.Helper()
	key := a.s.DID().String()
	old, err := a.opts.Store.Load(t.Context(), key)
	require.NoError(t, err)
	var state map[string]any
	d := json.NewDecoder(strings.NewReader(string(old)))
	d.UseNumber()
	require.NoError(t, d.Decode(&state))
	state[name] = a.aged(t, state[name].(string))
	value, err := json.Marshal(state)
	require.NoError(t, err)
	ok, err := a.opts.Store.Swap(t.Context(), key, old, value)
	require.NoError(t, err)
	require.True(t, ok)
}

// expire has the server itself refuse tokens for their age, while 32 callers of
// two processes are at it: they are renewed once.
func (a *accountTest) expire(t *testing.T) {
	const refresh = "com.atproto.server.refreshSession"
	a.age(t, "access")
	o := *a.opts
	o.RenewBefore = -1 // the server is to say so
	one, err := session.Resume(t.Context(), a.s.DID(), &o)
	require.NoError(t, err)
	two, err := session.Resume(t.Context(), a.s.DID(), &o)
	require.NoError(t, err)
	before, calls := a.counter.count(refresh), a.counter.count("com.atproto.server.getSession")
	var wg sync.WaitGroup
	errs := make([]error, 32)
	for i := range errs {
		s := []*session.Session{one, two}[i%2]
		wg.Go(func() { _, errs[i] = s.Check(t.Context()) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, before+1, a.counter.count(refresh))
	require.Greater(t, a.counter.count("com.atproto.server.getSession"), calls+len(errs), "some were refused")

	// What can't be renewed is over.
	lost := 0
	a.age(t, "access")
	a.age(t, "refresh")
	o.Lost = func(error) { lost++ }
	dead, err := session.Resume(t.Context(), a.s.DID(), &o)
	require.NoError(t, err)
	for range 2 {
		_, err = dead.Check(t.Context())
		require.ErrorIs(t, err, session.ErrLost)
	}
	require.Equal(t, 1, lost)
	_, err = session.Resume(t.Context(), a.s.DID(), &o)
	require.ErrorIs(t, err, session.ErrNoSession)
	a.s, err = session.Open(t.Context(), a.s.DID().String(), "password", a.opts)
	require.NoError(t, err)
	a.c = a.s.Client()
}

// status asks whether the account is hosted.
func (a *accountTest) status(t *testing.T) map[string]any {
	t.Helper()
	status, err := xrpc.Query[map[string]any](t.Context(), a.stranger(t), "com.atproto.sync.getRepoStatus", xrpc.Values{"did": {a.s.DID().String()}})
	require.NoError(t, err)
	return status
}

// stranger returns a client that is not logged in.
func (a *accountTest) stranger(t *testing.T) *xrpc.Client {
	t.Helper()
	c, err := xrpc.New(a.pds.URL, &xrpc.Options{Development: true})
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// export asks for the repository as a stranger.
func (a *accountTest) export(ctx context.Context, c xrpc.Caller) error {
	res, err := c.Call(ctx, &xrpc.Call{NSID: "com.atproto.sync.getRepo", Params: xrpc.Values{"did": {a.s.DID().String()}}, Stream: true})
	if err == nil {
		err = res.Body.Close()
	}
	return err
}

func (a *accountTest) deactivate(t *testing.T) {
	ref := a.file(t, []byte("a file"))
	require.Equal(t, true, a.status(t)["active"])
	require.NotEmpty(t, a.status(t)["rev"])
	later, err := syntax.NewDatetime(time.Now().AddDate(0, 1, 0))
	require.NoError(t, err)
	require.NoError(t, a.call(t, "server.deactivateAccount", map[string]any{"deleteAfter": later.String()}))

	info, err := a.s.Check(t.Context())
	require.NoError(t, err)
	require.False(t, info.Active)
	require.Equal(t, "deactivated", info.Status)
	status := a.status(t)
	require.Equal(t, false, status["active"])
	require.Equal(t, "deactivated", status["status"])
	err = a.export(t.Context(), a.stranger(t))
	require.True(t, xrpc.Is(err, xrpc.RepoDeactivated), "%v", err)
	_, err = blob.Get(t.Context(), a.stranger(t), a.s.DID(), ref.Ref, nil)
	require.True(t, xrpc.Is(err, xrpc.RepoDeactivated), "%v", err)
	e, ok := errors.AsType[*xrpc.Error](a.put(t.Context(), a.c, "inactive"))
	require.True(t, ok)
	require.Contains(t, []int{400, 401, 403}, e.Status)

	// Its owner can still log in, look and move.
	s, err := a.login(t, "alice2.test", "password")
	require.NoError(t, err)
	require.False(t, s.Info().Active)
	require.Equal(t, "deactivated", s.Info().Status)
	type check struct {
		Activated, ValidDID                                                          bool
		RepoCommit, RepoRev                                                          string
		RepoBlocks, IndexedRecords, PrivateStateValues, ExpectedBlobs, ImportedBlobs int64
	}
	got, err := xrpc.Query[check](t.Context(), s.Client(), "com.atproto.server.checkAccountStatus", nil)
	require.NoError(t, err)
	require.False(t, got.Activated)
	require.True(t, got.ValidDID)
	require.NotEmpty(t, got.RepoCommit)
	require.NotEmpty(t, got.RepoRev)
	require.Equal(t, int64(3), got.IndexedRecords)
	require.Equal(t, int64(1), got.ExpectedBlobs)
	require.Equal(t, int64(1), got.ImportedBlobs)
	require.GreaterOrEqual(t, got.RepoBlocks, int64(4))
	require.NoError(t, a.export(t.Context(), s.Client()))

	require.NoError(t, a.call(t, "server.activateAccount", nil))
	require.NoError(t, a.put(t.Context(), a.c, "active"))
	require.NoError(t, a.s.Renew(t.Context()))
	require.True(t, a.s.Info().Active)
	require.Empty(t, a.s.Info().Status)
	require.NoError(t, a.export(t.Context(), a.stranger(t)))
}

func (a *accountTest) takedown(t *testing.T) {
	admin, err := xrpc.New(a.pds.URL, &xrpc.Options{Development: true, Auth: xrpc.AdminAuth(a.pds.Admin)})
	require.NoError(t, err)
	defer admin.CloseIdleConnections()
	set := func(applied bool) {
		_, err := xrpc.Procedure[any](t.Context(), admin, "com.atproto.admin.updateSubjectStatus", map[string]any{
			"subject":  map[string]any{"$type": "com.atproto.admin.defs#repoRef", "did": a.s.DID().String()},
			"takedown": map[string]any{"applied": applied},
		})
		require.NoError(t, err)
	}
	set(true)
	err = a.export(t.Context(), a.stranger(t))
	require.True(t, xrpc.Is(err, xrpc.RepoTakendown), "%v", err)
	require.Equal(t, "takendown", a.status(t)["status"])
	_, err = a.login(t, "alice2.test", "password")
	require.True(t, xrpc.Is(err, xrpc.AccountTakedown), "%v", err)
	o := *a.opts
	o.Store, o.AllowTakendown = nil, true
	s, err := session.Login(t.Context(), "alice2.test", "password", &o)
	require.NoError(t, err)
	require.False(t, s.Info().Active)
	require.Equal(t, "takendown", s.Info().Status)
	set(false)
	a.s, err = session.Login(t.Context(), a.s.DID().String(), "password", a.opts)
	require.NoError(t, err)
	a.c = a.s.Client()
	require.NoError(t, a.put(t.Context(), a.c, "after"))
}

func (a *accountTest) remove(t *testing.T) {
	require.NoError(t, a.call(t, "server.requestAccountDelete", nil))
	in := map[string]any{"did": a.s.DID().String(), "password": "password", "token": "abcde-fghij"}
	require.True(t, xrpc.Is(a.call(t, "server.deleteAccount", in), xrpc.InvalidToken))
	in["token"] = a.pds.EmailToken(t, a.s.DID().String(), "delete_account")
	require.NoError(t, a.call(t, "server.deleteAccount", in))
	err := a.export(t.Context(), a.stranger(t))
	require.True(t, xrpc.Is(err, xrpc.RepoNotFound), "%v", err)
	_, err = a.login(t, "alice2.test", "password")
	require.True(t, xrpc.Is(err, xrpc.AuthenticationRequired), "%v", err)
	_, ok := errors.AsType[*xrpc.Error](a.s.Renew(t.Context()))
	require.True(t, ok)
}
