package doh_test

import (
	"fmt"

	"github.com/linnet-at/linnet/did/doh"
	"github.com/linnet-at/linnet/did/safehttp"
)

// A resolver asks a server of DNS over HTTPS, which its address names so that it
// need not be looked up, and a client looks its hosts up there.
func ExampleNew() {
	resolver, err := doh.New("https://192.0.2.53/dns-query", nil)
	if err != nil {
		panic(err)
	}
	client := safehttp.New(&safehttp.Options{Resolver: resolver})
	fmt.Println(client != nil)
	// Output: true
}
