package plc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// DefaultDirectory is the directory of the network.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-resolution
const DefaultDirectory = "https://plc.directory"

// DefaultTimeout is how long a request may take by default, answer included.
const DefaultTimeout = 30 * time.Second

// ClientOptions are options for [NewClient]. Nil, and zero fields, mean the
// defaults.
type ClientOptions struct {
	// URL is the directory. Empty means [DefaultDirectory].
	URL string

	// HTTPClient makes the requests. Nil means one of [safehttp.New], which
	// reaches the public network alone and takes no proxy from the environment;
	// with AllowHTTP, it is one with the default transport. Redirects are never
	// followed, whatever it says of them.
	HTTPClient *http.Client

	// Timeout is how long a request may take, its answer included. It does not
	// bound streams. Zero means [DefaultTimeout], negative none.
	Timeout time.Duration

	// UserAgent is sent with every request. Empty means "linnet".
	UserAgent string

	// Verify are the options for the methods that verify. Nil means the
	// defaults, with a cache of keys that belongs to the client.
	Verify *VerifyOptions

	// AllowLoopback lets the directory be on the same machine, with http as well
	// as https, and the servers in documents likewise. It is for development and
	// tests.
	AllowLoopback bool

	// AllowHTTP lets the directory be reached without TLS, for a mirror in a
	// private network. Whoever is in between can change what it answers.
	AllowHTTP bool
}

// A Client asks a PLC directory, and submits operations to it. It is immutable
// and safe for concurrent use.
//
// What a directory answers is its word, unless a method says that it verifies:
// [Client.ResolveVerified], [Client.State] and those that write.
type Client struct {
	base    string // without a slash at its end
	http    *http.Client
	timeout time.Duration
	agent   string
	verify  VerifyOptions
	local   bool
}

// NewClient returns a client of a directory. Nil options mean the defaults. It
// is an error if the URL is not https, has a user, query or fragment, or is on
// the same machine, unless the options allow it.
func NewClient(o *ClientOptions) (*Client, error) {
	var opts ClientOptions
	if o != nil {
		opts = *o
	}
	if opts.URL == "" {
		opts.URL = DefaultDirectory
	}
	if err := checkURL(opts.URL, &opts); err != nil {
		return nil, err
	}
	c := &Client{
		base: strings.TrimRight(opts.URL, "/"), http: opts.newHTTPClient(), timeout: opts.Timeout,
		agent: opts.UserAgent, verify: opts.Verify.withKeys(), local: opts.AllowLoopback,
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.agent == "" {
		c.agent = "linnet"
	}
	return c, nil
}

// newHTTPClient returns a client that may be changed. Its times and sizes have no
// limits: streams have neither, and requests have them here.
func (o *ClientOptions) newHTTPClient() *http.Client {
	switch {
	case o.HTTPClient != nil:
		c := *o.HTTPClient
		return &c
	case o.AllowHTTP:
		return new(http.Client)
	}
	return safehttp.New(&safehttp.Options{
		Timeout: -1, HeaderTimeout: -1, MaxBody: -1, MaxPerHost: -1, AllowIPHosts: true, AllowLoopback: o.AllowLoopback,
		AllowPort: func(port uint16) bool {
			u, err := url.Parse(o.URL)
			return err == nil && u.Port() == strconv.Itoa(int(port))
		},
	})
}

func checkURL(s string, o *ClientOptions) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("plc: not the URL of a directory: %s", quote(s))
	}
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	loopback := host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && addr.Unmap().IsLoopback()
	switch {
	case loopback && !o.AllowLoopback:
		return fmt.Errorf("plc: directory on this machine, which needs AllowLoopback: %s", quote(s))
	case !loopback && u.Scheme != "https" && !o.AllowHTTP:
		return fmt.Errorf("plc: URL of the directory is not https: %s", quote(s))
	}
	return nil
}

// maxDataSize is the largest answer of /data and /log/last, in bytes: an
// operation with room to spare.
const maxDataSize = 2 * maxJSONSize

// mediaTypes are those of DID documents.
const mediaTypes = "application/did+ld+json,application/json"

