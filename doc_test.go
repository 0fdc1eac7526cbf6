package linnet_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExamples checks that what the package comment recommends is in an
// example of its package.
func TestExamples(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	links := regexp.MustCompile(`\[github\.com/linnet-at/linnet/([a-z/]+)\.([A-Za-z]+)\]`).FindAllStringSubmatch(string(text), -1)
	require.GreaterOrEqual(t, len(links), 10)
	for _, link := range links {
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(link[1]), "*example_test.go"))
		require.NoError(t, err)
		var examples strings.Builder
		for _, file := range files {
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			_, after, _ := strings.Cut(string(src), "func Example")
			examples.WriteString(after)
		}
		require.Contains(t, examples.String(), filepath.Base(link[1])+"."+link[2], "no example of %s", link[0])
		require.Contains(t, examples.String(), "// Output:")
	}
	require.Len(t, regexp.MustCompile(`(?m)^//  ?[0-9]+\. `).FindAllString(string(text), -1), 12)
}
