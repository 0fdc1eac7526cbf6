// Command lexgen generates Go from Lexicon schemas, as package lexicon/lexgen
// describes it.
//
// Usage:
//
//	lexgen [-check] [-config lexgen.json] [-lexicons dir,dir…] [-prefix nsid… -import path -dir dir]
//
// The configuration is a lexgen.Config in JSON, whose paths are relative to the
// file; -lexicons goes before what it says. Without one, the flags prefix, import
// and dir describe one package.
//
// Files whose names end in _lex.go, that begin with the line that says that they
// are generated, and that are no longer due, are removed; no other file is changed.
// A package that no schema belongs to is an error. With -check nothing is written,
// and it fails if anything would be. The exit status is 1 after an error, such as
// an invalid schema, of which all problems are printed with file and place, and 2
// if the flags are wrong.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/install"
	"github.com/linnet-at/linnet/lexicon/lexgen"
	"github.com/linnet-at/linnet/lexicon/schema"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// flags are those of the command line.
type flags struct {
	config, lexicons, prefix, importPath, dir, name string
	check, descriptions                             bool
}

func run(args []string, stderr io.Writer) int {
	var f flags
	set := flag.NewFlagSet("lexgen", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.config, "config", "", "configuration `file`")
	set.StringVar(&f.lexicons, "lexicons", "", "`directories` of schemas, separated by commas")
	set.StringVar(&f.prefix, "prefix", "", "`prefixes` of the NSIDs of the package, separated by commas")
	set.StringVar(&f.importPath, "import", "", "import `path` of the package")
	set.StringVar(&f.name, "name", "", "`name` of the package, if it is not the last part of its path")
	set.StringVar(&f.dir, "dir", ".", "`directory` to write the package to")
	set.BoolVar(&f.descriptions, "descriptions", false, "copy the descriptions of the schemas")
	set.BoolVar(&f.check, "check", false, "write nothing, and fail if anything would be written")
	if err := set.Parse(args); err != nil {
		return 2
	}
	if set.NArg() > 0 || f.config == "" && (f.prefix == "" || f.importPath == "" || f.lexicons == "") {
		set.Usage()
		return 2
	}
	if err := generate(&f); err != nil {
		printError(stderr, err)
		return 1
	}
	return 0
}

// printError prints each problem on a line of its own.
func printError(stderr io.Writer, err error) {
	if list, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the list itself is wanted
		for _, e := range list.Unwrap() {
			printError(stderr, e)
		}
		return
	}
	fmt.Fprintln(stderr, err)
}

// generate does what the flags say.
func generate(f *flags) error {
	c, base, err := configOf(f)
	if err != nil {
		return err
	}
	if err := checkDirs(c, base); err != nil {
		return err
	}
	dirs := c.Lexicons
	for i, d := range dirs {
		dirs[i] = join(base, d)
	}
	if f.lexicons != "" {
		dirs = strings.Split(f.lexicons, ",")
	}
	catalog, names, err := load(dirs)
	if err != nil {
		return err
	}
	files, err := lexgen.Generate(catalog, c)
	if err != nil {
		return inFiles(names, err)
	}
	return write(files, c, base, f.check)
}

// configOf returns the configuration, and the directory that its paths are
// relative to.
func configOf(f *flags) (c *lexgen.Config, base string, err error) {
	if f.config == "" {
		return &lexgen.Config{
			Packages:     []lexgen.Package{{Prefixes: strings.Split(f.prefix, ","), Import: f.importPath, Name: f.name, Dir: f.dir}},
			Descriptions: f.descriptions,
		}, ".", nil
	}
	text, err := os.ReadFile(f.config)
	if err != nil {
		return nil, "", err
	}
	c, err = lexgen.ParseConfig(text)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", f.config, err)
	}
	return c, filepath.Dir(f.config), nil
}

