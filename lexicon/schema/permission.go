package schema

import (
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-at/linnet/syntax"
)

// A PermissionSet is a bundle of permissions under one name.
//
// https://atproto.com/specs/lexicon#permission-set
type PermissionSet struct {
	Common
	Title       string
	TitleLang   map[string]string // by language
	Detail      string
	DetailLang  map[string]string
	Permissions []*Permission
}

// A Permission is a part of a permission set. That it can be parsed does not
// mean that it grants something: [Permission.Check] tells.
//
// https://atproto.com/specs/lexicon#permission
type Permission struct {
	Common
	Resource   string
	Collection []string // of "repo"
	Action     []string // of "repo"; nil means all
	LXM        []string // of "rpc": methods
	Aud        *string  // of "rpc"
	InheritAud *bool    // of "rpc"
}

// Kind returns [KindPermissionSet].
func (*PermissionSet) Kind() Kind { return KindPermissionSet }

// Kind returns [KindPermission].
func (*Permission) Kind() Kind { return KindPermission }

// Grants returns the permissions that grant something. Those for which
// [Permission.Check] has an error are to be ignored whole, since to drop only
// what is not understood could widen them.
func (s *PermissionSet) Grants() []*Permission {
	var grants []*Permission
	for _, p := range s.Permissions {
		if p.Check() == nil {
			grants = append(grants, p)
		}
	}
	return grants
}

// Check reports why the permission grants nothing: its resource is not "repo"
// or "rpc", it has members that are unknown or belong to another resource, or a
// value that is not allowed. Permissions to which all are entitled, such as
// those for blobs, accounts and identities, cannot be given by a set.
//
// Whether the set has authority over what the permission names is not looked
// at; that takes the name of the set.
//
// https://atproto.com/specs/permission#permission-sets
func (p *Permission) Check() error {
	for _, m := range p.Extra {
		if m.Name != "description" {
			return fmt.Errorf("schema: permission with unknown member %.64q", m.Name)
		}
	}
	var err error
	switch p.Resource {
	case "repo":
		err = p.checkRepo()
	case "rpc":
		err = p.checkRPC()
	default:
		err = fmt.Errorf("resource %.64q", p.Resource)
	}
	if err != nil {
		return fmt.Errorf("schema: permission grants nothing: %v", err)
	}
	return nil
}

func (p *Permission) checkRepo() error {
	if p.LXM != nil || p.Aud != nil || p.InheritAud != nil {
		return errors.New(`resource "repo" with members of "rpc"`)
	}
	if err := checkNSIDs("collection", p.Collection); err != nil {
		return err
	}
	for i, a := range p.Action {
		if a != "create" && a != "update" && a != "delete" {
			return fmt.Errorf("action %.64q", a)
		}
		if slices.Contains(p.Action[:i], a) {
			return fmt.Errorf("action %q twice", a)
		}
	}
	if p.Action != nil && len(p.Action) == 0 {
		return errors.New("no action")
	}
	return nil
}

func (p *Permission) checkRPC() error {
	if p.Collection != nil || p.Action != nil {
		return errors.New(`resource "rpc" with members of "repo"`)
	}
	if err := checkNSIDs("lxm", p.LXM); err != nil {
		return err
	}
	inherit := p.InheritAud != nil && *p.InheritAud
	switch {
	case p.Aud == nil && !inherit:
		return errors.New("neither aud nor inheritAud")
	case p.Aud != nil && *p.Aud != "*":
		return fmt.Errorf(`aud %.64q is not "*"`, *p.Aud)
	case p.Aud != nil && inherit:
		return errors.New("aud and inheritAud")
	}
	return nil
}

// checkNSIDs checks that a list has elements, all of them different NSIDs.
func checkNSIDs(what string, list []string) error {
	if len(list) == 0 {
		return fmt.Errorf("no %s", what)
	}
	seen := make(map[string]bool, len(list))
	for _, s := range list {
		if _, err := syntax.ParseNSID(s); err != nil {
			return fmt.Errorf("%s %.64q is not an NSID", what, s)
		}
		if seen[s] {
			return fmt.Errorf("%s %q twice", what, s)
		}
		seen[s] = true
	}
	return nil
}
