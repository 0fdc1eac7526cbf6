package xrpc

import "context"

// Health asks a server whether it works, and returns its version, if it says
// so. Servers are not bound to answer this.
func Health(ctx context.Context, c Caller) (version string, err error) {
	type health struct {
		Version string `json:"version"`
	}
	h, err := call[health](ctx, c, &Call{NSID: healthMethod, Options: CallOptions{NoAuth: true, NoProxy: true}})
	return h.Version, err
}
