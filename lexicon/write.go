package lexicon

import (
	"errors"
	"slices"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/syntax"
)

// A Status is what a server answers about the validation of a record that was
// written, in validationStatus.
type Status string

// The statuses (https://atproto.com/specs/lexicon#validation).
const (
	StatusValid   Status = "valid"   // the record follows its schema
	StatusUnknown Status = "unknown" // the schema is not in the catalog
	StatusSkipped Status = ""        // nobody asked; the answer has no status
)

// ValidateWrite validates a record that is to be written, as the parameter
// validate of com.atproto.repo.createRecord and the like demands: if it is true,
// the schema must be in the catalog; if it is false, only the rules of the data
// model hold, and that $type is the collection; if it is nil, the schema is
// looked at if the catalog has all of it.
//
// That the record is valid data with the right $type is demanded in any case.
func (c *Catalog) ValidateWrite(collection syntax.NSID, key syntax.RecordKey, record []byte, validate *bool, o *Options) (Status, error) {
	ru := o.rules()
	v, err := data.NewView(record, &ru.data)
	if err != nil {
		return StatusSkipped, err
	}
	if t := v.Type(); t != collection.String() {
		return StatusSkipped, &Error{
			Path: "/" + typeKey, Code: CodeTypeName, Def: collection.String(),
			Msg: "$type " + quoted(t) + " of a record is not its collection",
		}
	}
	_, known := c.compiled().records[collection.String()]
	switch {
	case validate != nil && !*validate:
		return StatusSkipped, nil
	case validate == nil && !known:
		return StatusUnknown, nil
	}
	err = c.ValidateRecord(collection, key, record, o)
	switch {
	case err == nil:
		return StatusValid, nil
	case validate == nil && errors.Is(err, ErrNoSchema) && c.onlyUnresolved(collection, record, o):
		return StatusUnknown, nil
	}
	return StatusSkipped, err
}

// onlyUnresolved reports whether nothing is wrong with a record but that schemas
// are not in the catalog.
func (c *Catalog) onlyUnresolved(collection syntax.NSID, record []byte, o *Options) bool {
	var all Options
	if o != nil {
		all = *o
	}
	all.MaxErrors = -1
	problems, ok := errors.AsType[Errors](c.ValidateRecordData(collection, record, &all))
	return ok && !slices.ContainsFunc(problems, func(e *Error) bool { return e.Code != CodeUnresolved })
}
