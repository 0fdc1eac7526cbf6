// Command coverage writes docs/requirements/coverage.md, the map from
// requirements to tests. It writes nothing, and exits with status 1, if a call of
// ledger.Covers cannot be read.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	root, err := fixtures.ModuleRoot()
	if err != nil {
		return err
	}
	report, err := ledger.Scan(os.DirFS(root))
	if err != nil {
		return err
	}
	if len(report.Problems) > 0 {
		return fmt.Errorf("ledger: problems in tests:\n%s", strings.Join(report.Problems, "\n"))
	}
	return os.WriteFile(filepath.Join(root, filepath.FromSlash(ledger.CoverageFile)), report.Markdown(), 0o644)
}
