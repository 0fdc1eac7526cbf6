package filestore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/blockstore/filestore"
)

// often compacts whenever a log is more than half garbage.
var often = &filestore.Options{CompactMinimum: 1}

// requireEither opens a store and requires one of the states, and that the next
// batch can be committed, and is there when it is opened again.
func requireEither(tb testing.TB, d *memDisk, states ...*workload) {
	tb.Helper()
	s, err := filestore.OpenOn(d, often)
	require.NoError(tb, err)
	head, err := s.Head(tb.Context())
	require.NoError(tb, err)
	for _, w := range states {
		if w.head() != head {
			continue
		}
		w = w.clone()
		w.requireState(tb, s)
		require.NoError(tb, s.Commit(tb.Context(), w.next()))
		require.NoError(tb, s.Close())
		s, err = filestore.OpenOn(d.crash(nothing, nil), often)
		require.NoError(tb, err)
		w.requireState(tb, s)
		require.NoError(tb, s.Close())
		return
	}
	require.Fail(tb, "no known head")
}

// TestCrash takes the power away before every change to the disk, and leaves of
// what was not synced everything, nothing, and something in between.
func TestCrash(t *testing.T) {
	const steps = 30
	r := rand.New(rand.NewPCG(1, 2))
	d, w := newMemDisk(), newWorkload(1)
	acknowledged := w.clone()
	tried := 0
	d.before = func() {
		for _, how := range []survival{nothing, everything, prefix, prefix, prefix, sectors, sectors, sectors} {
			requireEither(t, d.crash(how, r), acknowledged, w)
			tried++
		}
	}
	s, err := filestore.OpenOn(d, often)
	require.NoError(t, err)
	for range steps {
		require.NoError(t, s.Commit(t.Context(), w.next()))
		acknowledged = w.clone()
		w.requireState(t, s)
	}
	require.NoError(t, s.Close())
	require.Greater(t, tried, 16*steps, "a write and a sync each")
	require.Len(t, d.names, 1)
	require.NotContains(t, d.names, "blocks-00000001.log", "was compacted")
}

// TestCrashUnsynced is the same without syncs and with the death of the process
// only: everything that was written is there.
func TestCrashUnsynced(t *testing.T) {
	d, w := newMemDisk(), newWorkload(2)
	acknowledged := w.clone()
	d.before = func() { requireEither(t, d.crash(everything, nil), acknowledged, w) }
	s, err := filestore.OpenOn(d, &filestore.Options{Sync: filestore.SyncNever})
	require.NoError(t, err)
	for range 30 {
		require.NoError(t, s.Commit(t.Context(), w.next()))
		acknowledged = w.clone()
	}
	require.NoError(t, s.Sync(t.Context()))
	requireEither(t, d.crash(nothing, nil), w)
	require.NoError(t, s.Commit(t.Context(), w.next()))
	require.NoError(t, s.Close())
	requireEither(t, d.crash(nothing, nil), w)
}

// TestOpenSyncs is about a writer that died before it could sync: what the next
// one has read survives a loss of power.
func TestOpenSyncs(t *testing.T) {
	d, w := newMemDisk(), newWorkload(2)
	s, err := filestore.OpenOn(d, &filestore.Options{Sync: filestore.SyncNever})
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), w.next()))
	requireEither(t, d.crash(nothing, nil), newWorkload(2))
	_, err = filestore.OpenOn(d, nil)
	require.NoError(t, err)
	requireEither(t, d.crash(nothing, nil), w)
}

// TestFaults makes every change to the disk fail, for once or for good. The
// store can be read on, as it was, and does not write again unless it is
// certain what is on the disk.
func TestFaults(t *testing.T) {
	const steps = 30
	for _, broken := range []bool{false, true} {
		for fail := 1; ; fail++ {
			d := newMemDisk()
			d.fail, d.broken = fail, broken
			t.Run(fmt.Sprint(fail, broken), func(t *testing.T) { faulty(t, d, steps) })
			if d.changes < fail {
				require.Greater(t, fail, 2*steps)
				require.NotContains(t, d.names, "blocks-00000001.log", "was compacted")
				break
			}
		}
	}
}

