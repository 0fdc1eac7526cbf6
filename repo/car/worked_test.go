package car_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo/car"
)

// The worked example: a repository of one record.
const (
	workedCommitCID = "bafyreifk7pqc457eh3tpmrm6lr2un2mctuty5wm7ayceiyzpw56adlmayy"
	workedNodeCID   = "bafyreia47ivsftv346d4vtaotxzs7b7tndrmcdylhhc667zb6ln3gpiq5m"
	workedRecordCID = "bafyreiekcaxu6yuire76zkxc7iy4gsu4a3whm5verurtz3cgw7gukxen44"

	workedCommit = `
		a66364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a3261637369675840
		be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3d21aecaba3fbe8b82a56a7bffed8993c328ccafbae22102c53ee271c574433f8c
		6464617461d82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eb6470726576f66776657273696f6e03`
	workedNode = `
		a2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33666f326a6170006174f66176d82a582500
		017112208a102f4f6288893fecaae2fa31c34a9c06ec7676a48d233cec46b7cd455c8de7616cf6`
	workedRecord = `a264746578746568656c6c6f65247479706572636f6d2e6578616d706c652e7265636f7264`

	workedFile = `
		3aa265726f6f747381d82a58250001711220aafbe02e77e43ee6f6459e5c7546e9829d278ed99f060444632fb77c01ad80c66776657273696f6e01e001017112
		20aafbe02e77e43ee6f6459e5c7546e9829d278ed99f060444632fb77c01ad80c6a66364696478206469643a706c633a65777669376e787a796f756e367a6878
		72687336346f697a637265766d336a7a6663696a706a327a3261637369675840be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3d
		21aecaba3fbe8b82a56a7bffed8993c328ccafbae22102c53ee271c574433f8c6464617461d82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2
		c10f0b39c5ef7f21f2dbb33d10eb6470726576f66776657273696f6e038101017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb3
		3d10eba2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33666f326a6170006174f66176d82a582500017112208a102f
		4f6288893fecaae2fa31c34a9c06ec7676a48d233cec46b7cd455c8de7616cf649017112208a102f4f6288893fecaae2fa31c34a9c06ec7676a48d233cec46b7
		cd455c8de7a264746578746568656c6c6f65247479706572636f6d2e6578616d706c652e7265636f7264`
	workedSHA256 = "8f87259f40cfa63184e766a4b70c25526c52505cb4df197691127664eeeae3ef"
)

// workedBlocks returns commit, node and record.
func workedBlocks(t testing.TB) []car.Block {
	t.Helper()
	return []car.Block{
		{CID: dagcbor.MustParseCID(workedCommitCID), Data: unhex(t, workedCommit)},
		{CID: dagcbor.MustParseCID(workedNodeCID), Data: unhex(t, workedNode)},
		{CID: dagcbor.MustParseCID(workedRecordCID), Data: unhex(t, workedRecord)},
	}
}

func TestWorkedExample(t *testing.T) {
	ledger.Covers(t, "CAR-001")
	want := unhex(t, workedFile)
	require.Len(t, want, 490)
	sum := sha256.Sum256(want)
	require.Equal(t, workedSHA256, hex.EncodeToString(sum[:]))
	blocks := workedBlocks(t)

	t.Run("append", func(t *testing.T) {
		require.Equal(t, want, file(blocks...))
	})
	t.Run("write", func(t *testing.T) {
		var buf bytes.Buffer
		w, err := car.NewWriter(&buf, blocks[0].CID)
		require.NoError(t, err)
		for _, b := range blocks {
			require.NoError(t, w.Put(b.CID, b.Data))
		}
		require.Equal(t, want, buf.Bytes())
		require.EqualValues(t, 490, w.Size())
	})
	t.Run("read", func(t *testing.T) {
		got := accept(t, want, nil)
		require.Equal(t, []dagcbor.CID{blocks[0].CID}, got.roots)
		requireBlocks(t, blocks, got.blocks)
	})
}

func TestHeaderBytes(t *testing.T) {
	ledger.Covers(t, "CAR-002", "CAR-003")
	root := dagcbor.MustParseCID(workedCommitCID)
	got := car.AppendHeader(nil, root)
	require.Len(t, got, 1+58)
	want := unhex(t, "3a a2 65 726f6f7473 81 d82a5825 00")
	want = append(want, root.Bytes()...)
	want = append(want, unhex(t, "67 76657273696f6e 01")...)
	require.Equal(t, want, got)
	require.Equal(t, want, unhex(t, workedFile)[:59])
	require.Equal(t, append([]byte("before"), want...), car.AppendHeader([]byte("before"), root))
}

// TestLengthTable proves the table of lengths, in both directions.
func TestLengthTable(t *testing.T) {
	ledger.Covers(t, "CAR-011")
	for _, tt := range []struct {
		length int
		hex    string
	}{
		{36, "24"}, {127, "7f"}, {128, "8001"}, {300, "ac02"},
		{16383, "ff7f"}, {16384, "808001"}, {2000000, "80897a"}, {2097152 + 36, "a4808001"},
	} {
		b := block(string(make([]byte, tt.length-36)))
		header := car.AppendHeader(nil, b.CID)
		got := car.AppendBlock(header, b.CID, b.Data)
		require.Equal(t, unhex(t, tt.hex), got[len(header):len(got)-tt.length], "%d", tt.length)
		requireBlocks(t, []car.Block{b}, accept(t, got, nil).blocks)
	}
}

func TestMediaType(t *testing.T) {
	ledger.Covers(t, "CAR-007")
	require.Equal(t, "application/vnd.ipld.car", car.MediaType)
}
