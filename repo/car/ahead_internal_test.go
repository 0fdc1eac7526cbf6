package car

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who stops a Reader waits for all who were started for it, also for those that
// have had no turn yet.
func TestStopWaits(t *testing.T) {
	_, file := numbered(20_000, all)
	require.Greater(t, len(file), 2*ReadAheadSize)
	for range 50 {
		r, err := NewReader(bytes.NewReader(file), &Options{ReadAhead: true, Workers: 4})
		require.NoError(t, err)
		_, err = r.Next()
		require.NoError(t, err)
		r.Stop()
		require.Zero(t, r.ahead.helpers)
	}
}