func faulty(t *testing.T, d *memDisk, steps int) {
	t.Helper()
	s, err := filestore.OpenOn(d, often)
	w := newWorkload(1) // which compacts
	if err != nil {
		require.ErrorIs(t, err, errDisk)
		d.fail = 0
		requireEither(t, d, w)
		return
	}
	for range steps {
		before := w.clone()
		err := s.Commit(t.Context(), w.next())
		if err == nil {
			w.requireState(t, s)
			requireEither(t, d.crash(everything, nil), w)
			requireEither(t, d.crash(nothing, nil), w)
			continue
		}
		require.ErrorIs(t, err, filestore.ErrFailed)
		require.ErrorIs(t, err, errDisk)
		before.requireState(t, s)
		for _, again := range []error{s.Commit(t.Context(), w.clone().next()), s.Compact(t.Context()), s.Sync(t.Context()), s.Stats().Failed} {
			require.ErrorIs(t, again, filestore.ErrFailed)
		}
		require.NoError(t, s.Close())
		d.fail = 0
		r := rand.New(rand.NewPCG(1, uint64(d.changes)))
		for _, how := range []survival{nothing, everything, prefix, sectors} {
			requireEither(t, d.crash(how, r), before, w)
		}
		requireEither(t, d, before, w)
		return
	}
	if err := s.Stats().CompactErr; err != nil {
		require.ErrorIs(t, err, errDisk)
	}
	require.NoError(t, s.Close())
	d.fail = 0
	requireEither(t, d, w)
}

// TestDamage changes each byte of a log. What is opened then is never anything
// but a state that there was: the last one, or the one before if the last batch
// looks unfinished. Damage anywhere else is told.
func TestDamage(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		d, w := newMemDisk(), newWorkload(4)
		w.pool, w.refs = w.pool[:7], w.refs[:7] // a short log
		s, err := filestore.OpenOn(d, nil)
		require.NoError(t, err)
		var before *workload
		var start int64
		for range 4 {
			before, start = w.clone(), s.Stats().FileBytes
			require.NoError(t, s.Commit(t.Context(), w.next()))
		}
		if compacted {
			require.NoError(t, s.Compact(t.Context()))
			start = s.Stats().FileBytes
		}
		f := onlyFile(d)
		for i := range f.data {
			damaged := d.crash(everything, nil)
			onlyFile(damaged).data[i] ^= 1 << (i % 8)
			s, err := filestore.OpenOn(damaged, nil)
			if int64(i) < start {
				bad, ok := errors.AsType[*filestore.CorruptError](err)
				require.True(t, ok, "byte %d: %v", i, err)
				require.LessOrEqual(t, bad.Offset, int64(i))
				require.Equal(t, len(f.data), len(onlyFile(damaged).data), "nothing is changed")
				continue
			}
			require.NoError(t, err)
			before.requireState(t, s)
			require.Equal(t, int64(len(f.data))-start, s.Stats().Truncated)
		}
	}
}

// TestCutOff cuts a log at each length.
func TestCutOff(t *testing.T) {
	d, w := newMemDisk(), newWorkload(5)
	w.pool, w.refs = w.pool[:7], w.refs[:7]
	s, err := filestore.OpenOn(d, nil)
	require.NoError(t, err)
	states, ends := []*workload{w.clone()}, []int64{s.Stats().FileBytes}
	for range 5 {
		require.NoError(t, s.Commit(t.Context(), w.next()))
		states, ends = append(states, w.clone()), append(ends, s.Stats().FileBytes)
	}
	for size := range len(onlyFile(d).data) + 1 {
		short := d.crash(everything, nil)
		f := onlyFile(short)
		f.data = f.data[:size]
		s, err := filestore.OpenOn(short, nil)
		if int64(size) < ends[0] {
			_, ok := errors.AsType[*filestore.CorruptError](err)
			require.True(t, ok, "%d bytes: %v", size, err)
			continue
		}
		require.NoError(t, err)
		last := 0
		for last+1 < len(ends) && ends[last+1] <= int64(size) {
			last++
		}
		states[last].requireState(t, s)
		require.Equal(t, int64(size)-ends[last], s.Stats().Truncated)
		require.Len(t, f.data, int(ends[last]), "it is cut off in the file")
	}
}

func onlyFile(d *memDisk) *memFile {
	for _, f := range d.names {
		return f
	}
	return nil
}
