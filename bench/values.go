package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// postJSON is a typical post: a reply with facets and an external embed, of
// 870 bytes in DAG-CBOR.
const postJSON = `{"$type":"app.bsky.feed.post","createdAt":"2026-08-19T12:34:56.789Z","embed":{"$type":"app.bsky.embed.external",` +
	`"external":{"description":"A long read about birds, their songs, and how they learn them","thumb":{"$type":"blob","mimeType":"image/jpeg",` +
	`"ref":{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"},"size":231344},"title":"Why linnets sing","uri":"https://example.com/linnets/why-they-sing"}},` +
	`"facets":[{"features":[{"$type":"app.bsky.richtext.facet#link","uri":"https://example.com/linnets/why-they-sing"}],"index":{"byteEnd":64,"byteStart":35}}],` +
	`"langs":["en"],"reply":{"parent":{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",` +
	`"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"},"root":{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a",` +
	`"uri":"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"}},"text":"This is worth your time, all of it: example.com/linnets/why-the… 🐦"}`

// A collection of the synthetic repositories, with a record as it is typical
// for it.
var collections = []struct{ name, record string }{
	{"app.bsky.feed.like", `{"$type":"app.bsky.feed.like","createdAt":"2026-08-19T12:34:56.789Z","subject":{"cid":"bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a","uri":"at://did:plc:%s/app.bsky.feed.post/3jzfcijpj2z2a"}}`},
	{"app.bsky.feed.post", `{"$type":"app.bsky.feed.post","createdAt":"2026-08-19T12:34:56.789Z","langs":["en"],"text":"Linnets sing, and so do I, about the number %s, every day and at length, until somebody asks me to stop, which happens"}`},
	{"app.bsky.graph.follow", `{"$type":"app.bsky.graph.follow","createdAt":"2026-08-19T12:34:56.789Z","subject":"did:plc:%s"}`},
}

// syntheticRecord returns the collection and JSON of record i.
func syntheticRecord(i int) (collection, json string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(i))
	sum := sha256.Sum256(n[:])
	c := collections[i%len(collections)]
	return c.name, fmt.Sprintf(c.record, hex.EncodeToString(sum[:12]))
}
