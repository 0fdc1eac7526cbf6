// Package pebblestore keeps the blocks of repositories in a Pebble database,
// github.com/cockroachdb/pebble: many repositories in one database, each under
// a name of its own, beside whatever else is there.
//
// [New] takes a database that the caller has opened and will close, and
// [DB.Store] hands out the stores in it, as many and as often as wanted: a host
// makes one for each request.
//
//	stores := pebblestore.New(db, nil) // once for the database
//	store := stores.Store(did)
//
// It is a module of its own so that who does not use it does not depend on
// Pebble, and an example of a store on a key-value database: a batch becomes one
// atomic write.
package pebblestore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/blockstore"
)

// Options sets how a store writes. A nil *Options means the default.
type Options struct {
	// NoSync leaves it to Pebble when batches are brought to the disk. A
	// loss of power may then take the last ones, though none in part. By
	// default each batch is synced before Commit returns.
	NoSync bool
}

// A DB is a database in which repositories are kept, and the stores of all of
// them. It is safe for concurrent use, needs no closing, and takes memory only
// for the batches that are being committed.
//
// There must be one DB at a time for a database: a batch of one store waits for
// those of others of the same name, and that they do not undo each other is seen
// to by the DB that they come from.
type DB struct {
	db    *pebble.DB
	sync  *pebble.WriteOptions
	turns turns
}

// New returns the DB of a database that is open. It must not be closed as long
// as stores are used.
func New(db *pebble.DB, o *Options) *DB {
	d := &DB{db: db, sync: pebble.Sync}
	if o != nil && o.NoSync {
		d.sync = pebble.NoSync
	}
	return d
}

// A Store is the blocks of one repository. It is safe for concurrent use, as are
// several Stores of one name that come from the same [DB]: they are one
// repository, and of two batches that follow the same head one fails, whichever
// Stores they are committed to. A Store needs no closing.
//
// The keys, of which p is the name with its length before it:
//
//	p 'h'      CID of the head
//	p 'b' CID  a block
//	p 'r' CID  its references, uvarint
type Store struct {
	in     *DB
	name   string
	prefix []byte
}

var _ blockstore.Store = (*Store)(nil)

// Store returns the store of the repository with a name, such as the account's
// DID. All keys that it uses in the database begin with the length of name as a
// uvarint, and name. It reads nothing: making one costs next to nothing.
func (d *DB) Store(name string) *Store {
	prefix := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	return &Store{d, name, slices.Clip(prefix)}
}

// key returns the key of one kind for c.
func (s *Store) key(kind byte, c dagcbor.CID) []byte {
	k := make([]byte, 0, len(s.prefix)+1+36)
	return append(append(append(k, s.prefix...), kind), c.Bytes()...)
}

// get passes the value of a key to f and reports whether there is one.
func (s *Store) get(key []byte, f func(value []byte) error) (found bool, err error) {
	value, closer, err := s.in.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("pebblestore: %w", err)
	}
	err = f(value)
	return true, errors.Join(err, closer.Close())
}

// Block returns the block that c names, or blockstore.ErrNotFound.
func (s *Store) Block(ctx context.Context, c dagcbor.CID) (data []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := s.get(s.key('b', c), func(value []byte) error {
		data = append(make([]byte, 0, len(value)), value...)
		return nil
	})
	if err == nil && !found {
		err = blockstore.ErrNotFound
	}
	return data, err
}

// Head returns the CID of the current commit, undefined before the first one.
func (s *Store) Head(ctx context.Context) (head dagcbor.CID, err error) {
	if err := ctx.Err(); err != nil {
		return head, err
	}
	_, err = s.get(s.key('h', dagcbor.CID{}), func(value []byte) (err error) {
		head, err = dagcbor.CIDFromBytes(value)
		return err
	})
	return head, err
}

// Commit does all of b or nothing, as blockstore.Store says. It waits for other
// batches of the same name, until ctx ends.
func (s *Store) Commit(ctx context.Context, b *blockstore.Batch) error {
	changes, err := b.Changes()
	if err != nil {
		return err
	}
	if err := s.in.turns.take(ctx, s.name); err != nil {
		return err
	}
	defer s.in.turns.give(s.name)
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	if b.Prev != head {
		return &blockstore.ConflictError{Want: b.Prev, Have: head}
	}
	batch := s.in.db.NewBatch()
	defer func() { _ = batch.Close() }() // of what was not committed: an error says nothing
	for i := range changes {
		if err := s.change(batch, &changes[i]); err != nil {
			return err
		}
	}
	if b.Head.Defined() {
		if err := batch.Set(s.key('h', dagcbor.CID{}), b.Head.Bytes(), nil); err != nil {
			return fmt.Errorf("pebblestore: %w", err)
		}
	}
	if err := batch.Commit(s.in.sync); err != nil {
		return fmt.Errorf("pebblestore: %w", err)
	}
	return nil
}

// change adds to batch what c does to a block.
func (s *Store) change(batch *pebble.Batch, c *blockstore.Change) error {
	var refs uint64
	count := s.key('r', c.CID)
	_, err := s.get(count, func(value []byte) error {
		refs, _ = binary.Uvarint(value)
		return nil
	})
	if err != nil {
		return err
	}
	after, err := c.Apply(int(refs))
	switch {
	case err != nil || after == int(refs):
		return err
	case after == 0:
		err = errors.Join(batch.Delete(count, nil), batch.Delete(s.key('b', c.CID), nil))
	default:
		err = batch.Set(count, binary.AppendUvarint(nil, uint64(after)), nil)
		if refs == 0 && err == nil {
			err = batch.Set(s.key('b', c.CID), c.Data, nil)
		}
	}
	if err != nil {
		return fmt.Errorf("pebblestore: %w", err)
	}
	return nil
}
