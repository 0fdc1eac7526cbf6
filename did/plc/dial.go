//go:build !js

package plc

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
)

// dial opens the WebSocket at the given URL.
func (c *Client) dial(ctx context.Context, url string) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient: c.http, HTTPHeader: http.Header{"User-Agent": {c.agent}},
	})
}
