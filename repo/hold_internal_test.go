package repo

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
)

// A block that a commit drops is kept as long as somebody holds what was before
// it, and no longer, in whichever order holds begin and end.
func TestKeeper(t *testing.T) {
	dropped := func(commit int) dagcbor.CID { return dagcbor.Sum(dagcbor.DAGCBOR, []byte{byte(commit)}) }
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		k := newKeeper()
		var holds []int // how many commits each came after
		var releases []func()
		commits := 0
		for range 60 {
			switch r.IntN(3) {
			case 0:
				release, err := k.hold(t.Context())
				require.NoError(t, err)
				holds, releases = append(holds, commits), append(releases, release)
			case 1:
				keep := k.begin()
				require.Equal(t, len(holds) > 0, keep)
				commits++
				if keep {
					k.add(dropped(commits), []byte{byte(commits)})
				}
				k.end()
			default:
				if len(holds) == 0 {
					continue
				}
				i := r.IntN(len(holds))
				releases[i]()
				releases[i]() // which does nothing
				holds, releases = slices.Delete(holds, i, i+1), slices.Delete(releases, i, i+1)
			}
			for commit := 1; commit <= commits; commit++ {
				data, found := k.get(dropped(commit))
				held := len(holds) > 0 && slices.Min(holds) < commit
				require.Equal(t, held, found, "seed %d: commit %d of %d, held after %v", seed, commit, commits, holds)
				if found {
					require.Equal(t, []byte{byte(commit)}, data)
				}
			}
		}
	}
}
