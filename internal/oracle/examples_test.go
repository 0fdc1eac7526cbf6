package oracle_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/bsky/post"
	"github.com/linnet-at/linnet/api/bsky/richtext"
	"github.com/linnet-at/linnet/crypto/jwt"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/internal/oracle"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/blob"
)

// An appView stands in for the service that knows who mentions whom, which the
// reference PDS passes calls on to. It takes calls with a token of the account's
// own key alone.
type appView struct {
	url, did string
	keys     did.Resolver // set before the first call

	mu            sync.Mutex
	notifications []bsky.NotificationListNotificationsNotification // the newest first
	seen          string
	failed        error
}

func newAppView(t *testing.T) *appView {
	t.Helper()
	v := &appView{did: "did:web:appview.example.com"}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close)
	v.url = srv.URL
	return v
}

// ServeHTTP implements [http.Handler].
func (v *appView) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	method := strings.TrimPrefix(r.URL.Path, "/xrpc/")
	var out any = struct{}{}
	err := v.authenticate(r, method)
	switch {
	case err != nil:
	case method == "app.bsky.notification.listNotifications" && r.URL.RawQuery == "reasons=mention&limit=50":
		for i := range v.notifications {
			v.notifications[i].IsRead = v.notifications[i].IndexedAt <= v.seen
		}
		out = bsky.NotificationListNotificationsOutput{Notifications: v.notifications}
	case method == "app.bsky.notification.updateSeen":
		var in struct{ SeenAt string }
		err = json.NewDecoder(r.Body).Decode(&in)
		v.seen = in.SeenAt
	default:
		err = fmt.Errorf("%s %s", r.Method, r.URL)
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		v.failed = errors.Join(v.failed, err)
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(out) // the client sees it
}

// authenticate checks the token that the PDS has made.
func (v *appView) authenticate(r *http.Request, method string) error {
	token, err := jwt.Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		return err
	}
	account, err := syntax.ParseDID(token.Claims().Issuer)
	if err != nil {
		return err
	}
	doc, err := v.keys.ResolveDID(r.Context(), account)
	if err != nil {
		return err
	}
	key, err := doc.SigningKey()
	if err != nil {
		return err
	}
	_, err = token.Verify(r.Context(), key, &jwt.Options{Audiences: []string{v.did, v.did + "#bsky_appview"}, Method: method, Issuer: account.String()})
	return err
}

// notify has somebody's post be a mention.
func (v *appView) notify(t *testing.T, author *pdsClient, ref syntax.StrongRef, p *bsky.FeedPost) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	n := bsky.NotificationListNotificationsNotification{
		URI: ref.URI.String(), CID: ref.CID.String(), Reason: "mention", Record: lex.Of(p), IndexedAt: syntax.DatetimeNow().String(),
		Author: bsky.ActorDefsProfileView{DID: author.s.DID().String(), Handle: author.s.Info().Handle.String()},
	}
	v.notifications = append([]bsky.NotificationListNotificationsNotification{n}, v.notifications...)
}

// example builds a program of the examples, and returns what runs it.
func example(t *testing.T, name string) func(env string, args ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "github.com/linnet-at/linnet/examples/"+name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return func(env string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), file, args...)
		cmd.Env = append(os.Environ(), env)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// posts returns an account's posts, the newest first.
func (p *pdsClient) posts(t *testing.T) []*bsky.FeedPost {
	t.Helper()
	var all []*bsky.FeedPost
	pager := atproto.RepoListRecordsPager(p.c, &atproto.RepoListRecordsParams{Repo: p.s.DID().String(), Collection: bsky.FeedPostNSID}, nil)
	for r, err := range pager.Items(t.Context()) {
		require.NoError(t, err)
		one := new(bsky.FeedPost)
		require.NoError(t, r.Value.Decode(one))
		require.NoError(t, one.Validate())
		all = append(all, one)
	}
	return all
}

