// Package xrpc calls the methods of AT Protocol servers over HTTP, by
// https://atproto.com/specs/xrpc.
//
// Begin with [New], or with package session to act for an account, and pass the
// [Client] to the functions of the generated packages. For methods that these
// do not have, there are [Query] and [Procedure]:
//
//	client, err := xrpc.New("https://public.api.bsky.app", nil)
//	profile, err := xrpc.Query[map[string]any](ctx, client, "app.bsky.actor.getProfile",
//		xrpc.Values{"actor": {"alice.example.com"}})
//
// [With] makes calls with other options out of the same client, such as to
// another service behind the account's server. A [Pager] goes through the pages
// of a method. A [Body] is an input that is no JSON, and [Call].Stream hands
// out an output as it comes. [Client.RoundTripper] gives the credentials of a
// client to HTTP code of others. Blobs are in package blob, service tokens in
// package serviceauth.
//
// # Errors
//
// A call fails with an [*Error] if the server says so, whatever form the answer
// has: [Is] tells errors by their names. A [*NetworkError] means that there is
// no answer, and says whether the server may have acted. An answer of success
// that is none is an [*InvalidResponseError]. What is beyond a limit of size is
// a [*LimitError]. All are read with errors.AsType.
//
// # What is repeated
//
// Queries are tried again when the network fails or the server is in trouble,
// after waits that grow and are random, or those that the server asks for.
// Procedures are tried again only if they have certainly not been carried out,
// or do no harm when they are done twice; see [Retry]. A request is also sent a second time when its credentials were
// renewed. An input that was read and can't be read again is never sent anew.
//
// # Limits
//
// A call has a time, and so has each attempt; streams must go on. Outputs that
// are decoded, errors and URLs have a largest size, and redirects are followed
// to the same server alone, and for queries alone. See [Options]. Servers of
// the network are reached over https only, and not at private addresses.
//
// # Security
//
// Credentials go to the server that they are for, and nowhere else. They are
// in no error and in no text that this package makes. What servers say is the
// word of strangers: an output that was decoded has the right form at most.
// [Error].Message and [Error].Body may hold anything.
//
// # For generated code
//
// A function for a method fills in a [Call] and hands it to a [Caller]:
//
//	func FeedGetTimeline(ctx context.Context, c xrpc.Caller, p *FeedGetTimelineParams) (*FeedGetTimelineOutput, error) {
//		out := new(FeedGetTimelineOutput)
//		if _, err := c.Call(ctx, &xrpc.Call{NSID: "app.bsky.feed.getTimeline", Params: p, Output: out}); err != nil {
//			return nil, err
//		}
//		return out, nil
//	}
//
// Parameters append themselves to the query string ([Params], [AppendParam]);
// those with a default are always sent. An input appends itself as JSON
// ([JSONAppender]) or is a [*Body], and an output decodes itself from bytes
// that it must not keep. There is no reflection on this way, and a client costs
// a few allocations more than package net/http alone.
//
// # Concurrency
//
// A Client and all that [With] makes of it may be used concurrently. Pagers and
// Bodies are for one goroutine at a time. The package has no state.
package xrpc
