package lexicon

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// ErrDuplicate is matched by errors that say that a catalog was given two
// documents of one name.
var ErrDuplicate = errors.New("lexicon: two documents of one name")

// A Catalog is a set of schema documents, compiled to validate data. It never
// changes, and is safe for concurrent use; [Catalog.With] makes another one.
//
// The documents may refer to others that are not in the catalog: data that
// needs those fails with [ErrNoSchema]. [Catalog.Link] says which they are.
type Catalog struct {
	docs    map[syntax.NSID]*schema.Document
	sorted  []*schema.Document // by NSID
	program func() *program    // compiled when it is first needed
}

// NewCatalog returns a catalog of documents, which are not to be changed from
// then on. Two of the same NSID are an error that matches [ErrDuplicate].
func NewCatalog(docs ...*schema.Document) (*Catalog, error) {
	return new(Catalog).With(docs...)
}

// With returns a catalog that holds more documents. Two of the same NSID are an
// error that matches [ErrDuplicate]: what a name means does not change. All is
// compiled anew when it is first used, so add what you have at once.
func (c *Catalog) With(docs ...*schema.Document) (*Catalog, error) {
	next := &Catalog{docs: make(map[syntax.NSID]*schema.Document, len(c.docs)+len(docs))}
	next.sorted = slices.Grow(slices.Clone(c.sorted), len(docs))
	for _, d := range c.sorted {
		next.docs[d.ID] = d
	}
	for _, d := range docs {
		if _, has := next.docs[d.ID]; has {
			return nil, fmt.Errorf("%w: %s", ErrDuplicate, d.ID)
		}
		next.docs[d.ID] = d
		next.sorted = append(next.sorted, d)
	}
	slices.SortFunc(next.sorted, func(a, b *schema.Document) int { return a.ID.Compare(b.ID) })
	next.program = sync.OnceValue(func() *program { return compile(next.sorted) })
	return next, nil
}

// Len returns the number of documents.
func (c *Catalog) Len() int { return len(c.sorted) }

// Documents returns the documents in the order of their NSIDs.
func (c *Catalog) Documents() iter.Seq[*schema.Document] { return slices.Values(c.sorted) }

// Document returns the document with the given NSID, or nil.
func (c *Catalog) Document(id syntax.NSID) *schema.Document { return c.docs[id] }

// Def returns the definition with the given full name, or nil.
func (c *Catalog) Def(name schema.Name) schema.Type {
	d := c.docs[name.NSID]
	if d == nil {
		return nil
	}
	return d.Def(name.Def)
}

// compiled returns the program.
func (c *Catalog) compiled() *program {
	if c.program == nil { // the zero Catalog
		return compile(nil)
	}
	return c.program()
}
