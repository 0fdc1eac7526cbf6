package did_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/fixtures"
)

// FuzzParseDocument compares with the reference. It asks whatever parses for
// everything, writes it, reads it again, and requires the same answers.
func FuzzParseDocument(f *testing.F) {
	for _, name := range []string{"alice", "bob", "carol", "dan"} {
		f.Add(fixtures.PDS(f, name+".did.json"))
	}
	for _, fields := range []string{
		"", methods(decoys...), "'x':[{'id':[{}]},[]],'\\u0073ervice':[{'id':'#\\u0061','type':'','serviceEndpoint':'\\/'},1,[[]]]", "'alsoKnownAs':['at://a.com'],'verificationMethod':null",
		services(service("#atproto_pds", pdsType, "https://[::1]:443/")), methods(method("#atproto", legacyK256, alice, keyLegacy)),
		methods(method(alice+"#atproto", legacyP256, alice, keyShort)),
	} {
		f.Add([]byte(docText(fields)))
	}
	f.Add([]byte(`{"id":"did:a:b","id":"did:a:c"}`))
	f.Add([]byte(strings.Repeat("[", 1000)))
	f.Fuzz(func(t *testing.T, data []byte) {
		strict, err := did.ParseDocument(data, &did.ParseOptions{MaxSize: -1})
		ref, refErr := refParseDocument(data)
		require.Equal(t, refErr == nil, err == nil, "%v, reference: %v", err, refErr)
		require.Equal(t, ref, strict)

		opts := &did.ParseOptions{AllowLoopback: true, MaxSize: -1}
		d, err := did.ParseDocument(data, opts)
		if err != nil {
			require.Nil(t, d)
			require.Less(t, len(err.Error()), 1000)
			return
		}
		out, err := json.Marshal(d)
		require.NoError(t, err)
		again, err := did.ParseDocument(out, &did.ParseOptions{DID: d.ID, AllowLoopback: true, MaxSize: -1})
		require.NoError(t, err)

		require.Equal(t, d.ID, again.ID)
		require.Equal(t, answers(d), answers(again))
		twice, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(out), string(twice))
	})
}

func answers(d *did.Document) []string {
	h, _ := d.ClaimedHandle()
	list := []string{h.String()}
	if k, err := d.SigningKey(); err == nil {
		list = append(list, k.DIDKey())
	}
	if pds, err := d.PDS(); err == nil {
		list = append(list, pds)
	}
	return list
}
