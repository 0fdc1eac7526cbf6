package plctest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func key(t testing.TB, n int) *crypto.PrivateKey {
	t.Helper()
	k, err := crypto.ParsePrivateHex(crypto.K256, fmt.Sprintf("%064x", n+1))
	require.NoError(t, err)
	return k
}

// data returns what an account with the given name and rotation keys states.
func data(t testing.TB, name string, rotation ...*crypto.PrivateKey) *plc.Data {
	t.Helper()
	d := &plc.Data{AlsoKnownAs: []string{"at://" + name + ".example"}}
	for _, k := range rotation {
		d.RotationKeys = append(d.RotationKeys, k.PublicKey().DIDKey())
	}
	return d
}

func create(t testing.TB, d *plctest.Directory, name string, rotation ...*crypto.PrivateKey) (syntax.DID, *plc.Operation) {
	t.Helper()
	id, op, err := plc.Create(t.Context(), data(t, name, rotation...), rotation[0])
	require.NoError(t, err)
	require.NoError(t, d.Submit(id, op))
	return id, op
}

func update(t testing.TB, prev *plc.Operation, name string, signer *crypto.PrivateKey, rotation ...*crypto.PrivateKey) *plc.Operation {
	t.Helper()
	op, err := plc.Update(t.Context(), prev, data(t, name, rotation...), signer)
	require.NoError(t, err)
	return op
}

func newDirectory(t testing.TB, o plctest.Options) (*plctest.Directory, *plctest.Clock) {
	t.Helper()
	clock := plctest.NewClock(epoch)
	o.Now = clock.Now
	return plctest.New(&o), clock
}

func requireStatus(t testing.TB, err error, want int) {
	t.Helper()
	e, ok := errors.AsType[*plc.StatusError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, e.Status, "%v", err)
}

