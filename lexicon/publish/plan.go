package publish

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon/lint"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// An Action is what is done with a schema.
type Action string

// The actions.
const (
	Create Action = "create" // it is new
	Update Action = "update" // another version is published
	Skip   Action = "skip"   // the same is published already, whatever the text looks like
	Refuse Action = "refuse" // something stands in the way
	Delete Action = "delete" // it is taken back
)

// Options say what is to be published where.
type Options struct {
	// DID is the account that publishes.
	DID syntax.DID

	// Live holds the versions that are published at present.
	Live map[syntax.NSID]*schema.Document

	// Authorities holds what DNS says for the authority of each group of NSIDs,
	// such as "feed.bsky.app": the account that schemas are looked for at. One
	// that is missing, or names another account, stands in the way.
	Authorities map[string]syntax.DID

	// Update allows to replace what is published, and Breaking to do so even if
	// it breaks others: what is published counts as released.
	Update, Breaking bool

	// Lint sets the rules; nil means the defaults. Errors stand in the way,
	// warnings do not.
	Lint *lint.Options
}

// A Plan is what to do, by the authorities of the schemas, in the order of
// their names. All schemas of one authority are in one repository.
type Plan struct {
	DID    syntax.DID
	Groups []Group
}

// A Group holds the schemas of one authority.
type Group struct {
	Authority string // such as "feed.bsky.app"
	Steps     []Step // in the order of their NSIDs
}

// A Step is what to do with one schema.
type Step struct {
	NSID    syntax.NSID
	Action  Action
	Reasons []string     // what stands in the way, or should be thought of
	Issues  []lint.Issue // of the schema, and of the change
	Record  []byte       // to create or update, in DAG-CBOR
	CID     dagcbor.CID  // of the record
}

// Path returns where the record is to be written.
func (s Step) Path() syntax.RepoPath {
	path, err := syntax.ParseRepoPath(schema.Collection + "/" + s.NSID.String())
	if err != nil {
		return syntax.RepoPath{} // of a document without id only
	}
	return path
}

// privatePrefix begins the NSIDs that are never published
// (https://atproto.com/guides/installing-lexicons).
const privatePrefix = "internal."

// New plans to publish documents.
func New(docs []*schema.Document, o Options) *Plan {
	p := &Plan{DID: o.DID}
	seen := make(map[syntax.NSID]bool, len(docs))
	for _, d := range sorted(docs) {
		s := plan(d, &o)
		if seen[d.ID] {
			s = Step{NSID: d.ID, Action: Refuse, Reasons: []string{"there are two documents of this name"}}
		}
		seen[d.ID] = true
		p.add(s)
	}
	return p
}

// sorted returns documents by authority and NSID.
func sorted(docs []*schema.Document) []*schema.Document {
	docs = slices.Clone(docs)
	slices.SortStableFunc(docs, func(a, b *schema.Document) int {
		if c := strings.Compare(strings.ToLower(a.ID.Group()), strings.ToLower(b.ID.Group())); c != 0 {
			return c
		}
		return a.ID.Compare(b.ID)
	})
	return docs
}

// add adds a step to the group that it belongs to, which is the last one or a
// new one.
func (p *Plan) add(s Step) {
	authority := s.NSID.Authority()
	if n := len(p.Groups); n == 0 || p.Groups[n-1].Authority != authority {
		p.Groups = append(p.Groups, Group{Authority: authority})
	}
	g := &p.Groups[len(p.Groups)-1]
	g.Steps = append(g.Steps, s)
}

func plan(d *schema.Document, o *Options) Step {
	s := Step{NSID: d.ID, Action: Create}
	refuse := func(format string, args ...any) {
		s.Action = Refuse
		s.Reasons = append(s.Reasons, fmt.Sprintf(format, args...))
	}
	record, err := d.Record()
	if err != nil {
		refuse("it cannot be a record: %v", err)
		return s
	}
	s.Record, s.CID = record, dagcbor.Sum(dagcbor.DAGCBOR, record)
	if live := o.Live[d.ID]; live != nil {
		s.Action = Update
		if cid, err := live.CID(); err == nil && cid == s.CID {
			s.Action, s.Record = Skip, nil
			return s
		}
		s.compare(live, d, o, refuse)
	}
	s.Issues = append(s.Issues, lint.Document(d, o.Lint)...)
	if lint.HasErrors(lint.Document(d, o.Lint)) {
		refuse("it has errors")
	}
	if strings.HasPrefix(d.ID.String(), privatePrefix) {
		refuse("names under internal are private")
	}
	s.checkAuthority(o, refuse)
	return s
}

// compare looks at the change of a schema.
func (s *Step) compare(live, d *schema.Document, o *Options, refuse func(string, ...any)) {
	s.Issues = lint.Breaking(live, d, o.Lint)
	if !o.Update {
		refuse("another version is published, and updates are not allowed")
	}
	if lint.HasErrors(s.Issues) && !o.Breaking {
		refuse("the change breaks others")
	}
}

// checkAuthority checks that those who look for the schema find the account.
func (s *Step) checkAuthority(o *Options, refuse func(string, ...any)) {
	authority := s.NSID.Authority()
	switch did := o.Authorities[authority]; {
	case did.IsZero():
		refuse("no TXT record of _lexicon.%s names an account", authority)
	case did != o.DID:
		refuse("the TXT record of _lexicon.%s names %s", authority, did)
	}
}

// Withdraw plans to delete schemas that are published. Others may go on using
// copies that they have: names cannot be used again for something else.
func Withdraw(did syntax.DID, ids ...syntax.NSID) *Plan {
	p := &Plan{DID: did}
	docs := make([]*schema.Document, len(ids))
	for i, id := range ids {
		docs[i] = &schema.Document{ID: id}
	}
	for _, d := range sorted(docs) {
		p.add(Step{NSID: d.ID, Action: Delete, Reasons: []string{"others keep copies: do not use the name for something else"}})
	}
	return p
}

// Refused reports whether something stands in the way of a part of the plan.
func (p *Plan) Refused() bool {
	for _, g := range p.Groups {
		for _, s := range g.Steps {
			if s.Action == Refuse {
				return true
			}
		}
	}
	return false
}

// String returns the plan for people to read.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "repository %s\n", p.DID)
	for _, g := range p.Groups {
		fmt.Fprintf(&b, "\n%s\n", g.Authority)
		for _, s := range g.Steps {
			fmt.Fprintf(&b, "  %-6s  %s", s.Action, s.NSID)
			if s.Action == Create || s.Action == Update {
				fmt.Fprintf(&b, "  %s", s.CID)
			}
			b.WriteByte('\n')
			for _, reason := range s.Reasons {
				fmt.Fprintf(&b, "          %s\n", reason)
			}
			for _, issue := range s.Issues {
				fmt.Fprintf(&b, "          %s\n", issue)
			}
		}
	}
	return b.String()
}
