package syntax_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

func TestStrongRef(t *testing.T) {
	ledger.Covers(t, "SYN-077")
	const text = `{"uri":"at://did:web:example.com/app.bsky.feed.post/3jzfcijpj2z2a","cid":"bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"}`
	did := syntax.MustParseDID("did:web:example.com")
	path := syntax.MustParseRepoPath("app.bsky.feed.post/3jzfcijpj2z2a")
	cid := syntax.MustParseCIDString("bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm")
	ref := syntax.NewStrongRef(did, path, cid)
	require.True(t, ref.IsRecordRef())
	require.False(t, ref.IsZero())

	out, err := json.Marshal(ref)
	require.NoError(t, err)
	require.Equal(t, text, string(out))
	var back syntax.StrongRef
	require.NoError(t, json.Unmarshal(out, &back))
	require.Equal(t, ref, back)
	parsed, err := syntax.ParseStrongRef(ref.URI.String(), ref.CID.String())
	require.NoError(t, err)
	require.Equal(t, ref, parsed)

	require.True(t, syntax.NewStrongRef(syntax.DID{}, path, cid).IsZero())
	require.True(t, syntax.NewStrongRef(did, syntax.RepoPath{}, cid).IsZero())
	require.True(t, syntax.NewStrongRef(did, path, syntax.CIDString{}).IsZero())
}

func TestStrongRefPartial(t *testing.T) {
	const uri, cid = "at://did:m:v/a.b.c/self", "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"
	for _, tt := range []struct {
		uri, cid string
		valid    bool
		record   bool
	}{
		{uri, cid, true, true}, {"at://a.b/a.b.c/self", cid, true, false}, {"at://did:m:v/a.b.c", cid, true, false}, {"at://did:m:v", cid, true, false},
		{uri, "", false, false}, {"", cid, false, false}, {uri, "Qmb45678", false, false}, {uri + "#/a", cid, false, false},
	} {
		ref, err := syntax.ParseStrongRef(tt.uri, tt.cid)
		require.Equal(t, tt.valid, err == nil, "%q %q", tt.uri, tt.cid)
		require.Equal(t, tt.record, ref.IsRecordRef(), "%q %q", tt.uri, tt.cid)
		if err != nil {
			requireError(t, err)
			require.True(t, ref.IsZero())
		}
	}
	for text, valid := range map[string]bool{`{}`: true, `{"uri":"` + uri + `"}`: true, `{"cid":"` + cid + `"}`: true, `{"uri":"","cid":"` + cid + `"}`: false} {
		var ref syntax.StrongRef
		require.Equal(t, valid, json.Unmarshal([]byte(text), &ref) == nil, text)
		require.False(t, ref.IsRecordRef(), text)
	}
	_, err := json.Marshal(syntax.StrongRef{})
	require.Error(t, err)
}
