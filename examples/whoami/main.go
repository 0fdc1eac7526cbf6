// Whoami shows who an account of the AT Protocol is, and how that was found out:
//
//	go run ./examples/whoami [-plc URL] [-timeout 20s] HANDLE|DID
//	go run ./examples/whoami -offline [HANDLE|DID]
//
// It prints the DID, the handle and whether the two lead to each other, the
// account's server, key and other services, for a did:plc the keys that may
// change all this, with the length of its verified history, and last each
// question that was asked, with its answer and time.
//
// With -offline it needs no network: it asks a directory of its own, with
// accounts that are made up, and without a name it shows all of these.
//
// It exits with 0 if there is such an account, with 1 and one line that says why
// not if there is none, with 2 if it is used wrongly, and with 3 and one line if
// there is no answer, so that it is not known.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/syntax"
)

// Exit codes.
const (
	found       = 0
	notFound    = 1
	usedWrongly = 2
	noAnswer    = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is what the arguments say.
type command struct {
	offline bool
	plc     string
	timeout time.Duration
	names   []syntax.AtIdentifier
}

const usage = "usage: whoami [-plc URL] [-timeout 20s] HANDLE|DID\n       whoami -offline [HANDLE|DID]\n"

// errUsage stands for a wrong use that was reported already.
var errUsage = errors.New("used wrongly")

func parseArgs(args []string, stderr io.Writer) (command, error) {
	var cmd command
	flags := flag.NewFlagSet("whoami", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.BoolVar(&cmd.offline, "offline", false, "ask made-up accounts on this machine")
	flags.StringVar(&cmd.plc, "plc", did.DefaultPLC, "`URL` of the directory of did:plc")
	flags.DurationVar(&cmd.timeout, "timeout", 20*time.Second, "the time for all questions")
	if err := flags.Parse(args); err != nil {
		return cmd, err
	}
	if flags.NArg() > 1 || flags.NArg() == 0 && !cmd.offline {
		flags.Usage()
		return cmd, errUsage
	}
	for _, arg := range flags.Args() {
		name, err := syntax.ParseAtIdentifier(strings.TrimPrefix(arg, "@"))
		if err != nil {
			fmt.Fprintf(stderr, "whoami: %v\n", err)
			return cmd, errUsage
		}
		cmd.names = append(cmd.names, name)
	}
	return cmd, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd, err := parseArgs(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return found
	case err != nil:
		return usedWrongly
	}
	w, err := newWhoami(cmd)
	if err != nil {
		fmt.Fprintf(stderr, "whoami: %v\n", err)
		return usedWrongly
	}
	defer w.close()
	if cmd.names != nil {
		return w.show(ctx, cmd.names[0], stdout, stderr)
	}
	for i, name := range w.network.names { // offline
		if i > 0 {
			fmt.Fprintln(stdout)
		}
		fmt.Fprintf(stdout, "whoami %s\n", name)
		if code := w.show(ctx, name, stdout, stdout); code != found {
			fmt.Fprintf(stdout, "exit code %d\n", code)
		}
	}
	return found
}

// A whoami has all that it takes to find out.
type whoami struct {
	timeout   time.Duration
	directory *did.Directory
	plc       *plc.Client
	network   *network // if offline

	mu    sync.Mutex
	asked []did.Question
}

func newWhoami(cmd command) (*whoami, error) {
	w := &whoami{timeout: cmd.timeout}
	opts := &did.Options{PLC: cmd.plc, Observe: w.observe}
	if cmd.offline {
		var err error
		if w.network, err = newNetwork(); err != nil {
			return nil, err
		}
		opts.PLC, opts.Client, opts.DNS, opts.Development = w.network.plc, w.network.client(), w.network, true
	}
	client, err := plc.NewClient(&plc.ClientOptions{URL: opts.PLC, AllowLoopback: cmd.offline})
	if err != nil {
		w.close()
		return nil, err
	}
	dids, err := did.NewResolver(opts)
	if err != nil {
		w.close()
		return nil, err
	}
	w.plc = client
	w.directory = did.NewDirectory(dids, did.NewHandleResolver(opts), nil)
	return w, nil
}

func (w *whoami) close() {
	if w.directory != nil {
		_ = w.directory.Close()
	}
	if w.network != nil {
		w.network.close()
	}
}

// observe keeps a question. The resolvers ask several at once.
func (w *whoami) observe(_ context.Context, q did.Question) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, q)
}

