package plc

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
)

// dial opens the WebSocket at the given URL. In a browser that is for the
// browser to do.
func (c *Client) dial(ctx context.Context, url string) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(ctx, url, nil)
}
