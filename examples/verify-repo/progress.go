package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress shows on a terminal how far a long verification is. Elsewhere, and
// in the first half second, it shows nothing.
type progress struct {
	w       io.Writer // nil if it is not a terminal
	next    time.Time
	shown   bool
	bytes   int64
	records int
}

const (
	progressAfter = 500 * time.Millisecond
	progressEvery = 100 * time.Millisecond
)

func newProgress(stderr io.Writer) *progress {
	p := &progress{next: time.Now().Add(progressAfter)}
	if f, isFile := stderr.(*os.File); isFile {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = stderr
		}
	}
	return p
}

// reader counts the bytes that are read from r. What r says about its size is
// kept, so that it is read without growing buffers.
func (p *progress) reader(r io.Reader) io.Reader {
	if f, isFile := r.(*os.File); isFile {
		return fileReader{f, p}
	}
	return plainReader{r, p}
}

type plainReader struct {
	io.Reader
	p *progress
}

func (r plainReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.p.read(n)
	return n, err
}

type fileReader struct {
	*os.File
	p *progress
}

func (r fileReader) Read(b []byte) (int, error) {
	n, err := r.File.Read(b)
	r.p.read(n)
	return n, err
}

func (p *progress) read(n int) {
	p.bytes += int64(n)
	p.show("read %d bytes", p.bytes)
}

func (p *progress) record() {
	p.records++
	if p.records%256 == 0 {
		p.show("verified %d records", p.records)
	}
}

func (p *progress) show(format string, args ...any) {
	if p.w == nil || time.Now().Before(p.next) {
		return
	}
	p.next = time.Now().Add(progressEvery)
	p.shown = true
	fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
}

// clear removes what is shown, before something else is printed.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
