package lexicon

import (
	"github.com/linnet-at/linnet/lexicon/schema"
)

// An op says what a node of a program checks.
type op uint8

const (
	opUnresolved op = iota // a reference that leads nowhere
	opBoolean
	opInteger
	opString
	opBytes
	opLink
	opBlob
	opArray
	opObject
	opUnion
	opUnknown
	opNoData // a definition that no data is of, such as a token
)

// Flags of nodes.
const (
	flagDef    = 1 << iota // a definition, and not a part of one
	flagConst              // the only value of the enumeration is a constant
	flagEnum               // the value must be one of those in the table
	flagRecord             // an object that must have $type
	flagClosed             // a union of nothing else
)

// A program is the schemas of a catalog in a form to run over data: types as
// nodes that refer to each other, and to ranges of tables, by index. References
// were followed when it was made.
type program struct {
	nodes    []node
	props    []prop
	texts    []string  // enumerations and constants of strings, and what blobs accept; sorted, each
	ints     []int64   // those of integers, sorted
	variants []variant // of unions, sorted by name
	names    []string  // full names of definitions, as $type has them

	defs    map[string]int32   // nodes of definitions that data can be of, by full name
	records map[string]record  // by collection
	methods map[string]*method // by NSID
}

// A node is a type. Which fields count is up to op.
type node struct {
	lo, hi   int64 // of integers; lengths of strings, byte strings and arrays; hi is the size of blobs
	glo, ghi int32 // graphemes
	from, to int32 // range of the table that belongs to op
	sub      int32 // node of the elements of an array
	name     int32 // index in names of the definition that this is or belongs to, or of what is missing
	op       op
	format   format
	flags    uint8
}

// A prop is a property of an object. Those of one object are in the canonical
// order of keys, in which they come in data.
type prop struct {
	name     string
	node     int32
	required bool
	nullable bool
	def      []byte // the default in DAG-CBOR, of parameters
}

// A variant is a member of a union.
type variant struct {
	name string
	node int32
}

type record struct {
	key  keyType
	node int32
}

// A method holds what a query, procedure or subscription takes and gives. Nodes
// that it has not are -1.
type method struct {
	kind          schema.Kind
	params        int32
	input, output body
	message       int32
}

type body struct {
	declared bool
	json     bool
	encoding string
	node     int32 // of JSON, if there is a schema
}

const noNode = -1
