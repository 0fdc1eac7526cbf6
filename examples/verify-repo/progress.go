package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/linnet-at/linnet/repo"
)

// progress shows on a terminal how far a long verification is. Elsewhere, and
// in the first half second, it shows nothing.
type progress struct {
	w     io.Writer // nil if it is not a terminal
	next  time.Time
	shown bool
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

// show is the function for repo.Options.Progress.
func (p *progress) show(now repo.Progress) {
	if p.w == nil || time.Now().Before(p.next) {
		return
	}
	p.next = time.Now().Add(progressEvery)
	p.shown = true
	of := ""
	if now.Total > 0 {
		of = fmt.Sprintf(" of %d", now.Total)
	}
	fmt.Fprintf(p.w, "\r\x1b[Kread %d%s bytes, verified %d records", now.Bytes, of, now.Records)
}

// clear removes what is shown, before something else is printed.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
