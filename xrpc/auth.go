package xrpc

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
)

// An Auth adds credentials to requests. It must be safe for concurrent use.
//
// A [Client] asks only about requests to its own server: credentials are never
// sent to another origin, whatever redirects say.
type Auth interface {
	// Authorize sets the headers of req that hold credentials, as a rule
	// Authorization. It is called for each attempt, and may take its time, such
	// as to renew what is about to expire. It must change nothing of req but
	// headers. The method that is called is the last segment of the URL's path.
	//
	// An error ends the call, whatever it is: calls that Authorize makes repeat
	// themselves what is to be repeated.
	Authorize(ctx context.Context, req *http.Request) error
}

// A ResponseAuth is an [Auth] that wants to know what became of requests: to
// renew credentials that have expired, or to take along what the server sends
// for the next request.
type ResponseAuth interface {
	Auth

	// HandleResponse is called with the response to a request that Authorize
	// prepared, each time there is one, with its status and header: the body
	// is not to be read. e is what the response says if its status is not 2xx,
	// and nil otherwise.
	//
	// It reports whether the request should be sent again with new credentials.
	// That is done once in a call, and only if the body of the request can be
	// had again. An error ends the call, as one of Authorize does.
	HandleResponse(ctx context.Context, req *http.Request, res *http.Response, e *Error) (again bool, err error)
}

// A HostAuth is an [Auth] that says where its account is: requests go there, and
// not to the host of the client.
type HostAuth interface {
	Auth

	// Host returns the origin of the server, such as "https://pds.example.com",
	// or "" to leave it to the client. It is asked before each call.
	Host() string
}

// AdminAuth returns the credentials of a server's administrator, for
// com.atproto.admin methods and for invite codes. They belong to no account.
//
// https://atproto.com/specs/xrpc#admin-token-temporary-specification
func AdminAuth(password string) Auth {
	return newFixedAuth("Basic " + base64.StdEncoding.EncodeToString([]byte("admin:"+password)))
}

// BearerAuth returns credentials that are one token, which somebody else
// renews.
func BearerAuth(token string) Auth { return newFixedAuth("Bearer " + token) }

// A fixedAuth is the value of an Authorization header, behind a pointer, so that
// printing what holds it does not show it.
type fixedAuth struct{ value *[1]string }

func newFixedAuth(value string) *fixedAuth { return &fixedAuth{&[1]string{value}} }

// Authorize implements [Auth].
func (a *fixedAuth) Authorize(_ context.Context, req *http.Request) error {
	if !validHeaderValue(a.value[0]) {
		return errBadCredentials
	}
	req.Header["Authorization"] = a.value[:]
	return nil
}

// Format keeps the credentials out of logs.
func (*fixedAuth) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("xrpc credentials")) }
