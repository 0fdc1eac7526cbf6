package syntax

// A StrongRef is a reference to one version of a record: where the record is,
// and the CID of what it said. It has the fields of com.atproto.repo.strongRef,
// and is plain data: JSON and CBOR read and write it as an object.
//
// The CID was not decoded, see [CIDString]: compare it with that of a record by
// parsing it with package dagcbor. Whether the record is still there, or says
// something else by now, the reference can't tell.
//
// https://atproto.com/specs/at-uri-scheme#usage-and-implementation-guidelines
type StrongRef struct {
	URI ATURI     `json:"uri"`
	CID CIDString `json:"cid"`
}

// NewStrongRef returns the reference to a version of a record, with an
// authority that lasts. It is zero if any of the three is.
func NewStrongRef(did DID, path RepoPath, cid CIDString) StrongRef {
	uri := RecordURI(did, path)
	if uri.IsZero() || cid.IsZero() {
		return StrongRef{}
	}
	return StrongRef{URI: uri, CID: cid}
}

// ParseStrongRef parses the two fields of a reference with [ParseATURI] and
// [ParseCIDString]. As the schema does, it takes URIs of accounts and
// collections and of handles too; see [StrongRef.IsRecordRef].
func ParseStrongRef(uri, cid string) (StrongRef, error) {
	u, err := ParseATURI(uri)
	if err != nil {
		return StrongRef{}, err
	}
	c, err := ParseCIDString(cid)
	if err != nil {
		return StrongRef{}, err
	}
	return StrongRef{URI: u, CID: c}, nil
}

// IsRecordRef reports whether r has a CID and a URI that refers to a record
// and lasts; see [ATURI.IsRecordRef]. It is what to check in a reference that
// was read with encoding/json, where a missing field stays zero.
func (r StrongRef) IsRecordRef() bool { return r.URI.IsRecordRef() && !r.CID.IsZero() }

// IsZero reports whether r has neither a URI nor a CID.
func (r StrongRef) IsZero() bool { return r == StrongRef{} }
