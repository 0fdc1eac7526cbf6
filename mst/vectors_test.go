package mst_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

const emptyRoot = "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"

// examples makes the tree of the keys in text, separated by spaces, with the
// value of the published examples. "3x" stands for
// "com.example.record/3jqfcqzm3x", and "4x" likewise.
func examples(text string) map[string]dagcbor.CID {
	m := map[string]dagcbor.CID{}
	for key := range strings.FieldsSeq(text) {
		m[example(key)] = leafValue
	}
	return m
}

func example(key string) string {
	if key[0] == '3' || key[0] == '4' {
		return "com.example.record/3jqfcqzm" + key
	}
	return key
}

// requireNodes checks that the tree's nodes, in pre-order, are those given: the
// CID and, unless that is empty, the bytes.
func requireNodes(t *testing.T, tree *mst.Tree, want ...[2]string) {
	t.Helper()
	for s, err := range tree.Preorder(t.Context()) {
		require.NoError(t, err)
		if s.Node == nil {
			continue
		}
		require.NotEmpty(t, want)
		require.Equal(t, want[0][0], s.CID.String())
		if want[0][1] != "" {
			require.Equal(t, want[0][1], hex.EncodeToString(s.Node))
		}
		want = want[1:]
	}
	require.Empty(t, want)
}

func TestExampleRoots(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-007", "MST-008", "MST-013", "MST-019", "MST-020", "MST-021", "MST-033")
	for keys, root := range map[string]string{
		"":                                    emptyRoot,
		"3fo2j":                               "bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu",
		"3fx2j":                               "bafyreih7wfei65pxzhauoibu3ls7jgmkju4bspy4t2ha2qdjnzqvoy33ai",
		"3fp2j 3fr2j 3fs2j 3ft2j 4fc2j":       "bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m",
		"3fn2j 3fo2j 3fp2j 3fs2j 3ft2j 3fu2j": "bafyreifnqrwbk6ffmyaz5qtujqrzf5qmxf7cbxvgzktl4e3gabuxbtatv4",
		"3fn2j 3fo2j 3fp2j 3ft2j 3fu2j":       "bafyreie4kjuxbwkhzg2i5dljaswcroeih4dgiqq6pazcmunwt2byd725vi",
		"3fo2j 3fp2j 3fr2j 3fs2j 3ft2j 3fz2j 4fc2j 4fd2j 4ff2j 4fg2j 4fh2j":       "bafyreiettyludka6fpgp33stwxfuwhkzlur6chs4d2v4nkmq2j3ogpdjem",
		"3fo2j 3fp2j 3fr2j 3fs2j 3ft2j 3fx2j 3fz2j 4fc2j 4fd2j 4ff2j 4fg2j 4fh2j": "bafyreid2x5eqs4w4qxvc5jiwda4cien3gw2q6cshofxwnvv7iucrmfohpm",
		"3ft2j 3fz2j":             "bafyreidfcktqnfmykz2ps3dbul35pepleq7kvv526g47xahuz3rqtptmky",
		"3ft2j 3fx2j 3fz2j":       "bafyreiavxaxdz7o7rbvr3zg2liox2yww46t7g6hkehx4i4h3lwudly7dhy",
		"3ft2j 3fx2j 3fz2j 4fd2j": "bafyreig4jv3vuajbsybhyvb7gggvpwh2zszwfyttjrj6qwvcsp24h6popu",
		"A0/374913 C2/014073":     "bafyreigjngqzhaxshstbbmpl6j5gjzyeyscfbsgelmbdvckwdb6p7uflum",
	} {
		tree := build(t, examples(keys))
		require.Equal(t, root, tree.Root().String(), keys)
		requireTree(t, examples(keys), tree)
	}
}

func TestExampleNodes(t *testing.T) {
	ledger.Covers(t, "MST-009", "MST-013", "MST-014", "MST-015", "MST-017", "MST-018", "MST-021")
	requireNodes(t, mst.New(), [2]string{emptyRoot, "a2616580616cf6"})
	requireNodes(t, build(t, examples("3fo2j")), [2]string{
		"bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu",
		"a2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33666f326a6170006174f66176d82a582500017112209d156bc3f3a520066252c708a9361fd3d089223842500e3713d404fdccb33cef616cf6",
	})
	requireNodes(t, build(t, examples("3fp2j 3fr2j 3fs2j 3ft2j 4fc2j")), [2]string{
		"bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m",
		"a2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d336673326a6170006174d82a582500017112201c836c07fbfd86d46ed75b2a5407a3402d6596564264307e16f78582988afb066176d82a582500017112209d156bc3f3a520066252c708a9361fd3d089223842500e3713d404fdccb33cef616cd82a58250001711220bb90eec5bd47a4b8132605bb87420eac34a87a8745daa0073b677ede8be76ba9",
	}, [2]string{
		"bafyreif3sdxmlpkhus4bgjqfxoduedvmgsuhvb2f3kqaoo3hp3pixz3lve", "",
	}, [2]string{
		"bafyreia4qnwap675q3kg5v23fjkapi2afvszmvscmqyh4fxxqwbjrcx3ay", "",
	})
	// A node without keys, so that no layer is left out.
	requireNodes(t, build(t, examples("A0/374913 C2/014073")), [2]string{
		"bafyreigjngqzhaxshstbbmpl6j5gjzyeyscfbsgelmbdvckwdb6p7uflum",
		"a2616581a4616b4943322f3031343037336170006174f66176d82a582500017112209d156bc3f3a520066252c708a9361fd3d089223842500e3713d404fdccb33cef616cd82a582500017112201a5435cd9e10dd5cbb2f2a0e72f3b8900515de485d3fea671a1c223a54a337ae",
	}, [2]string{
		"bafyreia2kq243hqq3volwlzkbzzphoeqauk54sc5h7vgogq4ei5fjizxvy",
		"a2616580616cd82a582500017112206d6aa2350812b04ab34c72bb3edccbefe97511ba92f5a2ba3f329d2d0a75e533",
	}, [2]string{
		"bafyreidnnkrdkcaswbflgtdsxm7nzs7p5f2rdous6wrlupzstuwqu5pfgm",
		"a2616581a4616b4941302f3337343931336170006174f66176d82a582500017112209d156bc3f3a520066252c708a9361fd3d089223842500e3713d404fdccb33cef616cf6",
	})
}

