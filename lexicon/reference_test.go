package lexicon_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// A reference validates trees against schema documents as they are, slowly and
// strictly: what the compiled program must agree with.
type reference struct {
	docs  *lexicon.Catalog
	found []string // "path code" of all errors
}

func (r *reference) fail(path string, code lexicon.Code) {
	r.found = append(r.found, path+" "+string(code))
}

// def checks v against a definition.
func (r *reference) def(path string, name schema.Name, v any) {
	switch t := r.docs.Def(name).(type) {
	case nil:
		r.fail(path, lexicon.CodeUnresolved)
	case *schema.Record:
		r.object(path, name.String(), true, t.Record, name, v)
	case *schema.Object:
		r.object(path, name.String(), false, t, name, v)
	default:
		r.typ(path, t, name, v)
	}
}

// typ checks v against a type that stands in the definition with a name.
func (r *reference) typ(path string, t schema.Type, in schema.Name, v any) {
	if ref, ok := t.(*schema.Ref); ok {
		name, err := schema.ParseRef(ref.Ref, in.NSID)
		if err != nil {
			r.fail(path, lexicon.CodeUnresolved)
			return
		}
		r.def(path, name, v)
		return
	}
	if v == nil && isDataType(t) {
		r.fail(path, lexicon.CodeNull)
		return
	}
	switch t := t.(type) {
	case *schema.Boolean:
		b, ok := v.(bool)
		switch {
		case !ok:
			r.fail(path, lexicon.CodeType)
		case t.Const != nil && b != *t.Const:
			r.fail(path, lexicon.CodeConst)
		}
	case *schema.Integer:
		r.integer(path, t, v)
	case *schema.String:
		r.text(path, t, v)
	case *schema.Bytes:
		b, ok := v.([]byte)
		if !ok {
			r.fail(path, lexicon.CodeType)
		} else if !within(len(b), t.MinLength, t.MaxLength) {
			r.fail(path, lexicon.CodeLength)
		}
	case *schema.CIDLink:
		if _, ok := v.(dagcbor.CID); !ok {
			r.fail(path, lexicon.CodeType)
		}
	case *schema.Blob:
		r.blob(path, t, v)
	case *schema.Array:
		list, ok := v.([]any)
		if !ok {
			r.fail(path, lexicon.CodeType)
			return
		}
		if !within(len(list), t.MinLength, t.MaxLength) {
			r.fail(path, lexicon.CodeLength)
			return
		}
		for i, e := range list {
			r.typ(path+"/"+strconv.Itoa(i), t.Items, in, e)
		}
	case *schema.Object:
		r.object(path, "", false, t, in, v)
	case *schema.Union:
		r.union(path, t, in, v)
	case *schema.Unknown:
		if m, ok := v.(map[string]any); !ok || m["$type"] == "blob" {
			r.fail(path, lexicon.CodeType)
		}
	default:
		r.fail(path, lexicon.CodeType)
	}
}

func isDataType(t schema.Type) bool {
	switch t.(type) {
	case *schema.Token, *schema.Query, *schema.Procedure, *schema.Subscription, *schema.PermissionSet, *schema.Space:
		return false
	}
	return true
}

func (r *reference) integer(path string, t *schema.Integer, v any) {
	n, ok := v.(int64)
	switch {
	case !ok:
		r.fail(path, lexicon.CodeType)
	case t.Minimum != nil && n < *t.Minimum, t.Maximum != nil && n > *t.Maximum:
		r.fail(path, lexicon.CodeRange)
	case t.Const != nil && (n != *t.Const || t.Enum != nil && !slices.Contains(t.Enum, n)):
		r.fail(path, lexicon.CodeConst)
	case t.Enum != nil && !slices.Contains(t.Enum, n):
		r.fail(path, lexicon.CodeEnum)
	}
}

