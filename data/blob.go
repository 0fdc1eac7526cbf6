package data

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/cborhead"
)

const (
	typeBlob    = "blob"
	keyRef      = "ref"
	keySize     = "size"
	keyMimeType = "mimeType"
	keyCID      = "cid" // of the legacy form
)

// DefaultMimeType is the MIME type of a blob whose type is not known
// (https://atproto.com/specs/data-model#blob-type).
const DefaultMimeType = "application/octet-stream"

// A Blob is a reference from a record to a blob, a file that is stored beside
// the repository (https://atproto.com/specs/data-model#blob-type). In a record
// it is a map:
//
//	{"$type": "blob", "ref": {"$link": "bafkrei…"}, "mimeType": "image/jpeg", "size": 10000}
//
// Old records hold references of a legacy form, which have no size:
//
//	{"cid": "bafkrei…", "mimeType": "image/jpeg"}
//
// One that does not name a CID of the form that the protocol blesses is no Blob;
// in a tree it stays the map that it is.
//
// In Go structs, fields of type Blob are encoded and decoded in either form by
// [dagcbor.Marshal], [dagcbor.Unmarshal] and encoding/json.
type Blob struct {
	Ref      dagcbor.CID // CID of the content, with codec raw
	MimeType string      // not empty
	Size     int64       // bytes of content; -1 if the reference is of the legacy form
}

// NewBlob returns the reference to content. An empty mimeType means
// [DefaultMimeType].
func NewBlob(content []byte, mimeType string) Blob {
	if mimeType == "" {
		mimeType = DefaultMimeType
	}
	return Blob{dagcbor.Sum(dagcbor.Raw, content), mimeType, int64(len(content))}
}

// Legacy reports whether b is of the legacy form. Such references may be kept,
// but must not be made.
func (b Blob) Legacy() bool { return b.Size < 0 }

// Check reports whether content is what b refers to: whether its size and its
// hash are those of b. The size of a legacy reference is not known.
func (b Blob) Check(content []byte) error {
	if !b.Legacy() && b.Size != int64(len(content)) {
		return fmt.Errorf("data: blob has %d bytes, its reference says %d", len(content), b.Size)
	}
	if !b.Ref.Matches(content) {
		return fmt.Errorf("data: blob does not have the hash of its reference %q", b.Ref)
	}
	return nil
}

// Map returns b as the map that stands in a tree.
func (b Blob) Map() map[string]any {
	if b.Legacy() {
		return map[string]any{keyCID: b.Ref.String(), keyMimeType: b.MimeType}
	}
	return map[string]any{keyType: typeBlob, keyRef: b.Ref, keyMimeType: b.MimeType, keySize: b.Size}
}

// BlobOf returns the blob reference that v is, where a schema expects one: a
// map in a tree, of the normal or the legacy form.
func BlobOf(v any) (Blob, error) {
	b, err := Marshal(v, nil)
	if err != nil {
		return Blob{}, err
	}
	return ParseBlob(b)
}

// ParseBlob returns the blob reference that the encoded map m is, where a
// schema expects one, of the normal or the legacy form.
func ParseBlob(m []byte) (Blob, error) {
	if err := dagcbor.Valid(m, nil); err != nil {
		return Blob{}, err
	}
	if b, ok := parseLegacy(m); ok {
		return b, nil
	}
	ref, msg := parseBlob(m)
	if msg != "" {
		return Blob{}, &Error{Msg: msg}
	}
	return ref.blob(), nil
}

// MarshalCBOR returns the encoded map. It fails if b is not a valid reference.
func (b Blob) MarshalCBOR() ([]byte, error) { return b.appendCBOR(nil) }

// UnmarshalCBOR is [ParseBlob]. It leaves b alone on error.
func (b *Blob) UnmarshalCBOR(m []byte) error { return b.set(ParseBlob(m)) }

// MarshalJSON returns the JSON form. It fails if b is not a valid reference.
func (b Blob) MarshalJSON() ([]byte, error) {
	m, err := b.appendCBOR(nil)
	if err != nil {
		return nil, err
	}
	return ToJSON(m, nil)
}

// UnmarshalJSON reads the JSON form of either kind of reference. It leaves b
// alone on error.
func (b *Blob) UnmarshalJSON(text []byte) error {
	m, err := FromJSON(text, nil)
	if err != nil {
		return err
	}
	return b.set(ParseBlob(m))
}

func (b *Blob) set(v Blob, err error) error {
	if err == nil {
		*b = v
	}
	return err
}

