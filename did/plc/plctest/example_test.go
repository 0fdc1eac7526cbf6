package plctest_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/syntax"
)

func Example() {
	clock := plctest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	dir := plctest.New(&plctest.Options{Now: clock.Now})
	srv := httptest.NewServer(dir)
	defer srv.Close()

	client, err := plc.NewClient(&plc.ClientOptions{URL: srv.URL, AllowLoopback: true})
	if err != nil {
		log.Fatal(err)
	}
	key, err := crypto.GenerateKey(crypto.P256)
	if err != nil {
		log.Fatal(err)
	}
	data := &plc.Data{}
	data.SetRotationKeys(key.PublicKey())
	data.SetHandle(syntax.MustParseHandle("alice.example.com"))
	id, _, err := client.Create(context.Background(), data, key)
	if err != nil {
		log.Fatal(err)
	}
	state := dir.State(id)
	fmt.Println(state.UpdatedAt(), state.Data().AlsoKnownAs)
	// Output: 2026-01-01 00:00:00 +0000 UTC [at://alice.example.com]
}