func (r *reference) text(path string, t *schema.String, v any) {
	s, ok := v.(string)
	switch {
	case !ok:
		r.fail(path, lexicon.CodeType)
	case !within(len(s), t.MinLength, t.MaxLength):
		r.fail(path, lexicon.CodeLength)
	case !within(uniseg.GraphemeClusterCount(s), t.MinGraphemes, t.MaxGraphemes):
		r.fail(path, lexicon.CodeGraphemes)
	case t.Const != nil && (s != *t.Const || t.Enum != nil && !slices.Contains(t.Enum, s)):
		r.fail(path, lexicon.CodeConst)
	case t.Enum != nil && !slices.Contains(t.Enum, s):
		r.fail(path, lexicon.CodeEnum)
	case t.Format.Check(s) != nil:
		r.fail(path, lexicon.CodeFormat)
	}
}

func within(n int, lo, hi *int64) bool {
	return (lo == nil || int64(n) >= *lo) && (hi == nil || int64(n) <= *hi)
}

func (r *reference) blob(path string, t *schema.Blob, v any) {
	m, ok := v.(map[string]any)
	if !ok {
		r.fail(path, lexicon.CodeType)
		return
	}
	ref, isLink := m["ref"].(dagcbor.CID)
	mime, isText := m["mimeType"].(string)
	size, isInt := m["size"].(int64)
	kind, sub, hasSlash := strings.Cut(mime, "/")
	switch {
	case m["$type"] == nil && !hasKey(m, "$type"):
		r.fail(path, lexicon.CodeBlob)
	case m["$type"] != "blob":
		r.fail(path+"/$type", lexicon.CodeBlob)
	case len(m) != 4:
		r.fail(path, lexicon.CodeBlob)
	case !isLink || ref.Codec() != dagcbor.Raw:
		r.fail(path+"/ref", lexicon.CodeBlob)
	case !isInt || size < 0:
		r.fail(path+"/size", lexicon.CodeBlob)
	case !isText || !hasSlash || kind == "" || sub == "" || strings.Contains(sub, "/"):
		r.fail(path+"/mimeType", lexicon.CodeBlob)
	case t.MaxSize != nil && size > *t.MaxSize:
		r.fail(path, lexicon.CodeBlobSize)
	case len(t.Accept) > 0 && !slices.ContainsFunc(t.Accept, func(p string) bool {
		return p == mime && !strings.Contains(p, "*") || p == kind+"/*" || p == "*/*"
	}):
		r.fail(path, lexicon.CodeBlobAccept)
	}
}

func hasKey(m map[string]any, key string) bool {
	_, ok := m[key]
	return ok
}

func (r *reference) object(path, name string, record bool, t *schema.Object, in schema.Name, v any) {
	m, ok := v.(map[string]any)
	if !ok {
		if v == nil {
			r.fail(path, lexicon.CodeNull)
		} else {
			r.fail(path, lexicon.CodeType)
		}
		return
	}
	if typ, has := m["$type"]; name != "" && (has && typ != name || record && !has) {
		r.fail(path+"/$type", lexicon.CodeTypeName)
	}
	for _, p := range t.Properties {
		e, has := m[p.Name]
		place := path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(p.Name)
		switch {
		case p.Name == "$type":
		case !has && slices.Contains(t.Required, p.Name):
			r.fail(place, lexicon.CodeMissing)
		case !has, e == nil && slices.Contains(t.Nullable, p.Name):
		default:
			r.typ(place, p.Type, in, e)
		}
	}
}

func (r *reference) union(path string, t *schema.Union, in schema.Name, v any) {
	m, ok := v.(map[string]any)
	if !ok {
		r.fail(path, lexicon.CodeType)
		return
	}
	typ, _ := m["$type"].(string)
	for _, ref := range t.Refs {
		if name, err := schema.ParseRef(ref, in.NSID); err == nil && name.String() == typ {
			r.def(path, name, v)
			return
		}
	}
	if t.Closed || typ == "" || strings.HasSuffix(typ, "#main") {
		r.fail(path, lexicon.CodeUnionType)
	}
}

// sorted returns the errors in an order that does not depend on that of maps.
func (r *reference) sorted() []string { return slices.Sorted(slices.Values(r.found)) }

// defNames returns the full names of all definitions of a catalog.
func defNames(c *lexicon.Catalog) []schema.Name {
	set := map[schema.Name]bool{}
	for d := range c.Documents() {
		for _, def := range d.Defs {
			set[schema.Name{NSID: d.ID, Def: def.Name}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), func(a, b schema.Name) int { return strings.Compare(a.String(), b.String()) })
}
