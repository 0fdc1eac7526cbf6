package plc

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// A lineReader cuts an export into lines.
type lineReader struct {
	r *bufio.Reader
	n int // of the last line, counted from 1
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, maxJSONSize+2)}
}

// next returns the next line that is not empty, without its end, or nil if
// there is none. The slice is valid until the next call. The error is a
// *LimitError if the line is longer than an entry may be, or one of the reader.
func (l *lineReader) next() ([]byte, error) {
	for {
		line, err := l.r.ReadSlice('\n')
		l.n++
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, &LimitError{Name: "plc: length of a line in an export", Limit: maxJSONSize, Got: int64(len(line)), Offset: -1}
		}
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return nil, err
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			return text, nil
		}
		if end {
			return nil, nil
		}
	}
}