// Prefixes as the published example lists them.
func TestExamplePrefixes(t *testing.T) {
	ledger.Covers(t, "MST-015", "MST-018")
	nodes := blocks(t, build(t, examples("3fp2j 3fr2j 3fs2j 3ft2j 4fc2j")))
	for root, want := range map[string][]rawEntry{
		"bafyreif3sdxmlpkhus4bgjqfxoduedvmgsuhvb2f3kqaoo3hp3pixz3lve": {{suffix: example("3fp2j")}, {prefix: 29, suffix: "r2j"}},
		"bafyreia4qnwap675q3kg5v23fjkapi2afvszmvscmqyh4fxxqwbjrcx3ay": {{suffix: example("3ft2j")}, {prefix: 27, suffix: "4fc2j"}},
	} {
		c, err := dagcbor.ParseCID(root)
		require.NoError(t, err)
		left, entries, err := decodeNode(nodes[c])
		require.NoError(t, err)
		require.False(t, left.Defined())
		for i := range want {
			want[i].value = leafValue
		}
		require.Equal(t, want, entries)
	}
}

// The published changes, there and back, with all nodes in memory and none.
func TestExampleChanges(t *testing.T) {
	ledger.Covers(t, "MST-009", "MST-035", "MST-036", "MST-037", "MST-038")
	const split = "3fo2j 3fp2j 3fr2j 3fs2j 3ft2j 3fz2j 4fc2j 4fd2j 4ff2j 4fg2j 4fh2j"
	for _, tc := range []struct{ name, before, key string }{
		{"trim", "3fn2j 3fo2j 3fp2j 3ft2j 3fu2j", "3fs2j"},
		{"split", split, "3fx2j"},
		{"two layers higher", "3ft2j 3fz2j", "3fx2j"},
		{"between", "3ft2j 3fx2j 3fz2j", "4fd2j"},
		{"first", "", "3fo2j"},
		{"first, high", "", "3fx2j"},
		{"two below", "C2/014073", "A0/374913"},
		{"two above", "A0/374913", "C2/014073"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, after := examples(tc.before), examples(tc.before+" "+tc.key)
			for _, from := range []*mst.Tree{build(t, before), lazy(t, build(t, before))} {
				tree, err := from.Put(t.Context(), example(tc.key), leafValue)
				require.NoError(t, err)
				requireTree(t, after, tree)
				requireTree(t, before, from)
				for _, from := range []*mst.Tree{tree, lazy(t, tree)} {
					tree, err := from.Delete(t.Context(), example(tc.key))
					require.NoError(t, err)
					requireTree(t, before, tree)
				}
			}
		})
	}
}

func TestCommitProofVectors(t *testing.T) {
	ledger.Covers(t, "MST-001", "MST-035", "MST-037")
	type vector struct {
		Comment, LeafValue                string
		Keys, Adds, Dels                  []string
		RootBeforeCommit, RootAfterCommit string
	}
	for _, v := range fixtures.JSON[[]vector](t, fixtures.Interop(t, "firehose/commit-proof-fixtures.json")) {
		t.Run(v.Comment, func(t *testing.T) {
			leaf, err := dagcbor.ParseCID(v.LeafValue)
			require.NoError(t, err)
			m := map[string]dagcbor.CID{}
			for _, k := range v.Keys {
				m[k] = leaf
			}
			before := build(t, m)
			require.Equal(t, v.RootBeforeCommit, before.Root().String())
			var there, back []mst.Op
			for _, k := range v.Adds {
				there = append(there, mst.Op{Action: mst.Create, Key: k, Value: leaf})
				back = append(back, mst.Op{Action: mst.Delete, Key: k})
			}
			for _, k := range v.Dels {
				there = append(there, mst.Op{Action: mst.Delete, Key: k})
				back = append(back, mst.Op{Action: mst.Create, Key: k, Value: leaf})
			}
			after, err := lazy(t, before).Apply(t.Context(), there...)
			require.NoError(t, err)
			require.Equal(t, v.RootAfterCommit, after.Root().String())
			again, err := lazy(t, after).Apply(t.Context(), back...)
			require.NoError(t, err)
			require.Equal(t, v.RootBeforeCommit, again.Root().String())
		})
	}
}
