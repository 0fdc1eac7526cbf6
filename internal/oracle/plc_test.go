package oracle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/oracle"
	"github.com/linnet-at/linnet/syntax"
)

func plcClient(t *testing.T, url string) *plc.Client {
	t.Helper()
	c, err := plc.NewClient(&plc.ClientOptions{URL: url, AllowLoopback: true})
	require.NoError(t, err)
	return c
}

func parseDID(t *testing.T, s string) syntax.DID {
	t.Helper()
	id, err := syntax.ParseDID(s)
	require.NoError(t, err)
	return id
}

func newKey(t *testing.T, c crypto.Curve) *crypto.PrivateKey {
	t.Helper()
	k, err := crypto.GenerateKey(c)
	require.NoError(t, err)
	return k
}

// verified returns the state of an account after its log has been verified and
// compared with the directory's document.
func verified(t *testing.T, c *plc.Client, id syntax.DID, handle string) *plc.State {
	t.Helper()
	doc, state, err := c.ResolveVerified(t.Context(), id)
	require.NoError(t, err)
	claimed, ok := doc.ClaimedHandle()
	require.True(t, ok)
	require.Equal(t, handle, claimed.String())
	return state
}

// TestPDSOnOurDirectory runs the reference PDS on a directory of ours: it makes
// accounts, changes handles, and signs and submits operations for their users,
// who recover and tombstone them with keys of their own.
func TestPDSOnOurDirectory(t *testing.T) {
	dir := plctest.New(nil)
	srv := httptest.NewServer(dir)
	defer srv.Close()
	t.Setenv("PLC_URL", srv.URL)
	network := oracle.Start(t)
	require.Equal(t, srv.URL, network.PLC)
	c := plcClient(t, srv.URL)
	ctx := t.Context()

	account := network.NewAccount(t, "alice")
	id := parseDID(t, account.DID)
	state := verified(t, c, id, "alice.test")
	require.Equal(t, network.PDS, state.Data().Services["atproto_pds"].Endpoint)
	server := state.Data().RotationKeys
	require.Len(t, server, 1)
	serverKey, err := crypto.ParseDIDKey(server[0])
	require.NoError(t, err)

	procedure := func(nsid string, in any) []byte {
		t.Helper()
		body, err := json.Marshal(in)
		require.NoError(t, err)
		return account.Procedure(t, nsid, "application/json", strings.NewReader(string(body)))
	}
	procedure("com.atproto.identity.updateHandle", map[string]string{"handle": "alice2.test"})
	verified(t, c, id, "alice2.test")

	// The user's own key comes before the server's.
	mine := newKey(t, crypto.P256)
	account.Procedure(t, "com.atproto.identity.requestPlcOperationSignature", "", nil)
	signed := fixtures.JSON[struct{ Operation raw }](t, procedure("com.atproto.identity.signPlcOperation", map[string]any{
		"token": account.EmailToken(t, "plc_operation"), "rotationKeys": []string{mine.PublicKey().DIDKey(), server[0]},
	}))
	op, err := plc.ParseOperation(signed.Operation)
	require.NoError(t, err)
	head := dir.State(id).Head()
	require.NoError(t, plc.Review(op, head, mine.PublicKey(), serverKey))
	want := head.Data()
	want.SetRotationKeys(mine.PublicKey(), serverKey)
	require.True(t, want.Equal(op.Data()))
	procedure("com.atproto.identity.submitPlcOperation", map[string]any{"operation": json.RawMessage(signed.Operation)})
	state = verified(t, c, id, "alice2.test")
	require.Equal(t, op.CID(), state.Head().CID())

	// The server builds on what the user signs, and the user undoes the server's.
	_, err = c.Update(ctx, id, func(d *plc.Data) error {
		d.AlsoKnownAs = append(d.AlsoKnownAs, "https://alice.example")
		return nil
	}, mine)
	require.NoError(t, err)
	before := dir.State(id).Head()
	procedure("com.atproto.identity.updateHandle", map[string]string{"handle": "alice3.test"})
	state = verified(t, c, id, "alice3.test")
	require.Equal(t, before.CID(), state.Head().Prev())
	undo, err := state.Recover(ctx, state.Head().CID(), nil, time.Now(), mine)
	require.NoError(t, err)
	require.NoError(t, c.Submit(ctx, id, undo))
	verified(t, c, id, "alice2.test")

	_, err = c.Tombstone(ctx, id, mine)
	require.NoError(t, err)
	_, state, err = c.ResolveVerified(ctx, id)
	require.ErrorIs(t, err, plc.ErrDeactivated)
	require.True(t, state.Deactivated())

	for i := range 3 {
		other := network.NewAccount(t, fmt.Sprintf("user%d", i))
		verified(t, c, parseDID(t, other.DID), other.Handle)
	}
	active, nullified := 0, 0
	source := func(ctx context.Context) iter.Seq2[plc.Entry, error] { return c.Export(ctx, 0, nil) }
	for r, err := range plc.VerifyExport(ctx, source, nil) {
		require.NoError(t, err)
		require.Equal(t, plc.Active, r.Verdict.Status, "%v", r.Verdict.Err)
		active++
		nullified += len(r.Verdict.Nullifies)
	}
	require.Equal(t, 10, active)
	require.Equal(t, 1, nullified)
	_, verdicts, err := plc.VerifyLog(id, dir.Log(id), nil)
	require.NoError(t, err)
	require.Len(t, verdicts, 7)
}

