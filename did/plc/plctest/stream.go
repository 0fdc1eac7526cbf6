package plctest

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/linnet-at/linnet/did/plc"
)

// The reasons for which a stream is closed.
//
// https://web.plc.directory/spec/v0.1/did-plc#export-streaming-websocket
const (
	futureCursor    = "FutureCursor"
	outdatedCursor  = "OutdatedCursor"
	consumerTooSlow = "ConsumerTooSlow"
)

const (
	streamPage   = 500              // entries that are taken from the export at once
	writeTimeout = 10 * time.Second // for one message
)

// serveStream serves the export as a stream.
//
// https://web.plc.directory/spec/v0.1/did-plc#export-streaming-websocket
func (d *Directory) serveStream(w http.ResponseWriter, r *http.Request) {
	cursor := int64(-1)
	if text := r.URL.Query().Get("cursor"); text != "" {
		if !isNumber(text) {
			fail(w, http.StatusBadRequest, "Invalid cursor parameter")
			return
		}
		cursor, _ = strconv.ParseInt(text, 10, 64)
	}
	if r.Header.Get("Upgrade") == "" {
		fail(w, http.StatusUpgradeRequired, "upgrade required")
		return
	}
	s := stream{d: d, cursor: cursor}
	reason := s.start()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // it is public
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }()
	s.conn = conn
	d.count(&d.streams, 1)
	defer d.count(&d.streams, -1)
	if reason == "" {
		reason = s.run(conn.CloseRead(r.Context()))
	}
	if reason != "" {
		_ = conn.Close(websocket.StatusNormalClosure, reason)
	}
}

// count counts streams.
func (d *Directory) count(what *int, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*what += n
}

// A stream is a connection of a consumer.
type stream struct {
	d        *Directory
	conn     *websocket.Conn
	cursor   int64 // the number of the last entry that was sent
	drops    int   // of the directory, when the stream began
	caughtUp bool
}

// start sets where the stream begins, or returns why it can't.
func (s *stream) start() (reason string) {
	d := s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	s.drops = d.drops
	last := d.lastSeq()
	switch {
	case s.cursor < 0:
		s.cursor, s.caughtUp = last, true
	case s.cursor > max(last, 0):
		return futureCursor
	}
	next := max(s.cursor-d.o.FirstSeq+1, 0)
	if next < int64(len(d.export)) && d.o.Now().Sub(d.export[next].CreatedAt) > d.o.StreamWindow {
		return outdatedCursor
	}
	return ""
}

// run sends entries until there is a reason to end, which is empty if the
// connection is gone or to be cut.
func (s *stream) run(ctx context.Context) (reason string) {
	for {
		grown, dropped, ended := s.wait()
		if ended {
			return dropped
		}
		entries, behind := s.d.after(s.cursor, streamPage)
		if s.caughtUp && behind > s.d.o.StreamBacklog {
			return consumerTooSlow
		}
		for _, e := range entries {
			if err := s.send(ctx, e); err != nil {
				return ""
			}
			s.cursor = e.Seq
		}
		if len(entries) > 0 {
			continue
		}
		s.caughtUp = true
		s.d.count(&s.d.idle, 1)
		select {
		case <-grown:
		case <-ctx.Done():
		}
		s.d.count(&s.d.idle, -1)
		if ctx.Err() != nil {
			return ""
		}
	}
}

// wait returns a channel that is closed when there is something to do, or that
// the stream is to end, and with which reason.
func (s *stream) wait() (grown chan struct{}, dropped string, ended bool) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	return s.d.grown, s.d.dropped, s.d.drops != s.drops
}

func (s *stream) send(ctx context.Context, e plc.Entry) error {
	line, err := e.MarshalJSON()
	if err != nil {
		panic("plctest: internal error: " + err.Error())
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, line)
}
