package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// A Level says how bad an issue is.
type Level string

// The levels.
const (
	Warning Level = "warning"
	Error   Level = "error"
)

// Breaks says whom a change breaks.
type Breaks string

// Who is broken by changes. A change that is stricter refuses data that was
// valid; one that is laxer lets in data that those who know the old schema
// refuse.
const (
	BreaksData    Breaks = "old data"
	BreaksReaders Breaks = "old readers"
	BreaksBoth    Breaks = "old data and old readers"
)

// An Issue is something to look at in a document.
type Issue struct {
	Rule     Rule
	Level    Level
	Document string // its NSID, as far as it is known
	Path     string // a JSON pointer into the document
	Offset   int    // where in the text, in bytes, or -1
	Msg      string
	Breaks   Breaks // of what [Breaking] finds
}

// String returns the issue in one line.
func (i Issue) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", i.Level, i.Document)
	if i.Path != "" {
		fmt.Fprintf(&b, " at %q", i.Path)
	}
	fmt.Fprintf(&b, ": %s", i.Msg)
	if i.Breaks != "" {
		fmt.Fprintf(&b, ", which breaks %s", i.Breaks)
	}
	fmt.Fprintf(&b, " [%s]", i.Rule)
	return b.String()
}

// HasErrors reports whether one of the issues is of level [Error].
func HasErrors(issues []Issue) bool {
	return slices.ContainsFunc(issues, func(i Issue) bool { return i.Level == Error })
}

// Options say what to look at. A nil *Options is the default.
type Options struct {
	Ignore []Rule // rules that are turned off
	Drafts bool   // accept what has only been proposed, see [schema.Options]

	// File is the name of the document's file in a tree of them, with slashes,
	// such as "com/example/post.json". If it is empty, it is not looked at.
	File string
}

// A reporter collects issues.
type reporter struct {
	opts   Options
	doc    string
	issues []Issue
}

func newReporter(doc string, o *Options) *reporter {
	r := &reporter{doc: doc}
	if o != nil {
		r.opts = *o
	}
	return r
}

func (r *reporter) add(i Issue) {
	if !slices.Contains(r.opts.Ignore, i.Rule) {
		i.Document = r.doc
		r.issues = append(r.issues, i)
	}
}

// warn reports an issue of style with t, which is at path.
func (r *reporter) warn(rule Rule, path string, c *schema.Common, format string, args ...any) {
	r.add(Issue{Rule: rule, Level: Warning, Path: path, Offset: c.Offset(), Msg: fmt.Sprintf(format, args...)})
}
