package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky/post"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// TestGreet: a mention that can't be answered does not keep the others from
// their answers, on whatever page they are.
func TestGreet(t *testing.T) {
	const fine = `{"$type":"app.bsky.feed.post","text":"@bot hi","createdAt":"2026-11-22T12:00:00Z"}`
	records := []string{ // the newest first
		fine, `{"$type":"app.bsky.feed.like"}`, `{"$type":"app.bsky.feed.post","text":"@bot hi"}`,
		`{"$type":"app.bsky.feed.post","reply":{"root":{"uri":"x"}}}`, fine, fine,
	}
	const cid = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
	var answered, seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var in struct {
			SeenAt string
			Record struct {
				Reply struct{ Parent struct{ URI string } }
			}
		}
		switch strings.TrimPrefix(r.URL.Path, "/xrpc/") {
		case "app.bsky.notification.listNotifications":
			var n int
			_, _ = fmt.Sscan(r.FormValue("cursor"), &n) // there is none at first
			fmt.Fprintf(w, `{"cursor":"%d","notifications":[{"uri":"at://did:web:a.example.com/app.bsky.feed.post/%d","cid":%q,`+
				`"author":{"did":"did:web:a.example.com","handle":"a.example.com"},"reason":"mention","record":%s,"isRead":%t,"indexedAt":"2026-11-22T12:00:0%dZ"}]}`,
				n+1, n, cid, records[n], n == 5, 9-n)
		case "com.atproto.repo.putRecord":
			_ = json.NewDecoder(r.Body).Decode(&in)
			parent := in.Record.Reply.Parent.URI
			answered = append(answered, parent[len(parent)-1:])
			if len(answered) == 1 {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"error":"InvalidRequest"}`)
				return
			}
			fmt.Fprintf(w, `{"uri":"at://did:web:bot.example.com/app.bsky.feed.post/3jzfcijpj2z2c","cid":%q}`, cid)
		default:
			_ = json.NewDecoder(r.Body).Decode(&in)
			seen = append(seen, in.SeenAt[18:19])
		}
	}))
	defer s.Close()
	c, err := xrpc.New(s.URL, &xrpc.Options{Development: true})
	require.NoError(t, err)
	require.NoError(t, greet(t.Context(), c, post.NewAuthor(c, syntax.MustParseDID("did:web:bot.example.com"))))
	require.Equal(t, []string{"4", "2", "0"}, answered, "the oldest first")
	require.Equal(t, []string{"5", "6", "7", "8", "9"}, seen)
}