// What is refused, with which status, and that it leaves no trace.
func TestSubmit(t *testing.T) {
	ledger.Covers(t, "PLC-018", "PLC-021", "PLC-028", "PLC-035", "PLC-037", "PLC-050")
	d, clock := newDirectory(t, plctest.Options{})
	a, b, c := key(t, 0), key(t, 1), key(t, 2)
	id, genesis := create(t, d, "alice", a, b)
	clock.Advance(time.Hour)
	second := update(t, genesis, "second", b, a, b)
	require.NoError(t, d.Submit(id, second))
	log := d.Log(id)

	other := syntax.MustParseDID("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
	_, foreign, err := plc.Create(t.Context(), data(t, "x", c), c)
	require.NoError(t, err)
	extra, err := genesis.MarshalJSON()
	require.NoError(t, err)
	noted, err := plc.ParseOperation([]byte(strings.Replace(string(extra), "{", `{"note":"x",`, 1)))
	require.NoError(t, err)
	for name, s := range map[string]struct {
		did  syntax.DID
		op   *plc.Operation
		want int
	}{
		"another DID":       {other, foreign, 400},
		"not registered":    {other, second, 404},
		"registered":        {id, genesis, 409},
		"the same again":    {id, second, 409},
		"lost the race":     {id, update(t, genesis, "late", b, a), 409},
		"foreign key":       {id, forge(t, second.CID().String(), c), 400},
		"unknown operation": {id, forge(t, "bafyreifrr55ozyoykcjhqbvvef2um5lgqtp5lrkq3efczmjhmleyhmje3i", a), 400},
		"extra field":       {id, noted, 400},
	} {
		requireStatus(t, d.Submit(s.did, s.op), s.want)
		require.Equal(t, log, d.Log(id), name)
	}
	require.Nil(t, d.Log(other))
	require.Nil(t, d.State(other))

	// Who undoes it has to be stronger, and in time.
	clock.Advance(72*time.Hour + time.Millisecond)
	undo := update(t, genesis, "undo", a, a)
	requireStatus(t, d.Submit(id, undo), 400)
	clock.Advance(-time.Millisecond)
	require.NoError(t, d.Submit(id, undo))
	requireStatus(t, d.Submit(id, update(t, second, "third", a, a)), 409)
	log = d.Log(id)
	require.Equal(t, []bool{false, true, false}, []bool{log[0].Nullified, log[1].Nullified, log[2].Nullified})
	state, _, err := plc.VerifyLog(id, log, nil)
	require.NoError(t, err)
	require.Equal(t, d.State(id).Operations(), state.Operations())

	end, err := plc.Tombstone(t.Context(), undo, a)
	require.NoError(t, err)
	require.NoError(t, d.Submit(id, end), "in the same millisecond, which a verifier must not see")
	_, _, err = plc.VerifyLog(id, d.Log(id), nil)
	require.NoError(t, err)
	requireStatus(t, d.Submit(id, forge(t, end.CID().String(), a)), 410)
}

// forge signs an operation on top of whatever is named.
func forge(t testing.TB, prev string, signer *crypto.PrivateKey) *plc.Operation {
	t.Helper()
	genesis, err := plc.ParseOperation([]byte(`{"type":"plc_operation","prev":"` + prev + `","sig":"","services":{},"alsoKnownAs":[],"verificationMethods":{},"rotationKeys":["` + signer.PublicKey().DIDKey() + `"]}`))
	require.NoError(t, err)
	sig, err := signer.Sign(t.Context(), genesis.AppendUnsigned(nil))
	require.NoError(t, err)
	text, err := genesis.MarshalJSON()
	require.NoError(t, err)
	op, err := plc.ParseOperation([]byte(strings.Replace(string(text), `"sig":""`, `"sig":"`+base64.RawURLEncoding.EncodeToString(sig)+`"`, 1)))
	require.NoError(t, err)
	return op
}

func TestSubmitAll(t *testing.T) {
	d, _ := newDirectory(t, plctest.Options{})
	a := key(t, 0)
	id, genesis, err := plc.Create(t.Context(), data(t, "a", a), a)
	require.NoError(t, err)
	second := update(t, genesis, "b", a, a)
	n, err := d.SubmitAll(plctest.Submission{DID: id, Operation: genesis}, plctest.Submission{DID: id, Operation: second}, plctest.Submission{DID: id, Operation: second})
	require.Equal(t, 2, n)
	requireStatus(t, err, 409)
	ops, seq := d.Len()
	require.Equal(t, 2, ops)
	require.Equal(t, int64(2), seq)
}

func TestRateLimit(t *testing.T) {
	ledger.Covers(t, "PLC-023")
	d, clock := newDirectory(t, plctest.Options{RateLimit: true})
	a, b := key(t, 0), key(t, 1)
	id, head := create(t, d, "a", a, b)
	next := func() error {
		clock.Advance(time.Second)
		op := update(t, head, fmt.Sprint(clock.Now().Unix()), b, a, b)
		err := d.Submit(id, op)
		if err == nil {
			head = op
		}
		return err
	}
	before := head
	for range 9 {
		before = head
		require.NoError(t, next())
	}
	for _, l := range []struct {
		wait time.Duration
		more int
	}{{0, 0}, {time.Hour, 10}, {time.Hour, 10}, {time.Hour, 0}, {24 * time.Hour, 10}} {
		clock.Advance(l.wait)
		for range l.more {
			before = head
			require.NoError(t, next())
		}
		err := next()
		requireStatus(t, err, 429)
		require.ErrorIs(t, err, plc.ErrRateLimited)
	}
	// What undoes others is let through.
	require.NoError(t, d.Submit(id, update(t, before, "undo", a, a, b)))
	// A hundred in a week.
	n, _ := d.Len()
	head = d.State(id).Head()
	for i := 0; n < 200; i++ {
		clock.Advance(time.Hour)
		err := next()
		if err == nil {
			n++
			continue
		}
		if strings.Contains(err.Error(), "week") {
			break
		}
	}
	require.Less(t, n, 110)
}

func get(t testing.TB, url string) (status int, contentType, body string) {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, res.Header.Get("Content-Type"), string(raw)
}

func TestEndpoints(t *testing.T) {
	ledger.Covers(t, "PLC-043", "PLC-049", "PLC-050", "PLC-051", "PLC-052", "PLC-060")
	d, clock := newDirectory(t, plctest.Options{Version: "1.2.3"})
	srv := httptest.NewServer(d)
	defer srv.Close()
	a := key(t, 0)
	id, genesis := create(t, d, "alice", a)
	text, err := genesis.MarshalJSON()
	require.NoError(t, err)
	unknown := "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"
	ask := func(path string, status int, contentType, body string) {
		t.Helper()
		gotStatus, gotType, gotBody := get(t, srv.URL+path)
		require.Equal(t, status, gotStatus)
		require.Equal(t, contentType, gotType)
		if body != "" {
			require.JSONEq(t, body, gotBody)
		}
	}
	const plain, doc = "application/json; charset=utf-8", "application/did+ld+json; charset=utf-8"
	did := "/" + id.String()
	ask("/_health", 200, plain, `{"version":"1.2.3"}`)
	ask(did, 200, doc, `{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1"],"id":"`+id.String()+`","alsoKnownAs":["at://alice.example"],"verificationMethod":[],"service":[]}`)
	ask("/"+strings.ReplaceAll(id.String(), ":", "%3A"), 200, doc, "")
	ask(did+"/data", 200, plain, `{"did":"`+id.String()+`","rotationKeys":["`+a.PublicKey().DIDKey()+`"],"alsoKnownAs":["at://alice.example"],"verificationMethods":{},"services":{}}`)
	ask(did+"/log", 200, plain, "["+string(text)+"]")
	ask(did+"/log/last", 200, plain, string(text))
	ask(did+"/log/audit", 200, plain, `[{"did":"`+id.String()+`","operation":`+string(text)+`,"cid":"`+genesis.CID().String()+`","nullified":false,"createdAt":"2024-01-01T00:00:00.000Z"}]`)
	ask("/export?after=0", 200, "application/jsonlines", `{"type":"sequenced_op","seq":1,"did":"`+id.String()+`","operation":`+string(text)+`,"cid":"`+genesis.CID().String()+`","createdAt":"2024-01-01T00:00:00.000Z"}`)
	ask("/export", 200, "application/jsonlines", `{"did":"`+id.String()+`","operation":`+string(text)+`,"cid":"`+genesis.CID().String()+`","nullified":false,"createdAt":"2024-01-01T00:00:00.000Z"}`)
	for _, path := range []string{"", "/data", "/log", "/log/last", "/log/audit"} {
		ask("/"+unknown+path, 404, plain, `{"message":"DID not registered: `+unknown+`"}`)
		ask("/did:web:example.com"+path, 400, plain, `{"message":"Not a did:plc"}`)
	}
	for _, query := range []string{"count=0", "count=-1", "count=x", "after=x", "after=2024"} {
		status, _, _ := get(t, srv.URL+"/export?"+query)
		if query == "after=2024" {
			require.Equal(t, 200, status, "a number")
			continue
		}
		require.Equal(t, 400, status, query)
	}
	ask("/export/stream", 426, plain, `{"message":"upgrade required"}`)
	ask("/export/stream?cursor=-1", 400, plain, "")

	post := func(path, body string) (int, string) {
		res, err := http.Post(srv.URL+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer res.Body.Close()
		var answer struct{ Message string }
		_ = json.NewDecoder(res.Body).Decode(&answer)
		return res.StatusCode, answer.Message
	}
	status, message := post("/did:web:example.com", string(text))
	require.Equal(t, 400, status)
	require.Equal(t, "Not a did:plc", message)
	status, message = post(did, "nonsense")
	require.Equal(t, 400, status)
	require.Contains(t, message, "plc: invalid json")
	status, _ = post(did, strings.Repeat(" ", 200<<10))
	require.Equal(t, http.StatusRequestEntityTooLarge, status)
	status, message = post(did, string(text))
	require.Equal(t, 409, status)
	require.Contains(t, message, "is there twice")

	clock.Advance(time.Second)
	end, err := plc.Tombstone(t.Context(), genesis, a)
	require.NoError(t, err)
	text, err = end.MarshalJSON()
	require.NoError(t, err)
	status, _ = post(did, string(text))
	require.Equal(t, 200, status)
	gone := `{"message":"DID not available: ` + id.String() + `"}`
	ask(did, 410, plain, gone)
	ask(did+"/data", 410, plain, gone)
	ask(did+"/log/last", 200, plain, string(text))
	_, _, body := get(t, srv.URL+"/export")
	require.Len(t, strings.Split(body, "\n"), 2, "no line end after the last line")

	old, _ := newDirectory(t, plctest.Options{DeactivatedStatus: 404})
	oldSrv := httptest.NewServer(old)
	defer oldSrv.Close()
	_, err = old.SubmitAll(plctest.Submission{DID: id, Operation: genesis}, plctest.Submission{DID: id, Operation: end})
	require.NoError(t, err)
	c, err := plc.NewClient(&plc.ClientOptions{URL: oldSrv.URL, AllowLoopback: true})
	require.NoError(t, err)
	_, err = c.Document(t.Context(), id)
	requireStatus(t, err, 404)
	require.ErrorIs(t, err, plc.ErrDeactivated)
}

// The numbers of pages, and of both forms of the export.
func TestExport(t *testing.T) {
	ledger.Covers(t, "PLC-051", "PLC-052", "PLC-054")
	d, clock := newDirectory(t, plctest.Options{FirstSeq: 1001})
	srv := httptest.NewServer(d)
	defer srv.Close()
	a, b := key(t, 0), key(t, 1)
	id, genesis := create(t, d, "first", a, b)
	clock.Advance(-time.Hour) // the order by time is another one
	create(t, d, "earlier", a)
	clock.Advance(2 * time.Hour)
	require.NoError(t, d.Submit(id, update(t, genesis, "weak", b, a, b)))
	clock.Advance(time.Hour)
	require.NoError(t, d.Submit(id, update(t, genesis, "strong", a, a, b)))
	read := func(query string) (list []plc.Entry) {
		status, _, body := get(t, srv.URL+"/export?"+query)
		require.Equal(t, 200, status)
		for e, err := range plc.ReadExport(strings.NewReader(body)) {
			require.NoError(t, err)
			list = append(list, e)
		}
		return list
	}
	numbers := func(list []plc.Entry) (n []int64) {
		for _, e := range list {
			n = append(n, e.Seq)
		}
		return n
	}
	require.Equal(t, []int64{1001, 1002, 1003, 1004}, numbers(read("after=0")))
	require.Equal(t, []int64{1002, 1003}, numbers(read("after=1001&count=2")))
	require.Empty(t, read("after=1004"))
	require.Empty(t, read("after=999999999999999999"))
	old := read("")
	require.Equal(t, "at://earlier.example", old[0].Operation.Data().AlsoKnownAs[0])
	require.Equal(t, []bool{false, false, true, false}, []bool{old[0].Nullified, old[1].Nullified, old[2].Nullified, old[3].Nullified})
	require.Len(t, read("after=2024-01-01T00:00:00.000Z"), 2)
	require.Len(t, read("count=2000"), 4)
}

// A consumer of the stream that falls too far behind is told so.
func TestStreamTooSlow(t *testing.T) {
	ledger.Covers(t, "PLC-056")
	d, clock := newDirectory(t, plctest.Options{StreamBacklog: 5})
	srv := httptest.NewServer(d)
	defer srv.Close()
	c, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true})
	require.NoError(t, err)
	a := key(t, 0)
	var list []plctest.Submission
	for i := range 16 {
		id, op, err := plc.Create(t.Context(), data(t, fmt.Sprint(i), a), a)
		require.NoError(t, err)
		list = append(list, plctest.Submission{DID: id, Operation: op})
	}
	_, err = d.SubmitAll(list[:10]...)
	require.NoError(t, err)
	n := 0
	for e, err := range c.Stream(t.Context(), 0, nil) {
		if err != nil {
			require.ErrorIs(t, err, plc.ErrConsumerTooSlow)
			break
		}
		n++
		require.Equal(t, int64(n), e.Seq)
		if n == 10 { // more than 5 are no matter before it has caught up
			for d.CaughtUp() == 0 {
				time.Sleep(time.Millisecond)
			}
			_, err := d.SubmitAll(list[10:]...)
			require.NoError(t, err)
		}
	}
	require.Equal(t, 10, n)
	clock.Advance(time.Second)
}

func TestConcurrency(t *testing.T) {
	d, clock := newDirectory(t, plctest.Options{})
	srv := httptest.NewServer(d)
	defer srv.Close()
	c, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true})
	require.NoError(t, err)
	a := key(t, 0)
	shared, _ := create(t, d, "shared", a)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id, _, err := c.Create(t.Context(), data(t, fmt.Sprint(i), a), a)
			if err != nil {
				t.Error(err)
				return
			}
			if _, _, err := c.ResolveVerified(t.Context(), id); err != nil {
				t.Error(err)
			}
			clock.Advance(time.Minute)
			_, err = c.Update(t.Context(), shared, func(d *plc.Data) error { d.AlsoKnownAs = append(d.AlsoKnownAs, fmt.Sprint(i)); return nil }, a)
			if err != nil && !errors.Is(err, plc.ErrConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	_, _, err = plc.VerifyLog(shared, d.Log(shared), nil)
	require.NoError(t, err)
}
