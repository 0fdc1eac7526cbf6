package hostile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/hostile"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// TestInputs: inputs are large and small, good and bad, and always the same.
func TestInputs(t *testing.T) {
	for name, c := range map[string]struct {
		shapes []hostile.Shape
		real   string
		valid  func([]byte) error
	}{
		"CBOR": {hostile.CBOR(), "\xa1\x61a\x01", func(b []byte) error { return dagcbor.Valid(b, nil) }},
		"JSON": {hostile.JSON(), `{"a":1}`, func(b []byte) error { return strictjson.Check(b, nil) }},
	} {
		inputs := hostile.Inputs(1, 120, c.shapes, []byte(c.real))
		require.Equal(t, inputs, hostile.Inputs(1, 120, c.shapes, []byte(c.real)))
		require.Len(t, inputs, 120)
		good, largest := 0, 0
		for _, b := range inputs {
			require.NotEmpty(t, b)
			largest = max(largest, len(b))
			if c.valid(b) == nil {
				good++
			}
		}
		require.Greater(t, largest, hostile.MaxSize/4, name)
		require.Greater(t, good, 15, name)
		require.Less(t, good, 100, name)
	}
}
