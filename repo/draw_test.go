package repo_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo"
)

// What a commit did can be seen, in the text and in the image: its new nodes are
// marked after it, those that went before it, and the others are closed.
func TestDraw(t *testing.T) {
	r := newRepo(t)
	var writes []repo.Write
	for key := range strings.FieldsSeq("a b c d e f g h i j k l m n o p") {
		writes = append(writes, repo.Create(at(t, key), value(t, key)))
	}
	first := apply(t, r, writes...)
	second := apply(t, r, repo.Delete(at(t, "c")))
	third := apply(t, r)
	for _, res := range []*repo.Result{first, second, third} {
		var text, svg bytes.Buffer
		require.NoError(t, res.Draw(t.Context(), &text))
		require.NoError(t, res.SVG(t.Context(), &svg))
		before, after, found := strings.Cut(strings.TrimPrefix(text.String(), "before\n"), "\nafter\n")
		require.True(t, found)
		var put []dagcbor.CID
		for _, b := range res.Batch.Put {
			put = append(put, b.CID)
		}
		gone, old := drawnNodes(t, before, append(res.Batch.Drop, dagcbor.MustParseCID(emptyTree)))
		made, kept := drawnNodes(t, after, put)
		require.Equal(t, len(put) > 1, made > 0)
		require.Equal(t, res == first, kept == 0)
		require.Equal(t, strings.Count(text.String(), " …\n"), kept+old)
		require.Equal(t, len(res.Ops), strings.Count(text.String(), " +\n")+strings.Count(text.String(), " -\n"))
		require.Equal(t, made+gone, strings.Count(svg.String(), "#fff0c8"))
		require.NoError(t, xml.Unmarshal(svg.Bytes(), new(struct{})))
	}
	broken := errors.New("broken")
	full := writer(func([]byte) (int, error) { return 0, broken })
	require.ErrorIs(t, second.Draw(t.Context(), full), broken)
	require.ErrorIs(t, second.SVG(t.Context(), full), broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, second.Draw(ctx, full), context.Canceled)
	require.ErrorIs(t, second.SVG(ctx, full), context.Canceled)
}

// drawnNodes returns how many nodes are in a drawing that are among these, which
// must be marked, and how many others.
func drawnNodes(t *testing.T, text string, these []dagcbor.CID) (marked, others int) {
	t.Helper()
	for line := range strings.Lines(text) {
		_, node, found := strings.Cut(line, "layer ")
		if !found {
			continue
		}
		fields := strings.Fields(node)
		c, err := dagcbor.ParseCID(fields[1])
		require.NoError(t, err)
		among := slices.Contains(these, c)
		require.Equal(t, among, fields[len(fields)-1] == "*", line)
		if among {
			marked++
		} else {
			others++
		}
	}
	return marked, others
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