// TestReferenceDirectory makes and changes accounts in the reference directory,
// and has it refuse what is refused here.
func TestReferenceDirectory(t *testing.T) {
	network := oracle.Start(t)
	c := plcClient(t, network.PLC)
	ctx := t.Context()
	version, err := c.Health(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, version)

	strong, weak, signing := newKey(t, crypto.P256), newKey(t, crypto.K256), newKey(t, crypto.P256)
	account := plc.Account{
		Handle: syntax.MustParseHandle("alice.test"), PDS: network.PDS, SigningKey: signing.PublicKey(),
		RotationKeys: []*crypto.PublicKey{strong.PublicKey(), weak.PublicKey()}, AllowLoopback: true,
	}
	data, err := account.Data()
	require.NoError(t, err)
	id, genesis, err := c.Create(ctx, data, weak)
	require.NoError(t, err)
	state := verified(t, c, id, "alice.test")
	require.Equal(t, genesis, state.Head())
	got, err := c.Data(ctx, id)
	require.NoError(t, err)
	require.True(t, data.Equal(got))

	theft, err := c.Update(ctx, id, func(d *plc.Data) error {
		d.SetHandle(syntax.MustParseHandle("mallory.test"))
		d.SetSigningKey(newKey(t, crypto.K256).PublicKey())
		return nil
	}, weak)
	require.NoError(t, err)
	state = verified(t, c, id, "mallory.test")
	undo, err := state.Recover(ctx, theft.CID(), nil, time.Now(), strong, weak)
	require.NoError(t, err)
	require.NoError(t, c.Submit(ctx, id, undo))
	verified(t, c, id, "alice.test")
	entries, err := c.AuditLog(ctx, id)
	require.NoError(t, err)
	_, verdicts, err := plc.VerifyLog(id, entries, nil)
	require.NoError(t, err)
	require.Equal(t, plc.Nullified, verdicts[1].Status)

	// It refuses what we would not take either.
	for _, bad := range []*plc.Operation{genesis, theft} {
		require.Error(t, c.Submit(ctx, id, bad))
	}
	foreign, err := plc.Update(ctx, undo, data, weak)
	require.NoError(t, err)
	other, _, err := plc.Create(ctx, data, strong)
	require.NoError(t, err)
	require.Error(t, c.Submit(ctx, other, foreign))

	ops, err := c.Log(ctx, id)
	require.NoError(t, err)
	require.Equal(t, []*plc.Operation{genesis, undo}, ops)
	_, err = plc.VerifyChain(id, ops, nil)
	require.NoError(t, err)
	last, err := c.Last(ctx, id)
	require.NoError(t, err)
	require.Equal(t, undo, last)

	_, err = c.Tombstone(ctx, id, strong)
	require.NoError(t, err)
	_, _, err = c.ResolveVerified(ctx, id)
	require.ErrorIs(t, err, plc.ErrDeactivated)
	_, err = c.Document(ctx, other)
	require.ErrorIs(t, err, plc.ErrNotFound)

	pds := network.NewAccount(t, "bob")
	verified(t, c, parseDID(t, pds.DID), "bob.test")
	for range c.ExportSince(ctx, time.Time{}, nil) {
		t.Fatal("this directory, which keeps its state in memory, has nothing in its export")
	}
}
