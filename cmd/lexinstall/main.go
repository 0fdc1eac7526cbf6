// Command lexinstall installs Lexicon schemas, as package lexicon/install
// describes it: those that are named and those that the manifest lists, with all
// that they refer to.
//
// Usage:
//
//	lexinstall [-ci | -update] [-frozen pattern,…] [-dir lexicons] [-manifest lexicons.json] [-from dir,dir…] [nsid…]
//
// Schemas come from the directories of -from, then from the network: the account
// that DNS names for the authority of the NSID, whose signature is verified. The
// schemas that are named are added to the manifest. What it pins stays as it is,
// unless -update takes the newest.
//
// A schema whose file was edited is an error, and -update replaces the file, unless
// -frozen names it: com.example.post, all of com.example.*, or *. Such schemas stay
// as their files are, which have to be there, and the manifest pins them so.
//
// With -ci the manifest is not changed, and it fails if a file or what is pinned
// is not as the manifest says; files that are missing are fetched.
//
// The names of the files that were written or removed are printed. The exit
// status is 1 after an error, of which all problems are printed, and 2 if the
// flags or the NSIDs are wrong. After an error no file has changed, unless it is
// one of writing; then running it again goes on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/lexicon/install"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc/record"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], network, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// network returns the source that asks the network.
func network() (resolve.Source, error) {
	dids, err := did.NewResolver(nil)
	if err != nil {
		return nil, err
	}
	accounts := did.NewDirectory(dids, did.NewHandleResolver(nil), nil)
	return resolve.New(resolve.Config{TXT: net.DefaultResolver, Accounts: accounts, Proofs: record.New(accounts, nil)})
}

// flags are those of the command line.
type flags struct {
	ci, update          bool
	dir, manifest, from string
	frozen              []syntax.NSIDPattern
}

func run(ctx context.Context, args []string, network func() (resolve.Source, error), stdout, stderr io.Writer) int {
	var f flags
	set := flag.NewFlagSet("lexinstall", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.BoolVar(&f.ci, "ci", false, "leave the manifest as it is, and fail on what differs from it")
	set.BoolVar(&f.update, "update", false, "take the newest schemas, whatever is pinned")
	set.StringVar(&f.dir, "dir", "lexicons", "`directory` of the schemas")
	set.StringVar(&f.manifest, "manifest", install.ManifestName, "`file` of the manifest")
	set.StringVar(&f.from, "from", "", "`directories` to take schemas from, separated by commas")
	set.Func("frozen", "`patterns` of the schemas that stay as their files are, separated by commas: com.example.post, com.example.*, *", f.freeze)
	if err := set.Parse(args); err != nil {
		return 2
	}
	var add []syntax.NSID
	for _, arg := range set.Args() {
		id, err := syntax.ParseNSID(arg)
		if err != nil {
			fmt.Fprintln(stderr, err)
			return 2
		}
		add = append(add, id)
	}
	if f.ci && f.update {
		set.Usage()
		return 2
	}
	source, err := network()
	if err == nil {
		err = f.install(ctx, source, add, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, err) // those that are joined stand on lines of their own
		return 1
	}
	return 0
}

// freeze adds the patterns of schemas that stay as they are.
func (f *flags) freeze(list string) error {
	for text := range strings.SplitSeq(list, ",") {
		pattern, err := syntax.ParseNSIDPattern(text)
		if err != nil {
			return err
		}
		f.frozen = append(f.frozen, pattern)
	}
	return nil
}

// install does what the flags say.
func (f *flags) install(ctx context.Context, network resolve.Source, add []syntax.NSID, stdout io.Writer) error {
	old, err := f.readManifest()
	if err != nil {
		return err
	}
	c := &install.Config{Manifest: old, Files: os.DirFS(f.dir), Update: f.update, Locked: f.ci, Frozen: f.frozen}
	for dir := range strings.SplitSeq(f.from, ",") {
		if dir != "" {
			c.Sources = append(c.Sources, install.Rule{Source: install.Directory(os.DirFS(dir), filepath.ToSlash(dir))})
		}
	}
	c.Sources = append(c.Sources, install.Rule{Source: network})
	result, err := install.Run(ctx, c, add...)
	if err != nil {
		return err
	}
	if err := f.write(result); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(result.Files)) {
		fmt.Fprintln(stdout, "wrote", filepath.Join(f.dir, filepath.FromSlash(name)))
	}
	for _, name := range result.Remove {
		fmt.Fprintln(stdout, "removed", filepath.Join(f.dir, filepath.FromSlash(name)))
	}
	return nil
}

// readManifest returns the manifest, or nil if there is none yet.
func (f *flags) readManifest() (*install.Manifest, error) {
	text, err := os.ReadFile(f.manifest)
	if errors.Is(err, fs.ErrNotExist) && !f.ci {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := install.ParseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.manifest, err)
	}
	return m, nil
}

// write writes the result, with the manifest unless nothing may change there.
func (f *flags) write(result *install.Result) error {
	dir, err := openDir(f.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	if f.ci {
		return result.Write(dir, nil, "")
	}
	base, err := openDir(filepath.Dir(f.manifest))
	if err != nil {
		return err
	}
	defer base.Close()
	return result.Write(dir, base, filepath.Base(f.manifest))
}

// openDir opens a directory, which it makes if there is none.
func openDir(name string) (*os.Root, error) {
	if err := os.MkdirAll(name, 0o777); err != nil {
		return nil, err
	}
	return os.OpenRoot(name)
}
