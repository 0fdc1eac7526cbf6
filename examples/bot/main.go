// Bot greets everybody who mentions it. The password should be an app password:
//
//	BOT_PASSWORD=abcd-efgh-ijkl-mnop go run ./examples/bot -every 1m bot.example.com
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"slices"
	"time"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/bsky/post"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/session"
)

func main() {
	host := flag.String("host", "", "`URL` of the account's server; without it, the name is looked up")
	every := flag.Duration("every", 0, "how often to look; without it, once")
	sessions := flag.String("sessions", "sessions", "`directory` that keeps the session between starts")
	dev := flag.Bool("dev", false, "admit servers on this machine")
	flag.Parse()
	store, err := session.NewFileStore(*sessions)
	if err != nil {
		log.Fatal(err)
	}
	o := session.Options{Host: *host, Store: store, Client: xrpc.Options{Development: *dev, UserAgent: "greeting-bot/1.0 (+https://example.com/bot)"}}
	s, err := session.Open(context.Background(), flag.Arg(0), os.Getenv("BOT_PASSWORD"), &o)
	if err != nil {
		log.Fatal(err)
	}
	author := post.NewAuthor(s.Client(), s.DID())
	for looked := false; !looked || *every > 0; looked = true {
		if err := greet(context.Background(), s.Client(), author); err != nil && (*every == 0 || s.Err() != nil) {
			log.Fatal(err) // it is over; another start logs in again
		} else if err != nil {
			log.Print(err)
		}
		time.Sleep(*every)
	}
}

// greet answers the mentions that were not seen yet, the oldest first.
func greet(ctx context.Context, c xrpc.Caller, author *post.Author) error {
	var unread []bsky.NotificationListNotificationsNotification
	for n, err := range bsky.NotificationListNotificationsPager(c, &bsky.NotificationListNotificationsParams{Reasons: []string{"mention"}}, nil).Items(ctx) {
		if err != nil {
			return err
		} else if n.IsRead {
			break
		}
		unread = append(unread, n)
	}
	for _, n := range slices.Backward(unread) {
		who, _ := syntax.ParseDID(n.Author.DID) // Build refuses what is none
		text, err := new(richtext.Builder).Text("Hello ").Mention("@"+n.Author.Handle, who).Text("! 🐦 ").Tag("linnet").Build()
		p := post.New(text)
		if err == nil {
			p.Reply, err = post.Reply(n.URI, n.CID, n.Record)
		}
		if err == nil {
			if _, err = author.Post(ctx, p); err != nil && !xrpc.Is(err, xrpc.InvalidRequest) {
				return err
			}
		}
		if err != nil {
			log.Printf("no answer to %q: %v", n.URI, err)
		}
		if err := bsky.NotificationUpdateSeen(ctx, c, &bsky.NotificationUpdateSeenInput{SeenAt: n.IndexedAt}); err != nil {
			return err
		}
	}
	return nil
}
