package atproto_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/xrpc"
)

func ExampleRepoListRecordsPager() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"records":[{"uri":"at://%s/%s/1","cid":"bafy","value":{}}]}`, r.FormValue("repo"), r.FormValue("collection"))
	}))
	defer server.Close()
	client, err := xrpc.New(server.URL, &xrpc.Options{Development: true}) // "https://…" elsewhere
	if err != nil {
		panic(err)
	}
	params := &atproto.RepoListRecordsParams{Repo: "alice.example.com", Collection: "app.bsky.feed.post"}
	for record, err := range atproto.RepoListRecordsPager(client, params, nil).Items(context.Background()) {
		if err != nil {
			panic(err)
		}
		fmt.Println(record.URI)
	}
	// Output: at://alice.example.com/app.bsky.feed.post/1
}
