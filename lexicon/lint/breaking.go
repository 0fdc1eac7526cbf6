package lint

import (
	"fmt"
	"maps"
	"slices"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// Breaking reports changes from one version of a document to the next that
// break others: those after which data that was valid no longer is, or data can
// be valid that the old version refuses. Such changes need a new name
// (https://atproto.com/specs/lexicon#lexicon-evolution).
//
// New definitions, new fields that are not required, new members of open unions,
// and other descriptions, defaults and known values break nobody. What
// references lead to in other documents is not looked at.
func Breaking(old, new *schema.Document, o *Options) []Issue {
	c := comparer{reporter: newReporter(new.ID.String(), o), old: old, new: new}
	if old.ID != new.ID {
		c.breaks(DocumentChange, Error, "/id", &new.Common, BreaksBoth, "document %s was %s", new.ID, old.ID)
	}
	now := defsOf(new)
	for _, def := range old.Defs {
		path := "/defs/" + def.Name
		switch t := now[def.Name]; {
		case t != nil:
			c.typ(path, def.Type, t)
		case def.Type.Kind() == schema.KindToken:
			c.breaks(TokenRemoved, Error, path, &new.Common, BreaksBoth, "token is gone")
		default:
			c.breaks(DefRemoved, Error, path, &new.Common, BreaksBoth, "definition is gone: mark it as deprecated instead")
		}
	}
	return c.issues
}

// defsOf returns the definitions of a document by name.
func defsOf(d *schema.Document) map[string]schema.Type {
	defs := make(map[string]schema.Type, len(d.Defs))
	for _, def := range d.Defs {
		defs[def.Name] = def.Type
	}
	return defs
}

type comparer struct {
	*reporter
	old, new *schema.Document
}

func (c *comparer) breaks(rule Rule, level Level, path string, at *schema.Common, whom Breaks, format string, args ...any) {
	c.add(Issue{Rule: rule, Level: level, Path: path, Offset: at.Offset(), Msg: fmt.Sprintf(format, args...), Breaks: whom})
}

// typ compares two types.
func (c *comparer) typ(path string, old, new schema.Type) {
	at := new.Info()
	if old.Kind() != new.Kind() {
		c.breaks(TypeChange, Error, path, at, BreaksBoth, "type %s was %s", new.Kind(), old.Kind())
		return
	}
	switch o := old.(type) {
	case *schema.Record:
		n := new.(*schema.Record)
		if o.Key != n.Key {
			c.breaks(RecordKeyType, Error, path, at, BreaksBoth, "record key %q was %q", n.Key, o.Key)
		}
		c.object(path+"/record", o.Record, n.Record)
	case *schema.Query:
		n := new.(*schema.Query)
		c.method(path, o.Parameters, n.Parameters, o.Errors, n.Errors, at)
		c.body(path+"/output", o.Output, n.Output, at)
	case *schema.Procedure:
		n := new.(*schema.Procedure)
		c.method(path, o.Parameters, n.Parameters, o.Errors, n.Errors, at)
		c.body(path+"/input", o.Input, n.Input, at)
		c.body(path+"/output", o.Output, n.Output, at)
	case *schema.Subscription:
		n := new.(*schema.Subscription)
		c.method(path, o.Parameters, n.Parameters, o.Errors, n.Errors, at)
		c.messages(path+"/message", o, n)
	case *schema.PermissionSet:
		c.permissions(path, o, new.(*schema.PermissionSet))
	default:
		c.field(path, old, new)
	}
}

// field compares two types of one kind that data can be of.
func (c *comparer) field(path string, old, new schema.Type) {
	at := new.Info()
	switch o := old.(type) {
	case *schema.Boolean:
		constant(c, path, at, o.Const, new.(*schema.Boolean).Const)
	case *schema.Integer:
		n := new.(*schema.Integer)
		constant(c, path, at, o.Const, n.Const)
		values(c, path, at, o.Enum, n.Enum)
		c.bounds(IntegerRange, path, at, "bounds", o.Minimum, n.Minimum, o.Maximum, n.Maximum)
	case *schema.String:
		c.text(path, o, new.(*schema.String))
	case *schema.Bytes:
		n := new.(*schema.Bytes)
		c.bounds(BytesLength, path, at, "length", o.MinLength, n.MinLength, o.MaxLength, n.MaxLength)
	case *schema.Blob:
		c.blob(path, o, new.(*schema.Blob))
	case *schema.Array:
		n := new.(*schema.Array)
		c.bounds(ArrayLength, path, at, "length", o.MinLength, n.MinLength, o.MaxLength, n.MaxLength)
		c.typ(path+"/items", o.Items, n.Items)
	case *schema.Object:
		c.object(path, o, new.(*schema.Object))
	case *schema.Ref:
		if n := new.(*schema.Ref); c.name(c.old, o.Ref) != c.name(c.new, n.Ref) {
			c.breaks(RefChange, Warning, path, at, BreaksBoth, "reference to %q was to %q", n.Ref, o.Ref)
		}
	case *schema.Union:
		c.union(path, o, new.(*schema.Union))
	}
}

// name returns the full name that a reference stands for.
func (c *comparer) name(d *schema.Document, ref string) string {
	if name, err := schema.ParseRef(ref, d.ID); err == nil {
		return name.String()
	}
	return ref
}

// names returns the full names that references stand for, sorted.
func (c *comparer) names(d *schema.Document, refs []string) []string {
	set := make(map[string]bool, len(refs))
	for _, ref := range refs {
		set[c.name(d, ref)] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func (c *comparer) text(path string, o, n *schema.String) {
	at := &n.Common
	constant(c, path, at, o.Const, n.Const)
	values(c, path, at, o.Enum, n.Enum)
	if o.Format != n.Format {
		whom := BreaksBoth
		switch {
		case o.Format == "":
			whom = BreaksData
		case n.Format == "":
			whom = BreaksReaders
		}
		c.breaks(StringFormat, Error, path, at, whom, "format %q was %q", n.Format, o.Format)
	}
	c.bounds(StringLength, path, at, "length", o.MinLength, n.MinLength, o.MaxLength, n.MaxLength)
	c.bounds(StringLength, path, at, "graphemes", o.MinGraphemes, n.MinGraphemes, o.MaxGraphemes, n.MaxGraphemes)
}

func (c *comparer) blob(path string, o, n *schema.Blob) {
	at := &n.Common
	if whom := whomSets(o.Accept, n.Accept, len(o.Accept) == 0, len(n.Accept) == 0); whom != "" {
		c.breaks(BlobAccept, Warning, path, at, whom, "accept %q was %q", n.Accept, o.Accept)
	}
	c.bounds(BlobSize, path, at, "maxSize", nil, nil, o.MaxSize, n.MaxSize)
}

func (c *comparer) union(path string, o, n *schema.Union) {
	at := &n.Common
	was, is := c.names(c.old, o.Refs), c.names(c.new, n.Refs)
	switch {
	case o.Closed && !n.Closed:
		c.breaks(UnionOpenClosed, Error, path, at, BreaksReaders, "closed union became open")
	case !o.Closed && n.Closed:
		c.breaks(UnionOpenClosed, Error, path, at, BreaksData, "open union became closed")
	case o.Closed && !slices.Equal(was, is):
		c.breaks(UnionClosedRefs, Error, path, at, whomSets(was, is, false, false), "closed union of %q was of %q", is, was)
	case !o.Closed:
		for _, name := range missing(was, is) {
			c.breaks(UnionRefRemoved, Error, path, at, BreaksReaders, "open union without %q", name)
		}
	}
}

// missing returns what the sorted list was has and the sorted list is has not.
func missing(was, is []string) []string {
	var gone []string
	for _, name := range was {
		if _, ok := slices.BinarySearch(is, name); !ok {
			gone = append(gone, name)
		}
	}
	return gone
}

// whomSets says whom another set of what is allowed breaks: data of what is no
// longer in it, and readers if something came. A set may also be of everything.
// It is empty if the sets are the same.
func whomSets[T comparable](old, new []T, oldAll, newAll bool) Breaks {
	in := make(map[T]int, len(old)) // 1 for old, 2 for new, 3 for both
	for _, v := range old {
		in[v] |= 1
	}
	for _, v := range new {
		in[v] |= 2
	}
	gone, came := newAll != oldAll && oldAll, newAll != oldAll && newAll
	if !oldAll && !newAll {
		for _, sets := range in {
			gone = gone || sets == 1
			came = came || sets == 2
		}
	}
	return whom(gone, came)
}

// whom says whom a change breaks that is stricter, laxer, or both in parts.
func whom(stricter, laxer bool) Breaks {
	switch {
	case stricter && laxer:
		return BreaksBoth
	case stricter:
		return BreaksData
	case laxer:
		return BreaksReaders
	}
	return ""
}

func constant[T comparable](c *comparer, path string, at *schema.Common, o, n *T) {
	if whom := whomSets(list(o), list(n), o == nil, n == nil); whom != "" {
		c.breaks(ConstValue, Error, path, at, whom, "constant changed")
	}
}

func list[T any](v *T) []T {
	if v == nil {
		return nil
	}
	return []T{*v}
}

func values[T comparable](c *comparer, path string, at *schema.Common, o, n []T) {
	if whom := whomSets(o, n, o == nil, n == nil); whom != "" {
		c.breaks(EnumValues, Error, path, at, whom, "other values are allowed")
	}
}

// bounds compares a lower and an upper bound, which may be absent.
func (c *comparer) bounds(rule Rule, path string, at *schema.Common, what string, oldMin, newMin, oldMax, newMax *int64) {
	stricter := newMin != nil && (oldMin == nil || *newMin > *oldMin) || newMax != nil && (oldMax == nil || *newMax < *oldMax)
	laxer := oldMin != nil && (newMin == nil || *newMin < *oldMin) || oldMax != nil && (newMax == nil || *newMax > *oldMax)
	if whom := whom(stricter, laxer); whom != "" {
		c.breaks(rule, Warning, path, at, whom, "%s %s was %s", what, span(newMin, newMax), span(oldMin, oldMax))
	}
}

// span writes two bounds.
func span(lo, hi *int64) string {
	s := ".."
	if lo != nil {
		s = fmt.Sprint(*lo) + s
	}
	if hi != nil {
		s += fmt.Sprint(*hi)
	}
	return s
}
