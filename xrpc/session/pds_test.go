package session_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/session"
)

const (
	host     = "https://pds.example.com"
	password = "abcd-efgh-ijkl-mnop"
)

var (
	alice  = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	mallet = syntax.MustParseDID("did:plc:z72i7hdynmk6r22z27h6tvur")
)

// A pds is a server with one account. Its refresh tokens are good once.
type pds struct {
	mu       sync.Mutex
	life     time.Duration // of access tokens
	opaque   bool          // tokens that say nothing
	fixed    string        // what each access token is; "" for ones of its own
	skew     time.Duration // how far its clock is ahead
	status   int           // with which it says that a token has expired
	did      syntax.DID
	doc      string // the DID document in answers; "" for none
	more     string // further fields in answers
	fail     func(method string) (status int, body string)
	slow     time.Duration                     // how long it takes to refresh
	lag      func(method string) time.Duration // how long answers take
	factor   string                            // the code that is wanted; "" for none
	n        int                               // tokens given
	access   string
	expires  time.Time
	refresh  string
	calls    map[string]int
	requests []string // host, method, and body
	auths    []string
}

func newPDS() *pds {
	return &pds{life: 2 * time.Hour, status: 400, did: alice, calls: map[string]int{}}
}

// RoundTrip implements http.RoundTripper: there is no network.
func (p *pds) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	method := strings.TrimPrefix(r.URL.Path, "/xrpc/")
	if method == "com.atproto.server.refreshSession" && p.slow > 0 {
		select {
		case <-time.After(p.slow):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	res, err := p.answer(r, method)
	if p.lag != nil {
		time.Sleep(p.lag(method))
	}
	return res, err
}

func (p *pds) answer(r *http.Request, method string) (*http.Response, error) {
	var in map[string]any
	if r.Body != nil {
		_ = json.NewDecoder(r.Body).Decode(&in)
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[method]++
	text, _ := json.Marshal(in)
	p.requests = append(p.requests, fmt.Sprintf("%s %s %s %s", r.URL.Host, r.Method, method, text))
	p.auths = append(p.auths, r.Header.Get("Authorization"))
	status, body := 0, ""
	if p.fail != nil {
		status, body = p.fail(method)
	}
	if status < 0 {
		return nil, fmt.Errorf("network is down")
	}
	if status == 0 {
		status, body = p.serve(method, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), in)
	}
	w.WriteHeader(status)
	fmt.Fprint(w, body)
	res := w.Result()
	res.Request = r
	return res, nil
}

func failure(status int, name string) (int, string) {
	return status, fmt.Sprintf(`{"error":%q,"message":"no"}`, name)
}

func (p *pds) serve(method, token string, in map[string]any) (int, string) {
	switch method {
	case "com.atproto.server.createSession":
		switch {
		case in["password"] != password:
			return failure(401, xrpc.AuthenticationRequired)
		case p.factor != "" && in["authFactorToken"] != p.factor:
			return failure(401, xrpc.AuthFactorTokenRequired)
		}
		return 200, p.issue()
	case "com.atproto.server.createAccount":
		return 200, p.issue()
	case "com.atproto.server.refreshSession":
		if token != p.refresh || token == "" {
			return failure(400, xrpc.ExpiredToken)
		}
		return 200, p.issue()
	case "com.atproto.server.deleteSession":
		if token != p.refresh || token == "" {
			return failure(400, xrpc.InvalidToken)
		}
		p.refresh, p.access = "", ""
		return 200, ""
	case "com.atproto.identity.resolveHandle":
		return 200, fmt.Sprintf(`{"did":%q}`, p.did)
	}
	if token != p.access || token == "" || time.Now().After(p.expires) {
		return failure(p.status, xrpc.ExpiredToken)
	}
	if method == "com.atproto.server.getSession" {
		return 200, fmt.Sprintf(`{"handle":"alice.example.com","did":%q%s}`, p.did, p.more)
	}
	return 200, `{"ok":true}`
}

// issue makes new tokens.
func (p *pds) issue() string {
	p.n++
	now := time.Now().Add(p.skew)
	p.expires = time.Now().Add(p.life)
	p.access, p.refresh = fmt.Sprintf("access-%d", p.n), fmt.Sprintf("refresh-%d", p.n)
	if !p.opaque {
		claims := fmt.Sprintf(`{"scope":"com.atproto.appPass","iat":%d,"exp":%d,"n":%d}`, now.Unix(), now.Add(p.life).Unix(), p.n)
		p.access = "eyJ0eXAiOiJhdCtqd3QifQ." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".secretsig"
	}
	if p.fixed != "" {
		p.access = p.fixed
	}
	doc := ""
	if p.doc != "" {
		doc = `,"didDoc":` + p.doc
	}
	access, _ := json.Marshal(p.access)
	return fmt.Sprintf(`{"accessJwt":%s,"refreshJwt":%q,"handle":"alice.example.com","did":%q%s%s}`, access, p.refresh, p.did, doc, p.more)
}

// expire lets the access token expire before it says.
func (p *pds) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expires = time.Time{}
}

func (p *pds) count(method string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls["com.atproto.server."+method]
}

func (p *pds) lastRequest() (request, auth string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[len(p.requests)-1], p.auths[len(p.auths)-1]
}

// options are for sessions at this server.
func (p *pds) options(o session.Options) *session.Options {
	o.Client.HTTPClient = &http.Client{Transport: p}
	o.Client.Retry = &xrpc.Retry{Max: -1}
	if o.Host == "" {
		o.Host = host
	}
	return &o
}

func (p *pds) login(t testing.TB, o session.Options) *session.Session {
	s, err := session.Login(t.Context(), "alice.example.com", password, p.options(o))
	require.NoError(t, err)
	return s
}

// call calls some method.
func call(ctx context.Context, s *session.Session) error {
	_, err := xrpc.Query[struct{}](ctx, s.Client(), "com.example.doIt", nil)
	return err
}
