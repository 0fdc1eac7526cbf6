package dagcbor_test

import (
	"encoding/base64"
	"encoding/binary"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// block is a section of a CAR file.
type block struct {
	cid, data []byte
}

// carBlocks cuts a CAR file into its header and its sections.
func carBlocks(t testing.TB, car []byte) (header []byte, blocks []block) {
	t.Helper()
	section := func() []byte {
		n, size := binary.Uvarint(car)
		require.Positive(t, size)
		require.LessOrEqual(t, n, uint64(len(car)-size))
		s := car[size : size+int(n)]
		car = car[size+int(n):]
		return s
	}
	header = section()
	for len(car) > 0 {
		s := section()
		require.Greater(t, len(s), 36)
		blocks = append(blocks, block{s[:36], s[36:]})
	}
	require.NotEmpty(t, blocks)
	return header, blocks
}

// Values of a repository of one record, and of an event stream: record, tree
// node, unsigned commit, signed commit, blob reference, legacy blob, link in a
// map, header and body of a deletion (without its blocks) and of an identity
// event, body of an account event and of an error.
var workedExamples = []string{
	"a264746578746568656c6c6f65247479706572636f6d2e6578616d706c652e7265636f7264",
	"a2616581a4616b5820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33666f326a6170006174f66176d82a582500017112208a102f4f6288893fecaae2fa31c34a9c06ec7676a48d233cec46b7cd455c8de7616cf6",
	"a56364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a32616464617461d82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eb6470726576f66776657273696f6e03",
	"a66364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a637265766d336a7a6663696a706a327a3261637369675840be3879b5daf00f2892c6726b1dae6c23943cd82887d26fe93a7cef130ead5a3d21aecaba3fbe8b82a56a7bffed8993c328ccafbae22102c53ee271c574433f8c6464617461d82a582500017112201cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eb6470726576f66776657273696f6e03",
	"a16161a463726566d82a582500015512204258cfff78f613697697563f926c91e5d3574d2ea25ae7ed92d6ebfc23a3889e6473697a6519271065247479706564626c6f62686d696d65547970656a696d6167652f6a706567",
	"a263636964783b6261666b72656963636c64683736366877636e75786e66327768366a677a657066326e6c75326c76636c6c74363365777735703663686934697479686d696d65547970656a696d6167652f6a706567",
	"a16161d82a5825000171122065062a5a5a00fc16d73c6944237ccbc15b1c4a7234489336891d091741a239d0",
	"a261746723636f6d6d6974626f7001",
	"ac636f707381a463636964f664706174687820636f6d2e6578616d706c652e7265636f72642f336a716663717a6d33666f326a6470726576d82a582500017112208a102f4f6288893fecaae2fa31c34a9c06ec7676a48d233cec46b7cd455c8de766616374696f6e6664656c657465637265766d336a7a6663696a706a327a34616373657103647265706f78206469643a706c633a65777669376e787a796f756e367a687872687336346f697a6474696d657818323032332d30362d33305431353a30333a30332e3030305a65626c6f6273806573696e63656d336a7a6663696a706a327a336166626c6f636b734066636f6d6d6974" +
		"d82a582500017112205d7602128e78a5dc845504e2d5a8395b2b33019e5285e3ee67ec175323f3632566726562617365f466746f6f426967f4687072657644617461d82a5825000171122057d46bc97b454569ec76861b7464e8baedcca4db346f7fea16865b0f9965e498",
	"a2617469236964656e74697479626f7001",
	"a46364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a63736571056474696d657818323032332d30362d33305431353a30333a30352e3030305a6668616e646c656b617470726f746f2e636f6d",
	"a56364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a63736571066474696d657818323032332d30362d33305431353a30333a30362e3030305a66616374697665f4667374617475736b6465616374697661746564",
	"a2656572726f726c467574757265437572736f72676d65737361676575437572736f7220696e20746865206675747572652e",
}

// realValues returns values as they occur on the network, all canonical.
func realValues(t testing.TB) [][]byte {
	t.Helper()
	header, blocks := carBlocks(t, fixtures.PDS(t, "alice.car"))
	values := [][]byte{header, typicalPostBytes(t)}
	for _, b := range blocks {
		values = append(values, b.data)
	}
	for _, s := range workedExamples {
		values = append(values, unhex(t, s))
	}
	return values
}

func TestRealValues(t *testing.T) {
	ledger.Covers(t, "CBR-016")
	for _, b := range realValues(t) {
		for _, p := range readerPaths(nil) {
			require.NoError(t, p.read(b), "%s of %x", p.name, b)
		}
		requireRoundTrip(t, b)
	}
}

// requireRoundTrip checks that b, which is canonical, is written again as it
// was, by hand and from Go values, and that the reference decoder sees the same
// value in it.
func requireRoundTrip(t testing.TB, b []byte) {
	t.Helper()
	again, err := walk(b, nil)
	require.NoError(t, err)
	require.Equal(t, b, again)

	var v any
	require.NoError(t, dagcbor.Unmarshal(b, &v))
	want, canonical := decodeReference(b)
	require.True(t, canonical)
	require.Equal(t, want, v)
	again, err = dagcbor.Marshal(v)
	require.NoError(t, err)
	require.Equal(t, b, again)
}

func TestBlocksMatchTheirCIDs(t *testing.T) {
	for _, name := range []string{"alice.car", "carol.car", "dan.car"} {
		header, blocks := carBlocks(t, fixtures.PDS(t, name))
		var h struct {
			Roots   []dagcbor.CID `cbor:"roots"`
			Version int           `cbor:"version"`
		}
		require.NoError(t, dagcbor.Unmarshal(header, &h))
		require.Len(t, h.Roots, 1)
		found := false
		for _, b := range blocks {
			c, err := dagcbor.CIDFromBytes(b.cid)
			require.NoError(t, err)
			require.Equal(t, dagcbor.Sum(dagcbor.DAGCBOR, b.data), c)
			require.True(t, c.Matches(b.data))
			found = found || c == h.Roots[0]
		}
		require.True(t, found, name)
	}
}

// modelVector is an element of data-model/data-model-fixtures.json.
type modelVector struct {
	JSON any    `json:"json"`
	CBOR string `json:"cbor_base64"`
	CID  string `json:"cid"`
}

func TestDataModelFixtures(t *testing.T) {
	ledger.Covers(t, "CBR-023", "CID-014")
	vectors := fixtures.JSON[[]modelVector](t, fixtures.Interop(t, "data-model/data-model-fixtures.json"))
	for _, v := range vectors {
		b, err := base64.RawStdEncoding.DecodeString(v.CBOR)
		require.NoError(t, err)
		require.Equal(t, v.CID, dagcbor.Sum(dagcbor.DAGCBOR, b).String())
		requireRoundTrip(t, b)

		written, err := dagcbor.Marshal(fromJSON(t, v.JSON))
		require.NoError(t, err)
		require.Equal(t, b, written)
	}
}

// fromJSON turns the JSON form of data into Go values for Marshal. The vectors
// hold small integers only.
func fromJSON(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case float64:
		return int64(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = fromJSON(t, v[i])
		}
		return list
	case map[string]any:
		if s, isLink := v["$link"].(string); isLink {
			c, err := dagcbor.ParseCID(s)
			require.NoError(t, err)
			return c
		}
		if s, isBytes := v["$bytes"].(string); isBytes {
			b, err := base64.RawStdEncoding.DecodeString(s)
			require.NoError(t, err)
			return b
		}
		m := make(map[string]any)
		for k := range v {
			m[k] = fromJSON(t, v[k])
		}
		return m
	}
	return v
}
