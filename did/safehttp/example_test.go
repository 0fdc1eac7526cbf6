package safehttp_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/linnet-at/linnet/did/safehttp"
)

// A URL that a stranger sent points into our own network.
func ExampleNew() {
	client := safehttp.New(nil)
	_, err := client.Get("https://169.254.169.254/latest/meta-data/")
	if blocked, ok := errors.AsType[*safehttp.BlockedError](err); ok {
		fmt.Println(blocked.Host, "is", blocked.Reason)
	}
	// Output: 169.254.169.254 is link-local (RFC 3927)
}

// A test has its server on loopback, which must be allowed by name.
func ExampleGet() {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "hello")
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := safehttp.New(&safehttp.Options{AllowLoopback: true, RootCAs: roots})

	body, err := safehttp.Get(context.Background(), client, server.URL, nil)
	fmt.Printf("%s %v\n", body, err)

	_, err = safehttp.Get(context.Background(), client, server.URL, &safehttp.GetOptions{MaxBody: 4})
	limit, ok := errors.AsType[*safehttp.LimitError](err)
	fmt.Println(ok, limit)
	// Output:
	// hello <nil>
	// true safehttp: response body 5 exceeds the limit of 4
}

func ExampleSpecialUse() {
	for _, s := range []string{"8.8.8.8", "192.168.1.1", "::ffff:127.0.0.1", "64:ff9b::808:808"} {
		fmt.Printf("%s %q\n", s, safehttp.SpecialUse(netip.MustParseAddr(s)))
	}
	// Output:
	// 8.8.8.8 ""
	// 192.168.1.1 "private use (RFC 1918)"
	// ::ffff:127.0.0.1 "loopback (RFC 1122)"
	// 64:ff9b::808:808 "NAT64 (RFC 6052)"
}
