package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/syntax"
)

// A network is one that exists in this program alone: a directory of did:plc on
// this machine, names in the DNS, and web servers.
type network struct {
	plc    string // URL of the directory
	server *http.Server
	names  []syntax.AtIdentifier
	txt    map[string]string // values of TXT records by names
	pages  map[string]string // bodies by URLs
}

func newNetwork() (*network, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &network{
		plc: "http://" + listener.Addr().String(), server: &http.Server{Handler: plctest.New(nil)}, //nolint:gosec // for ourselves
		txt: map[string]string{}, pages: map[string]string{},
	}
	go func() { _ = n.server.Serve(listener) }()
	if err := n.populate(context.Background()); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *network) close() { _ = n.server.Close() }

// populate makes accounts: one with all in order, one whose handle is at a web
// server and which has a labeler, one at a domain of its own, one with a handle
// that is another's, one that is gone, and a handle that leads to somebody who
// does not claim it.
func (n *network) populate(ctx context.Context) error {
	client, err := plc.NewClient(&plc.ClientOptions{URL: n.plc, AllowLoopback: true})
	if err != nil {
		return err
	}
	alice, _, err := n.create(ctx, client, "alice.example.com", nil)
	if err != nil {
		return err
	}
	n.txt["_atproto.alice.example.com."] = "did=" + alice.String()

	bob, key, err := n.create(ctx, client, "bob.example.com", func(d *plc.Data) {
		d.Services["atproto_labeler"] = plc.Service{Type: "AtprotoLabeler", Endpoint: "https://labels.example.com"}
	})
	if err != nil {
		return err
	}
	if _, err := client.Update(ctx, bob, func(d *plc.Data) error { d.SetPDS("https://new.example.com"); return nil }, key); err != nil {
		return err
	}
	n.pages["https://bob.example.com/.well-known/atproto-did"] = bob.String() + "\n"

	const carol = "did:web:carol.example.com"
	n.txt["_atproto.carol.example.com."] = "did=" + carol
	n.pages["https://carol.example.com/.well-known/did.json"] = fmt.Sprintf(`{"id":%q,"alsoKnownAs":["at://carol.example.com"]}`, carol)

	mallory, _, err := n.create(ctx, client, "alice.example.com", nil)
	if err != nil {
		return err
	}
	n.txt["_atproto.fan-of-alice.example.com."] = "did=" + alice.String()

	gone, key, err := n.create(ctx, client, "gone.example.com", nil)
	if err != nil {
		return err
	}
	if _, err := client.Tombstone(ctx, gone, key); err != nil {
		return err
	}
	n.txt["_atproto.gone.example.com."] = "did=" + gone.String()
	n.pages["https://parked.example.com/.well-known/atproto-did"] = "<!doctype html><title>This domain is for sale</title>"

	for _, name := range []string{
		"alice.example.com", "bob.example.com", carol, mallory.String(), "fan-of-alice.example.com",
		"gone.example.com", "nobody.example.com", "parked.example.com", "printer.local",
	} {
		id, err := syntax.ParseAtIdentifier(name)
		if err != nil {
			return err
		}
		n.names = append(n.names, id)
	}
	return nil
}

// create makes an account, and returns its strongest key.
func (n *network) create(ctx context.Context, client *plc.Client, handle string, change func(*plc.Data)) (syntax.DID, *crypto.PrivateKey, error) {
	var keys [3]*crypto.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = crypto.GenerateKey(crypto.K256); err != nil {
			return syntax.DID{}, nil, err
		}
	}
	h, err := syntax.ParseHandle(handle)
	if err != nil {
		return syntax.DID{}, nil, err
	}
	account := plc.Account{
		Handle: h, PDS: "https://pds.example.com", SigningKey: keys[2].PublicKey(),
		RotationKeys: []*crypto.PublicKey{keys[0].PublicKey(), keys[1].PublicKey()},
	}
	data, err := account.Data()
	if err != nil {
		return syntax.DID{}, nil, err
	}
	if change != nil {
		change(data)
	}
	id, _, err := client.Create(ctx, data, keys[0])
	return id, keys[0], err
}

// LookupTXT is the DNS of the network.
func (n *network) LookupTXT(_ context.Context, name string) ([]string, error) {
	if value, ok := n.txt[name]; ok {
		return []string{value}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// client returns an HTTP client that reaches the network, and the directory.
func (n *network) client() *http.Client {
	return &http.Client{Transport: &webServers{n, safehttp.NewTransport(&safehttp.Options{AllowLoopback: true})}}
}

// webServers are all hosts but the directory.
type webServers struct {
	*network
	directory http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (w *webServers) RoundTrip(req *http.Request) (*http.Response, error) {
	url := req.URL.String()
	if strings.HasPrefix(url, w.plc) {
		return w.directory.RoundTrip(req)
	}
	if req.Body != nil {
		return nil, errors.New("nothing can be sent here")
	}
	page, ok := w.pages[url]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: req.URL.Hostname(), IsNotFound: true}
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: make(http.Header),
		Body: io.NopCloser(strings.NewReader(page)), ContentLength: int64(len(page)), Request: req,
	}, nil
}
