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

// Tell a handle that is wrong from one that is merely not to be resolved.
func ExampleHandle_CheckResolvable() {
	for _, s := range []string{"alice.example.com", "alice.test", "handle.invalid"} {
		handle, err := syntax.ParseHandle(s)
		if err != nil {
			panic(err)
		}
		err = handle.CheckResolvable(nil)
		fmt.Println(handle, errors.Is(err, syntax.ErrReservedTLD), errors.Is(err, syntax.ErrInvalidHandle))
	}
	fmt.Println(syntax.MustParseHandle("alice.test").CheckResolvable(&syntax.Policy{Development: true}))
	// Output:
	// alice.example.com false false
	// alice.test true false
	// handle.invalid false true
	// <nil>
}

func ExampleDID_CheckResolvable() {
	did, err := syntax.ParseDID("did:example:123")
	if err != nil {
		panic(err)
	}
	if err := did.CheckResolvable(nil); errors.Is(err, syntax.ErrUnsupportedMethod) {
		fmt.Println(err)
	}
	// Output: syntax: DID "did:example:123" can't be resolved: unsupported DID method
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

func ExampleParseAtIdentifier() {
	for _, s := range []string{"did:web:example.com", "Alice.example.com"} {
		who, err := syntax.ParseAtIdentifier(s)
		if err != nil {
			panic(err)
		}
		if did, ok := who.DID(); ok {
			fmt.Println("DID", did)
		}
		if handle, ok := who.Handle(); ok {
			fmt.Println("handle", handle.Normalize())
		}
	}
	// Output:
	// DID did:web:example.com
	// handle alice.example.com
}

func ExampleParseATURI() {
	uri, err := syntax.ParseATURI("at://did:web:example.com/app.bsky.feed.post/3jzfcijpj2z2a")
	if err != nil {
		panic(err)
	}
	fmt.Println(uri.Authority())
	if path, ok := uri.RepoPath(); ok {
		fmt.Println(path.Collection(), path.RecordKey())
	}
	fmt.Println(uri.IsRecordRef())
	// Output:
	// did:web:example.com
	// app.bsky.feed.post 3jzfcijpj2z2a
	// true
}

func ExampleRecordURI() {
	did := syntax.MustParseDID("did:web:example.com")
	path := syntax.MustParseRepoPath("app.bsky.actor.profile/self")
	fmt.Println(syntax.RecordURI(did, path))
	// Output: at://did:web:example.com/app.bsky.actor.profile/self
}

func ExampleStrongRef() {
	var like struct {
		Subject syntax.StrongRef `json:"subject"`
	}
	err := json.Unmarshal([]byte(`{"subject": {
		"uri": "at://did:web:example.com/app.bsky.feed.post/3jzfcijpj2z2a",
		"cid": "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"
	}}`), &like)
	if err != nil {
		panic(err)
	}
	fmt.Println(like.Subject.IsRecordRef(), like.Subject.URI)
	// Output: true at://did:web:example.com/app.bsky.feed.post/3jzfcijpj2z2a
}

func ExampleParseFullATURI() {
	uri, err := syntax.ParseFullATURI("at://Alice.example.com/app.bsky.feed.post/3jzfcijpj2z2a/#/text")
	if err != nil {
		panic(err)
	}
	uri = uri.Normalize()
	fragment, _ := uri.Fragment()
	record, _ := uri.ATURI()
	fmt.Println(record, fragment)
	// Output: at://alice.example.com/app.bsky.feed.post/3jzfcijpj2z2a /text
}

func ExampleParseDatetime() {
	created, err := syntax.ParseDatetime("2023-06-30T17:03:01.5+02:00")
	if err != nil {
		panic(err)
	}
	fmt.Println(created)
	fmt.Println(created.Time())
	// Output:
	// 2023-06-30T17:03:01.5+02:00
	// 2023-06-30 15:03:01.5 +0000 UTC
}

func ExampleNewDatetime() {
	created, err := syntax.NewDatetime(time.Unix(1_688_137_381, 120_000_000))
	fmt.Println(created, err)
	// Output: 2023-06-30T15:03:01.120Z <nil>
}

func ExampleParseDatetimeLenient() {
	const old = "2023-06-30T15:03:01.887" // no zone
	_, err := syntax.ParseDatetime(old)
	fmt.Println(err)
	t, err := syntax.ParseDatetimeLenient(old)
	fmt.Println(t, err)
	// Output:
	// syntax: invalid datetime "2023-06-30T15:03:01.887": expected "Z" or an offset at offset 23
	// 2023-06-30 15:03:01.887 +0000 UTC <nil>
}

func ExampleLanguage() {
	l := syntax.MustParseLanguage("zh-hant-TW")
	fmt.Println(l.Primary(), l.Script(), l.Region(), l.Normalize())
	// Output: zh hant TW zh-Hant-TW
}

func ExampleParseURI() {
	u, err := syntax.ParseURI("javascript:alert(1)")
	fmt.Println(u.Scheme(), err) // well-formed, but not for a link
	// Output: javascript <nil>
}

func ExampleServiceRef() {
	r := syntax.MustParseServiceRef("did:web:api.bsky.app#bsky_appview")
	fmt.Println(r.DID(), r.Fragment())
	// Output: did:web:api.bsky.app bsky_appview
}

func ExampleSpaceRecordURI() {
	u := syntax.MustParseSpaceRecordURI(
		"at://did:web:example.com/space/com.example.forum/self/did:web:example.org/com.example.post/3jzfcijpj2z2a")
	fmt.Println(u.Space())
	fmt.Println(u.Author(), u.RepoPath())
	// Output:
	// at://did:web:example.com/space/com.example.forum/self
	// did:web:example.org com.example.post/3jzfcijpj2z2a
}

// Identifiers go into databases as text, and the zero value as NULL.
func ExampleDID_Scan() {
	var did syntax.DID
	fmt.Println(did.Scan([]byte("did:web:example.com")), did)
	fmt.Println(did.Scan(nil), did.IsZero())
	// Output:
	// <nil> did:web:example.com
	// <nil> true
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
