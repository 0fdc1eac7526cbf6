package lint

import (
	"slices"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// Limits above which strings and byte strings count as large, and the usual
// ratio of bytes to graphemes
// (https://atproto.com/guides/lexicon-style-guide).
const (
	largeSize = 20_480
	minRatio  = 10
	maxRatio  = 20
)

// field lints a type that data can be of.
func (r *reporter) field(d *schema.Document, path string, t schema.Type) {
	switch t := t.(type) {
	case *schema.Boolean:
		if t.Default != nil && *t.Default {
			r.warn(BooleanDefault, path, &t.Common, "boolean is true when it is absent: name its opposite")
		}
	case *schema.Integer:
		r.integer(path, t)
	case *schema.String:
		r.text(path, t)
	case *schema.Bytes:
		switch {
		case t.MaxLength == nil:
			r.warn(UnlimitedBytes, path, &t.Common, "byte string without limit")
		case *t.MaxLength > largeSize:
			r.warn(LargeBytes, path, &t.Common, "byte string of up to %d bytes: use a blob", *t.MaxLength)
		}
	case *schema.Token:
		if t.Description == "" {
			r.warn(UndescribedToken, path, &t.Common, "token without description")
		}
	case *schema.Object:
		r.fieldNames(path, t.Properties)
		required := setOf(t.Required)
		for _, name := range t.Nullable {
			if !required[name] {
				r.warn(NullableAndOptional, path, &t.Common, "field %q may be null and may be absent", name)
			}
		}
	case *schema.Union:
		r.union(d, path, t)
	case *schema.Permission:
		if err := t.Check(); err != nil {
			r.add(Issue{
				Rule: GrantsNothing, Level: Error, Path: path, Offset: t.Offset(),
				Msg: strings.TrimPrefix(err.Error(), "schema: "),
			})
		}
	}
}

func (r *reporter) fieldNames(path string, list []schema.Property) {
	for _, p := range list {
		if p.Type == nil {
			continue
		}
		at := path + "/properties/" + p.Name
		if !isLowerCamel(p.Name) {
			r.warn(FieldName, at, p.Type.Info(), "name of a field is not in lowerCamelCase")
		} else if isKeyword(p.Name) {
			r.warn(FieldKeyword, at, p.Type.Info(), "name of a field is a word of programming languages")
		}
	}
}

func (r *reporter) union(d *schema.Document, path string, t *schema.Union) {
	seen := make(map[schema.Name]bool, len(t.Refs))
	for _, ref := range t.Refs {
		name, err := schema.ParseRef(ref, d.ID)
		if err != nil {
			continue
		}
		if seen[name] {
			r.warn(DuplicateRef, path, &t.Common, "union lists %q twice", name)
		}
		seen[name] = true
	}
}

func (r *reporter) integer(path string, t *schema.Integer) {
	c := &t.Common
	check := func(what string, v int64) {
		if t.Minimum != nil && v < *t.Minimum || t.Maximum != nil && v > *t.Maximum {
			r.warn(DefaultValue, path, c, "%s %d is out of bounds", what, v)
		}
		if t.Enum != nil && !slices.Contains(t.Enum, v) {
			r.warn(DefaultValue, path, c, "%s %d is not among the values", what, v)
		}
	}
	if t.Default != nil {
		check("default", *t.Default)
	}
	if t.Const != nil {
		check("const", *t.Const)
	}
	for _, v := range t.Enum {
		if t.Minimum != nil && v < *t.Minimum || t.Maximum != nil && v > *t.Maximum {
			r.warn(DefaultValue, path, c, "value %d is out of bounds", v)
		}
	}
}

func (r *reporter) text(path string, t *schema.String) {
	r.textLimits(path, t)
	r.textValues(path, t)
	for _, v := range slices.Concat(t.KnownValues, t.Enum) {
		switch {
		case strings.HasPrefix(v, "#"):
			r.warn(LocalRefValue, path, &t.Common, "value %.64q looks like a local reference: tokens have full names", v)
		case !isKebab(v) && !isToken(v):
			r.warn(ValueName, path, &t.Common, "value %.64q is not in kebab-case", v)
		}
	}
}

// isToken reports whether a value of a string is the name of a token.
func isToken(v string) bool {
	_, err := schema.ParseName(v)
	return err == nil
}

func (r *reporter) textLimits(path string, t *schema.String) {
	c := &t.Common
	limited := t.Format != "" || t.Enum != nil || t.KnownValues != nil || t.Const != nil
	switch {
	case t.MaxLength == nil && t.MaxGraphemes == nil:
		if !limited {
			r.warn(UnlimitedString, path, c, "string without limit")
		}
		return
	case t.MaxLength == nil:
		r.warn(StringLimits, path, c, "maxGraphemes without maxLength: a grapheme may have any number of bytes")
		return
	case *t.MaxLength > largeSize:
		r.warn(LargeString, path, c, "string of up to %d bytes: use a blob", *t.MaxLength)
	}
	if t.MaxGraphemes != nil && (*t.MaxLength < minRatio**t.MaxGraphemes || *t.MaxLength > maxRatio**t.MaxGraphemes) {
		r.warn(StringLimits, path, c, "maxLength %d is not %d to %d times maxGraphemes %d", *t.MaxLength, minRatio, maxRatio, *t.MaxGraphemes)
	}
}

// textValues checks that the values that a schema names are ones that it
// allows.
func (r *reporter) textValues(path string, t *schema.String) {
	check := func(what, v string) {
		switch {
		case t.MinLength != nil && int64(len(v)) < *t.MinLength, t.MaxLength != nil && int64(len(v)) > *t.MaxLength:
			r.warn(DefaultValue, path, &t.Common, "%s %.64q has not the length that is required", what, v)
		case t.Format.Check(v) != nil:
			r.warn(DefaultValue, path, &t.Common, "%s %.64q is not of format %s", what, v, t.Format)
		case what != "value" && t.Enum != nil && !slices.Contains(t.Enum, v):
			r.warn(DefaultValue, path, &t.Common, "%s %.64q is not among the values", what, v)
		}
	}
	if t.Default != nil {
		check("default", *t.Default)
	}
	if t.Const != nil {
		check("const", *t.Const)
	}
	for _, v := range t.Enum {
		check("value", v)
	}
}

// setOf returns a list as a set.
func setOf(list []string) map[string]bool {
	s := make(map[string]bool, len(list))
	for _, name := range list {
		s[name] = true
	}
	return s
}
