package bsky_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

// The records of strangers are among what servers answer. What is odd about one
// of them does not keep a program from the others.
func TestOneBadRecord(t *testing.T) {
	ledger.Covers(t, "DAT-018")
	const good = `{"$type":"app.bsky.feed.post","text":"hello","createdAt":"2024-01-01T00:00:00Z"}`
	author := `{"did":"did:web:a.example.com","handle":"a.example.com"}`
	uri := `"uri":"at://did:web:a.example.com/app.bsky.feed.post/3l","cid":"bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454"`
	for _, odd := range []string{
		`"a":{"$link":"nope"}`, `"a":{"$bytes":"!!"}`, `"a":{"$link":"x","more":1}`, `"a":{"b":1,"$link":{}}`, `"embed":{"$type":"x.y.z","a":{"$bytes":"!!"}}`, `"reply":null`,
	} {
		bad := strings.TrimSuffix(good, "}") + "," + odd + "}"
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			name, item, rest := "", "", ""
			switch nsid := strings.TrimPrefix(r.URL.Path, "/xrpc/"); nsid {
			case bsky.FeedGetTimelineNSID:
				name, item = "feed", `{"post":{`+uri+`,"author":`+author+`,"record":%s,"indexedAt":"2024-01-01T00:00:00Z"}}`
			case bsky.NotificationListNotificationsNSID:
				name, item = "notifications", `{`+uri+`,"author":`+author+`,"reason":"mention","record":%s,"isRead":false,"indexedAt":"2024-01-01T00:00:00Z"}`
			case atproto.RepoListRecordsNSID:
				name, item = "records", `{`+uri+`,"value":%s}`
				if r.FormValue("cursor") == "" {
					rest = `,"cursor":"next"`
				}
			}
			var list []string
			for _, record := range []string{good, bad, good} {
				list = append(list, fmt.Sprintf(item, record))
			}
			_, _ = fmt.Fprintf(w, `{"%s":[%s]%s}`, name, strings.Join(list, ","), rest)
		}))
		client, err := xrpc.New(server.URL, &xrpc.Options{Development: true})
		require.NoError(t, err)

		timeline, err := bsky.FeedGetTimeline(t.Context(), client, nil)
		require.NoError(t, err, odd)
		require.Len(t, timeline.Feed, 3)
		var post bsky.FeedPost
		require.NoError(t, timeline.Feed[2].Post.Record.Decode(&post))
		require.Equal(t, "hello", post.Text)
		text, err := timeline.Feed[1].Post.Record.JSON()
		require.NoError(t, err)
		require.JSONEq(t, bad, string(text), "nothing is lost")

		notes, err := bsky.NotificationListNotifications(t.Context(), client, nil)
		require.NoError(t, err, odd)
		require.Len(t, notes.Notifications, 3)

		n := 0
		for _, err := range atproto.RepoListRecordsPager(client, &atproto.RepoListRecordsParams{Repo: "a.example.com", Collection: "app.bsky.feed.post"}, nil).Items(t.Context()) {
			require.NoError(t, err, odd)
			n++
		}
		require.Equal(t, 6, n)

		tree, err := xrpc.Query[map[string]any](t.Context(), client, bsky.FeedGetTimelineNSID, nil)
		require.NoError(t, err, odd)
		require.Len(t, tree["feed"], 3)
		server.Close()
	}
}
