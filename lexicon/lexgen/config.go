package lexgen

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"path/filepath"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// A Config says what to generate. It is also the form of configuration files, in
// JSON.
type Config struct {
	// Lexicons are the directories and files that hold the schemas, as the command
	// finds them; Generate does not look at it.
	Lexicons []string `json:"lexicons,omitempty"`

	// Packages are the Go packages.
	Packages []Package `json:"packages"`

	// Descriptions copies the descriptions of the schemas into the comments.
	Descriptions bool `json:"descriptions,omitempty"`
}

// A Package is the Go package of some documents.
type Package struct {
	// Prefixes begin the NSIDs of the documents: "app.bsky" is for those that begin
	// with "app.bsky.", and for one of that name. The longest one counts.
	Prefixes []string `json:"prefixes"`

	// Import is the path with which the package is imported, which no other
	// package has.
	Import string `json:"import"`

	// Name is the name of the package. Empty means the last part of Import. It
	// must not be main, for programs cannot be imported.
	Name string `json:"name,omitempty"`

	// Dir is the directory to write to, which should hold a file that documents
	// the package, and is that of no other package. Empty means that others have
	// generated the package, with the same documents.
	Dir string `json:"dir,omitempty"`
}

// ParseConfig parses a configuration file. Members that are not known are errors.
func ParseConfig(text []byte) (*Config, error) {
	c := new(Config)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("lexgen: configuration: %v", err)
	}
	if d.More() {
		return nil, errors.New("lexgen: configuration: text behind the object")
	}
	return c, c.check()
}

// check reports what is wrong with the configuration.
func (c *Config) check() error {
	if len(c.Packages) == 0 {
		return errors.New("lexgen: configuration without packages")
	}
	prefixes := make(map[string]bool)
	imports := make(map[string]bool)
	dirs := make(map[string]string) // import paths by directory
	for i := range c.Packages {
		p := &c.Packages[i]
		if err := p.check(prefixes); err != nil {
			return err
		}
		if imports[p.Import] {
			return fmt.Errorf("lexgen: package %q twice", p.Import)
		}
		imports[p.Import] = true
		if p.Dir == "" {
			continue
		}
		dir := filepath.Clean(p.Dir)
		if other, ok := dirs[dir]; ok {
			return fmt.Errorf("lexgen: packages %q and %q have the same directory %q", other, p.Import, dir)
		}
		dirs[dir] = p.Import
	}
	return nil
}

// check reports what is wrong with a package. It adds its prefixes to those that
// there are.
func (p *Package) check(prefixes map[string]bool) error {
	if p.Import == "" || len(p.Prefixes) == 0 {
		return errors.New("lexgen: package without import or prefixes")
	}
	switch name := p.name(); {
	case !token.IsIdentifier(name) || name == "_":
		return fmt.Errorf("lexgen: name %q of package %q is no identifier", name, p.Import)
	case name == "main":
		return fmt.Errorf("lexgen: name %q of package %q is that of a program, which cannot be imported", name, p.Import)
	}
	for _, prefix := range p.Prefixes {
		if !isPrefix(prefix) {
			return fmt.Errorf("lexgen: prefix %q of package %q begins no NSID", prefix, p.Import)
		}
		if prefixes[prefix] {
			return fmt.Errorf("lexgen: prefix %q twice", prefix)
		}
		prefixes[prefix] = true
	}
	return nil
}

// isPrefix reports whether s is a part of an NSID from its beginning to a dot.
func isPrefix(s string) bool {
	_, err := syntax.ParseNSID(s + ".aaa.bbb")
	return err == nil
}

func (p *Package) name() string {
	if p.Name != "" {
		return p.Name
	}
	return packageName(p.Import)
}

// match returns the longest prefix that a document has, or an empty string.
func (p *Package) match(id string) string {
	best := ""
	for _, prefix := range p.Prefixes {
		if rest, ok := strings.CutPrefix(id, prefix); ok && (rest == "" || rest[0] == '.') && len(prefix) > len(best) {
			best = prefix
		}
	}
	return best
}
