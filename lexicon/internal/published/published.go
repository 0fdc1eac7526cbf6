// Package published hands the Lexicons of the network to the tests of the
// packages about Lexicons: 402 documents of app.bsky, chat.bsky, com.atproto,
// tools.ozone and others, which are not part of the module.
//
// They are looked for in the directory that [Env] names and, if that is unset,
// beside the checkout, in ../shared/lexicons. Where they are missing the test is
// skipped; if fixtures.RequireEnv is 1, as in CI, it fails instead.
package published

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/linnet-at/linnet/internal/fixtures"
)

// Env names the environment variable that holds the directory.
const Env = "ATPROTO_LEXICONS"

// Count is how many documents there are.
const Count = 402

// FS returns the directory of the documents.
func FS(t testing.TB) fs.FS {
	t.Helper()
	dir := os.Getenv(Env)
	if dir == "" {
		root, err := fixtures.ModuleRoot()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(root, "..", "shared", "lexicons")
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv(fixtures.RequireEnv) == "1" {
			t.Fatalf("no Lexicons: set %s to their directory", Env)
		}
		t.Skipf("no Lexicons: set %s to their directory", Env)
	}
	return os.DirFS(dir)
}