// TestExamples runs the programs of the examples for people with accounts on the
// reference PDS.
func TestExamples(t *testing.T) {
	ledger.Covers(t, "XRPC-123", "BLOB-002", "BLOB-026")
	view := newAppView(t)
	pds, _, plc := newPDS(t, oracle.PDSOptions{AppView: view.url, AppViewDID: view.did})
	var err error
	view.keys, err = did.NewPLC(&did.Options{PLC: plc, Development: true})
	require.NoError(t, err)
	alice, bot := newUser(t, pds.URL, "alice"), newUser(t, pds.URL, "greeter")

	t.Run("bot", func(t *testing.T) {
		handles, err := did.NewXRPC(pds.URL, &did.Options{Development: true})
		require.NoError(t, err)
		author := post.NewAuthor(alice.c, alice.s.DID())
		var mentions []syntax.StrongRef
		for range 2 {
			text, err := richtext.New(t.Context(), "Grüß dich, @Greeter.test! @nobody.test", handles, nil)
			require.NoError(t, err)
			require.Len(t, text.Facets, 1)
			p := post.New(text)
			if len(mentions) > 0 {
				p.Reply = &bsky.FeedPostReplyRef{Root: post.Ref(mentions[0]), Parent: post.Ref(mentions[0])}
			}
			ref, err := author.Post(t.Context(), p)
			require.NoError(t, err)
			mentions = append(mentions, ref)
			view.notify(t, alice, ref, p)
		}
		run, sessions := example(t, "bot"), t.TempDir()
		for range 2 {
			out, err := run("BOT_PASSWORD=password", "-host", pds.URL, "-dev", "-sessions", sessions, "greeter.test")
			require.NoError(t, err, out)
			require.NoError(t, view.failed)
			posts := bot.posts(t)
			require.Len(t, posts, 2, "each mention is answered once")
			for i, p := range posts {
				require.Equal(t, "Hello @alice.test! 🐦 #linnet", p.Text)
				segment := ""
				for s := range richtext.Segments(p.Text, p.Facets) {
					if who, ok := s.Mention(); ok {
						require.Equal(t, alice.s.DID(), who)
						segment = s.Text
					}
				}
				require.Equal(t, "@alice.test", segment)
				require.Equal(t, post.Ref(mentions[1-i]), p.Reply.Parent)
				require.Equal(t, post.Ref(mentions[0]), p.Reply.Root)
			}
		}
		require.NoError(t, author.Delete(t.Context(), mentions[1].URI))
		require.NoError(t, author.Delete(t.Context(), mentions[1].URI), "it is gone already")
		require.Len(t, alice.posts(t), 1)

		out, err := run("BOT_PASSWORD=wrong", "-host", pds.URL, "-dev", "-sessions", t.TempDir(), "greeter.test")
		require.Error(t, err)
		require.Contains(t, out, "AuthenticationRequired")
	})

	t.Run("post-image", func(t *testing.T) {
		picture := image.NewGray(image.Rect(0, 0, 40, 30))
		picture.Set(1, 1, color.White)
		var content bytes.Buffer
		require.NoError(t, png.Encode(&content, picture))
		file := filepath.Join(t.TempDir(), "linnet.png")
		require.NoError(t, os.WriteFile(file, content.Bytes(), 0o600))
		run := example(t, "post-image")
		out, err := run("PASSWORD=password", "-host", pds.URL, "-dev", "-alt", "A linnet", "alice.test", file, "Hello @greeter.test: example.com #鳥")
		require.NoError(t, err, out)
		p := alice.posts(t)[0]
		require.Len(t, p.Facets, 3)
		require.Len(t, p.Embed.Images.Images, 1)
		img := p.Embed.Images.Images[0]
		require.Equal(t, "A linnet", img.Alt)
		require.Equal(t, "image/png", img.Image.MimeType)
		require.Equal(t, [2]int64{40, 30}, [2]int64{img.AspectRatio.Width, img.AspectRatio.Height})
		got, err := blob.Get(t.Context(), alice.c, alice.s.DID(), img.Image.Ref, nil)
		require.NoError(t, err)
		require.Equal(t, content.Bytes(), got)
		require.Contains(t, out, "at://"+alice.s.DID().String()+"/app.bsky.feed.post/")

		out, err = run("PASSWORD=password", "-host", pds.URL, "-dev", "alice.test", os.Args[0], "no image")
		require.Error(t, err)
		require.Contains(t, out, "image: unknown format")
		require.Len(t, alice.posts(t), 2)
	})

	t.Run("lexicon", func(t *testing.T) {
		run := example(t, "lexicon")
		out, err := run("PASSWORD=password", "-host", pds.URL, "-dev", "greeter.test")
		require.NoError(t, err, out)
		require.Equal(t, "2 Linnet singing in Galloway\nlexicon: count: integer 0 is less than 1\n", out)
		const sighting = "com.example.birds.sighting"
		list, err := atproto.RepoListRecords(t.Context(), bot.c, &atproto.RepoListRecordsParams{Repo: bot.s.DID().String(), Collection: sighting})
		require.NoError(t, err)
		require.Len(t, list.Records, 1)
		seen, err := list.Records[0].Value.MarshalJSON()
		require.NoError(t, err)
		require.JSONEq(t, `{
			"$type": "`+sighting+`", "species": "Linnet", "seenAt": "2026-08-19T12:34:56.789Z", "count": 2, "behaviour": "singing",
			"place": {"$type": "`+sighting+`#area", "name": "Galloway"}
		}`, string(seen))
		out, err = run("PASSWORD=wrong", "-host", pds.URL, "-dev", "greeter.test")
		require.Error(t, err)
		require.Contains(t, out, "AuthenticationRequired")
	})

	t.Run("export", func(t *testing.T) {
		run := example(t, "export")
		out, err := run("", "-plc", plc, "-dev", alice.s.DID().String())
		require.NoError(t, err, out)
		require.Equal(t, 2, strings.Count(out, "app.bsky.feed.post/"))
		require.Regexp(t, `verified: 2 records at rev [2-7a-z]{13}\n$`, out)
		out, err = run("", "-plc", plc, "-dev", "did:plc:ewvi7nxzyoun6zhxrhs64oiz")
		require.Error(t, err)
		require.Contains(t, out, "not found")
	})
}