// appendCBOR appends the encoded map.
func (b Blob) appendCBOR(dst []byte) ([]byte, error) {
	out := dst
	if b.Legacy() {
		out = dagcbor.AppendMap(out, 2)
		out = dagcbor.AppendText(dagcbor.AppendText(out, keyCID), b.Ref.String())
		out = dagcbor.AppendText(dagcbor.AppendText(out, keyMimeType), b.MimeType)
		if _, ok := parseLegacy(out[len(dst):]); !ok {
			return dst, treeErrorf("blob reference of the legacy form without CID or MIME type")
		}
		return out, nil
	}
	if !b.Ref.Defined() {
		return dst, treeErrorf("blob whose ref is undefined")
	}
	out = dagcbor.AppendMap(out, 4)
	out = dagcbor.AppendLink(dagcbor.AppendText(out, keyRef), b.Ref)
	out = dagcbor.AppendInt(dagcbor.AppendText(out, keySize), b.Size)
	out = dagcbor.AppendText(dagcbor.AppendText(out, keyType), typeBlob)
	out = dagcbor.AppendText(dagcbor.AppendText(out, keyMimeType), b.MimeType)
	if _, msg := parseBlob(out[len(dst):]); msg != "" {
		return dst, treeErrorf("%s", msg)
	}
	return out, nil
}

// A blobRef is a Blob as slices of the input.
type blobRef struct {
	ref      dagcbor.CID
	mimeType []byte
	size     int64
}

func (b blobRef) blob() Blob { return Blob{b.ref, string(b.mimeType), b.size} }

// noLimits is for values that were checked within the limits.
var noLimits = &dagcbor.Options{MaxSize: -1, MaxString: -1}

// parseBlob reads a blob reference of the normal form from the encoded map
// with which m begins, or returns what is wrong with it. All four keys must be there and no others;
// in canonical order they come as below. That sizes of zero are allowed
// follows https://atproto.com/specs/blob.
func parseBlob(m []byte) (b blobRef, msg string) {
	r := dagcbor.NewReader(m, noLimits)
	n, err := r.Map()
	if err != nil || n != 4 {
		return b, "blob without exactly the keys $type, ref, mimeType and size"
	}
	var typ []byte
	for _, want := range [...]string{keyRef, keySize, keyType, keyMimeType} {
		key, err := r.Key()
		if err != nil || string(key) != want {
			return b, "blob without exactly the keys $type, ref, mimeType and size"
		}
		switch want {
		case keyRef:
			b.ref, err = r.CID()
		case keySize:
			b.size, err = r.Int()
		case keyType:
			typ, err = r.Text()
		case keyMimeType:
			b.mimeType, err = r.Text()
		}
		if err != nil {
			return b, "blob whose " + want + " is of the wrong kind"
		}
	}
	switch {
	case string(typ) != typeBlob:
		return b, `blob whose $type is not "blob"`
	case b.ref.Codec() != dagcbor.Raw:
		return b, "blob whose ref is not a CID of codec raw"
	case b.size < 0:
		return b, "blob of negative size"
	case len(b.mimeType) == 0:
		return b, "blob with an empty mimeType"
	}
	return b, ""
}

// The parts of an encoded blob reference of the normal form around its
// digest, its size and its MIME type.
const (
	blobHead = "\xa4\x63ref" + linkHead + "\x55\x12\x20"
	blobSize = "\x64size"
	blobTail = "\x65$type\x64blob\x68mimeType"
)

// isUsualBlob reports whether the encoded map m, which is valid DAG-CBOR, is a
// blob reference of the normal form, by comparing bytes. It is what
// [parseBlob] accepts, in a fraction of the time.
func isUsualBlob(m []byte) bool {
	const sizeAt = len(blobHead) + 32 + len(blobSize)
	if len(m) <= sizeAt || string(m[:len(blobHead)]) != blobHead || string(m[sizeAt-len(blobSize):sizeAt]) != blobSize {
		return false
	}
	n := m[sizeAt]
	if n > 27 { // not an integer, or negative
		return false
	}
	rest := m[sizeAt+1:]
	if n >= 24 {
		rest = rest[1<<(n-24):]
	}
	if len(rest) <= len(blobTail) || string(rest[:len(blobTail)]) != blobTail {
		return false
	}
	mimeType := rest[len(blobTail)]
	return mimeType&cborhead.Mask == cborhead.Text && mimeType != cborhead.Text
}

// parseLegacy reads a blob reference of the legacy form from the encoded map
// with which m begins: exactly the keys cid, the text of a CID, and mimeType.
func parseLegacy(m []byte) (Blob, bool) {
	r := dagcbor.NewReader(m, noLimits)
	if n, err := r.Map(); err != nil || n != 2 {
		return Blob{}, false
	}
	if key, err := r.Key(); err != nil || string(key) != keyCID {
		return Blob{}, false
	}
	text, err := r.Text()
	if err != nil || len(text) > 2*maxCIDLen {
		return Blob{}, false
	}
	if key, err := r.Key(); err != nil || string(key) != keyMimeType {
		return Blob{}, false
	}
	mimeType, err := r.Text()
	if err != nil || len(mimeType) == 0 {
		return Blob{}, false
	}
	ref, err := dagcbor.ParseCID(string(text))
	if err != nil {
		return Blob{}, false
	}
	return Blob{ref, string(mimeType), -1}, true
}
