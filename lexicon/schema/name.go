package schema

import (
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// MainName is the name of the definition that a document is about.
const MainName = "main"

// A Name is the full name of a definition: a document's NSID and the name
// within it. Names are comparable and may be map keys.
type Name struct {
	NSID syntax.NSID
	Def  string // such as "main", never empty
}

// ParseName parses a full name: an NSID, which stands for its main definition,
// or an NSID, "#" and the name of a definition. "#main" is accepted, as
// references of schemas have it, and means the same as nothing; in data it is
// not allowed.
//
// https://atproto.com/specs/lexicon#lexicon-files
func ParseName(s string) (Name, error) {
	id, def, has := strings.Cut(s, "#")
	nsid, err := syntax.ParseNSID(id)
	if err != nil {
		return Name{}, fmt.Errorf("schema: reference %.100q has no NSID", s)
	}
	if !has {
		return Name{nsid, MainName}, nil
	}
	if msg := checkDefName(def); msg != "" {
		return Name{}, fmt.Errorf("schema: reference %.100q: %s", s, msg)
	}
	return Name{nsid, def}, nil
}

// ParseRef parses a reference in the document with the given NSID: a full name,
// or "#" and the name of a definition of that document.
func ParseRef(ref string, in syntax.NSID) (Name, error) {
	def, local := strings.CutPrefix(ref, "#")
	if !local {
		return ParseName(ref)
	}
	if msg := checkDefName(def); msg != "" {
		return Name{}, fmt.Errorf("schema: reference %.100q: %s", ref, msg)
	}
	return Name{in, def}, nil
}

// String returns the name as $type has it in data: the NSID alone for the main
// definition, and otherwise the NSID, "#" and the name.
func (n Name) String() string {
	if n.Def == MainName || n.Def == "" {
		return n.NSID.String()
	}
	return n.NSID.String() + "#" + n.Def
}

// checkDefName returns what is wrong with the name of a definition.
func checkDefName(s string) string {
	switch {
	case s == "":
		return "empty name of a definition"
	case strings.ContainsAny(s, "#."):
		return fmt.Sprintf("name %.64q of a definition with # or a dot", s)
	}
	return ""
}
