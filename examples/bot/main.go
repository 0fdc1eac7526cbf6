// Bot greets everybody who mentions it:
//
//	BOT_PASSWORD=abcd-efgh-ijkl-mnop go run ./examples/bot -every 1m bot.example.com
//
// The password should be an app password. Without -every it looks once and ends.
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
	every := flag.Duration("every", 0, "how often to look")
	dev := flag.Bool("dev", false, "admit servers on this machine")
	flag.Parse()
	ctx := context.Background()
	s, err := session.Login(ctx, flag.Arg(0), os.Getenv("BOT_PASSWORD"), &session.Options{
		Host: *host, Client: xrpc.Options{Development: *dev, UserAgent: "greeting-bot/1.0 (+https://example.com/bot)"},
	})
	if err != nil {
		log.Fatal(err)
	}
	author := post.NewAuthor(s.Client(), s.DID())
	for {
		err := greet(ctx, s.Client(), author)
		if *every == 0 || s.Err() != nil { // it has looked, or can't log in any more
			if err != nil {
				log.Fatal(err)
			}
			return
		}
		time.Sleep(*every)
	}
}

// greet answers the mentions that were not seen yet, the oldest first.
func greet(ctx context.Context, c xrpc.Caller, author *post.Author) error {
	out, err := bsky.NotificationListNotifications(ctx, c, &bsky.NotificationListNotificationsParams{Reasons: []string{"mention"}})
	if err != nil {
		return err
	}
	for _, n := range slices.Backward(out.Notifications) {
		if n.IsRead {
			continue
		}
		who, err := syntax.ParseDID(n.Author.DID)
		if err != nil {
			return err
		}
		text, err := new(richtext.Builder).Text("Hello ").Mention("@"+n.Author.Handle, who).Text("! 🐦 ").Tag("linnet").Build()
		if err != nil {
			return err
		}
		p := post.New(text)
		if p.Reply, err = post.Reply(n.URI, n.CID, n.Record); err != nil {
			return err
		}
		if _, err := author.Post(ctx, p); err != nil {
			return err
		}
		if err := bsky.NotificationUpdateSeen(ctx, c, &bsky.NotificationUpdateSeenInput{SeenAt: n.IndexedAt}); err != nil {
			return err
		}
	}
	return nil
}
