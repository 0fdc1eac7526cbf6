package lexgen

import (
	"errors"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// A File is a file of Go.
type File struct {
	Dir  string // that of the package in the Config
	Name string // such as "feed_lex.go"
	Text []byte // formatted as by gofmt
}

// FileSuffix ends the names of the files that are generated. All others in a
// directory are left alone.
const FileSuffix = "_lex.go"

// Generate generates the packages of c that have a directory from the documents
// of a catalog, in the order of directories and names.
//
// Documents that belong to no package are only looked at if others refer to them.
// References that lead nowhere or to the wrong type, and packages that would import
// each other in a circle, are errors; all of them are reported, as
// [schema.Errors] where they are in a document.
func Generate(catalog *lexicon.Catalog, c *Config) ([]File, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	g := newGenerator(catalog, c)
	if err := g.link(); err != nil {
		return nil, err
	}
	g.declare()
	var files []File
	for _, p := range g.packages {
		if p.Dir == "" {
			continue
		}
		list, err := g.generate(p)
		if err != nil {
			return nil, err
		}
		files = append(files, list...)
	}
	if err := errors.Join(g.problems...); err != nil {
		return nil, err
	}
	if err := g.checkCycles(); err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b File) int {
		return strings.Compare(a.Dir+"/"+a.Name, b.Dir+"/"+b.Name)
	})
	return files, nil
}

// A generator holds what is known of all packages.
type generator struct {
	config   *Config
	catalog  *lexicon.Catalog
	packages []*goPackage
	defs     map[schema.Name]*def
	inline   map[schema.Type]string // names of types that have none of their own
	problems []error
}

// A goPackage is a Package with what belongs to it.
type goPackage struct {
	*Package
	name    string
	docs    []*schema.Document
	taken   names
	imports map[*goPackage]schema.Name // with a definition that needs it
}

// A def is a named definition with the Go name that it has.
type def struct {
	name schema.Name
	typ  schema.Type
	pkg  *goPackage
	doc  *schema.Document
	base string // Go name
}

func newGenerator(catalog *lexicon.Catalog, c *Config) *generator {
	g := &generator{
		config: c, catalog: catalog,
		defs: make(map[schema.Name]*def), inline: make(map[schema.Type]string),
	}
	for i := range c.Packages {
		p := &c.Packages[i]
		g.packages = append(g.packages, &goPackage{
			Package: p, name: p.name(), taken: make(names), imports: make(map[*goPackage]schema.Name),
		})
	}
	for d := range catalog.Documents() {
		if p := g.packageOf(d.ID); p != nil {
			p.docs = append(p.docs, d)
		}
	}
	return g
}

// packageOf returns the package that a document belongs to, or nil.
func (g *generator) packageOf(id syntax.NSID) *goPackage {
	var best *goPackage
	longest := 0
	for _, p := range g.packages {
		if n := len(p.match(id.String())); n > longest {
			best, longest = p, n
		}
	}
	return best
}

// link reports references that do not hold, of documents to generate.
func (g *generator) link() error {
	var found schema.Errors
	all, ok := errors.AsType[schema.Errors](g.catalog.Link())
	if !ok {
		return nil
	}
	for _, e := range all {
		id, err := syntax.ParseNSID(e.Document)
		if p := g.packageOf(id); err == nil && p != nil && p.Dir != "" {
			found = append(found, e)
		}
	}
	if found == nil {
		return nil
	}
	return found
}

// declare names all definitions, and then what has no name of its own.
func (g *generator) declare() {
	for _, p := range g.packages {
		for _, d := range p.docs {
			for _, x := range d.Defs {
				name := schema.Name{NSID: d.ID, Def: x.Name}
				g.defs[name] = &def{name: name, typ: x.Type, pkg: p, doc: d, base: p.taken.take(baseName(p, d.ID, x.Name))}
			}
		}
	}
	for _, p := range g.packages {
		for _, d := range p.docs {
			for _, x := range d.Defs {
				g.nameInline(p, g.defs[schema.Name{NSID: d.ID, Def: x.Name}])
			}
		}
	}
}

// baseName returns the Go name for a definition.
func baseName(p *goPackage, id syntax.NSID, name string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(id.String(), p.match(id.String())), ".")
	if rest == "" {
		rest = id.Name()
	}
	var b strings.Builder
	for segment := range strings.SplitSeq(rest, ".") {
		b.WriteString(goName(segment))
	}
	if name != schema.MainName {
		b.WriteString(goName(name))
	}
	return b.String()
}

// checkCycles reports packages that import each other in a circle.
func (g *generator) checkCycles() error {
	state := make(map[*goPackage]int)
	var path []*goPackage
	var visit func(p *goPackage) error
	visit = func(p *goPackage) error {
		switch state[p] {
		case 1:
			return g.cycleError(path[slices.Index(path, p):])
		case 2:
			return nil
		}
		state[p] = 1
		path = append(path, p)
		for _, q := range g.packages {
			if _, imports := p.imports[q]; imports {
				if err := visit(q); err != nil {
					return err
				}
			}
		}
		path = path[:len(path)-1]
		state[p] = 2
		return nil
	}
	for _, p := range g.packages {
		if err := visit(p); err != nil {
			return err
		}
	}
	return nil
}

func (g *generator) cycleError(cycle []*goPackage) error {
	var b strings.Builder
	for i, p := range cycle {
		q := cycle[(i+1)%len(cycle)]
		fmt.Fprintf(&b, "; %q needs %q in %s", p.Import, q.Import, p.imports[q])
	}
	return fmt.Errorf("lexgen: packages import each other%s: put their prefixes into one package", b.String())
}

// generate returns the files of a package.
func (g *generator) generate(p *goPackage) ([]File, error) {
	groups := make(map[string][]*schema.Document)
	for _, d := range p.docs {
		name := p.group(d.ID)
		groups[name] = append(groups[name], d)
	}
	var files []File
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		docs := groups[name]
		w := &writer{g: g, pkg: p, imports: make(map[string]string)}
		for _, d := range docs {
			w.document(d)
		}
		raw := w.file()
		if raw == nil {
			continue
		}
		text, err := format.Source(raw)
		if err != nil {
			return nil, fmt.Errorf("lexgen: internal error: %s: %v", name, err)
		}
		files = append(files, File{p.Dir, name + FileSuffix, text})
	}
	return files, nil
}

// group returns the name of the file of a document: its first segment behind the
// prefix if there are more, or the name of the package.
func (p *goPackage) group(id syntax.NSID) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(id.String(), p.match(id.String())), ".")
	first, _, more := strings.Cut(rest, ".")
	if !more {
		return p.name
	}
	return strings.ToLower(first)
}
