package safehttp_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/safehttp"
)

// TestWebSocket opens a WebSocket, whose connection outlives the request and has
// none of its limits.
func TestWebSocket(t *testing.T) {
	both(t, func(t *testing.T, h2 bool) {
		s := newServer(t, h2, func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			for {
				typ, data, err := c.Read(r.Context())
				if err != nil || c.Write(r.Context(), typ, data) != nil {
					return
				}
			}
		})
		client, _ := s.newClient(t, safehttp.Options{AllowLoopback: true, MaxBody: 100, MaxPerHost: 1, Timeout: ample})
		ctx, cancel := context.WithTimeout(t.Context(), ample)
		defer cancel()
		dialing, dialed := context.WithCancel(ctx)
		conns := make([]*websocket.Conn, 2) // the second does not wait for the first to end
		for i := range conns {
			c, res, err := websocket.Dial(dialing, s.URL, &websocket.DialOptions{HTTPClient: client})
			require.NoError(t, err)
			require.Equal(t, http.StatusSwitchingProtocols, res.StatusCode)
			defer c.CloseNow()
			conns[i] = c
		}
		dialed()
		time.Sleep(10 * time.Millisecond) // what would be cancelled, is
		for range 5 {
			for _, c := range conns {
				data := bytes.Repeat([]byte("x"), 10_000)
				require.NoError(t, c.Write(ctx, websocket.MessageBinary, data))
				_, got, err := c.Read(ctx)
				require.NoError(t, err)
				require.Equal(t, data, got)
			}
		}
	})
}
