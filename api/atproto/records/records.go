// Package records writes records of any type through the server of an account:
// [Create], [Put] and [Apply] are the procedures of the same names, with one thing
// more. The $type of a record has to be its collection, which servers check late
// or not at all. Here a record that has none gets it, and one with another is an
// error before anything is sent.
//
// Records of generated types always have their $type, so that for them the check
// finds those that were put into a wrong collection. It is of most use for records
// that come from elsewhere, as JSON or as a tree.
//
// The inputs are not changed, and functions may be called concurrently, as the
// [xrpc.Caller] may be. To read records with their proofs see package xrpc/record.
//
// https://atproto.com/specs/lexicon#when-to-use-type
package records

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/xrpc"
)

// Create creates a record: see [atproto.RepoCreateRecord]. The error is an
// [*lexicon.Error] if its $type is not in.Collection, and else that of the call.
func Create(ctx context.Context, c xrpc.Caller, in *atproto.RepoCreateRecordInput) (*atproto.RepoCreateRecordOutput, error) {
	call := *in
	var err error
	if call.Record, err = lex.RecordOf(in.Collection, in.Record); err != nil {
		return nil, err
	}
	return atproto.RepoCreateRecord(ctx, c, &call)
}

// Put creates or replaces a record: see [atproto.RepoPutRecord]. The error is that
// of [Create].
func Put(ctx context.Context, c xrpc.Caller, in *atproto.RepoPutRecordInput) (*atproto.RepoPutRecordOutput, error) {
	call := *in
	var err error
	if call.Record, err = lex.RecordOf(in.Collection, in.Record); err != nil {
		return nil, err
	}
	return atproto.RepoPutRecord(ctx, c, &call)
}

// Apply makes several writes at once: see [atproto.RepoApplyWrites]. The error is
// that of [Create], with the index of the write in its path.
func Apply(ctx context.Context, c xrpc.Caller, in *atproto.RepoApplyWritesInput) (*atproto.RepoApplyWritesOutput, error) {
	call := *in
	call.Writes = slices.Clone(in.Writes)
	for i := range call.Writes {
		if err := complete(&call.Writes[i]); err != nil {
			return nil, inWrite(i, err)
		}
	}
	return atproto.RepoApplyWrites(ctx, c, &call)
}

// complete gives the record of a write its $type, in a copy.
func complete(w *atproto.RepoApplyWritesInputWritesItem) (err error) {
	if w.Create != nil {
		create := *w.Create
		create.Value, err = lex.RecordOf(create.Collection, create.Value)
		w.Create = &create
	}
	if w.Update != nil && err == nil {
		update := *w.Update
		update.Value, err = lex.RecordOf(update.Collection, update.Value)
		w.Update = &update
	}
	return err
}

// inWrite adds the index of a write to an error.
func inWrite(i int, err error) error {
	if e, ok := errors.AsType[*lexicon.Error](err); ok {
		at := *e
		at.Path = fmt.Sprintf("/writes/%d/value%s", i, e.Path)
		return &at
	}
	return lex.InItem("writes", i, err)
}
