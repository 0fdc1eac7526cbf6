package lexicon

import (
	"math"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// keyType says which keys the records of a collection have.
type keyType = syntax.RecordKeyType

// compile makes the program of a catalog's documents.
func compile(docs []*schema.Document) *program {
	c := compiler{program: &program{
		defs:    make(map[string]int32, 4*len(docs)),
		records: make(map[string]record),
		methods: make(map[string]*method, len(docs)),
	}}
	for _, d := range docs {
		c.declare(d)
	}
	for _, d := range docs {
		c.doc = d
		for _, def := range d.Defs {
			c.def(def)
		}
	}
	return c.program
}

type compiler struct {
	*program
	doc  *schema.Document // the one at hand
	name int32            // index of the name of the definition at hand
}

// declare sets aside a node for each definition, so that references can lead to
// it.
func (c *compiler) declare(d *schema.Document) {
	for _, def := range d.Defs {
		name := schema.Name{NSID: d.ID, Def: def.Name}.String()
		c.defs[name] = int32(len(c.nodes))
		c.add(node{op: opNoData, flags: flagDef, name: c.addName(name)})
	}
}

// def compiles a definition into its node.
func (c *compiler) def(def schema.Def) {
	name := schema.Name{NSID: c.doc.ID, Def: def.Name}.String()
	at := c.defs[name]
	c.name = c.nodes[at].name
	switch t := def.Type.(type) {
	case *schema.Record:
		n := c.object(t.Record)
		n.flags |= flagRecord
		c.set(at, n)
		c.records[name] = record{t.Key, at}
	case *schema.Query:
		c.methods[name] = c.method(t.Kind(), t.Parameters, nil, t.Output, nil)
	case *schema.Procedure:
		c.methods[name] = c.method(t.Kind(), t.Parameters, t.Input, t.Output, nil)
	case *schema.Subscription:
		c.methods[name] = c.method(t.Kind(), t.Parameters, nil, nil, t.Message)
	default:
		c.set(at, c.node(def.Type))
	}
}

// set makes n the node of a definition.
func (c *compiler) set(at int32, n node) {
	n.flags |= flagDef
	c.nodes[at] = n
}

func (c *compiler) method(kind schema.Kind, params *schema.Params, in, out *schema.Body, msg *schema.Message) *method {
	m := &method{kind: kind, params: noNode, message: noNode}
	if params == nil {
		params = &schema.Params{}
	}
	m.params = c.add(c.params(params))
	m.input, m.output = c.body(in), c.body(out)
	if msg != nil && msg.Schema != nil {
		m.message = c.add(c.union(msg.Schema))
	}
	return m
}

func (c *compiler) body(b *schema.Body) body {
	if b == nil {
		return body{node: noNode}
	}
	n := int32(noNode)
	if b.Schema != nil && b.IsJSON() {
		n = c.typ(b.Schema)
	}
	return body{declared: true, json: b.IsJSON(), encoding: b.Encoding, node: n}
}

// add adds a node and returns its index.
func (c *compiler) add(n node) int32 {
	c.nodes = append(c.nodes, n)
	return int32(len(c.nodes) - 1)
}

// typ returns the node of a type: for a reference that of its target.
func (c *compiler) typ(t schema.Type) int32 {
	ref, ok := t.(*schema.Ref)
	if !ok {
		return c.add(c.node(t))
	}
	at, _ := c.target(ref.Ref)
	return at
}

// target returns the node and the full name of what a reference leads to, which
// is a node that says so if that is nowhere.
func (c *compiler) target(ref string) (at int32, full string) {
	full = ref
	if name, err := schema.ParseRef(ref, c.doc.ID); err == nil {
		full = name.String()
	}
	at, ok := c.defs[full]
	if !ok {
		at = c.add(node{op: opUnresolved, name: c.addName(full)})
	}
	return at, full
}

func (c *compiler) addName(name string) int32 {
	c.names = append(c.names, name)
	return int32(len(c.names) - 1)
}

// node compiles a type other than a reference.
func (c *compiler) node(t schema.Type) node {
	n := node{lo: math.MinInt64, hi: math.MaxInt64, ghi: math.MaxInt32, name: c.name}
	switch t := t.(type) {
	case *schema.Boolean:
		n.op = opBoolean
		if t.Const != nil {
			n.flags, n.from = flagConst, 0
			if *t.Const {
				n.from = 1
			}
		}
	case *schema.Integer:
		return c.integer(n, t)
	case *schema.String:
		return c.text(n, t)
	case *schema.Bytes:
		n.op = opBytes
		n.lo, n.hi = orMin(t.MinLength), orMax(t.MaxLength)
	case *schema.CIDLink:
		n.op = opLink
	case *schema.Blob:
		n.op, n.hi = opBlob, orMax(t.MaxSize)
		n.from, n.to = c.addTexts(t.Accept)
	case *schema.Array:
		n.op = opArray
		n.lo, n.hi = orMin(t.MinLength), orMax(t.MaxLength)
		n.sub = c.typ(t.Items)
	case *schema.Object:
		return c.object(t)
	case *schema.Union:
		return c.union(t)
	case *schema.Unknown:
		n.op = opUnknown
	default:
		n.op = opNoData
	}
	return n
}

func (c *compiler) integer(n node, t *schema.Integer) node {
	n.op = opInteger
	if t.Minimum != nil {
		n.lo = *t.Minimum
	}
	if t.Maximum != nil {
		n.hi = *t.Maximum
	}
	values := t.Enum
	if values != nil {
		n.flags |= flagEnum
	}
	if t.Const != nil {
		values = constAmong(values, *t.Const)
		n.flags |= flagConst | flagEnum
	}
	n.from = int32(len(c.ints))
	c.ints = append(c.ints, values...)
	n.to = int32(len(c.ints))
	slices.Sort(c.ints[n.from:n.to])
	return n
}

// constAmong returns the values that a constant and an enumeration, which may
// be nil for none, leave.
func constAmong[T comparable](enum []T, v T) []T {
	if enum == nil || slices.Contains(enum, v) {
		return []T{v}
	}
	return nil
}

func (c *compiler) text(n node, t *schema.String) node {
	n.op, n.format = opString, formatOf(t.Format)
	n.lo, n.hi = orMin(t.MinLength), orMax(t.MaxLength)
	n.glo, n.ghi = clamp(orMin(t.MinGraphemes)), clamp(orMax(t.MaxGraphemes))
	values := t.Enum
	if values != nil {
		n.flags |= flagEnum
	}
	if t.Const != nil {
		values = constAmong(values, *t.Const)
		n.flags |= flagConst | flagEnum
	}
	n.from, n.to = c.addTexts(values)
	return n
}

// addTexts adds texts to their table, in order.
func (c *compiler) addTexts(list []string) (from, to int32) {
	from = int32(len(c.texts))
	c.texts = append(c.texts, list...)
	slices.Sort(c.texts[from:])
	return from, int32(len(c.texts))
}

// object compiles an object. What its properties add to the tables comes before
// its own properties, which stand together.
func (c *compiler) object(t *schema.Object) node {
	n := node{op: opObject, name: c.name}
	props := make([]prop, 0, len(t.Properties))
	required, nullable := setOf(t.Required), setOf(t.Nullable)
	for _, p := range t.Properties {
		if p.Name != typeKey { // which is the protocol's, and only lenient documents declare
			props = append(props, prop{name: p.Name, node: c.typ(p.Type), required: required.has(p.Name), nullable: nullable.has(p.Name)})
		}
	}
	n.from, n.to = c.addProps(props)
	return n
}

func (c *compiler) addProps(props []prop) (from, to int32) {
	slices.SortFunc(props, func(a, b prop) int { return dagcbor.CompareKeys(a.name, b.name) })
	from = int32(len(c.props))
	c.props = append(c.props, props...)
	return from, int32(len(c.props))
}

// params compiles parameters: an object with defaults.
func (c *compiler) params(t *schema.Params) node {
	props := make([]prop, 0, len(t.Properties))
	required := setOf(t.Required)
	for _, p := range t.Properties {
		props = append(props, prop{name: p.Name, node: c.typ(p.Type), required: required.has(p.Name), def: defaultOf(p.Type)})
	}
	n := node{op: opObject, name: c.name}
	n.from, n.to = c.addProps(props)
	return n
}

// defaultOf returns the default of a parameter in DAG-CBOR, or nil.
func defaultOf(t schema.Type) []byte {
	switch t := t.(type) {
	case *schema.Boolean:
		if t.Default != nil {
			return dagcbor.AppendBool(nil, *t.Default)
		}
	case *schema.Integer:
		if t.Default != nil {
			return dagcbor.AppendInt(nil, *t.Default)
		}
	case *schema.String:
		if t.Default != nil {
			return dagcbor.AppendText(nil, *t.Default)
		}
	}
	return nil
}

func (c *compiler) union(t *schema.Union) node {
	n := node{op: opUnion, name: c.name}
	if t.Closed {
		n.flags = flagClosed
	}
	list := make([]variant, 0, len(t.Refs))
	for _, ref := range t.Refs {
		at, name := c.target(ref)
		list = append(list, variant{name, at})
	}
	slices.SortFunc(list, func(a, b variant) int { return strings.Compare(a.name, b.name) })
	n.from = int32(len(c.variants))
	c.variants = append(c.variants, list...)
	n.to = int32(len(c.variants))
	return n
}

// orMin and orMax return a bound of a length, or one that everything keeps.
func orMin(v *int64) int64 {
	if v == nil {
		return 0
	}
	return *v
}

func orMax(v *int64) int64 {
	if v == nil {
		return math.MaxInt64
	}
	return *v
}

func clamp(v int64) int32 { return int32(min(v, math.MaxInt32)) }

// A set is a list of names to look things up in.
type set struct {
	list  []string
	index map[string]bool // of long lists
}

func setOf(list []string) set {
	const long = 8
	s := set{list: list}
	if len(list) > long {
		s.index = make(map[string]bool, len(list))
		for _, name := range list {
			s.index[name] = true
		}
	}
	return s
}

func (s set) has(name string) bool {
	if s.index != nil {
		return s.index[name]
	}
	return slices.Contains(s.list, name)
}
