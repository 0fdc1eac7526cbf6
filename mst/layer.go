package mst

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"math/bits"
)

// Layer returns the layer on which key lies: half of the number of leading zero
// bits of its SHA-256, rounded down. Layer 0 is the bottom; three of four keys
// lie there, and three of four of those that don't on layer 1.
// (https://atproto.com/specs/repository#mst-structure)
func Layer(key string) int {
	if len(key) > 128 {
		return layerOfLong(key)
	}
	var buf [128]byte
	return layerOf(append(buf[:0], key...))
}

// layerOfLong is Layer with a buffer that is only worth its clearing for keys
// that hardly occur.
func layerOfLong(key string) int {
	var buf [MaxKeyLen]byte
	return layerOf(append(buf[:0], key...))
}

func layerOf(key []byte) int {
	sum := sha256.Sum256(key)
	for i := 0; i < len(sum); i += 8 {
		if z := bits.LeadingZeros64(binary.BigEndian.Uint64(sum[i:])); z < 64 {
			return (i*8 + z) / 2
		}
	}
	return highestLayer
}

// A layerer computes the layers of many keys, faster than Layer. The zero layerer
// is ready for use.
//
// It gives the hash one padded block (RFC 6234, section 4.1) and looks at the
// state that comes of it, which begins as the sum does: the rest of what is done
// for the sum of a short key takes two thirds of the time of the block. Package
// sha256 lets states be saved, and be restored by other versions, so their form
// stays; if it is another one nothing is done faster.
type layerer struct {
	hash  hash.Hash
	saver encoding.BinaryAppender // the same; nil if its states don't have the form
	block [sha256.BlockSize]byte
	state []byte
	few   int // how many were computed before there was a hash
}

// The saved state of a hash is a name, the sum so far, what there is of a block,
// and the length.
const (
	stateName = "sha\x03"
	stateLen  = len(stateName) + sha256.Size + sha256.BlockSize + 8
)

// shortKey is the length up to which a key and its padding are one block.
const shortKey = sha256.BlockSize - 9

// fewKeys is how many keys are not worth the memory for a hash.
const fewKeys = 16

// layer is Layer.
func (y *layerer) layer(key string) int {
	if h := y.padded(copy(y.block[:], key), len(key)); h >= 0 {
		return h
	}
	return Layer(key)
}

// layerOf is layerOf.
func (y *layerer) layerOf(key []byte) int {
	if h := y.padded(copy(y.block[:], key), len(key)); h >= 0 {
		return h
	}
	return layerOf(key)
}

// padded returns the layer of the key that stands at the front of the block, or
// -1 if it has to be computed in another way. Of a key that is too long only a
// part stands there.
func (y *layerer) padded(end, keyLen int) int {
	if keyLen > shortKey || y.saver == nil && !y.start() {
		return -1
	}
	y.block[end] = 0x80
	clear(y.block[end+1:])
	binary.BigEndian.PutUint64(y.block[sha256.BlockSize-8:], 8*uint64(keyLen))
	y.hash.Reset()
	y.hash.Write(y.block[:])
	state, err := y.saver.AppendBinary(y.state[:0])
	if err != nil {
		return -1
	}
	zeros := bits.LeadingZeros64(binary.BigEndian.Uint64(state[len(stateName):]))
	if zeros == 64 {
		return -1 // there may be more
	}
	return zeros / 2
}

// start makes the hash if it is worth that. It reports whether there is one.
func (y *layerer) start() bool {
	if y.hash != nil {
		return false
	}
	if y.few++; y.few <= fewKeys {
		return false
	}
	y.hash = sha256.New()
	saver, ok := y.hash.(encoding.BinaryAppender)
	if !ok {
		return false
	}
	state, err := saver.AppendBinary(make([]byte, 0, stateLen))
	if err != nil || len(state) != stateLen || string(state[:len(stateName)]) != stateName {
		return false
	}
	y.saver, y.state = saver, state
	return true
}
