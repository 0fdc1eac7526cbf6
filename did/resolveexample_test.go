package did_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/doh"
	"github.com/linnet-at/linnet/syntax"
)

// The document of a DID, from a directory. Here it is one on this machine, which
// Development admits; without PLC, it is the public one.
func ExampleNewResolver() {
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/did:plc:ewvi7nxzyoun6zhxrhs64oiz" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, `{"id":"did:plc:ewvi7nxzyoun6zhxrhs64oiz","service":[
			{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://pds.example.com"}]}`)
	}))
	defer directory.Close()
	resolver, err := did.NewResolver(&did.Options{PLC: directory.URL, Development: true})
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	doc, err := resolver.ResolveDID(ctx, syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"))
	if err != nil {
		panic(err)
	}
	fmt.Println(doc.PDS())

	_, err = resolver.ResolveDID(ctx, syntax.MustParseDID("did:plc:44ybard66vv44zksje25o7dz"))
	fmt.Println(errors.Is(err, did.ErrDIDNotFound))
	// Output:
	// https://pds.example.com <nil>
	// true
}

// Why a handle does not resolve.
func ExampleResolveError() {
	// What stands for the network here is a DNS without the record, and a web
	// server with a page for everything.
	resolver := did.NewHandleResolver(&did.Options{
		DNS: texts(func(string) ([]string, error) { return nil, nil }),
		Client: &http.Client{Transport: transport(func(req *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			fmt.Fprint(w, "<!doctype html><title>Welcome</title>")
			res := w.Result()
			res.Request = req
			return res, nil
		})},
	})
	_, err := resolver.ResolveHandle(context.Background(), syntax.MustParseHandle("alice.example.com"))

	e, ok := errors.AsType[*did.ResolveError](err)
	if !ok {
		panic(err)
	}
	for _, arm := range e.Arms {
		fmt.Printf("%s: %s at %s\n", arm.Arm, arm.Reason, arm.Asked)
	}
	fmt.Println("not found:", errors.Is(err, did.ErrHandleNotFound))
	fmt.Println("worth another try:", e.Temporary())
	// Output:
	// dns: not found at _atproto.alice.example.com
	// https: a web page at https://alice.example.com/.well-known/atproto-did
	// not found: false
	// worth another try: false
}

// DNS over HTTPS, where there is no DNS or it can't be trusted.
func ExampleNewHandleResolver() {
	dns, err := doh.New("https://dns.example.com/dns-query", nil)
	if err != nil {
		panic(err)
	}
	resolver := did.NewHandleResolver(&did.Options{DNS: dns})

	// Handles that must not be looked up are not.
	_, err = resolver.ResolveHandle(context.Background(), syntax.MustParseHandle("printer.local"))
	fmt.Println(err)
	// Output: syntax: handle "printer.local" can't be resolved: reserved top-level domain
}

// A test needs no network.
func ExampleStatic() {
	id := syntax.MustParseDID("did:web:alice.example.com")
	resolver := did.Mux{
		"web": did.Static{id: {ID: id, AlsoKnownAs: []string{"at://alice.example.com"}}},
	}
	doc, err := resolver.ResolveDID(context.Background(), id)
	if err != nil {
		panic(err)
	}
	fmt.Println(doc.ClaimedHandle())
	// Output: alice.example.com true
}

func ExampleParseTXT() {
	fmt.Println(did.ParseTXT([]string{"v=spf1 -all", "did=did:plc:ewvi7nxzyoun6zhxrhs64oiz"}))
	// Output: did:plc:ewvi7nxzyoun6zhxrhs64oiz <nil>
}

// Another DNS server is asked if the first knows nothing yet.
func ExampleInOrder() {
	handle, id := syntax.MustParseHandle("alice.example.com"), syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")
	slow := did.NewDNS(&did.Options{DNS: texts(func(string) ([]string, error) { return nil, nil })})
	fast := did.NewDNS(&did.Options{DNS: texts(func(string) ([]string, error) { return []string{"did=" + id.String()}, nil })})
	fmt.Println(did.InOrder(slow, fast).ResolveHandle(context.Background(), handle))
	// Output: did:plc:ewvi7nxzyoun6zhxrhs64oiz <nil>
}
