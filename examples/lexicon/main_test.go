package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, "2 Linnet singing in Galloway\nlexicon: count: integer 0 is less than 1\n", out.String())
}
