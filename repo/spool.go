package repo

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/linnet-at/linnet/repo/car"
)

// orderedMemory is how many bytes a spool holds in memory of a stream that may
// well be in pre-order to its end, and will then not be needed again. It is more
// than is read before the first block is looked at.
const orderedMemory = car.ReadAheadSize + 128<<10

// spoolChunk is how much is allocated for it at a time.
const spoolChunk = 64 << 10

// A spool keeps what is read from a stream, so that it can be read again should
// its blocks not stand in the order in which they are needed: up to a number of
// bytes in memory, then all of it in a temporary file. An input that can be
// read again by itself is left where it is.
type spool struct {
	in  io.Reader
	at  io.ReaderAt // the input, if it can be read again
	off bool        // nothing is kept

	size   int64    // bytes read
	memory [][]byte // all of them, in chunks
	held   int64    // in memory
	limit  int64    // of memory
	budget int64    // what limit may become
	dir    string
	file   *os.File
	lost   error // why there is no file; of interest only if one is needed
	failed error // what reading came to, if not the end
}

func newSpool(in io.Reader, o *Options) *spool {
	s := &spool{in: in, off: o.RequirePreorder, dir: o.TempDir, budget: o.memoryBudget()}
	s.limit = min(s.budget, orderedMemory)
	return s
}

func (s *spool) Read(b []byte) (int, error) {
	n, err := s.in.Read(b)
	if n > 0 && n <= len(b) {
		s.size += int64(n)
		s.keep(b[:n])
	}
	if err != nil && !isEOF(err) {
		s.failed = err
	}
	return n, err
}

func (s *spool) keep(b []byte) {
	switch {
	case s.off || s.at != nil || s.lost != nil:
		return
	case s.file == nil && s.held+int64(len(b)) <= s.limit:
		s.hold(b)
		return
	case s.file == nil:
		if s.lost = s.spill(); s.lost != nil {
			return
		}
	}
	_, err := s.file.Write(b)
	s.lost = spillError(err)
}

// hold copies b to memory.
func (s *spool) hold(b []byte) {
	s.held += int64(len(b))
	for len(b) > 0 {
		last := len(s.memory) - 1
		if last < 0 || len(s.memory[last]) == cap(s.memory[last]) {
			s.memory = append(s.memory, make([]byte, 0, spoolChunk))
			last++
		}
		chunk := s.memory[last]
		n := min(len(b), cap(chunk)-len(chunk))
		s.memory[last] = append(chunk, b[:n]...)
		b = b[n:]
	}
}

// spill moves what is in memory to a file.
func (s *spool) spill() error {
	if err := s.open(); err != nil {
		return err
	}
	for _, chunk := range s.memory {
		if _, err := s.file.Write(chunk); err != nil {
			return spillError(err)
		}
	}
	s.memory = nil
	return nil
}

// open makes the temporary file, if there is none. Where the system allows it
// the file loses its name at once: whatever happens, it is not left behind.
func (s *spool) open() error {
	if s.file != nil {
		return nil
	}
	f, err := os.CreateTemp(s.dir, "linnet-repo-*.tmp")
	if err != nil {
		return spillError(err)
	}
	s.file = f
	_ = os.Remove(f.Name())
	return nil
}

func spillError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("repo: spilling to a temporary file: %w", err)
}

// close removes the temporary file.
func (s *spool) close() error {
	s.off, s.memory = true, nil
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	err := f.Close()
	_ = os.Remove(f.Name()) // where that could not be done before
	return spillError(err)
}

// again returns all that was read, as a reader or, if it is in memory or fits
// there, as bytes.
func (s *spool) again() (r io.ReaderAt, b []byte, err error) {
	switch {
	case s.at != nil && s.size <= s.budget:
		b = make([]byte, s.size)
		if _, err := s.at.ReadAt(b, 0); err != nil && !isEOF(err) {
			return nil, nil, rereadError(err)
		}
		return nil, b, nil
	case s.at != nil:
		return s.at, nil, nil
	case s.lost != nil:
		return nil, nil, s.lost
	case s.file != nil:
		return s.file, nil, nil
	}
	b = slices.Concat(s.memory...)
	s.memory = nil
	return nil, b, nil
}

func rereadError(err error) error {
	return fmt.Errorf("repo: reading a CAR file again: %w", err)
}

// rereadable returns r as an input that can be read again from where it stands,
// or nil.
func rereadable(r io.Reader) io.ReaderAt {
	in, can := r.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !can {
		return nil
	}
	if f, is := r.(*os.File); is {
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
			return nil
		}
	}
	start, err := in.Seek(0, io.SeekCurrent)
	if err != nil || start < 0 {
		return nil
	}
	return io.NewSectionReader(in, start, 1<<63-1-start)
}

// tail returns the temporary file and the offset at which there is room in it.
func (s *spool) tail() (*os.File, int64, error) {
	if s.file != nil {
		return s.file, s.size, nil
	}
	err := s.open()
	return s.file, 0, err
}
