package repo_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

// FuzzStream moves, repeats, drops, adds and damages the blocks of a
// repository, and cuts the file off. A stream and an index make the same of it.
func FuzzStream(f *testing.F) {
	r := newRepo(f)
	var writes []repo.Write
	for i := range 40 {
		writes = append(writes, repo.Create(at(f, fmt.Sprint(i)), value(f, fmt.Sprint(i%13))))
	}
	apply(f, r, writes...)
	roots, base := sections(f, export(f, r))
	_, foreign := sections(f, captured(f, "dan").file)
	o := options(f)

	f.Add([]byte{}, uint16(0), uint16(0), false)
	f.Add([]byte{0, 1, 2, 0, 30, 4, 0, 7, 50}, uint16(0), uint16(0), false)
	f.Add([]byte{1, 1, 2, 2, 30, 0, 3, 7, 5}, uint16(0), uint16(0), true)
	f.Add([]byte{3, 0, 5, 3, 1, 9}, uint16(4000), uint16(0), false)
	f.Add([]byte{0, 0, 60}, uint16(0), uint16(300), true)
	f.Add([]byte{2, 5, 0}, uint16(900), uint16(100), false)
	f.Fuzz(func(t *testing.T, edits []byte, flip, cut uint16, skip bool) {
		blocks := slices.Clone(base)
		for ; len(edits) >= 3 && len(blocks) > 0 && len(blocks) < 500; edits = edits[3:] {
			i, j := int(edits[1])%len(blocks), int(edits[2])%len(blocks)
			switch edits[0] % 4 {
			case 0:
				blocks[i], blocks[j] = blocks[j], blocks[i]
			case 1:
				blocks = slices.Insert(blocks, i, blocks[j])
			case 2:
				blocks = slices.Delete(blocks, i, i+1)
			case 3:
				blocks = slices.Insert(blocks, i, foreign[j%len(foreign)])
			}
		}
		file := carFile(roots, blocks...)
		header := len(car.AppendHeader(nil, roots...))
		if at := header + int(flip); flip > 0 && at < len(file) {
			file[at] ^= byte(1 + flip%255)
		}
		file = file[:max(header, len(file)-int(cut))]
		c := *o
		c.SkipRecords = skip
		items, err := sameEverywhere(t, file, &c)
		require.True(t, err != nil || len(items) == len(writes))
		if e, err := repo.ReadBytes(file, &c); err == nil && len(file)%3 == 0 {
			_, _ = ranged(t, file, &c, at(t, "2").String(), at(t, "3").String())
			require.NotNil(t, e.Commit())
		}
	})
}
