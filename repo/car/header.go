package car

import (
	"errors"
	"strconv"

	"github.com/linnet-at/linnet/dagcbor"
)

// A header is what the DAG-CBOR map at the beginning of a file says.
type header struct {
	roots     []dagcbor.CID // nil if the key is missing
	version   int64
	versionAt int // 0 if the key is missing
}

// parseHeader reads the DAG-CBOR of the header, which stands at offset off.
// How long it is has been checked; its parts need no limits of their own. The
// roots go into room, if there is enough of it.
func parseHeader(b []byte, off int64, l *limits, room []dagcbor.CID) ([]dagcbor.CID, error) {
	r := dagcbor.NewReader(b, &dagcbor.Options{MaxSize: -1, MaxContainer: -1, MaxKey: -1, MaxString: -1})
	h, err := readHeader(r, l, room)
	if err == nil {
		err = r.End()
	}
	switch {
	case err != nil:
		return nil, headerError(err, off)
	case h.versionAt == 0:
		return nil, &Error{off, "header has no version", nil}
	case h.version != 1:
		return nil, &Error{off + int64(h.versionAt), "header is of version " + strconv.FormatInt(h.version, 10) + ", not 1", nil}
	case h.roots == nil:
		return nil, &Error{off, "header has no roots", nil}
	}
	return h.roots, nil
}

// headerError makes of an error with an offset in the header one with an
// offset in the file.
func headerError(err error, off int64) error {
	if bad, found := errors.AsType[*dagcbor.Error](err); found {
		return &Error{off + int64(bad.Offset), "header: " + bad.Msg, nil}
	}
	if over, found := errors.AsType[*LimitError](err); found {
		return &LimitError{Name: over.Name, Limit: over.Limit, Got: over.Got, Offset: off + over.Offset}
	}
	return err
}

func readHeader(r *dagcbor.Reader, l *limits, room []dagcbor.CID) (h header, err error) {
	n, err := r.Map()
	for range n {
		var key []byte
		if key, err = r.Key(); err != nil {
			break
		}
		switch string(key) {
		case "roots":
			h.roots, err = readRoots(r, l, room)
		case "version":
			h.versionAt = r.Offset()
			h.version, err = r.Int()
		default:
			err = r.Skip()
		}
		if err != nil {
			break
		}
	}
	return h, err
}

func readRoots(r *dagcbor.Reader, l *limits, room []dagcbor.CID) ([]dagcbor.CID, error) {
	at := r.Offset()
	n, err := r.Array()
	if err != nil {
		return nil, err
	}
	if int64(n) > l.roots {
		return nil, limitError("number of roots", l.roots, int64(n), int64(at))
	}
	roots := room[:0]
	if cap(room) < n || room == nil {
		roots = make([]dagcbor.CID, 0, min(n, DefaultMaxRoots))
	}
	for range n {
		c, err := r.CID()
		if err != nil {
			return nil, err
		}
		roots = append(roots, c)
	}
	return roots, nil
}
