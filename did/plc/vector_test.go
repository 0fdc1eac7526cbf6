package plc_test

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// The keys of the worked example.
const (
	k256Hex = "6b0b91287ae3348f8c2f2552d766f30e3604867e34adc37ccbb74a8e6b893e02"
	p256Hex = "82ebbd63ebbd9ff60141a69bd4c9be282f2415e8eafa9d42c0ed396daccca979"
)

func privateKey(t testing.TB, c crypto.Curve, text string) *crypto.PrivateKey {
	t.Helper()
	k, err := crypto.ParsePrivateHex(c, text)
	require.NoError(t, err)
	return k
}

// vector is the worked example: three operations and their times, one day apart.
func vector(t testing.TB) (key *crypto.PrivateKey, data *plc.Data) {
	t.Helper()
	key = privateKey(t, crypto.K256, k256Hex)
	account := plc.Account{
		Handle: syntax.MustParseHandle("alice.example.com"), PDS: "https://pds.example.com",
		SigningKey:   privateKey(t, crypto.P256, p256Hex).PublicKey(),
		RotationKeys: []*crypto.PublicKey{key.PublicKey()},
	}
	data, err := account.Data()
	require.NoError(t, err)
	return key, data
}

func TestWorkedExample(t *testing.T) {
	ledger.Covers(t, "PLC-001", "PLC-002", "PLC-005", "PLC-006", "PLC-011", "PLC-015", "PLC-016", "PLC-024")
	ctx := t.Context()
	key, data := vector(t)
	id, genesis, err := plc.Create(ctx, data, key)
	require.NoError(t, err)
	require.Equal(t, "did:plc:wghxv3hb3bije6agwuqxkrtv", id.String())
	require.Equal(t, "bafyreifrr55ozyoykcjhqbvvef2um5lgqtp5lrkq3efczmjhmleyhmje3i", genesis.CID().String())
	require.Equal(t, "NEyaQt80Lr-Bpu8H43Z8Q8zPOlCQvbSOM1lY96B4oEhCn3kKCS-HLI2s8YNayZibh7OhoImyGulfzzVDa4pDdg", genesis.Signature())
	require.Equal(t, "a66470726576f664747970656d706c635f6f7065726174696f6e687365727669636573a16b617470726f746f5f706473a264747970657819417470726f746f506572736f6e616c4461746153657276657268656e64706f696e747768747470733a2f2f7064732e6578616d706c652e636f6d6b616c736f4b6e6f776e4173817661743a2f2f616c6963652e6578616d706c652e636f6d6c726f746174696f6e4b6579738178396469643a6b65793a7a513373685a6332517a417070326f796d477651627a5038654b686556736842486255345a596a65587177534b456e364e73766572696669636174696f6e4d6574686f6473a167617470726f746f78396469643a6b65793a7a446e61655469713150647a765a5855614d64657a6368634d4a517042644832564e347067727245684d4343626d775362",
		hex.EncodeToString(genesis.AppendUnsigned(nil)))
	signed := genesis.AppendCBOR(nil)
	require.Len(t, signed, 403)
	require.Equal(t, "a763736967", hex.EncodeToString(signed[:5]), "the signature comes first")

	data.SetHandle(syntax.MustParseHandle("bob.example.com"))
	update, err := plc.Update(ctx, genesis, data, key)
	require.NoError(t, err)
	require.Equal(t, genesis.CID(), update.Prev())
	require.Equal(t, "0UOI8X2GeHUlIU0xPPKUOiVDtoCIZHWv1HlVrrlbl2ozBs1FpuJHC4OHJvqfDqXtrMPhZIaQSRgJv6Ua89ebQQ", update.Signature())
	require.Equal(t, "bafyreid62cu3bofmntgnvbeozcokmxn6pi6rry6djik2pjy3ejfuxe5jrm", update.CID().String())

	tombstone, err := plc.Tombstone(ctx, update, key)
	require.NoError(t, err)
	require.Equal(t, "a26470726576783b62616679726569643632637533626f666d6e74676e7662656f7a636f6b6d786e3670693672727936646a696b32706a7933656a66757865356a726d64747970656d706c635f746f6d6273746f6e65",
		hex.EncodeToString(tombstone.AppendUnsigned(nil)))
	require.Equal(t, "OJVcrpPVpo6SGR2dDuDu2RbOdGs1qBG1mLtcEkUk4H5qmEuWPC7NVOyVVZU4RN7F47LgkZB3un0V1yLCIIqGDA", tombstone.Signature())
	require.Equal(t, "bafyreidbtqpe7c6p7rpre5d5fc4aq3e34ofibvst4jc6pfqxw5atkujkx4", tombstone.CID().String())

	state, verdicts, err := plc.VerifyLog(id, history(id, genesis, update, tombstone), nil)
	require.NoError(t, err)
	require.True(t, state.Deactivated())
	for _, v := range verdicts {
		require.Equal(t, plc.Verdict{Status: plc.Active}, v)
	}
}

