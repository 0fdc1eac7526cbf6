package serviceauth_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/serviceauth"
)

// A video goes to a service that makes it smaller and stores it on the account's
// server. The token is the one with which the service does that: for uploadBlob,
// at the account's server, whose service DID has the name of its host.
func ExampleFromServer_video() {
	pds, video := videoServers()
	defer pds.Close()
	defer video.Close()
	ctx := context.Background()

	s, err := xrpc.New(pds.URL, &xrpc.Options{Development: true}) // s.Client() of a session elsewhere
	if err != nil {
		panic(err)
	}
	auth, err := serviceauth.FromServer(s, "did:web:pds.example.com", &serviceauth.ServerOptions{
		Method:   syntax.MustParseNSID("com.atproto.repo.uploadBlob"),
		Lifetime: 30 * time.Minute, // it takes its time
	})
	if err != nil {
		panic(err)
	}
	client, err := xrpc.New(video.URL, &xrpc.Options{Development: true, Auth: auth})
	if err != nil {
		panic(err)
	}
	var out bsky.VideoUploadVideoOutput
	_, err = client.Call(ctx, &xrpc.Call{
		NSID: bsky.VideoUploadVideoNSID, Kind: xrpc.KindProcedure, Output: lex.OutputOf(&out),
		Params: xrpc.Values{"did": {"did:web:alice.example.com"}, "name": {"linnet.mp4"}},
		Body:   xrpc.NewBody("video/mp4", strings.NewReader("a video"), -1),
	})
	if err != nil {
		panic(err)
	}
	job, err := bsky.VideoGetJobStatus(ctx, client, &bsky.VideoGetJobStatusParams{JobID: out.JobStatus.JobID})
	if err != nil {
		panic(err)
	}
	fmt.Println(job.JobStatus.State)
	// Output:
	// token for com.atproto.repo.uploadBlob at did:web:pds.example.com
	// a video arrives with token-1
	// token for com.atproto.repo.uploadBlob at did:web:pds.example.com
	// JOB_STATE_COMPLETED
}

// videoServers returns what stand in for an account's server and a service for
// videos.
func videoServers() (pds, video *httptest.Server) {
	n := 0
	pds = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("token for", r.URL.Query().Get("lxm"), "at", r.URL.Query().Get("aud"))
		n++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"token":"token-%d"}`, n)
	}))
	video = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state := "JOB_STATE_COMPLETED"
		if r.Method == http.MethodPost {
			state = "JOB_STATE_CREATED"
			body, _ := io.ReadAll(r.Body)
			fmt.Println(string(body), "arrives with", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jobStatus":{"jobId":"1","did":"did:web:alice.example.com","state":%q}}`, state)
	}))
	return pds, video
}

func ExampleSign() {
	key, err := crypto.GenerateKey(crypto.K256) // that of the account elsewhere
	if err != nil {
		panic(err)
	}
	text, err := serviceauth.Sign(context.Background(), key, serviceauth.Claims{
		Issuer:   syntax.MustParseDID("did:web:alice.example.com"),
		Audience: "did:web:video.example.com#video",
		Method:   syntax.MustParseNSID("com.atproto.repo.uploadBlob"),
	})
	if err != nil {
		panic(err)
	}
	token, err := jwt.Parse(text)
	if err != nil {
		panic(err)
	}
	c := token.Claims()
	fmt.Println(c.Issuer, c.Audience, c.Method, c.Expires.Sub(c.IssuedAt))
	// Output: did:web:alice.example.com [did:web:video.example.com#video] com.atproto.repo.uploadBlob 1m0s
}
