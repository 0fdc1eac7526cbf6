package plc

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/linnet-at/linnet/crypto"
)

// defaultMaxKeys is how many keys a KeyCache holds by default.
const defaultMaxKeys = 16_384

// A KeyCache keeps rotation keys that were decoded, which takes a sixth of the
// time of verifying a signature. Most accounts share the keys of their servers,
// so that one cache should serve all verification in a process. It also knows
// which keys have signed most, and has those tried first.
//
// The zero KeyCache is ready to use. All methods may be called concurrently.
// Keys that are not used any more are forgotten when room is needed.
type KeyCache struct {
	// MaxKeys is how many keys are held, at about 500 bytes each. Zero means
	// 16384. It must not be changed after the first use.
	MaxKeys int

	mu    sync.RWMutex
	young map[string]*cachedKey // at most half of MaxKeys
	old   map[string]*cachedKey // what was young before
}

// A cachedKey is a key and how many signatures it has verified.
type cachedKey struct {
	key  *crypto.PublicKey
	wins atomic.Uint32
}

// load returns the key of a did:key. A nil cache decodes it every time. What
// does not decode is not kept.
func (c *KeyCache) load(text []byte) (*cachedKey, error) {
	if c == nil {
		return decodeKey(text)
	}
	c.mu.RLock()
	k, isYoung := c.young[string(text)]
	if !isYoung {
		k = c.old[string(text)]
	}
	c.mu.RUnlock()
	if isYoung {
		return k, nil
	}
	if k == nil {
		var err error
		if k, err = decodeKey(text); err != nil {
			return nil, err
		}
	}
	return c.store(text, k), nil
}

// errLongKey is for texts that can be no P-256 or K-256 key. Decoding takes time
// that is quadratic in the length.
var errLongKey = fmt.Errorf("longer than %d bytes", maxDIDKeyLength)

func decodeKey(text []byte) (*cachedKey, error) {
	if len(text) > maxDIDKeyLength {
		return nil, errLongKey
	}
	key, err := crypto.ParseDIDKey(string(text))
	if err != nil {
		return nil, err
	}
	return &cachedKey{key: key}, nil
}

// store makes k young, unless another caller has been faster, and returns what
// is there now.
func (c *KeyCache) store(text []byte, k *cachedKey) *cachedKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	if there, ok := c.young[string(text)]; ok {
		return there
	}
	limit := c.MaxKeys
	if limit <= 0 {
		limit = defaultMaxKeys
	}
	if c.young == nil || len(c.young) >= (limit+1)/2 {
		c.old, c.young = c.young, make(map[string]*cachedKey)
	}
	c.young[string(text)] = k
	return k
}

// Len returns how many keys are held.
func (c *KeyCache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n := len(c.young)
	for text := range c.old {
		if _, both := c.young[text]; !both {
			n++
		}
	}
	return n
}
