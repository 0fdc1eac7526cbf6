package lexgen

import (
	"fmt"
	"math"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// A chain is the problems that a value may have, of which the first one counts,
// as it does for a catalog.
type chain struct {
	cases []problem
	sized bool // conditions use the length n
}

// A problem is there under a condition, which may be empty for always. Either call
// notes it, or test does if it is there, and reports whether it is not.
type problem struct{ cond, call, test string }

// add adds a problem.
func (c *chain) add(cond, format string, args ...any) {
	c.cases = append(c.cases, problem{cond: cond, call: fmt.Sprintf(format, args...)})
}

// length adds the bounds of a length.
func (c *chain) length(what, name string, lo, hi *int64) {
	var conds []string
	low, high := int64(0), int64(math.MaxInt64)
	if lo != nil && *lo > 0 {
		low = *lo
		conds = append(conds, fmt.Sprintf("n < %d", low))
	}
	if hi != nil {
		high = *hi
		conds = append(conds, fmt.Sprintf("n > %d", high))
	}
	if conds != nil {
		c.sized = true
		c.add(strings.Join(conds, " || "), "v.Length(%s, %q, int(n), %d, %d)", name, what, low, high)
	}
}

// graphemes adds the bounds of the number of graphemes, which are counted only in
// strings that have more bytes than graphemes are allowed.
func (c *chain) graphemes(s *schema.String, x, name string) {
	lo, hi := int64(0), int64(math.MaxInt32)
	if s.MinGraphemes != nil {
		lo = *s.MinGraphemes
	}
	if s.MaxGraphemes != nil {
		hi = *s.MaxGraphemes
	}
	p := problem{test: fmt.Sprintf("v.Graphemes(%s, %s, %d, %d)", name, x, lo, hi)}
	if lo == 0 {
		if s.MaxGraphemes == nil {
			return
		}
		c.sized = true
		p.cond = fmt.Sprintf("n > %d", hi)
	}
	c.cases = append(c.cases, p)
}

// write writes the statements for a value x: those of rest stand where it has no
// problem.
func (c *chain) write(w *writer, x string, rest []byte) {
	size := ""
	if c.sized {
		size = "n := int64(len(" + x + "));"
	}
	switch {
	case len(c.cases) == 0:
		w.out.Write(rest)
	case len(c.cases) == 1:
		w.p("if %s %s {\n%s", size, c.cases[0].cond, c.cases[0].call)
		if len(rest) > 0 {
			w.p("} else {\n%s}", rest)
		} else {
			w.p("}")
		}
	default:
		w.p("switch %s {", size)
		for i, p := range c.cases {
			w.problem(p, i == len(c.cases)-1 && len(rest) == 0)
		}
		if len(rest) > 0 {
			w.p("default:")
			w.out.Write(rest)
		}
		w.p("}")
	}
}

// problem writes the case of a problem.
func (w *writer) problem(p problem, last bool) {
	switch {
	case p.test == "":
		w.p("case %s:\n%s", p.cond, p.call)
	case last && p.cond == "":
		w.p("default:\n%s", p.test)
	case last:
		w.p("case %s:\n%s", p.cond, p.test)
	case p.cond == "":
		w.p("case !%s:", p.test)
	default:
		w.p("case %s && !%s:", p.cond, p.test)
	}
}