// The unsigned bytes and the DID of the first account of the network, which is
// of the old form. Its signature is not part of the example, so that one of ours
// stands in for it.
func TestWorkedExampleLegacy(t *testing.T) {
	ledger.Covers(t, "PLC-003", "PLC-004")
	const unsigned = "a66470726576f66474797065666372656174656668616e646c656f64616e2e62736b792e736f6369616c67736572766963657368747470733a2f2f62736b792e736f6369616c6a7369676e696e674b657978396469643a6b65793a7a513373685035544265317351665374745874793135464145485631445a676378525a4e787645576e50664c46774c784a6b7265636f766572794b657978396469643a6b65793a7a513373686843475571444b6a53747a754478506b54784e36756a64645034526b454b4a4a6f754a4752526b614c476267"
	op, err := plc.ParseOperation([]byte(`{"type":"create","handle":"dan.bsky.social","service":"https://bsky.social","prev":null,"sig":"",
		"signingKey":"did:key:zQ3shP5TBe1sQfSttXty15FAEHV1DZgcxRZNxvEWnPfLFwLxJ","recoveryKey":"did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg"}`))
	require.NoError(t, err)
	require.Equal(t, unsigned, hex.EncodeToString(op.AppendUnsigned(nil)))
	require.Equal(t, plc.TypeCreate, op.Type())
	require.Equal(t, &plc.Data{
		RotationKeys:        []string{"did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg", "did:key:zQ3shP5TBe1sQfSttXty15FAEHV1DZgcxRZNxvEWnPfLFwLxJ"},
		VerificationMethods: map[string]string{"atproto": "did:key:zQ3shP5TBe1sQfSttXty15FAEHV1DZgcxRZNxvEWnPfLFwLxJ"},
		AlsoKnownAs:         []string{"at://dan.bsky.social"},
		Services:            map[string]plc.Service{"atproto_pds": {Type: "AtprotoPersonalDataServer", Endpoint: "https://bsky.social"}},
	}, op.Data())
}

// Histories that a directory served. What the reference server signed verifies,
// and every change of a byte that matters does not.
func TestFixtures(t *testing.T) {
	ledger.Covers(t, "PLC-010", "PLC-032", "PLC-033", "PLC-058")
	for _, name := range []string{"alice", "bob", "carol", "dan"} {
		t.Run(name, func(t *testing.T) {
			raw := fixtures.PDS(t, name+".plc-log.json")
			log, err := plc.ParseLog(raw)
			require.NoError(t, err)
			id := log[0].DID
			state, verdicts, err := plc.VerifyLog(id, log, nil)
			require.NoError(t, err)
			require.Len(t, verdicts, len(log))
			handle, ok := state.Data().Handle()
			require.True(t, ok)
			require.Contains(t, handle.String(), name)

			out, err := json.Marshal(log)
			require.NoError(t, err)
			require.JSONEq(t, string(raw), string(out))

			other := syntax.MustParseDID("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
			_, verdicts, err = plc.VerifyLog(other, log, nil)
			requireReason(t, err, plc.ReasonDID, 0)
			require.Equal(t, plc.ReasonDID, verdicts[0].Err.Reason)

			log[0].CID = dagcbor.Sum(dagcbor.DAGCBOR, nil)
			_, _, err = plc.VerifyLog(id, log, nil)
			requireReason(t, err, plc.ReasonCID, 0)
		})
	}
}
