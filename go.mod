module github.com/linnet-at/linnet

go 1.26.0

ignore ./internal/difftest/peers/node_modules // what the differential tests install

require (
	github.com/coder/websocket v1.8.15 // WebSocket, context first: the export stream of a PLC directory
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1 // tests only: a second secp256k1, against which every operation is checked
	github.com/fxamacker/cbor/v2 v2.9.6 // marshalling of structs, behind our strict scanner: the best-kept CBOR library in Go
	github.com/ipfs/go-cid v0.6.2 // CIDs at the boundary: the type that the ecosystem speaks
	github.com/mr-tron/base58 v1.3.0 // base58btc, the text form of public keys; go-cid needs it as well
	github.com/multiformats/go-multihash v0.2.3 // multihash codes at the same boundary
	github.com/rivo/uniseg v0.4.7 // graphemes, as string limits of schemas count them: Unicode text segmentation
	github.com/stretchr/testify v1.12.1 // tests only: package require
	gitlab.com/yawning/secp256k1-voi v0.0.0-20230925100816-f2616030848b // secp256k1 in constant time, and the fastest to verify in pure Go
)

require (
	github.com/klauspost/cpuid/v2 v2.0.9 // indirect
	github.com/minio/sha256-simd v1.0.0 // indirect
	github.com/multiformats/go-base32 v0.1.0 // indirect
	github.com/multiformats/go-base36 v0.2.0 // indirect
	github.com/multiformats/go-multibase v0.3.0 // indirect
	github.com/multiformats/go-varint v0.1.0 // indirect
	github.com/spaolacci/murmur3 v1.1.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	gitlab.com/yawning/tuplehash v0.0.0-20230713102510-df83abbf9a02 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.53.0 // indirect
	golang.org/x/sys v0.46.0 // indirect
	lukechampine.com/blake3 v1.1.6 // indirect
)
