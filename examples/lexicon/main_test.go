package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lexgen"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, "", nil))
	require.Equal(t, "2 Linnet singing in Galloway\nlexicon: count: integer 0 is less than 1\n", out.String())
}

// TestGenerated: package birds is what go generate makes of the schema.
func TestGenerated(t *testing.T) {
	text, err := os.ReadFile("lexgen.json")
	require.NoError(t, err)
	config, err := lexgen.ParseConfig(text)
	require.NoError(t, err)
	catalog, err := lexicon.Load(os.DirFS("schemas"), nil)
	require.NoError(t, err)
	files, err := lexgen.Generate(catalog, config)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join(f.Dir, f.Name))
		require.NoError(t, err)
		require.True(t, bytes.Equal(f.Text, have), "%s: run go generate ./examples/lexicon", f.Name)
	}
	have, err := filepath.Glob("birds/*" + lexgen.FileSuffix)
	require.NoError(t, err)
	require.Len(t, have, len(files))
}
