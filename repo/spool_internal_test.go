package repo

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is kept of an input, and where there is room behind it.
func TestSpoolKeeps(t *testing.T) {
	data := bytes.Repeat([]byte("linnet"), 100_000)
	for _, tt := range []struct {
		name       string
		o          Options
		again      bool // the input can be read again
		held, tail int64
		spilled    bool
	}{
		{"memory", Options{MemoryBudget: 1 << 20}, false, int64(len(data)), 0, false},
		{"file", Options{MemoryBudget: 1000}, false, 0, int64(len(data)), true},
		{"read again", Options{MemoryBudget: 1000}, true, 0, 0, false},
		{"pre-order", Options{RequirePreorder: true}, false, 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.TempDir = t.TempDir()
			s := newSpool(bytes.NewReader(data), &tt.o)
			s.limit = s.budget
			if tt.again {
				s.at = bytes.NewReader(data)
			}
			_, err := io.Copy(io.Discard, io.MultiReader(s))
			require.NoError(t, err)
			require.EqualValues(t, len(data), s.size)
			if !tt.spilled {
				require.Equal(t, tt.held, s.held)
			}
			require.Equal(t, tt.spilled, s.file != nil)
			_, off, err := s.tail()
			require.NoError(t, err)
			require.Equal(t, tt.tail, off)
			require.NoError(t, s.close())
		})
	}
}