// show prints what there is to know about a name.
func (w *whoami) show(ctx context.Context, name syntax.AtIdentifier, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	start := time.Now()
	id, err := w.directory.Lookup(ctx, name)
	if err != nil {
		code, line := explain(name, err)
		fmt.Fprintf(stderr, "whoami: %s\n", line)
		w.printAsked(stdout, start)
		return code
	}
	printIdentity(stdout, id)
	if id.DID().IsPLC() {
		w.printHistory(ctx, stdout, id.DID())
	}
	w.printAsked(stdout, start)
	return found
}

// explain returns the exit code and the line for an error.
func explain(name syntax.AtIdentifier, err error) (code int, line string) {
	e, isAnswer := errors.AsType[*did.ResolveError](err)
	switch {
	case errors.Is(err, did.ErrDIDDeactivated):
		return notFound, fmt.Sprintf("%s is no account any more: it was deactivated for good", name)
	case errors.Is(err, did.ErrDIDNotFound), errors.Is(err, did.ErrHandleNotFound):
		return notFound, fmt.Sprintf("there is no %s", name)
	case errors.Is(err, did.ErrHandleMismatch), errors.Is(err, did.ErrHandleNotDeclared):
		return notFound, fmt.Sprintf("%s is nobody's handle: %v", name, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return noAnswer, fmt.Sprintf("no answer about %s in time", name)
	case isAnswer && e.Temporary():
		return noAnswer, fmt.Sprintf("no answer about %s, try again later: %v", name, err)
	case isAnswer:
		return noAnswer, fmt.Sprintf("no answer of use about %s: %v", name, err)
	}
	return notFound, err.Error() // of a name that is never looked up
}

// row prints a line with a name before it.
func row(w io.Writer, name, format string, args ...any) {
	fmt.Fprintf(w, "%-9s "+format+"\n", append([]any{name}, args...)...)
}

func printIdentity(w io.Writer, id *did.Identity) {
	row(w, "did", "%s", id.DID())
	if err := id.HandleError(); err == nil {
		row(w, "handle", "%s (verified both ways)", id.Handle())
	} else {
		row(w, "handle", "%s (%v)", id.Handle(), err)
	}
	if pds, err := id.PDS(); err == nil {
		row(w, "pds", "%s", pds)
	} else {
		row(w, "pds", "none (%v)", err)
	}
	if key, err := id.SigningKey(); err == nil {
		row(w, "key", "%s (%s)", key.Multikey(), key.Curve())
	} else {
		row(w, "key", "none (%v)", err)
	}
	for _, s := range id.Document().Services {
		if s.Type != did.PDSType {
			row(w, "service", "%.40q %.40q %.200q", s.ID, s.Type, s.Endpoint)
		}
	}
}

// printHistory verifies the history of a did:plc, and prints who can continue it.
func (w *whoami) printHistory(ctx context.Context, out io.Writer, id syntax.DID) {
	log, err := w.plc.AuditLog(ctx, id)
	if err != nil {
		row(out, "history", "not known (%v)", err)
		return
	}
	state, _, err := plc.VerifyLog(id, log, nil)
	if err != nil {
		row(out, "history", "%d operations, NOT VERIFIED: %v", len(log), err)
		return
	}
	row(out, "history", "%d of %d operations in force, verified; since %s, last %s", len(state.Operations()), len(log),
		log[0].CreatedAt.UTC().Format(time.DateOnly), state.UpdatedAt().UTC().Format(time.DateOnly))
	for i, key := range state.Data().RotationKeys {
		row(out, "rotation", "%d %s", i+1, key)
	}
}

// printAsked prints the questions since the last time, and their answers.
func (w *whoami) printAsked(out io.Writer, start time.Time) {
	w.mu.Lock()
	asked := w.asked
	w.asked = nil
	w.mu.Unlock()
	slices.SortFunc(asked, func(a, b did.Question) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Arm, b.Arm))
	})
	for _, q := range asked {
		name, answer := q.Handle.String(), q.LeadTo.String()
		if !q.DID.IsZero() {
			name, answer = q.DID.String(), "its document"
		}
		if q.Err != nil {
			answer = "nothing"
			if e, ok := errors.AsType[*did.ArmError](q.Err); ok {
				answer = string(e.Reason)
			}
		}
		row(out, "asked", "%-5s %s: %s, %s", q.Arm, name, answer, q.Took.Round(10*time.Microsecond))
	}
	row(out, "time", "%s", time.Since(start).Round(10*time.Microsecond))
}
