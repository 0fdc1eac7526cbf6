package data_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// post is a typical post, as its author's client would write it.
const post = `{"$type":"app.bsky.feed.post","text":"Hello from the mountains, we walked all day and saw an eagle — and @alice.example.com was there too! https://example.com/walks","createdAt":"2026-05-01T12:34:56.789Z","langs":["en"],"facets":[{"index":{"byteStart":71,"byteEnd":89},"features":[{"$type":"app.bsky.richtext.facet#mention","did":"did:plc:z72i7hdynmk6r22z27h6tvur"}]},{"index":{"byteStart":105,"byteEnd":130},"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.com/walks"}]}],"embed":{"$type":"app.bsky.embed.images","images":[{"alt":"An eagle","image":{"$type":"blob","ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},"mimeType":"image/jpeg","size":218734},"aspectRatio":{"width":2000,"height":1333}}]}}`

const (
	linkText = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a" // dag-cbor
	blobText = "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity" // raw
	blobJSON = `{"$type":"blob","ref":{"$link":"` + blobText + `"},"mimeType":"image/jpeg","size":10000}`
)

// The worked examples of the ledger, EX-3.
const (
	ex3BlobJSON   = `{"a":` + blobJSON + `}`
	ex3BlobHex    = "a16161a463726566d82a582500015512204258cfff78f613697697563f926c91e5d3574d2ea25ae7ed92d6ebfc23a3889e6473697a6519271065247479706564626c6f62686d696d65547970656a696d6167652f6a706567"
	ex3LegacyJSON = `{"cid":"` + blobText + `","mimeType":"image/jpeg"}`
	ex3LegacyHex  = "a263636964783b6261666b72656963636c64683736366877636e75786e66327768366a677a657066326e6c75326c76636c6c74363365777735703663686934697479686d696d65547970656a696d6167652f6a706567"
	ex3LinkJSON   = `{"a":{"$link":"` + linkText + `"}}`
	ex3LinkHex    = "a16161d82a5825000171122065062a5a5a00fc16d73c6944237ccbc15b1c4a7234489336891d091741a239d0"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}
