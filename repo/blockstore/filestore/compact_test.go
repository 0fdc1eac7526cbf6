package filestore_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/repo/blockstore/filestore"
	"github.com/linnet-at/linnet/repo/car"
)

// A creating disk calls a function before it creates a file, as compaction does.
type creating struct {
	*memDisk
	create func() error
}

func (d *creating) Create(name string) (filestore.LogFile, error) {
	if d.create != nil {
		if err := d.create(); err != nil {
			return nil, err
		}
	}
	return d.memDisk.Create(name)
}

// exchange puts block n in the place of the one before.
func exchange(n int) *blockstore.Batch {
	b := &blockstore.Batch{Put: []car.Block{numbered(n, 100)}}
	if n > 0 {
		b.Drop = []dagcbor.CID{numbered(n-1, 100).CID}
	}
	return b
}

// TestCompactMinimum: the log is compacted when the minimum can be gained, and not
// before.
func TestCompactMinimum(t *testing.T) {
	const headerLen = 44
	run := func(o *filestore.Options) filestore.Stats {
		s, err := filestore.OpenOn(newMemDisk(), o)
		require.NoError(t, err)
		for n := range 10 {
			require.NoError(t, s.Commit(t.Context(), exchange(n)))
		}
		return s.Stats()
	}
	whole := run(&filestore.Options{CompactFraction: -1})
	require.Equal(t, 1, whole.Blocks)
	gain := whole.FileBytes - headerLen - whole.LiveBytes
	require.Equal(t, whole, run(&filestore.Options{CompactMinimum: gain + 1}))
	compacted := run(&filestore.Options{CompactMinimum: gain})
	require.Equal(t, whole.LiveBytes, compacted.LiveBytes)
	require.Less(t, compacted.FileBytes, 2*compacted.LiveBytes)
}

// TestCompactLater: a compaction that has failed is told, and tried again when
// the log has grown by half.
func TestCompactLater(t *testing.T) {
	tries := 0
	d := &creating{memDisk: newMemDisk()}
	s, err := filestore.OpenOn(d, often)
	require.NoError(t, err)
	d.create = func() error { tries++; return errDisk }
	n := 0
	for ; tries == 0; n++ {
		require.NoError(t, s.Commit(t.Context(), exchange(n)))
	}
	for range 3 {
		require.ErrorIs(t, s.Stats().CompactErr, errDisk)
		require.NoError(t, s.Stats().Failed)
		failed, before := s.Stats().FileBytes, tries
		for tries == before {
			require.NoError(t, s.Commit(t.Context(), exchange(n)))
			n++
			if size := s.Stats().FileBytes; tries == before {
				require.Less(t, size, failed+failed/2)
			} else {
				require.GreaterOrEqual(t, size, failed+failed/2)
			}
		}
	}
	d.create = nil
	for failed := s.Stats().FileBytes; s.Stats().FileBytes >= failed; n++ {
		require.NoError(t, s.Commit(t.Context(), exchange(n)))
	}
	require.NoError(t, s.Stats().CompactErr)
	_, err = s.Block(t.Context(), numbered(n-1, 100).CID)
	require.NoError(t, err)
}

// TestCompactCancelled: that the caller of Commit gives up while the log is
// compacted is no failure, of the batch or of the compaction, which the next
// batch makes.
func TestCompactCancelled(t *testing.T) {
	d := &creating{memDisk: newMemDisk()}
	s, err := filestore.OpenOn(d, often)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	d.create = func() error { cancel(); return nil }
	n := 0
	for ; ctx.Err() == nil; n++ {
		require.NoError(t, s.Commit(ctx, exchange(n)))
	}
	before := s.Stats()
	require.NoError(t, before.CompactErr)
	require.Equal(t, 1, before.Blocks)
	require.Len(t, d.names, 1)
	require.NoError(t, s.Commit(t.Context(), exchange(n)))
	require.Less(t, s.Stats().FileBytes, before.FileBytes)
}

// TestFailedSync: a batch that was written and could not be synced is cut off, so
// that it is not there when the log is opened again.
func TestFailedSync(t *testing.T) {
	d := newMemDisk()
	s, err := filestore.OpenOn(d, nil)
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), exchange(0)))
	d.fail = d.changes + 2 // after the write
	require.ErrorIs(t, s.Commit(t.Context(), exchange(1)), filestore.ErrFailed)
	require.NoError(t, s.Close())
	s, err = filestore.OpenOn(d, nil)
	require.NoError(t, err)
	require.Zero(t, s.Stats().Truncated)
	_, err = s.Block(t.Context(), numbered(0, 100).CID)
	require.NoError(t, err)
	_, err = s.Block(t.Context(), numbered(1, 100).CID)
	require.ErrorIs(t, err, blockstore.ErrNotFound)
}

// TestCutOffLasts: what was cut off of a log does not come back when the power
// fails, be it all that there was behind its beginning.
func TestCutOffLasts(t *testing.T) {
	for batches := range 2 {
		d := newMemDisk()
		s, err := filestore.OpenOn(d, nil)
		require.NoError(t, err)
		for n := range batches {
			require.NoError(t, s.Commit(t.Context(), exchange(n)))
		}
		require.NoError(t, s.Close())
		f := onlyFile(d)
		size := len(f.data)
		f.data = append(f.data, "unfinished"...)
		f.durable = append(f.durable, "unfinished"...)
		s, err = filestore.OpenOn(d, nil)
		require.NoError(t, err)
		require.EqualValues(t, 10, s.Stats().Truncated)
		require.Len(t, onlyFile(d.crash(nothing, nil)).data, size)
	}
}

// TestCloseFailed: what could not be synced is told once. Close does not try it
// again, as the system may have forgotten what is missing.
func TestCloseFailed(t *testing.T) {
	d := newMemDisk()
	s, err := filestore.OpenOn(d, &filestore.Options{Sync: filestore.SyncNever})
	require.NoError(t, err)
	require.NoError(t, s.Commit(t.Context(), exchange(0)))
	d.fail, d.broken = d.changes+1, true
	require.ErrorIs(t, s.Sync(t.Context()), filestore.ErrFailed)
	tried := d.changes
	require.NoError(t, s.Close())
	require.Equal(t, tried, d.changes)
}
