// Verify-repo verifies a repository that a server exported as a CAR file, as
// com.atproto.sync.getRepo serves it:
//
//	go run ./examples/verify-repo -did-doc FILE [-json] REPO.car
//
// The DID document in FILE has the key that the repository must be signed with.
// REPO.car may be "-" for the standard input. It prints a summary or, with
// -json, a line {"path","cid","value"} for each record in the order of their
// paths, and nothing else.
//
// It exits with 0 if all is verified, with 1 and one line that says what is
// wrong if it is not, and with 2 if it is used wrongly.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/repo"
)

// Exit codes.
const (
	verified    = 0
	notVerified = 1
	usedWrongly = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is what the arguments say.
type command struct {
	didDoc string
	json   bool
	file   string
}

const usage = "usage: verify-repo -did-doc FILE [-json] REPO.car\n"

// errUsage stands for a wrong use that was reported already.
var errUsage = errors.New("used wrongly")

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	cmd, err := parseArgs(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return verified
	case err != nil:
		return usedWrongly
	}
	doc, err := os.ReadFile(cmd.didDoc)
	if err != nil {
		fmt.Fprintf(stderr, "verify-repo: %v\n", err)
		return usedWrongly
	}
	in := stdin
	if cmd.file != "-" {
		f, err := os.Open(cmd.file)
		if err != nil {
			fmt.Fprintf(stderr, "verify-repo: %v\n", err)
			return usedWrongly
		}
		defer f.Close()
		in = f
	}
	progress := newProgress(stderr)
	err = verify(ctx, cmd, doc, in, stdout, progress)
	progress.clear()
	if err != nil {
		fmt.Fprintf(stderr, "not verified: %v\n", err)
		return notVerified
	}
	return verified
}

func parseArgs(args []string, stderr io.Writer) (command, error) {
	var cmd command
	flags := flag.NewFlagSet("verify-repo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&cmd.didDoc, "did-doc", "", "`FILE` with the account's DID document in JSON")
	flags.BoolVar(&cmd.json, "json", false, `print a line {"path","cid","value"} for each record`)
	if err := flags.Parse(args); err != nil {
		return cmd, err
	}
	if cmd.didDoc == "" || flags.NArg() != 1 {
		flags.Usage()
		return cmd, errUsage
	}
	cmd.file = flags.Arg(0)
	return cmd, nil
}

// verify is the main job: everything else here is for the person in front of
// the screen.
func verify(ctx context.Context, cmd command, doc []byte, in io.Reader, stdout io.Writer, p *progress) error {
	start := time.Now()
	account, err := did.ParseDocument(doc, &did.ParseOptions{AllowLoopback: true})
	if err != nil {
		return err
	}
	key, err := account.SigningKey()
	if err != nil {
		return err
	}
	// A file may come from a place where the clock is ahead of ours: what is
	// verified here is what was signed, and the summary shows the time.
	stream, err := repo.ReadStream(ctx, in, &repo.Options{
		Key: key, DID: account.ID, CheckRecords: true, AllowFutureRev: true, ReuseMemory: true, Progress: p.show,
	})
	if err != nil {
		return err
	}

	out := bufio.NewWriter(stdout)
	sum := summary{collections: map[string]int{}}
	var line []byte
	for record, err := range stream.Records(ctx) {
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		if !cmd.json {
			sum.add(record)
			continue
		}
		if line, err = appendJSON(line[:0], record); err != nil {
			return errors.Join(err, out.Flush())
		}
		out.Write(line) //nolint:errcheck // Flush returns the error
	}
	if !cmd.json {
		sum.print(out, account, stream, time.Since(start))
	}
	return out.Flush()
}

// appendJSON appends the line of a record.
func appendJSON(dst []byte, r repo.Record) ([]byte, error) {
	dst = append(dst, `{"path":"`...)
	dst = append(dst, r.Path()...) // a checked path has nothing to escape
	dst = append(dst, `","cid":"`...)
	dst, err := r.CID().AppendText(dst)
	if err != nil {
		return dst, err
	}
	dst = append(dst, `","value":`...)
	if dst, err = data.AppendJSON(dst, r.Bytes(), nil); err != nil {
		return dst, fmt.Errorf("record %s: %w", r.Path(), err)
	}
	return append(dst, "}\n"...), nil
}

// summary is what is printed without -json.
type summary struct {
	collections map[string]int // records of each
}

func (s *summary) add(r repo.Record) {
	collection, _, _ := strings.Cut(r.Path(), "/")
	s.collections[collection]++
}

func (s *summary) print(out io.Writer, account *did.Document, stream *repo.Stream, took time.Duration) {
	commit, stats := stream.Commit(), stream.Stats()
	row := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-10s "+format+"\n", append([]any{name}, args...)...)
	}
	row("did", "%s", commit.DID())
	if handle, found := account.ClaimedHandle(); found {
		row("handle", "%s (claimed)", handle)
	}
	if pds, err := account.PDS(); err == nil {
		row("pds", "%s", pds)
	}
	future := ""
	if commit.Rev().Time().After(time.Now().Add(repo.MaxRevSkew)) {
		future = ", in the future"
	}
	row("rev", "%s (%s%s)", commit.Rev(), commit.Rev().Time().Format(time.RFC3339Nano), future)
	row("commit", "%s", commit.CID())
	row("data", "%s", commit.Data())
	row("records", "%d (%d bytes)", stats.Records, stats.RecordBytes)
	names := make([]string, 0, len(s.collections))
	width := 0
	for name := range s.collections {
		names = append(names, name)
		width = max(width, len(name))
	}
	slices.Sort(names)
	for _, name := range names {
		row("", "%-*s %d", width, name, s.collections[name])
	}
	row("nodes", "%d (%d bytes)", stats.Nodes, stats.NodeBytes)
	order := "in pre-order"
	if !stats.Ordered {
		order = "not in pre-order"
	}
	row("file", "%d bytes, %d blocks, %s", stats.Bytes, stats.Blocks, order)
	row("time", "%s", took.Round(10*time.Microsecond))
	fmt.Fprintln(out, "verified")
}
