// Post-image posts an image with a text:
//
//	PASSWORD=abcd-efgh-ijkl-mnop go run ./examples/post-image -alt "A linnet on a branch" \
//		alice.example.com linnet.jpg "Seen today near example.com #birds"
//
// What looks like a mention, a link or a tag in the text becomes one. It prints
// the reference to the post.
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"log"
	"os"

	"github.com/linnet-at/linnet/api/bsky/post"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/xrpc"
	"github.com/linnet-at/linnet/xrpc/blob"
	"github.com/linnet-at/linnet/xrpc/session"
)

func main() {
	host := flag.String("host", "", "`URL` of the account's server; without it, the name is looked up")
	alt := flag.String("alt", "", "what is to be seen")
	dev := flag.Bool("dev", false, "admit servers on this machine")
	flag.Parse()
	if err := postImage(context.Background(), flag.Arg(0), flag.Arg(1), *alt, flag.Arg(2), *host, *dev); err != nil {
		log.Fatal(err)
	}
}

func postImage(ctx context.Context, name, file, alt, message, host string, dev bool) error {
	s, err := session.Login(ctx, name, os.Getenv("PASSWORD"), &session.Options{Host: host, Client: xrpc.Options{Development: dev}})
	if err != nil {
		return err
	}
	defer s.Logout(ctx) //nolint:errcheck // the session runs out by itself
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	size, format, err := image.DecodeConfig(f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	ref, err := blob.Upload(ctx, s.Client(), "image/"+format, f, nil)
	if err != nil {
		return err
	}

	// The account's server knows to whom handles lead.
	handles, err := did.NewXRPC(s.Host(), &did.Options{Development: dev})
	if err != nil {
		return err
	}
	text, err := richtext.New(ctx, message, handles, nil)
	if err != nil {
		return err
	}
	p := post.New(text)
	p.Embed = post.Images(post.Picture{Blob: ref, Alt: alt, Width: int64(size.Width), Height: int64(size.Height)})
	posted, err := post.NewAuthor(s.Client(), s.DID()).Post(ctx, p)
	if err != nil {
		return err
	}
	fmt.Println(posted.URI, posted.CID)
	return nil
}
