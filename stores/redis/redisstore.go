// Package redisstore keeps what identity directories have found out in a Redis
// server, or one that speaks its protocol, with
// github.com/redis/go-redis: for programs that share it, or are restarted.
//
// [New] makes a did.Cache of a client that the caller has made and will close:
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379"})
//	directory := did.NewDirectory(dids, handles, &did.DirectoryOptions{
//		Cache: redisstore.New(client, nil),
//	})
//
// It is a module of its own so that who does not use it does not depend on the
// client.
//
// A server for nothing else is best given a limit of memory and a policy that
// forgets what is used least, such as allkeys-lfu: entries expire on their own,
// after three days by default. Who can write to the server can say who anybody
// is.
package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/linnet-at/linnet/did"
)

// DefaultPrefix is before all keys by default.
const DefaultPrefix = "linnet:"

// Options are options for [New].
type Options struct {
	// Prefix is before all keys, to keep them apart from what else is on the
	// server. Empty means [DefaultPrefix].
	Prefix string
}

// A Cache is a [did.Cache] on a Redis server. It may be used concurrently.
type Cache struct {
	client redis.Cmdable
	prefix string
}

var _ did.Cache = (*Cache)(nil)

// New returns the cache on the server of a client, be it one for a single server,
// a cluster, or one with sentinels; nil options mean the defaults.
func New(client redis.Cmdable, o *Options) *Cache {
	c := &Cache{client: client, prefix: DefaultPrefix}
	if o != nil && o.Prefix != "" {
		c.prefix = o.Prefix
	}
	return c
}

// Get returns the value of a key, and whether there is one.
func (c *Cache) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	value, err = c.client.Get(ctx, c.prefix+key).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("redisstore: %w", err)
	}
	return value, true, nil
}

// Set sets the value of a key for the given time, to the millisecond.
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	// A time of zero would be for ever, and parts of a millisecond are rounded
	// by the client in a way that is logged.
	ttl = max(ttl.Truncate(time.Millisecond), time.Millisecond)
	if err := c.client.Set(ctx, c.prefix+key, value, ttl).Err(); err != nil {
		return fmt.Errorf("redisstore: %w", err)
	}
	return nil
}

// Delete removes a key.
func (c *Cache) Delete(ctx context.Context, key string) error {
	if err := c.client.Del(ctx, c.prefix+key).Err(); err != nil {
		return fmt.Errorf("redisstore: %w", err)
	}
	return nil
}
