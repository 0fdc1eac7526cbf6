package repo_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
)

// The nodes that a commit made are marked, those that were there are not, in the
// text and in the image.
func TestDraw(t *testing.T) {
	r := newRepo(t)
	var writes []repo.Write
	for key := range strings.FieldsSeq("a b c d e f g h i j k l m n o p") {
		writes = append(writes, repo.Create(at(t, key), value(t, key)))
	}
	first := apply(t, r, writes...)
	second := apply(t, r, repo.Delete(at(t, "c")))
	third := apply(t, r)
	for res, all := range map[*repo.Result]bool{first: true, second: false, third: false} {
		var text, svg bytes.Buffer
		require.NoError(t, res.Draw(t.Context(), &text))
		require.NoError(t, res.SVG(t.Context(), &svg))
		made, kept := 0, 0
		for line := range strings.Lines(text.String()) {
			_, node, found := strings.Cut(line, "layer ")
			if !found {
				continue
			}
			fields := strings.Fields(node)
			isNew := slices.ContainsFunc(res.Batch.Put, func(b car.Block) bool { return b.CID.String() == fields[1] })
			require.Equal(t, isNew, len(fields) == 3, line)
			if isNew {
				made++
			} else {
				kept++
			}
		}
		require.Equal(t, len(res.Batch.Put) > 1, made > 0)
		require.Equal(t, all, kept == 0)
		require.Equal(t, made, strings.Count(svg.String(), "#ffe8b0"))
		require.NoError(t, xml.Unmarshal(svg.Bytes(), new(struct{})))
	}
	broken := errors.New("broken")
	require.ErrorIs(t, second.Draw(t.Context(), writer(func([]byte) (int, error) { return 0, broken })), broken)
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
