package repo_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// What is to be exported may be named in any order and several times. The
// caller's list stays as it is.
func TestExportArguments(t *testing.T) {
	r := newRepo(t)
	var writes []repo.Write
	names := []syntax.NSID{syntax.MustParseNSID("com.example.c"), syntax.MustParseNSID("com.example.a"), syntax.MustParseNSID("com.example.b")}
	var paths []syntax.RepoPath
	for _, name := range names {
		for _, key := range []string{"2", "1"} {
			path := repoPath(t, name.String()+"/"+key)
			paths = append(paths, path)
			writes = append(writes, repo.Create(path, record(t, `{"$type":"`+name.String()+`","text":"`+key+`"}`)))
		}
	}
	apply(t, r, writes...)
	var once, again bytes.Buffer
	sorted := slices.SortedFunc(slices.Values(names), syntax.NSID.Compare)
	require.NoError(t, r.ExportCollection(t.Context(), &once, sorted...))
	repeated := append(slices.Clone(names), names...)
	before := slices.Clone(repeated)
	require.NoError(t, r.ExportCollection(t.Context(), &again, repeated...))
	require.Equal(t, before, repeated)
	require.Equal(t, once.Bytes(), again.Bytes())
	require.Equal(t, export(t, r), once.Bytes()) // in pre-order, and that is all there is

	once.Reset()
	again.Reset()
	require.NoError(t, r.WriteProof(t.Context(), &once, slices.SortedFunc(slices.Values(paths), syntax.RepoPath.Compare)...))
	twice := append(slices.Clone(paths), paths...)
	unsorted := slices.Clone(twice)
	require.NoError(t, r.WriteProof(t.Context(), &again, twice...))
	require.Equal(t, unsorted, twice)
	require.Equal(t, once.Bytes(), again.Bytes())
}
