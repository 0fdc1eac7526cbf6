package repo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/syntax"
)

// The blocks of two #commit messages that follow on the one record of ex1CAR,
// and of the #sync message for the second.
const (
	ex5Create = `
3aa265726f6f747381d82a582500017112203b41240bb40e6e57faa00b2d5b2adc32251350fd872f7dad80fc8ed672ab5ef06776657273696f6e01e0
01017112203b41240bb40e6e57faa00b2d5b2adc32251350fd872f7dad80fc8ed672ab5ef0a66364696478206469643a706c633a65777669376e787a
796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a3361637369675840aa42074931150cd2f15ab24792e815ea777e636a
9a5808325b0694f91fbb3d20331f98cd64526c49b8c1ee91cca9d15c01729e2434e83f1949a935a699527fad6464617461d82a5825000171122057d4
6bc97b454569ec76861b7464e8baedcca4db346f7fea16865b0f9965e4986470726576f66776657273696f6e03a9010171122057d46bc97b454569ec
76861b7464e8baedcca4db346f7fea16865b0f9965e498a2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33
6678326a6170006174f66176d82a58250001711220803dcfd5fb0b6779f8b8964805ab0a1569781240338ae44266f25506ce14deb8616cd82a582500
01711220b3464567d4039e87ae9988ee4d9714f9abc4b0942fbd6ee94fbe395408f0b5ba5301711220b3464567d4039e87ae9988ee4d9714f9abc4b0
942fbd6ee94fbe395408f0b5baa2616580616cd82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eb
8101017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eba2616581a4616b5820636f6d2e6578616d706c652e72
65636f72642f336a716663717a6d33666f326a6170006174f66176d82a582500017112208a102f4f6288893fecaae2fa31c34a9c06ec7676a48d233c
ec46b7cd455c8de7616cf64901711220803dcfd5fb0b6779f8b8964805ab0a1569781240338ae44266f25506ce14deb8a2647465787465776f726c64
65247479706572636f6d2e6578616d706c652e7265636f7264`
	ex5Delete = `
3aa265726f6f747381d82a582500017112205d7602128e78a5dc845504e2d5a8395b2b33019e5285e3ee67ec175323f363256776657273696f6e01e0
01017112205d7602128e78a5dc845504e2d5a8395b2b33019e5285e3ee67ec175323f36325a66364696478206469643a706c633a65777669376e787a
796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a3461637369675840e96639dd70402b58b7211ca09733ed2f5bdbdea8
5043197f87769a81e761e03166906c824767f99d556057d5f4d7cc526dab84b46fadf636e04754984ee0629e6464617461d82a58250001711220f718
7e490c825c64fb92809d88e60e98d9c5c8d5f41b65c8ea2852dfb13f3f566470726576f66776657273696f6e03810101711220f7187e490c825c64fb
92809d88e60e98d9c5c8d5f41b65c8ea2852dfb13f3f56a2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33
6678326a6170006174f66176d82a58250001711220803dcfd5fb0b6779f8b8964805ab0a1569781240338ae44266f25506ce14deb8616cf6`
	ex5Sync = `
3aa265726f6f747381d82a582500017112205d7602128e78a5dc845504e2d5a8395b2b33019e5285e3ee67ec175323f363256776657273696f6e01e0
01017112205d7602128e78a5dc845504e2d5a8395b2b33019e5285e3ee67ec175323f36325a66364696478206469643a706c633a65777669376e787a
796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a3461637369675840e96639dd70402b58b7211ca09733ed2f5bdbdea8
5043197f87769a81e761e03166906c824767f99d556057d5f4d7cc526dab84b46fadf636e04754984ee0629e6464617461d82a58250001711220f718
7e490c825c64fb92809d88e60e98d9c5c8d5f41b65c8ea2852dfb13f3f566470726576f66776657273696f6e03`
)

// Worked examples: what Apply tells others is, but for the signed commit, what
// is expected byte for byte, and what is expected verifies.
func TestExample5(t *testing.T) {
	ledger.Covers(t, "REP-033", "SNC-037", "SNC-042", "SNC-061", "SNC-067")
	key := privateKey(t, crypto.K256)
	r := repo.New(account, key, clockAt(t, rev))
	at := func(k string) syntax.RepoPath { return repoPath(t, "com.example.record/"+k) }
	first := apply(t, r, repo.Create(at("3jqfcqzm3fo2j"), unhex(t, ex1Record)))
	require.Equal(t, "bafyreia47ivsftv346d4vtaotxzs7b7tndrmcdylhhc667zb6ln3gpiq5m", first.Commit.Data().String())
	last := first.Commit.State()
	v := &repo.Verifier{}
	for _, tc := range []struct {
		write              repo.Write
		blocks, data, head string
		rev                syntax.TID
	}{
		{
			repo.Create(at("3jqfcqzm3fx2j"), record(t, `{"$type":"com.example.record","text":"world"}`)), ex5Create,
			"bafyreicx2rv4s62fivu6y5ugdn2gj2f25xgkjwzun576ufuglmhzszpeta", "bafyreib3iesaxnaonzl7vialfvnsvxbseujvb7mhf5623ah4r3lhfk266a",
			syntax.MustParseTID("3jzfcijpj2z3a"),
		},
		{
			repo.Delete(at("3jqfcqzm3fo2j")), ex5Delete,
			"bafyreihxdb7esdeclrspxeuatweomduy3hc4rvpudns4r2riklp3cpz7ky", "bafyreic5oybbfdtyuxoiivie4lk2qok3fmzqdhssqxr64z7mc5jsh43deu",
			syntax.MustParseTID("3jzfcijpj2z4a"),
		},
	} {
		res := apply(t, r, tc.write)
		require.Equal(t, tc.data, res.Commit.Data().String())
		_, got := sections(t, res.CAR())
		roots, want := sections(t, unhex(t, tc.blocks))
		require.Equal(t, want[1:], got[1:])
		require.Len(t, res.CAR(), len(unhex(t, tc.blocks)))

		m := res.Message()
		m.Commit, m.Blocks, m.Since, m.Rev = roots[0], unhex(t, tc.blocks), last.Rev, tc.rev
		require.Equal(t, tc.head, m.Commit.String())
		verified, err := v.Commit(t.Context(), m, key.PublicKey(), &last)
		require.NoError(t, err)
		require.Equal(t, m.Ops[0].Action == mst.Create, verified.Records[0].CID().Defined())
		last = verified.Commit.State()
	}
	c, err := v.Sync(&repo.SyncMessage{DID: account, Rev: last.Rev, Blocks: unhex(t, ex5Sync)}, key.PublicKey(), nil)
	require.NoError(t, err)
	require.Equal(t, last, c.State())
	require.Equal(t, unhex(t, ex5Sync), c.CAR())
}