// Document returns the DID document, as the directory renders it: unverified.
// The error matches [ErrNotFound] or [ErrDeactivated] if there is none, or says
// why there is no answer.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-resolution
func (c *Client) Document(ctx context.Context, id syntax.DID) (*did.Document, error) {
	body, err := c.ask(ctx, id, "", mediaTypes, did.DefaultMaxDocumentSize)
	if err != nil {
		return nil, err
	}
	return did.ParseDocument(body, &did.ParseOptions{DID: id, AllowLoopback: c.local})
}

// Data returns what the DID stands for, rotation keys included: unverified. See
// [Client.Document] for the errors.
func (c *Client) Data(ctx context.Context, id syntax.DID) (*Data, error) {
	body, err := c.ask(ctx, id, "/data", "application/json", maxDataSize)
	if err != nil {
		return nil, err
	}
	if err := strictjson.Check(body, nil); err != nil {
		return nil, fmt.Errorf("plc: invalid answer: %v", err)
	}
	var d struct {
		DID string `json:"did"`
		Data
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fmt.Errorf("plc: invalid answer: %v", err)
	}
	if d.DID != id.String() {
		return nil, fmt.Errorf("plc: directory answers with data of another DID: %s", quote(d.DID))
	}
	return &d.Data, nil
}

// Log returns the operations that count, oldest first: unverified, see
// [VerifyChain].
func (c *Client) Log(ctx context.Context, id syntax.DID) ([]*Operation, error) {
	body, err := c.ask(ctx, id, "/log", "application/json", DefaultMaxLogSize)
	if err != nil {
		return nil, err
	}
	return parseOperations(body)
}

// AuditLog returns all operations of a DID, oldest first, with what the
// directory says about them: unverified, see [VerifyLog] and [Client.State].
func (c *Client) AuditLog(ctx context.Context, id syntax.DID) ([]Entry, error) {
	body, err := c.ask(ctx, id, "/log/audit", "application/json", DefaultMaxLogSize)
	if err != nil {
		return nil, err
	}
	return ParseLog(body)
}

// Last returns the last operation that counts: unverified.
func (c *Client) Last(ctx context.Context, id syntax.DID) (*Operation, error) {
	body, err := c.ask(ctx, id, "/log/last", "application/json", maxDataSize)
	if err != nil {
		return nil, err
	}
	return ParseOperation(body)
}

// Health asks whether the directory is well, and returns its version.
func (c *Client) Health(ctx context.Context) (version string, err error) {
	body, err := c.get(ctx, "/_health", "application/json", 4096)
	if err != nil {
		return "", err
	}
	var answer struct{ Version string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("plc: invalid answer: %v", err)
	}
	return answer.Version, nil
}

// State fetches the audit log of a DID and verifies it, as [VerifyLog] does. It
// looks no further than the first operation that does not stand.
func (c *Client) State(ctx context.Context, id syntax.DID) (*State, error) {
	log, err := c.AuditLog(ctx, id)
	if err != nil {
		return nil, err
	}
	s, _, err := verifyLog(id, log, &c.verify, 0)
	return s, err
}

func checkDID(id syntax.DID) error {
	if !id.IsPLC() {
		return fmt.Errorf("plc: not a did:plc: %s", quote(id.String()))
	}
	return nil
}

// ask gets what the directory has about a DID.
func (c *Client) ask(ctx context.Context, id syntax.DID, what, accept string, limit int64) ([]byte, error) {
	if err := checkDID(id); err != nil {
		return nil, err
	}
	return c.get(ctx, "/"+id.String()+what, accept, limit)
}

// get returns the body of an answer of at most limit bytes.
func (c *Client) get(ctx context.Context, path, accept string, limit int64) ([]byte, error) {
	ctx, cancel := c.limit(ctx)
	defer cancel()
	res, err := c.do(ctx, http.MethodGet, path, accept, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("plc: directory's answer to %s: %w", path, err)
	}
	if int64(len(body)) > limit {
		return nil, &LimitError{Name: "plc: size of an answer", Limit: limit, Got: int64(len(body)), Offset: -1}
	}
	return body, nil
}

// limit returns a context for one request.
func (c *Client) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.timeout < 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.timeout)
}

// do sends a request and returns the answer if its status is 200.
func (c *Client) do(ctx context.Context, method, path, accept string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("plc: %w", err)
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept", accept)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("plc: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		defer func() { _ = res.Body.Close() }()
		return nil, newStatusError(res, path, time.Now())
	}
	return res, nil
}
