package syntax_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/linnet-at/linnet/syntax"
)

func ExampleParseDID() {
	did, err := syntax.ParseDID("did:plc:z72i7hdynmk6r22z27h6tvur")
	if err != nil {
		panic(err)
	}
	fmt.Println(did, did.Method(), did.IsPLC())
	// Output: did:plc:z72i7hdynmk6r22z27h6tvur plc true
}

func ExampleError() {
	_, err := syntax.ParseDID("did:PLC:abc")
	fmt.Println(err)
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		fmt.Println(e.Kind, e.Offset)
	}
	// Output:
	// syntax: invalid DID "did:PLC:abc": method must be lower-case letters at offset 4
	// DID 4
}

func ExampleHandle_Normalize() {
	h := syntax.MustParseHandle("Alice.Example.com")
	fmt.Println(h)
	fmt.Println(h.Normalize())
	// Output:
	// Alice.Example.com
	// alice.example.com
}

func ExampleHandle_HasReservedTLD() {
	h := syntax.MustParseHandle("laptop.local")
	fmt.Println(h.TLD(), h.HasReservedTLD())
	// Output: local true
}

func ExampleNSID() {
	n := syntax.MustParseNSID("app.bsky.feed.post")
	fmt.Println(n.Authority(), n.Name())
	// Output: feed.bsky.app post
}

func ExampleNSIDPattern_Match() {
	p := syntax.MustParseNSIDPattern("app.bsky.feed.*")
	fmt.Println(p.Match(syntax.MustParseNSID("app.bsky.feed.post")))
	fmt.Println(p.Match(syntax.MustParseNSID("app.bsky.feedgen.get")))
	// Output:
	// true
	// false
}

func ExampleRecordKeyType_Allow() {
	typ := syntax.MustParseRecordKeyType("literal:self")
	fmt.Println(typ.Allow(syntax.MustParseRecordKey("self")))
	fmt.Println(typ.Allow(syntax.MustParseRecordKey("3jzfcijpj2z2a")))
	// Output:
	// true
	// false
}

func ExampleNewRepoPath() {
	tid := syntax.MustParseTID("3jzfcijpj2z2a")
	path := syntax.NewRepoPath(syntax.MustParseNSID("app.bsky.feed.post"), tid.RecordKey())
	fmt.Println(path)
	fmt.Println(path.Collection(), path.RecordKey())
	// Output:
	// app.bsky.feed.post/3jzfcijpj2z2a
	// app.bsky.feed.post 3jzfcijpj2z2a
}

func ExampleTID() {
	tid := syntax.MustParseTID("3jzfcijpj2z2a")
	fmt.Println(tid.Time(), tid.ClockID())
	// Output: 2023-06-30 15:03:01.887007 +0000 UTC 6
}

func ExampleTIDClock() {
	var clock syntax.TIDClock
	first, second := clock.Next(), clock.Next()
	fmt.Println(second.Compare(first) > 0)
	// Output: true
}

func ExampleTIDClock_Seed() {
	clock, err := syntax.NewTIDClock(&syntax.TIDClockOptions{
		ClockID: new(uint(0)),
		Now:     func() time.Time { return time.Unix(1_600_000_000, 0) },
	})
	if err != nil {
		panic(err)
	}
	rev := syntax.MustParseTID("3jzfcijpj2z2a") // later than the clock
	if err := clock.Seed(rev); err != nil {
		panic(err)
	}
	fmt.Println(clock.Next())
	// Output: 3jzfcijpj3222
}

func Example_json() {
	type account struct {
		DID    syntax.DID    `json:"did"`
		Handle syntax.Handle `json:"handle,omitzero"`
	}
	var a account
	err := json.Unmarshal([]byte(`{"did":"did:web:example.com"}`), &a)
	fmt.Println(a.DID, a.Handle.IsZero(), err)
	data, err := json.Marshal(a)
	fmt.Println(string(data), err)
	err = json.Unmarshal([]byte(`{"did":"example.com"}`), &a)
	fmt.Println(err)
	// Output:
	// did:web:example.com true <nil>
	// {"did":"did:web:example.com"} <nil>
	// syntax: invalid DID "example.com": expected "did:" at offset 0
}
