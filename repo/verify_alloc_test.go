//go:build !race

package repo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo"
)

// A Verifier that has seen some messages allocates next to nothing for another,
// apart from room for the records of many ops.
func TestVerifierAllocations(t *testing.T) {
	var all []*repo.CommitMessage
	messages(t, func(typ string, m message) {
		if typ == "#commit" {
			all = append(all, commitMessage(t, m))
		}
	})
	v := verifier()
	v.Options.SkipSignature = true
	verify := func() {
		for _, m := range all {
			if _, err := v.Commit(t.Context(), m, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	verify()
	require.LessOrEqual(t, testing.AllocsPerRun(3, verify)/float64(len(all)), 4.0)
}
