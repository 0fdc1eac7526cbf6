package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/lexgen"
)

// TestSharedDir: two packages with one directory would remove the files of each
// other, however it is spelled.
func TestSharedDir(t *testing.T) {
	dir := project(t, map[string]string{"schemas/thing.json": thing, "schemas/other.json": other, "api/old_lex.go": lexgen.FileHeader + "\n"})
	for _, second := range []string{"api", "./api", filepath.ToSlash(filepath.Join(dir, "api")), "x/../api/"} {
		text := `{"lexicons":["schemas"],"packages":[
			{"prefixes":["com.example.sub"],"import":"example.com/api/example","dir":"api"},
			{"prefixes":["com.example"],"import":"example.com/api/others","dir":"` + second + `"}]}`
		name := filepath.Join(dir, "lexgen.json")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
		var out bytes.Buffer
		require.Equal(t, 1, run([]string{"-config", name}, &out), second)
		require.Contains(t, out.String(), `lexgen: packages "example.com/api/example" and "example.com/api/others" have the same directory "`)
		require.FileExists(t, filepath.Join(dir, "api/old_lex.go"))
		require.NoFileExists(t, filepath.Join(dir, "api/example_lex.go"))
	}
}

// TestLineEnds: a file that was generated is known again if its lines have come to
// end as they do on Windows.
func TestLineEnds(t *testing.T) {
	dir := project(t, map[string]string{
		"lexgen.json": config, "schemas/thing.json": thing, "schemas/sub/other.json": other,
		"api/old_lex.go": lexgen.FileHeader + "\r\n\r\npackage example\r\n", "api/sub_lex.go": lexgen.FileHeader + "\r\n",
	})
	var out bytes.Buffer
	require.Equal(t, 0, run([]string{"-config", filepath.Join(dir, "lexgen.json")}, &out), out.String())
	require.NoFileExists(t, filepath.Join(dir, "api/old_lex.go"))
	text, err := os.ReadFile(filepath.Join(dir, "api/sub_lex.go"))
	require.NoError(t, err)
	require.Contains(t, string(text), "type SubOther struct")
}

// TestDirectoryNames: directories may have the name of a schema's file. One that
// has that of a file which may be out of date is an error before anything is
// written.
func TestDirectoryNames(t *testing.T) {
	dir := project(t, map[string]string{"lexgen.json": config, "schemas/things.json/thing.json": thing, "schemas/things.json/other.json": other})
	args := []string{"-config", filepath.Join(dir, "lexgen.json")}
	var out bytes.Buffer
	require.Equal(t, 0, run(args, &out), out.String())
	require.FileExists(t, filepath.Join(dir, "api/sub_lex.go"))

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "api")))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "api/old_lex.go"), 0o777))
	require.Equal(t, 1, run(args, &out))
	require.Contains(t, out.String(), "old_lex.go")
	require.NoFileExists(t, filepath.Join(dir, "api/sub_lex.go"))
}

// A directory may have any name, also one that looks like a pattern.
func TestOddDirectory(t *testing.T) {
	dir := filepath.Join(project(t, map[string]string{"[a/*?/lexgen.json": config, "[a/*?/schemas/thing.json": thing}), "[a/*?")
	args := []string{"-config", filepath.Join(dir, "lexgen.json")}
	var out bytes.Buffer
	require.Equal(t, 0, run(args, &out), out.String())
	files, err := os.ReadDir(filepath.Join(dir, "api"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	text, err := os.ReadFile(filepath.Join(dir, "api", files[0].Name()))
	require.NoError(t, err)
	stale := filepath.Join(dir, "api/stale_lex.go")
	require.NoError(t, os.WriteFile(stale, text, 0o666))
	require.Equal(t, 1, run(append(args, "-check"), &out), "it is not due")
	require.FileExists(t, stale)
	require.Equal(t, 0, run(args, &out), out.String())
	require.NoFileExists(t, stale)
}
