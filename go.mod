module github.com/linnet-at/linnet

go 1.26.0

require (
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1 // tests only: a second secp256k1, against which every operation is checked
	github.com/mr-tron/base58 v1.3.0 // base58btc, the text form of public keys; go-cid needs it as well
	github.com/stretchr/testify v1.12.1 // tests only: package require
	gitlab.com/yawning/secp256k1-voi v0.0.0-20230925100816-f2616030848b // secp256k1 in constant time, and the fastest to verify in pure Go
)

require (
	gitlab.com/yawning/tuplehash v0.0.0-20230713102510-df83abbf9a02 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.53.0 // indirect
	golang.org/x/sys v0.46.0 // indirect
)
