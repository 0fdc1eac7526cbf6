package repo

import (
	"context"
	"fmt"
	"io"
	"io/fs"
)

const (
	// readStep is how much is read between two looks at the context.
	readStep = 1 << 20
	// trustedSize is how much is allocated on the word of a reader alone.
	trustedSize = 16 << 20
	// growth is how many times as much as was really read is allocated on its
	// word after that.
	growth = 4
	// maxEmptyReads is how often in a row a reader may return nothing, as
	// package bufio has it.
	maxEmptyReads = 100
)

// readAll reads r to its end, up to the limit. If r can tell its size, the
// memory for all of it is made at once or in a few steps, so that a lie about it
// costs no more than a small multiple of what is there.
func readAll(ctx context.Context, r io.Reader, o *Options) ([]byte, error) {
	m := newMeter(o, sizeHint(r))
	in := meteredReader(boundReader(ctx, r, o.maxSize()), m)
	var buf []byte
	for size := min(m.now.Total, o.maxSize()) + 1; int64(len(buf)) < size; { // one more, for the end to show
		have := len(buf)
		buf = append(make([]byte, 0, min(size, max(trustedSize, growth*int64(have)))), buf...)
		for len(buf) < cap(buf) {
			n, err := in.Read(buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			if err == io.EOF {
				return buf, nil
			}
			if err != nil {
				return nil, err
			}
		}
	}
	rest, err := io.ReadAll(in)
	if len(buf) == 0 || err != nil {
		return rest, err
	}
	return append(buf, rest...), nil
}

type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// boundReader is limitReader until ctx is done.
func boundReader(ctx context.Context, r io.Reader, maxSize int64) io.Reader {
	in := limitReader(r, maxSize)
	return readerFunc(func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return in.Read(b)
	})
}

// limitReader reads from r until there are more than maxSize bytes, or nothing
// comes.
func limitReader(r io.Reader, maxSize int64) io.Reader {
	var total int64
	empty := 0
	return readerFunc(func(b []byte) (int, error) {
		n, err := r.Read(b[:min(len(b), readStep)])
		if total += int64(n); total > maxSize {
			return n, sizeError(maxSize, total)
		}
		if empty++; n != 0 || len(b) == 0 {
			empty = 0
		}
		if empty >= maxEmptyReads && err == nil {
			err = io.ErrNoProgress
		}
		if err != nil && err != io.EOF { //nolint:errorlint // the end of a stream is io.EOF itself
			err = fmt.Errorf("repo: reading a CAR file: %w", err)
		}
		return n, err
	})
}

// meteredReader reads from r and reports how far it has come.
func meteredReader(r io.Reader, m *meter) io.Reader {
	return readerFunc(func(b []byte) (int, error) {
		n, err := r.Read(b)
		if m.now.Bytes += int64(n); err == io.EOF { //nolint:errorlint // see above
			m.flush()
		}
		m.update()
		return n, err
	})
}

// sizeHint says how many bytes are probably in r, or -1 if r can't tell.
func sizeHint(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }:
		return max(int64(r.Len()), -1)
	case interface{ Stat() (fs.FileInfo, error) }:
		if info, err := r.Stat(); err == nil && info.Mode().IsRegular() {
			return max(info.Size(), -1)
		}
	}
	return -1
}
