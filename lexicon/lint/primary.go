package lint

import (
	"slices"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// record lints what is particular to records: they outlive handles.
func (r *reporter) record(path string, t *schema.Record) {
	if t.Record == nil {
		return
	}
	for _, p := range t.Record.Properties {
		if s, ok := p.Type.(*schema.String); ok && (s.Format == schema.FormatHandle || s.Format == schema.FormatAtIdentifier) {
			r.warn(RecordHandle, path+"/record/properties/"+p.Name, &s.Common, "record with a %s: handles change, hold the DID", s.Format)
		}
	}
}

func (r *reporter) method(path string, params *schema.Params, out *schema.Body, errs []schema.ErrorDef, c *schema.Common) {
	r.errorNames(path, errs)
	r.params(path, params)
	if out == nil {
		r.warn(OutputUndefined, path, c, "method without output: an empty object could get fields later")
	}
	r.body(path+"/output", out)
}

func (r *reporter) body(path string, b *schema.Body) {
	if b == nil {
		return
	}
	r.unexpected(path, &b.Common)
	if b.Schema != nil && !b.IsJSON() {
		r.warn(SchemaOfBytes, path, &b.Common, "schema of a body of type %q, which is not looked at", b.Encoding)
	}
}

func (r *reporter) errorNames(path string, errs []schema.ErrorDef) {
	for i := range errs {
		r.unexpected(path+"/errors", &errs[i].Common)
		if !isUpperCamel(errs[i].Name) {
			r.warn(ErrorName, path+"/errors", &errs[i].Common, "name %.64q of an error is not in UpperCamelCase", errs[i].Name)
		}
	}
}

// accountParams returns usual names of parameters that take an account.
func accountParams() []string {
	return []string{"actor", "account", "author", "repo", "user"}
}

func (r *reporter) params(path string, t *schema.Params) {
	if t == nil {
		return
	}
	r.fieldNames(path+"/parameters", t.Properties)
	for _, p := range t.Properties {
		s, ok := p.Type.(*schema.String)
		if ok && slices.Contains(accountParams(), p.Name) && s.Format != schema.FormatAtIdentifier {
			r.warn(AccountParam, path+"/parameters/properties/"+p.Name, &s.Common, "parameter for an account should be an at-identifier")
		}
	}
}

// pagination lints queries with a cursor
// (https://atproto.com/guides/lexicon-style-guide).
func (r *reporter) pagination(path string, t *schema.Query) {
	if t.Parameters == nil || t.Parameters.Property("cursor") == nil {
		return
	}
	c := &t.Parameters.Common
	if _, ok := t.Parameters.Property("cursor").(*schema.String); !ok {
		r.warn(Pagination, path+"/parameters", c, "cursor is not a string")
	}
	limit, ok := t.Parameters.Property("limit").(*schema.Integer)
	if !ok || limit.Minimum == nil || limit.Maximum == nil || limit.Default == nil {
		r.warn(Pagination, path+"/parameters", c, "cursor without an integer limit with minimum, maximum and default")
	}
	if t.Output == nil {
		return
	}
	out, ok := t.Output.Schema.(*schema.Object)
	if !ok {
		return
	}
	if out.Property("cursor") == nil || slices.Contains(out.Required, "cursor") {
		r.warn(Pagination, path+"/output/schema", &out.Common, "output without an optional cursor")
	}
	isList := func(p schema.Property) bool { return p.Type != nil && p.Type.Kind() == schema.KindArray }
	if !slices.ContainsFunc(out.Properties, isList) {
		r.warn(Pagination, path+"/output/schema", &out.Common, "output with a cursor but no array")
	}
}

// subscription lints what consumers expect of streams
// (https://atproto.com/specs/event-stream#sequence-numbers).
func (r *reporter) subscription(d *schema.Document, path string, t *schema.Subscription) {
	c := &t.Common
	if t.Message == nil || t.Message.Schema == nil || len(t.Message.Schema.Refs) == 0 {
		r.warn(NoMessages, path+"/message", c, "subscription without messages")
		return
	}
	r.unexpected(path+"/message", &t.Message.Common)
	if t.Parameters == nil || t.Parameters.Property("cursor") == nil {
		return // without sequence numbers
	}
	if t.Parameters.Property("cursor").Kind() != schema.KindInteger {
		r.warn(SubscriptionForm, path+"/parameters", c, "cursor is not an integer")
	}
	for _, name := range []string{"FutureCursor", "ConsumerTooSlow"} {
		if !slices.ContainsFunc(t.Errors, func(e schema.ErrorDef) bool { return e.Name == name }) {
			r.warn(SubscriptionForm, path+"/errors", c, "no error %s", name)
		}
	}
	info := false
	defs := defsOf(d)
	for _, ref := range t.Message.Schema.Refs {
		name, err := schema.ParseRef(ref, d.ID)
		if err != nil || name.NSID != d.ID {
			continue
		}
		if name.Def == "info" {
			info = true
			continue
		}
		if o, ok := defs[name.Def].(*schema.Object); ok && o.Property("seq") == nil {
			r.warn(SubscriptionForm, "/defs/"+name.Def, &o.Common, "message without seq")
		}
	}
	if !info {
		r.warn(SubscriptionForm, path+"/message", c, "no message #info, to say OutdatedCursor")
	}
}

func (r *reporter) permissionSet(d *schema.Document, path string, t *schema.PermissionSet) {
	c := &t.Common
	if t.Title == "" {
		r.warn(SetWithoutTitle, path, c, "permission set without title")
	}
	if len(t.Permissions) == 0 {
		r.warn(SetWithoutPermission, path, c, "permission set without permissions")
	}
	if !strings.HasPrefix(d.ID.Name(), "auth") {
		r.warn(SetName, path, c, "name of a permission set does not begin with auth")
	}
}
