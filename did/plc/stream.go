package plc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// LiveOnly is the cursor for [Client.Stream] that begins with the next operation
// that the directory takes.
const LiveOnly int64 = -1

// Stream receives the operations of all DIDs as the directory takes them, from
// the one after the number given, over one connection. A directory goes back
// about a week; see [Client.Export] for what came before, and [Client.Follow]
// for both in one, with reconnection.
//
// A stream has no end but an error, which is the last pair. It matches
// [ErrOutdatedCursor], [ErrFutureCursor] or [ErrConsumerTooSlow] if that is why
// the directory ended it, and is a [*StatusError] if it did not begin it.
// Nothing is verified, and entries of unknown types are passed over.
//
// https://web.plc.directory/spec/v0.1/did-plc#export-streaming-websocket
func (c *Client) Stream(ctx context.Context, cursor int64, o *ExportOptions) iter.Seq2[Entry, error] {
	opts := o.withDefaults()
	return func(yield func(Entry, error) bool) {
		if err := c.stream(ctx, &cursor, &opts, func(e Entry) bool { return yield(e, nil) }); err != nil {
			yield(Entry{}, handOut(err))
		}
	}
}

// The reasons for which a directory closes a stream.
//
// https://web.plc.directory/spec/v0.1/did-plc#export-streaming-websocket
const (
	closeFutureCursor    = "FutureCursor"
	closeOutdatedCursor  = "OutdatedCursor"
	closeConsumerTooSlow = "ConsumerTooSlow"
)

var errSilent = errors.New("plc: stream does not answer")

// stream yields what comes on one connection, and advances the cursor. The
// error is nil only if yield wanted no more.
func (c *Client) stream(ctx context.Context, cursor *int64, o *ExportOptions, yield func(Entry) bool) error {
	path := "/export/stream"
	if *cursor >= 0 {
		path += "?cursor=" + strconv.FormatInt(*cursor, 10)
	}
	conn, err := c.connect(ctx, path)
	if err != nil {
		return err
	}
	reading, cancel := context.WithCancel(ctx)
	watch := watcher{conn: conn, interval: o.PingInterval, giveUp: cancel}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() { cancel(); _ = conn.CloseNow() }()
	if o.PingInterval > 0 {
		wg.Go(func() { watch.run(reading) })
	}
	for {
		watch.turn.Add(1)
		_, data, err := conn.Read(reading)
		watch.turn.Add(1)
		if err != nil {
			cancel()
			wg.Wait()
			if ctx.Err() == nil && watch.late && (errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)) {
				return errSilent
			}
			return streamError(ctx, err)
		}
		more, err := o.sequenced(data, cursor, yield)
		if err != nil || !more {
			return err
		}
	}
}

// connect opens a stream.
func (c *Client) connect(ctx context.Context, path string) (*websocket.Conn, error) {
	dialing, cancel := c.limit(ctx)
	defer cancel()
	conn, res, err := c.dial(dialing, "ws"+strings.TrimPrefix(c.base, "http")+path)
	if err == nil {
		conn.SetReadLimit(maxJSONSize)
		return conn, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if res != nil && res.StatusCode != http.StatusSwitchingProtocols && res.Body != nil {
		return nil, newStatusError(res, path, time.Now())
	}
	return nil, fmt.Errorf("plc: stream: %w", err)
}

// streamError says why a stream has ended.
func streamError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e, ok := errors.AsType[websocket.CloseError](err); ok {
		switch e.Reason {
		case closeFutureCursor:
			return ErrFutureCursor
		case closeOutdatedCursor:
			return ErrOutdatedCursor
		case closeConsumerTooSlow:
			return ErrConsumerTooSlow
		}
	}
	if errors.Is(err, websocket.ErrMessageTooBig) {
		return &LimitError{Name: "plc: length of a message in a stream", Limit: maxJSONSize, Got: maxJSONSize + 1, Offset: -1}
	}
	return fmt.Errorf("plc: stream ended: %w", err)
}

// A watcher gives up a connection on which nothing comes and pings are not
// answered. Pongs are seen only while somebody reads, so that it looks at that
// first: a consumer may take its time.
type watcher struct {
	conn     *websocket.Conn
	interval time.Duration
	giveUp   context.CancelFunc
	late     bool         // whether a ping was not answered
	turn     atomic.Int64 // odd while the connection is read
}

func (w *watcher) run(ctx context.Context) {
	tick := time.NewTicker(w.interval)
	defer tick.Stop()
	last := int64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		turn := w.turn.Load()
		if turn%2 == 1 && turn == last && !w.answers(ctx) {
			if w.late = true; w.turn.Load() == turn {
				w.giveUp()
				return
			}
		}
		last = turn
	}
}

// answers reports whether a ping is answered in time. One that cannot even be
// sent closes the connection.
func (w *watcher) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, w.interval)
	defer cancel()
	return w.conn.Ping(ctx) == nil
}
