package data

import (
	"errors"
	"iter"

	"github.com/linnet-at/linnet/dagcbor"
)

var errStop = errors.New("data: iteration stopped")

// Blobs returns the blob references in b, a value in DAG-CBOR, in the order of
// their bytes. It needs no schema: a map whose $type is "blob" is a reference
// wherever it stands. References of the legacy form are found only with
// [Options.LegacyBlobs], for nothing but their keys tells them from other maps.
//
// The value is checked on the way as by [Validate]. If it is not valid, the
// error is the final pair, with a zero Blob. With [Options.Permissive], blobs
// of the wrong shape are passed over.
func Blobs(b []byte, o *Options) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		ru := o.rules()
		w := walker{r: *dagcbor.NewReader(b, &ru.cbor), in: b, rules: ru}
		w.visit = func(m []byte, _ int, typed bool) error {
			ref, ok := ru.findBlob(m, typed)
			if ok && !yield(ref, nil) {
				return errStop
			}
			return nil
		}
		err := w.value()
		if err == nil {
			err = w.r.End()
		}
		if err == nil {
			err = ru.checkRecord(b)
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(Blob{}, err)
		}
	}
}

// findBlob returns the blob reference that the encoded map m is; typed says
// whether its $type is "blob".
func (ru *rules) findBlob(m []byte, typed bool) (Blob, bool) {
	switch {
	case typed:
		ref, msg := parseBlob(m)
		if msg != "" {
			return Blob{}, false
		}
		return ref.blob(), true
	case ru.legacyBlobs:
		return parseLegacy(m)
	}
	return Blob{}, false
}
