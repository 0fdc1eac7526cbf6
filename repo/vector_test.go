package repo_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo"
)

// The worked examples of docs/requirements/core.md: EX-1, a repository of one
// record, and EX-6, the order of its blocks.
const (
	ex1Path   = "com.example.record/3jqfcqzm3fo2j"
	ex1Record = `a264746578746568656c6c6f65247479706572636f6d2e6578616d706c652e7265636f7264`
	ex1Data   = "bafyreia47ivsftv346d4vtaotxzs7b7tndrmcdylhhc667zb6ln3gpiq5m"

	ex1Unsigned = `a56364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a32616464617461d82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eb6470726576f66776657273696f6e03`
	ex1Digest   = `faf6e77f5ac843e623e83a777ac1dd6cc2a3c6f63febb560a5e6a18337f07cf5`
	ex1Sig      = `be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3d21aecaba3fbe8b82a56a7bffed8993c328ccafbae22102c53ee271c574433f8c`
	ex1HighS    = `be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3dde513545c041747d5a95840012766c3b91e22d2bcd279d7680efecc75bf301b5`
	ex1Commit   = "bafyreifk7pqc457eh3tpmrm6lr2un2mctuty5wm7ayceiyzpw56adlmayy"
	ex1SigP256  = `1934cf7594dac3273927136631dfbc13fd11b972ed8e28afeb6c9c4c2749cf9d6e836cbdc6ccf91e26e81087cdc2b496c3566f50c5984e7f87adc93e55449b2e`
	ex1P256     = "bafyreiabougvhbs6yioutiy5tqx2uuuj3wsnpeu6wd3dcggjwjxm7leppe"

	emptyTree     = "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"
	emptyUnsigned = `a56364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a32616464617461d82a582500017112209dfefe61dd76ea3dcae5023880b08379d57adf20482d6fdbe2759289f647677b6470726576f66776657273696f6e03`
	emptySig      = `7edf2bcfda9e4287739f1c312fc846bb0f0182796e6ec5aa60d815965355dbf0021c4e31cc207c4741db7f9b43f858710b68d1d1600b78c3fb90e4e8c2ad3c84`
	emptyCommit   = "bafyreigfthgqzb3e4pgqswfhzrln22ybo4kafzorjyxatazbcxxlnqgmcq"

	ex1CAR = `
3aa265726f6f747381d82a58250001711220aafbe02e77e43ee6f6459e5c7546e9829d278ed99f060444632fb77c01ad80c66776657273696f6e01e001017112
20aafbe02e77e43ee6f6459e5c7546e9829d278ed99f060444632fb77c01ad80c6a66364696478206469643a706c633a65777669376e787a796f756e367a6878
72687336346f697a637265766d336a7a6663696a706a327a3261637369675840be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3d
21aecaba3fbe8b82a56a7bffed8993c328ccafbae22102c53ee271c574433f8c6464617461d82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2
c10f0b39c5ef7f21f2dbb33d10eb6470726576f66776657273696f6e038101017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb3
3d10eba2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33666f326a6170006174f66176d82a582500017112208a102f
4f6288893fecaae2fa31c34a9c06ec7676a48d233cec46b7cd455c8de7616cf649017112208a102f4f6288893fecaae2fa31c34a9c06ec7676a48d233cec46b7
cd455c8de7a264746578746568656c6c6f65247479706572636f6d2e6578616d706c652e7265636f7264`
)

