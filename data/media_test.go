package data_test

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
)

// TestNoMediaParsing: what blobs hold is never looked into, in the whole
// module but the examples, which look at files of their users. Parsers of media
// are large, and are fed by strangers.
func TestNoMediaParsing(t *testing.T) {
	ledger.Covers(t, "BLB-016")
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	files := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != root && (isModule(path) || path == filepath.Join(root, "examples") || strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata"):
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		require.False(t, bytes.Contains(source, []byte("DetectContentType")), "%s sniffs media types", path)
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '-' }) {
				require.NotContains(t, []string{"image", "mimetype", "filetype", "exif", "ffmpeg", "webp"}, part, path)
			}
		}
		return nil
	}))
	require.Greater(t, files, 50)
}

// isModule reports whether a directory is a module of its own.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}
