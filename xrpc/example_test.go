package xrpc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// exampleServer stands for a server of the network.
func exampleServer() *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /xrpc/app.bsky.actor.getProfile", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"did":"did:web:alice.example.com","handle":%q}`, r.FormValue("actor"))
	})
	mux.HandleFunc("GET /xrpc/com.atproto.repo.getRecord", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"RecordNotFound","message":"Could not locate record"}`)
	})
	mux.HandleFunc("GET /xrpc/com.atproto.repo.listRecords", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, map[string]string{
			"":  `{"records":[{"uri":"at://alice/a/1"},{"uri":"at://alice/a/2"}],"cursor":"2"}`,
			"2": `{"records":[{"uri":"at://alice/a/3"}]}`,
		}[r.FormValue("cursor")])
	})
	mux.HandleFunc("GET /xrpc/chat.bsky.convo.getLog", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("RateLimit-Remaining", "99")
		fmt.Fprintf(w, `{"answered":%q}`, r.Header.Get("atproto-proxy"))
	})
	return httptest.NewServer(mux)
}

func ExampleQuery() {
	server := exampleServer()
	defer server.Close()
	client, err := xrpc.New(server.URL, &xrpc.Options{Development: true}) // "https://…" elsewhere
	if err != nil {
		panic(err)
	}
	profile, err := xrpc.Query[map[string]any](context.Background(), client,
		"app.bsky.actor.getProfile", xrpc.Values{"actor": {"alice.example.com"}})
	fmt.Println(profile["handle"], err)
	// Output: alice.example.com <nil>
}

func ExampleIs() {
	server := exampleServer()
	defer server.Close()
	client, err := xrpc.New(server.URL, &xrpc.Options{Development: true})
	if err != nil {
		panic(err)
	}
	_, err = xrpc.Query[any](context.Background(), client, "com.atproto.repo.getRecord",
		xrpc.Values{"repo": {"alice.example.com"}, "collection": {"a.b.c"}, "rkey": {"1"}})
	fmt.Println(xrpc.Is(err, xrpc.RecordNotFound))
	if e, ok := errors.AsType[*xrpc.Error](err); ok {
		fmt.Println(e.Status, e.Message)
	}
	// Output:
	// true
	// 400 Could not locate record
}

// Options for some calls make another Caller out of the same client. What the
// header of an answer says can be had beside the output.
func ExampleWith() {
	server := exampleServer()
	defer server.Close()
	client, err := xrpc.New(server.URL, &xrpc.Options{Development: true})
	if err != nil {
		panic(err)
	}
	service, err := syntax.NewServiceRef(syntax.MustParseDID("did:web:api.example.com"), xrpc.ServiceChat)
	if err != nil {
		panic(err)
	}
	var res xrpc.Response
	chat := xrpc.With(client, xrpc.CallOptions{Proxy: service, Response: &res})
	out, err := xrpc.Query[map[string]any](context.Background(), chat, "chat.bsky.convo.getLog", nil)
	if err != nil {
		panic(err)
	}
	limit, _ := res.RateLimit()
	fmt.Println(out["answered"], limit.Remaining)
	// Output: did:web:api.example.com#bsky_chat 99
}

func ExamplePager() {
	server := exampleServer()
	defer server.Close()
	client, err := xrpc.New(server.URL, &xrpc.Options{Development: true})
	if err != nil {
		panic(err)
	}
	type record struct{ URI string }
	type page struct {
		Records []record
		Cursor  string
	}
	pager := xrpc.NewPager(func(ctx context.Context, cursor string) ([]record, string, error) {
		params := xrpc.Values{"repo": {"alice.example.com"}, "collection": {"a.b.c"}}
		if cursor != "" {
			params["cursor"] = []string{cursor}
		}
		p, err := xrpc.Query[page](ctx, client, "com.atproto.repo.listRecords", params)
		return p.Records, p.Cursor, err
	}, nil)
	for r, err := range pager.Items(context.Background()) {
		if err != nil {
			panic(err)
		}
		fmt.Println(r.URI)
	}
	// Output:
	// at://alice/a/1
	// at://alice/a/2
	// at://alice/a/3
}

// A body that can be read again is sent again where that is safe.
func ExampleNewBody() {
	body := xrpc.NewBody("application/vnd.ipld.car", strings.NewReader("a CAR file"), -1)
	fmt.Println(body.Size(), body.Rewinds())
	// Output: 10 true
}