func TestExample1Sign(t *testing.T) {
	ledger.Covers(t, "REP-001", "REP-002", "REP-003", "REP-004", "REP-005", "CRY-027")
	for _, tc := range []struct {
		curve              crypto.Curve
		data               string
		unsigned, sig, cid string
	}{
		{crypto.K256, ex1Data, ex1Unsigned, ex1Sig, ex1Commit},
		{crypto.P256, ex1Data, ex1Unsigned, ex1SigP256, ex1P256},
		{crypto.K256, emptyTree, emptyUnsigned, emptySig, emptyCommit},
	} {
		root, err := dagcbor.ParseCID(tc.data)
		require.NoError(t, err)
		u := repo.UnsignedCommit{DID: account, Rev: rev, Data: root}
		unsigned, err := u.Bytes()
		require.NoError(t, err)
		require.Len(t, unsigned, 118)
		require.Equal(t, tc.unsigned, hex.EncodeToString(unsigned))

		key := privateKey(t, tc.curve)
		c, err := repo.SignCommit(t.Context(), key, u)
		require.NoError(t, err)
		require.Len(t, c.Bytes(), 188)
		require.Equal(t, tc.cid, c.CID().String())
		require.Equal(t, tc.sig, hex.EncodeToString(c.Signature()))
		require.Equal(t, unsigned, c.SignedBytes())
		require.Contains(t, string(c.Bytes()), "\x64prev\xf6")
		require.Equal(t, []any{account, rev, root, dagcbor.CID{}}, []any{c.DID(), c.Rev(), c.Data(), c.Prev()})

		// Nothing in the commit names the curve: only the right key verifies it.
		require.NoError(t, c.Verify(key.PublicKey()))
		other := privateKey(t, crypto.K256+crypto.P256-tc.curve)
		require.ErrorIs(t, c.Verify(other.PublicKey()), crypto.ErrInvalidSignature)

		// Key order: did, rev, sig, data, prev, version.
		m := make([]string, 0, 6)
		r := dagcbor.NewReader(c.Bytes(), nil)
		n, err := r.Map()
		require.NoError(t, err)
		for range n {
			k, err := r.Key()
			require.NoError(t, err)
			m = append(m, string(k))
			require.NoError(t, r.Skip())
		}
		require.Equal(t, []string{"did", "rev", "sig", "data", "prev", "version"}, m)
	}
	require.Equal(t, ex1Digest, hex.EncodeToString(sum(unhex(t, ex1Unsigned))))
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

func TestExample1Export(t *testing.T) {
	ledger.Covers(t, "REP-028", "REP-029", "CAR-018")
	want := unhex(t, ex1CAR)
	require.Len(t, want, 490)
	r := repo.New(account, privateKey(t, crypto.K256), clockAt(t, rev))
	res, err := r.Apply(t.Context(), repo.Create(repoPath(t, ex1Path), unhex(t, ex1Record)))
	require.NoError(t, err)
	require.Equal(t, ex1Commit, res.Commit.CID().String())
	require.Equal(t, ex1Data, r.Tree().Root().String())
	require.True(t, res.Since.IsZero())
	require.False(t, res.PrevData.Defined())

	var file bytes.Buffer
	require.NoError(t, r.Export(t.Context(), &file))
	require.Equal(t, want, file.Bytes())
	got, err := list(t, want, options(t))
	require.NoError(t, err)
	require.Equal(t, [][2]string{{ex1Path, "bafyreiekcaxu6yuire76zkxc7iy4gsu4a3whm5verurtz3cgw7gukxen44"}}, got)
}

func TestExample1Empty(t *testing.T) {
	ledger.Covers(t, "REP-027", "REP-028")
	r := repo.New(account, privateKey(t, crypto.K256), clockAt(t, rev))
	require.Nil(t, r.Head())
	require.EqualError(t, r.Export(t.Context(), &bytes.Buffer{}), "repo: nothing to export before the first commit")

	res, err := r.Apply(t.Context())
	require.NoError(t, err)
	require.Equal(t, emptyCommit, res.Commit.CID().String())
	require.Equal(t, []any{0, true, false}, []any{len(res.Ops), res.Since.IsZero(), res.PrevData.Defined()})
	require.Same(t, res.Commit, r.Head())
	got, err := list(t, export(t, r), options(t))
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestHighS(t *testing.T) {
	ledger.Covers(t, "REP-003")
	commit := bytes.Replace(unhex(t, ex1CAR)[59+2+36:][:188], unhex(t, ex1Sig), unhex(t, ex1HighS), 1)
	c, err := repo.ParseCommit(commit, nil)
	require.NoError(t, err) // well-formed
	err = c.Verify(privateKey(t, crypto.K256).PublicKey())
	require.Equal(t, c.CID(), errorIs[*repo.SignatureError](t, err).CID)
	require.ErrorIs(t, err, crypto.ErrInvalidSignature)
	require.Equal(t, crypto.SignatureHighS, errorIs[*crypto.SignatureError](t, err).Reason)
	require.EqualError(t, err, "repo: commit "+c.CID().String()+" of "+account.String()+": crypto: invalid signature: high S for secp256k1")
}

func TestExample6Order(t *testing.T) {
	ledger.Covers(t, "CAR-018", "CAR-019", "CAR-021", "REP-029")
	keys := []string{"3jqfcqzm3fp2j", "3jqfcqzm3fr2j", "3jqfcqzm3fs2j", "3jqfcqzm3ft2j", "3jqfcqzm4fc2j"}
	for name, content := range map[string]func(key string) []byte{
		"one record":       func(string) []byte { return unhex(t, ex1Record) },
		"distinct records": func(key string) []byte { return record(t, `{"$type":"com.example.record","text":"`+key+`"}`) },
	} {
		r := repo.New(account, privateKey(t, crypto.K256), nil)
		writes := make([]repo.Write, len(keys))
		for i, k := range keys {
			writes[i] = repo.Create(repoPath(t, "com.example.record/"+k), content(k))
		}
		_, err := r.Apply(t.Context(), writes...)
		require.NoError(t, err)

		file := export(t, r)
		roots, blocks := sections(t, file)
		require.Equal(t, []dagcbor.CID{r.Head().CID()}, roots, name)
		require.Len(t, blocks, 9, name)
		var root struct {
			Left    dagcbor.CID `cbor:"l"`
			Entries []struct {
				Right dagcbor.CID `cbor:"t"`
			} `cbor:"e"`
		}
		require.NoError(t, dagcbor.Unmarshal(blocks[1].Data, &root))
		require.Len(t, root.Entries, 1)
		want := []dagcbor.CID{
			r.Head().CID(), r.Tree().Root(),
			root.Left, writes[0].CID(), writes[1].CID(),
			writes[2].CID(),
			root.Entries[0].Right, writes[3].CID(), writes[4].CID(),
		}
		for i, b := range blocks {
			require.Equal(t, want[i], b.CID, "%s: block %d", name, i)
		}
		got, err := list(t, file, options(t))
		require.NoError(t, err)
		require.Len(t, got, 5)
	}
}

// export returns r as a CAR file.
func export(t testing.TB, r *repo.Repo) []byte {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, r.Export(t.Context(), &file))
	return file.Bytes()
}
