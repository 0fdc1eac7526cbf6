package dagcbor

import (
	"errors"
	"iter"
)

// Values returns the values that follow each other in b, one after the other
// without anything between them: the form of event stream frames
// (https://atproto.com/specs/event-stream#framing), and of logs. Each is checked
// as by [Valid], with [Options.MaxSize] as the limit on each. They alias b.
//
// An error is the last pair, with a nil value. Its offset is that in b.
func Values(b []byte, o *Options) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		l := o.limits()
		for off := 0; off < len(b); {
			value, err := firstValue(b[off:], &l)
			if err != nil {
				yield(nil, atOffset(err, int64(off)))
				return
			}
			if !yield(value, nil) {
				return
			}
			off += len(value)
		}
	}
}

// firstValue cuts the first value off b. It looks at no more of b than a value
// may have.
func firstValue(b []byte, l *limits) ([]byte, error) {
	window := b[:min(len(b), l.size)]
	end, p := scan(window, 0, l, 0)
	switch {
	case p.f == faultTruncated && len(window) < len(b):
		return nil, limitError(faultSize, l, l.size+1, 0)
	case p.f != ok:
		return nil, p.err(l)
	}
	return b[:end:end], nil
}

// atOffset returns err, which arose in a value, as that in a sequence of values
// in which this one begins at off.
func atOffset(err error, off int64) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Offset += int(off)
	}
	if e, ok := errors.AsType[*LimitError](err); ok && e.Offset >= 0 {
		e.Offset += off
	}
	return err
}
