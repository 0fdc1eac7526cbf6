package plc_test

import (
	"context"
	"fmt"
	"iter"
	"log"
	"net/http/httptest"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/did/plc/plctest"
	"github.com/linnet-at/linnet/syntax"
)

// exampleDirectory starts a directory on this machine, with a clock that stands
// still, and returns its URL.
func exampleDirectory() (url string, clock *plctest.Clock, stop func()) {
	clock = plctest.NewClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	srv := httptest.NewServer(plctest.New(&plctest.Options{Now: clock.Now}))
	return srv.URL, clock, srv.Close
}

// exampleKey returns the same key every time, which no program should.
func exampleKey(n int) *crypto.PrivateKey {
	k, err := crypto.ParsePrivateHex(crypto.K256, fmt.Sprintf("%064x", n))
	if err != nil {
		log.Fatal(err)
	}
	return k
}

func ExampleClient_Create() {
	url, _, stop := exampleDirectory()
	defer stop()
	ctx := context.Background()

	client, err := plc.NewClient(&plc.ClientOptions{URL: url, AllowLoopback: true}) // nil for the network's directory
	if err != nil {
		log.Fatal(err)
	}
	mine, servers, signing := exampleKey(1), exampleKey(2), exampleKey(3)
	account := plc.Account{
		Handle:       syntax.MustParseHandle("alice.example.com"),
		PDS:          "https://pds.example.com",
		SigningKey:   signing.PublicKey(),
		RotationKeys: []*crypto.PublicKey{mine.PublicKey(), servers.PublicKey()},
	}
	data, err := account.Data()
	if err != nil {
		log.Fatal(err)
	}
	id, op, err := client.Create(ctx, data, servers)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(id)
	fmt.Println(op)
	// Output:
	// did:plc:g2jzqy3brwhrurnnaggdzd74
	// plc_operation bafyreibwsomggymnr4nellibrq6i77dgfurm66seylgltbmcdj2tgzlwhm
}

