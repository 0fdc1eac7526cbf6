package blob_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/blob"
)

// The reference that a server returns goes into a record as it is.
func ExampleUpload() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		ref, _ := data.NewBlob(content, r.Header.Get("Content-Type")).MarshalJSON()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"blob":%s}`, ref)
	}))
	defer server.Close()
	client, err := xrpc.New(server.URL, &xrpc.Options{Development: true}) // that of a session elsewhere
	if err != nil {
		panic(err)
	}
	ref, err := blob.Upload(context.Background(), client, "text/plain", bytes.NewReader([]byte("hello world")), nil)
	fmt.Println(ref.Ref, ref.Size, err)
	// Output: bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e 11 <nil>
}
