package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
)

// An Account is one on the PDS, with a session.
type Account struct {
	n      *Network
	DID    string `json:"did"`
	Handle string `json:"handle"`
	Access string `json:"accessJwt"`
}

// NewAccount makes an account whose handle is name.test.
func (n *Network) NewAccount(t testing.TB, name string) *Account {
	t.Helper()
	in, err := json.Marshal(map[string]string{"handle": name + ".test", "email": name + "@example.com", "password": "password"})
	if err != nil {
		t.Fatal(err)
	}
	a := &Account{n: n}
	out := a.Procedure(t, "com.atproto.server.createAccount", "application/json", bytes.NewReader(in))
	if err := json.Unmarshal(out, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// DIDDocument returns the account's DID document from the PLC directory.
func (a *Account) DIDDocument(t testing.TB) []byte {
	t.Helper()
	return a.call(t, http.MethodGet, a.n.PLC+"/"+a.DID, "", nil)
}

// Query calls a query of the PDS and returns the body of the answer.
func (a *Account) Query(t testing.TB, nsid string, params url.Values) []byte {
	t.Helper()
	return a.call(t, http.MethodGet, a.n.PDS+"/xrpc/"+nsid+"?"+params.Encode(), "", nil)
}

// Procedure calls a procedure of the PDS and returns the body of the answer.
func (a *Account) Procedure(t testing.TB, nsid, contentType string, body io.Reader) []byte {
	t.Helper()
	return a.call(t, http.MethodPost, a.n.PDS+"/xrpc/"+nsid, contentType, body)
}

func (a *Account) call(t testing.TB, method, target, contentType string, body io.Reader) []byte {
	t.Helper()
	answer, err := a.do(t.Context(), method, target, contentType, body)
	if err != nil {
		t.Fatalf("oracle: %s: %v", target, err)
	}
	return answer
}

func (a *Account) do(ctx context.Context, method, target, contentType string, body io.Reader) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if a.Access != "" {
		req.Header.Set("Authorization", "Bearer "+a.Access)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", res.Status, answer)
	}
	return answer, err
}
