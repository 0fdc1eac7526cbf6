// Package doh looks names up with DNS over HTTPS: for places where there is no
// DNS, or none to be trusted. It implements the client of
// https://www.rfc-editor.org/rfc/rfc8484.
//
// [New] returns a [net.Resolver], whose messages travel in POST requests: so it
// fits wherever those do, such as the DNS of resolvers in package did and the
// Resolver of package safehttp. The hosts file of the system is still read for
// addresses, and its DNS servers are not asked, though their number and their
// time-outs still say how often and how long an answer is tried for.
//
// The answers are those of a server that is trusted. HTTPS keeps others from
// reading and changing them; DNSSEC is not checked.
//
// Resolvers may be used concurrently.
package doh

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/linnet-at/linnet/did/safehttp"
)

// MediaType is the media type of DNS messages.
//
// https://www.rfc-editor.org/rfc/rfc8484#section-6
const MediaType = "application/dns-message"

// maxMessage is the size in bytes of the largest DNS message.
//
// https://www.rfc-editor.org/rfc/rfc8484#section-6
const maxMessage = 65_535

// New returns a resolver that asks the server at a URL, such as
// "https://dns.example/dns-query", with the given client. Nil means one of
// [safehttp.New], which admits a server that is named by a public address, so
// that it need not be looked up. New fails if serverURL is no URL of http or
// https.
func New(serverURL string, client *http.Client) (*net.Resolver, error) {
	u, err := url.Parse(serverURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("doh: server %q is not a URL", serverURL)
	}
	if client == nil {
		client = safehttp.New(&safehttp.Options{AllowIPHosts: true, MaxBody: maxMessage})
	}
	return &net.Resolver{
		PreferGo: true, // the other one would not dial
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return &conn{ctx: ctx, client: client, url: serverURL}, nil
		},
	}, nil
}

// A conn is what package net takes for a TCP connection to a DNS server: a
// message with its length before it is written, then one is read. It lives for
// one exchange, as does its context, which has the deadline.
type conn struct {
	ctx    context.Context //nolint:containedctx // of the one exchange that the conn is
	client *http.Client
	url    string
	query  bytes.Buffer // what was written
	reply  *bytes.Reader
	err    error // of the exchange
}

// Write takes the query.
func (c *conn) Write(p []byte) (int, error) { return c.query.Write(p) }

// Read returns the reply to the query, which the first call fetches.
func (c *conn) Read(p []byte) (int, error) {
	if c.reply == nil && c.err == nil {
		c.err = c.exchange()
	}
	if c.err != nil {
		return 0, c.err
	}
	return c.reply.Read(p)
}

// exchange sends the query and takes the reply. The IDs of messages are zero on
// the way, as the standard wishes.
//
// https://www.rfc-editor.org/rfc/rfc8484#section-4.1
func (c *conn) exchange() error {
	query := c.query.Bytes()
	if len(query) < 4 || int(binary.BigEndian.Uint16(query))+2 != len(query) {
		return errors.New("doh: query is not one message")
	}
	id := binary.BigEndian.Uint16(query[2:])
	binary.BigEndian.PutUint16(query[2:], 0)
	msg, err := c.post(query[2:])
	if err != nil {
		return err
	}
	if len(msg) < 2 || binary.BigEndian.Uint16(msg) != 0 {
		return errors.New("doh: reply is to another query")
	}
	binary.BigEndian.PutUint16(msg, id)
	c.reply = bytes.NewReader(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...))
	return nil
}

// post sends a message and returns the reply.
func (c *conn) post(query []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, c.url, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", MediaType)
	req.Header.Set("Accept", MediaType)
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	msg, err := safehttp.ReadBody(res, maxMessage)
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, fmt.Errorf("doh: status %d from %q", res.StatusCode, c.url)
	}
	if typ, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); typ != MediaType {
		return nil, fmt.Errorf("doh: content type %q from %q", typ, c.url)
	}
	return msg, err
}

// Close does nothing: the exchange ends with its reply.
func (c *conn) Close() error { return nil }

func (c *conn) LocalAddr() net.Addr  { return addr{} }
func (c *conn) RemoteAddr() net.Addr { return addr{} }

// The deadline is that of the context.
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// An addr is the address of a server that has a URL.
type addr struct{}

func (addr) Network() string { return "https" }
func (addr) String() string  { return "doh" }
