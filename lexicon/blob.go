package lexicon

import (
	"bytes"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// rawLink is how a link to content of codec raw begins
// (https://atproto.com/specs/data-model#link-and-cid-formats).
const rawLink = "\xd8\x2a\x58\x25\x00\x01\x55\x12\x20"

// blob checks a map where a blob is due.
//
// https://atproto.com/specs/data-model#blob-type
func (w *validator) blob(n int32, nd *node, off int) int {
	typ := find(w.b, off, typeKey)
	if typ < 0 {
		return w.legacyBlob(n, nd, off)
	}
	if !isText(w.b, typ) {
		return w.fail(n, off, CodeBlob, typeKey, `$type of a blob is not "blob"`)
	}
	if text, _ := cborhead.ReadText(w.b, typ); string(text) != "blob" {
		return w.fail(n, off, CodeBlob, typeKey, `$type %.64q of a blob is not "blob"`, text)
	}
	if pairs, _ := cborhead.Read(w.b, off); pairs != 4 && !w.rules.permissive {
		return w.fail(n, off, CodeBlob, "", "blob without exactly the members $type, ref, mimeType and size")
	}
	if ref := find(w.b, off, "ref"); ref < 0 || !w.isBlobRef(ref) {
		return w.fail(n, off, CodeBlob, "ref", "ref of a blob is not a link to a CID of codec raw")
	}
	at := find(w.b, off, "size")
	if at < 0 || w.b[at]&cborhead.Mask != cborhead.Uint {
		return w.fail(n, off, CodeBlob, "size", "size of a blob is not an integer, or is negative")
	}
	size, _ := cborhead.ReadInt(w.b, at)
	mime := find(w.b, off, "mimeType")
	if mime < 0 || !w.isMimeType(mime) {
		return w.fail(n, off, CodeBlob, "mimeType", "mimeType of a blob is not a media type")
	}
	return w.blobRules(n, nd, off, mime, size)
}

// isBlobRef reports whether the value at b[off:] may be the ref of a blob.
func (w *validator) isBlobRef(off int) bool {
	if w.rules.permissive {
		return w.b[off]&cborhead.Mask == cborhead.Tag
	}
	return bytes.HasPrefix(w.b[off:], []byte(rawLink))
}

// isMimeType reports whether the value at b[off:] may be the media type of a
// blob.
func (w *validator) isMimeType(off int) bool {
	if !isText(w.b, off) {
		return false
	}
	text, _ := cborhead.ReadText(w.b, off)
	if w.rules.permissive {
		return len(text) > 0
	}
	slash := bytes.IndexByte(text, '/')
	return slash > 0 && slash < len(text)-1 && bytes.IndexByte(text[slash+1:], '/') < 0
}

// legacyBlob checks a map without $type where a blob is due.
func (w *validator) legacyBlob(n int32, nd *node, off int) int {
	pairs, _ := cborhead.Read(w.b, off)
	cid, mime := find(w.b, off, "cid"), find(w.b, off, "mimeType")
	if pairs != 2 || cid < 0 || mime < 0 || !isText(w.b, cid) || !isText(w.b, mime) {
		return w.fail(n, off, CodeBlob, "", "object is no blob: it has no $type")
	}
	if !w.rules.legacyBlobs {
		return w.fail(n, off, CodeBlob, "", "blob of the legacy form")
	}
	text, _ := cborhead.ReadText(w.b, cid)
	if formatOf(schema.FormatCID).check(text, false) != "" || !w.isMimeType(mime) {
		return w.fail(n, off, CodeBlob, "", "blob of the legacy form without CID or media type")
	}
	return w.blobRules(n, nd, off, mime, 0)
}

// blobRules checks the media type and size of a blob. That of the legacy form
// is not known, and taken for zero.
func (w *validator) blobRules(n int32, nd *node, off, mime int, size int64) int {
	if w.rules.anyBlobs {
		return cborhead.Skip(w.b, off)
	}
	if size > nd.hi {
		return w.fail(n, off, CodeBlobSize, "", "blob of %d bytes, at most %d are allowed", size, nd.hi)
	}
	if text, _ := cborhead.ReadText(w.b, mime); nd.from < nd.to && !accepts(w.texts[nd.from:nd.to], text) {
		return w.fail(n, off, CodeBlobAccept, "", "blob of type %.64q, which is not accepted", text)
	}
	return cborhead.Skip(w.b, off)
}

// accepts reports whether a sorted list of patterns has one that a media type
// matches.
func accepts(patterns []string, media []byte) bool {
	const few = 8
	if len(patterns) <= few {
		return slices.ContainsFunc(patterns, func(p string) bool { return schema.MatchMedia(p, media) })
	}
	if hasText(patterns, media) && schema.MatchMedia(alias(media), media) {
		return true
	}
	kind, _, _ := strings.Cut(alias(media), "/")
	for _, p := range [...]string{kind + "/*", "*/*"} {
		if _, ok := slices.BinarySearch(patterns, p); ok && schema.MatchMedia(p, media) {
			return true
		}
	}
	return false
}
