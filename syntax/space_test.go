package syntax_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/syntax"
)

func TestSpaceRef(t *testing.T) {
	r := syntax.MustParseSpaceRef("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/space/com.example.forum/self")
	require.Equal(t, syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz"), r.Authority())
	require.Equal(t, syntax.MustParseNSID("com.example.forum"), r.Type())
	require.Equal(t, syntax.MustParseRecordKey("self"), r.Key())
	require.Equal(t, r, syntax.NewSpaceRef(r.Authority(), r.Type(), r.Key()))
	require.Equal(t, r, syntax.NewSpaceRef(r.Authority(), syntax.MustParseNSID("COM.Example.forum"), r.Key()))
	require.True(t, syntax.NewSpaceRef(syntax.DID{}, r.Type(), r.Key()).IsZero())
	require.True(t, syntax.NewSpaceRef(r.Authority(), syntax.NSID{}, r.Key()).IsZero())
	require.True(t, syntax.NewSpaceRef(r.Authority(), r.Type(), syntax.RecordKey{}).IsZero())
	require.Zero(t, testing.AllocsPerRun(10, func() { r.Authority(); r.Type(); r.Key() }))
}

func TestSpaceRecordURI(t *testing.T) {
	space := syntax.MustParseSpaceRef("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/space/com.example.forum/self")
	u := syntax.MustParseSpaceRecordURI(
		"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/space/com.example.forum/self/did:plc:44ybard66vv44zksje25o7dz/com.example.post/3jzfcijpj2z2a")
	require.Equal(t, space, u.Space())
	require.Equal(t, syntax.MustParseDID("did:plc:44ybard66vv44zksje25o7dz"), u.Author())
	require.Equal(t, syntax.MustParseRepoPath("com.example.post/3jzfcijpj2z2a"), u.RepoPath())
	require.Equal(t, u, syntax.NewSpaceRecordURI(space, u.Author(), u.RepoPath()))
	require.True(t, syntax.NewSpaceRecordURI(syntax.SpaceRef{}, u.Author(), u.RepoPath()).IsZero())
	require.True(t, syntax.NewSpaceRecordURI(space, syntax.DID{}, u.RepoPath()).IsZero())
	require.True(t, syntax.NewSpaceRecordURI(space, u.Author(), syntax.RepoPath{}).IsZero())
	require.Zero(t, testing.AllocsPerRun(10, func() { u.Space(); u.Author(); u.RepoPath() }))
}

// TestSpacesAreNotPublic parses the URIs of public and permissioned data with
// each other's parsers.
func TestSpacesAreNotPublic(t *testing.T) {
	const space = "at://did:m:v/space/com.example.forum/self"
	const record = space + "/did:m:w/com.example.post/3jzfcijpj2z2a"
	requireParse(t, syntax.ParseATURI, nil, []string{space, record})
	requireParse(t, syntax.ParseSpaceRef, []string{space},
		[]string{"at://did:m:v", "at://did:m:v/a.b.c", "at://did:m:v/a.b.c/k", record, space + "/did:m:w", space + "/did:m:w/a.b.c",
			"at://did:m:v/spaces/a.b.c/k", "at://did:m:v/Space/a.b.c/k", "at://did:m:v//space/a.b.c/k", "at://user@did:m:v/space/a.b.c/k"})
	requireParse(t, syntax.ParseSpaceRecordURI, []string{record},
		[]string{"at://did:m:v/a.b.c/k", space, space + "/", space + "/a.b.c/k", space + "/handle.test/a.b.c/k", record + "/", record + "/x"})
}
