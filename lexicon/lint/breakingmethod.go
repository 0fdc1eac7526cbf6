package lint

import (
	"encoding/json"

	"github.com/linnet-at/linnet/lexicon/schema"
)

func (c *comparer) object(path string, o, n *schema.Object) {
	if o == nil || n == nil {
		return
	}
	at := &n.Common
	c.properties(path, o.Properties, n.Properties, at)
	if whom := whomSets(o.Required, n.Required, false, false); whom != "" {
		// What is required excludes: the longer list is the stricter one.
		c.breaks(ObjectRequired, Error, path, at, opposite(whom), "required %q was %q", n.Required, o.Required)
	}
	if whom := whomSets(o.Nullable, n.Nullable, false, false); whom != "" {
		c.breaks(ObjectNullable, Error, path, at, whom, "nullable %q was %q", n.Nullable, o.Nullable)
	}
}

// opposite returns whom the change breaks that goes the other way.
func opposite(whom Breaks) Breaks {
	switch whom {
	case BreaksData:
		return BreaksReaders
	case BreaksReaders:
		return BreaksData
	}
	return whom
}

func (c *comparer) properties(path string, old, new []schema.Property, at *schema.Common) {
	now := make(map[string]schema.Type, len(new))
	for _, p := range new {
		now[p.Name] = p.Type
	}
	for _, p := range old {
		at, place := at, path+"/properties/"+p.Name
		if t := now[p.Name]; t != nil {
			c.typ(place, p.Type, t)
		} else {
			c.breaks(PropertyRemoved, Error, place, at, BreaksReaders, "%q is gone: mark it as deprecated instead", p.Name)
		}
	}
}

// method compares what all methods have.
func (c *comparer) method(path string, o, n *schema.Params, oldErrs, newErrs []schema.ErrorDef, at *schema.Common) {
	c.params(path+"/parameters", o, n, at)
	now := make(map[string]bool, len(newErrs))
	for _, e := range newErrs {
		now[e.Name] = true
	}
	for _, e := range oldErrs {
		if !now[e.Name] {
			c.breaks(ErrorRemoved, Error, path+"/errors", at, BreaksReaders, "error %q is gone", e.Name)
		}
	}
}

func (c *comparer) params(path string, o, n *schema.Params, at *schema.Common) {
	if o == nil {
		o = new(schema.Params)
	}
	if n == nil {
		n = &schema.Params{Common: *at}
	}
	at = &n.Common
	c.properties(path, o.Properties, n.Properties, at)
	if whom := whomSets(o.Required, n.Required, false, false); whom != "" {
		c.breaks(ParamsRequired, Error, path, at, opposite(whom), "required %q was %q", n.Required, o.Required)
	}
}

// body compares the bodies of requests or responses.
func (c *comparer) body(path string, o, n *schema.Body, at *schema.Common) {
	switch {
	case o == nil && n == nil:
		return
	case o == nil || n == nil:
		c.breaks(BodyEncoding, Error, path, at, BreaksBoth, "body came or went")
		return
	case o.Encoding != n.Encoding:
		c.breaks(BodyEncoding, Error, path, &n.Common, BreaksBoth, "encoding %q was %q", n.Encoding, o.Encoding)
	}
	switch {
	case o.Schema != nil && n.Schema != nil:
		c.typ(path+"/schema", o.Schema, n.Schema)
	case o.Schema != nil:
		c.breaks(TypeChange, Error, path, &n.Common, BreaksReaders, "schema of the body is gone")
	case n.Schema != nil:
		c.breaks(TypeChange, Error, path, &n.Common, BreaksData, "schema of the body is new")
	}
}

// messages compares what subscriptions send.
func (c *comparer) messages(path string, o, n *schema.Subscription) {
	if o.Message == nil || n.Message == nil || o.Message.Schema == nil || n.Message.Schema == nil {
		return
	}
	was, is := c.names(c.old, o.Message.Schema.Refs), c.names(c.new, n.Message.Schema.Refs)
	if gone := missing(was, is); gone != nil {
		c.breaks(MessageRefs, Error, path, &n.Message.Common, BreaksReaders, "no more messages of %q", gone)
	}
	if came := missing(is, was); came != nil && n.Message.Schema.Closed {
		c.breaks(MessageRefs, Error, path, &n.Message.Common, BreaksReaders, "new messages of %q", came)
	}
}

// permissions reports permissions that the old set did not have: whoever was
// asked, was asked about less. What is gone breaks those that need it.
func (c *comparer) permissions(path string, o, n *schema.PermissionSet) {
	had := grants(o)
	for _, p := range n.Permissions {
		for _, g := range grantsOf(p) {
			if !had[g] {
				c.breaks(PermissionWidened, Error, path, &p.Common, BreaksReaders, "permission %s is new", g)
			}
		}
	}
}

func grants(s *schema.PermissionSet) map[string]bool {
	set := make(map[string]bool)
	for _, p := range s.Permissions {
		for _, g := range grantsOf(p) {
			set[g] = true
		}
	}
	return set
}

// grantsOf returns the single things that a permission grants, each as a text.
func grantsOf(p *schema.Permission) []string {
	if p.Check() != nil {
		return nil
	}
	var list []string
	add := func(parts ...string) {
		text, _ := json.Marshal(parts)
		list = append(list, string(text))
	}
	actions := p.Action
	if actions == nil {
		actions = []string{"create", "update", "delete"}
	}
	for _, collection := range p.Collection {
		for _, action := range actions {
			add("repo", collection, action)
		}
	}
	aud := "inherited"
	if p.Aud != nil {
		aud = *p.Aud
	}
	for _, lxm := range p.LXM {
		add("rpc", lxm, aud)
	}
	return list
}
