package schema

import (
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

// Record returns the document as the record to publish, in DAG-CBOR: its JSON,
// with the $type that the collection has. It fails if something in
// [Common.Extra] is not of the data model, such as a number with a fraction.
//
// https://atproto.com/specs/lexicon#lexicon-publication-and-resolution
func (d *Document) Record() ([]byte, error) {
	typed := *d
	typed.Extra = append([]Member{{"$type", string(appendString(nil, Collection))}}, d.Extra...) // the first counts
	var w writer
	w.document(&typed)
	return data.FromJSON(w.dst, nil)
}

// CID returns the CID of [Document.Record]. Documents of the same content have
// the same, whatever the order of names and definitions.
func (d *Document) CID() (dagcbor.CID, error) {
	record, err := d.Record()
	if err != nil {
		return dagcbor.CID{}, err
	}
	return dagcbor.Sum(dagcbor.DAGCBOR, record), nil
}