func ExampleClient_Update() {
	url, clock, stop := exampleDirectory()
	defer stop()
	ctx := context.Background()
	client, id := exampleAccount(ctx, url)

	clock.Advance(time.Hour)
	_, err := client.Update(ctx, id, func(d *plc.Data) error {
		d.SetHandle(syntax.MustParseHandle("alice.example.org"))
		return nil
	}, exampleKey(2))
	if err != nil {
		log.Fatal(err)
	}

	doc, _, err := client.ResolveVerified(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(doc.ClaimedHandle())
	// Output: alice.example.org true
}

// exampleAccount creates an account whose rotation keys are number 1 and 2.
func exampleAccount(ctx context.Context, url string) (*plc.Client, syntax.DID) {
	client, err := plc.NewClient(&plc.ClientOptions{URL: url, AllowLoopback: true})
	if err != nil {
		log.Fatal(err)
	}
	account := plc.Account{
		Handle: syntax.MustParseHandle("alice.example.com"), PDS: "https://pds.example.com", SigningKey: exampleKey(3).PublicKey(),
		RotationKeys: []*crypto.PublicKey{exampleKey(1).PublicKey(), exampleKey(2).PublicKey()},
	}
	data, err := account.Data()
	if err != nil {
		log.Fatal(err)
	}
	id, _, err := client.Create(ctx, data, exampleKey(2))
	if err != nil {
		log.Fatal(err)
	}
	return client, id
}

// Somebody has the server's key and takes the account. Its user has a stronger
// one, and takes it back.
func ExampleState_Recover() {
	url, clock, stop := exampleDirectory()
	defer stop()
	ctx := context.Background()
	client, id := exampleAccount(ctx, url)
	clock.Advance(time.Hour)
	theft, err := client.Update(ctx, id, func(d *plc.Data) error {
		d.SetRotationKeys(exampleKey(666).PublicKey())
		return nil
	}, exampleKey(2))
	if err != nil {
		log.Fatal(err)
	}

	clock.Advance(48 * time.Hour)
	state, err := client.State(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	op, err := state.Recover(ctx, theft.CID(), nil, clock.Now(), exampleKey(1))
	if err != nil {
		log.Fatal(err)
	}
	if err := client.Submit(ctx, id, op); err != nil {
		log.Fatal(err)
	}

	entries, err := client.AuditLog(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	state, verdicts, err := plc.VerifyLog(id, entries, nil)
	if err != nil {
		log.Fatal(err)
	}
	for i, v := range verdicts {
		fmt.Println(entries[i].CreatedAt.Format(time.DateTime), v.Status, "signed by key", v.Signer)
	}
	fmt.Println("rotation keys:", len(state.Data().RotationKeys))
	// Output:
	// 2026-01-01 00:00:00 active signed by key 1
	// 2026-01-01 01:00:00 nullified signed by key 1
	// 2026-01-03 01:00:00 active signed by key 0
	// rotation keys: 2
}

func ExampleVerifyLog() {
	// An audit log, in which somebody has changed a letter of the handle.
	const text = `[{"did":"did:plc:wghxv3hb3bije6agwuqxkrtv","cid":"bafyreifrr55ozyoykcjhqbvvef2um5lgqtp5lrkq3efczmjhmleyhmje3i","nullified":false,"createdAt":"2024-01-01T00:00:00.000Z",
		"operation":{"type":"plc_operation","prev":null,"alsoKnownAs":["at://malice.example.com"],"services":{"atproto_pds":{"type":"AtprotoPersonalDataServer","endpoint":"https://pds.example.com"}},
		"rotationKeys":["did:key:zQ3shZc2QzApp2oymGvQbzP8eKheVshBHbU4ZYjeXqwSKEn6N"],"verificationMethods":{"atproto":"did:key:zDnaeTiq1PdzvZXUaMdezchcMJQpBdH2VN4pgrrEhMCCbmwSb"},
		"sig":"NEyaQt80Lr-Bpu8H43Z8Q8zPOlCQvbSOM1lY96B4oEhCn3kKCS-HLI2s8YNayZibh7OhoImyGulfzzVDa4pDdg"}}]`
	entries, err := plc.ParseLog([]byte(text))
	if err != nil {
		log.Fatal(err)
	}
	_, verdicts, err := plc.VerifyLog(entries[0].DID, entries, nil)
	fmt.Println(err != nil, verdicts[0].Err.Reason)
	// Output: true has another CID than its operation
}

// A mirror verifies what it receives, and would keep every state and number.
func ExampleVerifyExport() {
	url, clock, stop := exampleDirectory()
	defer stop()
	ctx := context.Background()
	client, id := exampleAccount(ctx, url)
	clock.Advance(time.Hour)
	if _, err := client.Tombstone(ctx, id, exampleKey(1)); err != nil {
		log.Fatal(err)
	}

	cursor := int64(0)
	source := func(ctx context.Context) iter.Seq2[plc.Entry, error] { return client.Follow(ctx, cursor, nil) }
	for r, err := range plc.VerifyExport(ctx, source, nil) {
		if err != nil {
			log.Fatal(err)
		}
		cursor = r.Entry.Seq
		fmt.Println(cursor, r.Entry.Operation.Type(), r.Verdict.Status)
		if cursor == 2 {
			break // it would wait for more
		}
	}
	// Output:
	// 1 plc_operation active
	// 2 plc_tombstone active
}

func ExampleClient_Follow() {
	url, _, stop := exampleDirectory()
	defer stop()
	ctx := context.Background()
	client, _ := exampleAccount(ctx, url)

	for e, err := range client.Follow(ctx, 0, &plc.ExportOptions{OnRetry: func(err error, wait time.Duration) { log.Print(err) }}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Seq, e.Operation.Data().AlsoKnownAs)
		break
	}
	// Output: 1 [at://alice.example.com]
}
