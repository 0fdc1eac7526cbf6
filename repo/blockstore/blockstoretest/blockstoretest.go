// Package blockstoretest tests implementations of blockstore.Store.
//
//	func TestConformance(t *testing.T) {
//		blockstoretest.Run(t, func(t *testing.T) blockstore.Store { return mystore.New(t.TempDir()) })
//	}
//
// [Run] is for every store, and tests one that is a mst.BatchSource as such too.
// Two more are for what only some stores can do: [RunShared] tests those of which
// several may be open for one repository at a time, as on a database, and
// [RunReopen] that what was committed lasts, for stores that can be closed and
// opened again. That a store survives being killed is for its own tests to show.
package blockstoretest

import (
	"context"
	"testing"

	"github.com/linnet-at/linnet/repo/blockstore"
)

// Run tests a store. It calls open for each case, in a subtest, for a store
// that is empty. Closing it is left to open, with t.Cleanup.
//
// It takes a store of average speed a few seconds, and may be run with the race
// detector; -short leaves out the large cases.
func Run(t *testing.T, open func(t *testing.T) blockstore.Store) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.large && testing.Short() {
				t.Skip("large")
			}
			c.run(t, open(t))
		})
	}
}

// RunShared is [Run] for a repository of which several stores are open at a time:
// what was committed to one is there for all others, and of two batches that
// follow the same head one is a conflict, whichever stores they come to. It calls
// open for each case, for a repository that is empty; what open returns opens
// another store of this repository, and is called by several goroutines at
// once, once for each call of a method.
//
// A store that may be open once at a time, or that is all of its data, like one
// in memory, can't be tested so.
func RunShared(t *testing.T, open func(t *testing.T) func() blockstore.Store) {
	t.Helper()
	Run(t, func(t *testing.T) blockstore.Store { return shared{open(t)} })
}

// RunReopen tests that what was committed is there when the store was opened
// again. It calls open once, for a store that is empty; reopen closes s, and
// opens the same store anew.
func RunReopen(t *testing.T, open func(t *testing.T) blockstore.Store, reopen func(t *testing.T, s blockstore.Store) blockstore.Store) {
	t.Helper()
	s := open(t)
	reopens(t, s, func(s blockstore.Store) blockstore.Store { return reopen(t, s) })
}

// tb is the part of *testing.T that the cases need, so that the tests of this
// package can see them fail.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Context() context.Context
}

type testCase struct {
	name  string
	run   func(t tb, s blockstore.Store)
	large bool
}

var cases = []testCase{
	{"Empty", empty, false},
	{"Commit", commits, false},
	{"Conflict", conflicts, false},
	{"References", references, false},
	{"ManyReferences", manyReferences, false},
	{"PutAndDrop", putAndDrop, false},
	{"SameBytesTwice", sameBytesTwice, false},
	{"DropWithoutReference", dropWithoutReference, false},
	{"WrongBatch", wrongBatch, false},
	{"Atomic", atomicity, false},
	{"Cancelled", cancelled, false},
	{"Sizes", sizes, false},
	{"ReusedBuffers", reusedBuffers, false},
	{"KeptSlices", keptSlices, false},
	{"Model", randomBatches, false},
	{"ReadersAndWriter", readersAndWriter, false},
	{"Writers", writers, false},
	{"ManyWriters", manyWriters, false},
	{"TenThousand", tenThousand, true},
}
