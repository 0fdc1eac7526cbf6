package plc_test

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// mixed makes the logs of some DIDs and shuffles them into one export, in which
// the order of each is kept.
func mixed(t testing.TB, n int) (export []plc.Entry) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	var logs [][]plc.Entry
	for i := range n {
		c := &chronicle{t: t, r: rand.New(rand.NewPCG(uint64(i), 2)), k: keys(t, 4)}
		c.grow(6)
		logs = append(logs, c.log)
	}
	for len(logs) > 0 {
		i := r.IntN(len(logs))
		e := logs[i][0]
		e.Nullified, e.Seq = false, int64(len(export)+1)
		export = append(export, e)
		if logs[i] = logs[i][1:]; len(logs[i]) == 0 {
			logs = slices.Delete(logs, i, i+1)
		}
	}
	return export
}

func source(list []plc.Entry) func(context.Context) iter.Seq2[plc.Entry, error] {
	return func(context.Context) iter.Seq2[plc.Entry, error] {
		return func(yield func(plc.Entry, error) bool) {
			for _, e := range list {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// A mirror is what a consumer keeps.
type mirror struct {
	mu     sync.Mutex
	states map[syntax.DID][]byte
	loads  int
}

func (m *mirror) load(_ context.Context, id syntax.DID) (*plc.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	if m.states[id] == nil {
		return nil, nil
	}
	return plc.ParseState(m.states[id])
}

func (m *mirror) save(t testing.TB, s *plc.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var err error
	m.states[s.DID()], err = s.MarshalBinary()
	require.NoError(t, err)
}

// All ways to verify an export come to the same, which is what verifying each
// DID's log comes to.
func TestVerifyExport(t *testing.T) {
	ledger.Covers(t, "PLC-059")
	export := mixed(t, 12)
	type outcome struct {
		seq  int64
		err  bool
		head *plc.Operation
	}
	var want []outcome
	states := map[syntax.DID]*plc.State{}
	refused := 0
	for _, e := range export {
		s := states[e.DID]
		if s == nil {
			s = plc.NewState(e.DID)
		}
		next, _, err := s.Apply(e, nil)
		states[e.DID] = next
		want = append(want, outcome{e.Seq, err != nil, next.Head()})
		if err != nil {
			refused++
		}
	}
	require.NotZero(t, refused)
	for _, o := range []plc.BulkOptions{{}, {Workers: 1}, {Workers: 3, Window: 1}} {
		for _, keep := range []bool{false, true} {
			m := &mirror{states: map[syntax.DID][]byte{}}
			if keep {
				o.Load = m.load
			}
			var got []outcome
			for r, err := range plc.VerifyExport(t.Context(), source(export), &o) {
				require.NoError(t, err)
				require.Equal(t, r.Verdict.Err != nil, r.Verdict.Status == plc.Refused)
				got = append(got, outcome{r.Entry.Seq, r.Verdict.Err != nil, r.State.Head()})
				m.save(t, r.State)
			}
			require.Equal(t, want, got)
			if keep {
				require.LessOrEqual(t, m.loads, len(export))
				require.GreaterOrEqual(t, m.loads, 12)
			}
		}
	}
	// A mirror that stops in the middle goes on where it was.
	m := &mirror{states: map[syntax.DID][]byte{}}
	cursor := 0
	for cursor < len(export) {
		n := 0
		for r, err := range plc.VerifyExport(t.Context(), source(export[cursor:]), &plc.BulkOptions{Load: m.load, Workers: 2}) {
			require.NoError(t, err)
			require.Equal(t, want[cursor], outcome{r.Entry.Seq, r.Verdict.Err != nil, r.State.Head()})
			m.save(t, r.State)
			cursor++
			if n++; n == 20 {
				break
			}
		}
	}
}

// A state that the consumer has not kept yet is not asked for.
func TestVerifyExportInFlight(t *testing.T) {
	s := newStory(t).update("b", "a", 2, hour).update("c", "b", 2, 2*hour).update("d", "c", 2, 76*hour)
	proceed, sent := make(chan struct{}), make(chan struct{})
	slow := func(context.Context) iter.Seq2[plc.Entry, error] {
		return func(yield func(plc.Entry, error) bool) {
			for i, e := range s.log {
				if i == 2 {
					<-proceed
				}
				if !yield(e, nil) {
					return
				}
			}
			close(sent)
		}
	}
	m := &mirror{states: map[syntax.DID][]byte{}}
	n := 0
	for r, err := range plc.VerifyExport(t.Context(), slow, &plc.BulkOptions{Load: m.load}) {
		require.NoError(t, err)
		require.Equal(t, plc.Active, r.Verdict.Status, "%v", r.Verdict.Err)
		if n++; n == 2 { // the first is kept, this one not yet
			close(proceed)
			<-sent
		}
		m.save(t, r.State)
		if n == 4 {
			require.Len(t, r.State.Operations(), 2, "what can't be undone any more is left out")
		}
	}
	require.Equal(t, 1, m.loads)
}

func TestVerifyExportErrors(t *testing.T) {
	export := mixed(t, 3)
	mine := errors.New("mine")
	broken := func(context.Context) iter.Seq2[plc.Entry, error] {
		return func(yield func(plc.Entry, error) bool) {
			if yield(export[0], nil) {
				yield(plc.Entry{}, mine)
			}
		}
	}
	n := 0
	var last error
	for r, err := range plc.VerifyExport(t.Context(), broken, nil) {
		require.NoError(t, last, "the error is the last pair")
		if last = err; err != nil {
			require.Equal(t, plc.Checked{}, r)
		}
		n++
	}
	require.ErrorIs(t, last, mine)
	require.Equal(t, 2, n)

	load := func(context.Context, syntax.DID) (*plc.State, error) { return nil, mine }
	for _, err := range plc.VerifyExport(t.Context(), source(export), &plc.BulkOptions{Load: load}) {
		require.ErrorIs(t, err, mine)
	}
	for _, err := range plc.VerifyExport(t.Context(), source([]plc.Entry{{DID: export[0].DID}}), nil) {
		require.EqualError(t, err, "plc: entry without an operation")
	}
	// What waits ends with the context, and with the consumer.
	waits := func(ctx context.Context) iter.Seq2[plc.Entry, error] {
		return func(yield func(plc.Entry, error) bool) {
			if yield(export[0], nil) {
				<-ctx.Done()
				yield(plc.Entry{}, ctx.Err())
			}
		}
	}
	for range plc.VerifyExport(t.Context(), waits, nil) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n = 0
	for _, err := range plc.VerifyExport(ctx, waits, nil) {
		if n++; n == 1 {
			require.NoError(t, err)
			cancel()
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, 2, n)
	for range plc.VerifyExport(t.Context(), source(nil), nil) {
		t.Fatal("nothing to verify")
	}
}

// A mirror of a directory, from its export to the stream.
func TestMirror(t *testing.T) {
	ledger.Covers(t, "PLC-059")
	dir, clock, c := directory(t, nil)
	want := fill(t, dir, clock, 30)
	follow := func(ctx context.Context) iter.Seq2[plc.Entry, error] { return c.Follow(ctx, 0, quick(nil)) }
	n := 0
	for r, err := range plc.VerifyExport(t.Context(), follow, nil) {
		require.NoError(t, err)
		require.Equal(t, want[n], r.Entry)
		require.Equal(t, plc.Active, r.Verdict.Status)
		if n++; n == 30 {
			want = append(want, fill(t, dir, clock, 5)...)
		}
		if n == 35 {
			break
		}
	}
}

// The cache forgets what is old and holds to its bound, which is not seen from
// outside but by what verification says.
func TestKeyCache(t *testing.T) {
	export := mixed(t, 5)
	for _, n := range []int{1, 2, 3, 100} {
		keys := &plc.KeyCache{MaxKeys: n}
		states := map[syntax.DID]*plc.State{}
		for _, e := range export {
			s := states[e.DID]
			if s == nil {
				s = plc.NewState(e.DID)
			}
			with, _, err := s.Apply(e, &plc.VerifyOptions{Keys: keys})
			without, _, want := s.Apply(e, nil)
			require.Equal(t, want, err)
			require.Equal(t, without, with)
			states[e.DID] = with
		}
		require.LessOrEqual(t, keys.Len(), max(n+1, 2))
	}
}
