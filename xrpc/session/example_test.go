package session_test

import (
	"context"
	"fmt"
	"os"

	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/session"
)

// A bot keeps its session in a directory, and logs in when there is none. The
// options of a real one need neither Host nor Client.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	store, err := session.NewFileStore(dir)
	if err != nil {
		panic(err)
	}
	server := newPDS() // stands for the network
	for range 2 {
		s, err := session.Open(context.Background(), "alice.example.com", password, server.options(session.Options{Store: store}))
		if err != nil {
			panic(err)
		}
		out, err := xrpc.Query[map[string]any](context.Background(), s.Client(), "com.example.doIt", nil)
		fmt.Println(s.Info().Handle, out["ok"], err)
	}
	fmt.Println("logins:", server.count("createSession"))
	// Output:
	// alice.example.com true <nil>
	// alice.example.com true <nil>
	// logins: 1
}
