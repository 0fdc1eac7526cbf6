package xrpc

import "strings"

// Fragments of the ids of services in DID documents, to which requests are
// proxied: see [syntax.NewServiceRef] and [CallOptions].Proxy.
//
// https://atproto.com/specs/xrpc#service-proxying
const (
	ServicePDS          = "atproto_pds"
	ServiceLabeler      = "atproto_labeler"
	ServiceAppView      = "bsky_appview"
	ServiceChat         = "bsky_chat"
	ServiceFeed         = "bsky_fg"
	ServiceNotification = "bsky_notif"
)

const proxyHeader = "Atproto-Proxy"

// ownMethod reports whether a method is one of the account's own server, to
// which the default proxy does not apply.
func ownMethod(nsid string) bool { return strings.HasPrefix(nsid, "com.atproto.") }
