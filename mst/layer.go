package mst

import (
	"crypto/sha256"
	"encoding/binary"
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