func join(base, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// checkDirs reports packages that have one directory, however it is spelled: each
// would take the files of the other for its own that are no longer due.
func checkDirs(c *lexgen.Config, base string) error {
	imports := make(map[string]string)
	for _, p := range c.Packages {
		if p.Dir == "" {
			continue
		}
		dir, err := filepath.Abs(join(base, p.Dir))
		if err != nil {
			return err
		}
		if other, ok := imports[dir]; ok {
			return fmt.Errorf("lexgen: packages %q and %q have the same directory %q", other, p.Import, p.Dir)
		}
		imports[dir] = p.Import
	}
	return nil
}

// load parses all files with the extension json in directories, except for the
// manifests of installed schemas. It also returns the names of the files by NSID.
func load(dirs []string) (*lexicon.Catalog, map[string]string, error) {
	var docs []*schema.Document
	var problems []error
	names := make(map[string]string)
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(name) != ".json" || name == filepath.Join(dir, install.ManifestName) {
				return err
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			d, err := schema.Parse(text, nil)
			if err == nil && names[d.ID.String()] != "" {
				err = fmt.Errorf("lexgen: %s is also in %s", d.ID, names[d.ID.String()])
			}
			if err != nil {
				problems = append(problems, inFile(name, err))
				return nil
			}
			names[d.ID.String()] = name
			docs = append(docs, d)
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	catalog, err := lexicon.NewCatalog(docs...)
	return catalog, names, err
}

// inFiles returns the problems of documents, each with the name of its file.
func inFiles(names map[string]string, err error) error {
	if list, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the list itself is wanted
		var named []error
		for _, e := range list.Unwrap() {
			named = append(named, inFiles(names, e))
		}
		return errors.Join(named...)
	}
	if e, ok := errors.AsType[*schema.Error](err); ok && names[e.Document] != "" {
		return fmt.Errorf("%s: %w", names[e.Document], err)
	}
	return err
}

// inFile returns the problems of a document, each with the name of its file.
func inFile(name string, err error) error {
	list, ok := errors.AsType[schema.Errors](err)
	if !ok {
		return fmt.Errorf("%s: %w", name, err)
	}
	named := make([]error, len(list))
	for i, e := range list {
		named[i] = fmt.Errorf("%s: %w", name, e)
	}
	return errors.Join(named...)
}

// write writes the files that differ, and removes those that are not due and were
// generated. Files that were not are left alone, and are an error where one has the
// name of a file that is due.
func write(files []lexgen.File, c *lexgen.Config, base string, check bool) error {
	due := make(map[string]bool)
	var differ []string // names
	var changed []lexgen.File
	for _, f := range files {
		name := filepath.Join(join(base, f.Dir), f.Name)
		due[name] = true
		have, err := os.ReadFile(name)
		switch {
		case err == nil && bytes.Equal(have, f.Text):
			continue
		case err == nil && !isGenerated(have):
			return fmt.Errorf("lexgen: %s is due, but has been written by hand", name)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
		differ = append(differ, name)
		changed = append(changed, f)
	}
	old, err := outdated(c, base, due)
	if err != nil {
		return err
	}
	if check {
		if differ = append(differ, old...); len(differ) > 0 {
			slices.Sort(differ)
			return fmt.Errorf("lexgen: not up to date: %s", strings.Join(differ, ", "))
		}
		return nil
	}
	for i, f := range changed {
		if err := os.MkdirAll(filepath.Dir(differ[i]), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(differ[i], f.Text, 0o666); err != nil {
			return err
		}
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// outdated returns the names of the files that were generated and are not due.
func outdated(c *lexgen.Config, base string, due map[string]bool) ([]string, error) {
	var old []string
	for _, p := range c.Packages {
		if p.Dir == "" {
			continue
		}
		dir := join(base, p.Dir)
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			if !strings.HasSuffix(name, lexgen.FileSuffix) || due[name] || slices.Contains(old, name) {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			if isGenerated(text) {
				old = append(old, name)
			}
		}
	}
	return old, nil
}

// isGenerated reports whether a file begins with the line of those that were
// generated.
func isGenerated(text []byte) bool {
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r") == lexgen.FileHeader
}
