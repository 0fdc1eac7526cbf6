package lex_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/lex"
)

func TestRecordOf(t *testing.T) {
	ledger.Covers(t, "XRPC-122")
	const collection = "com.example.note"
	for in, want := range map[string]string{
		`{}`:                           `{"$type":"com.example.note"}`,
		`{"a":1,"zzzzzzz":2}`:          `{"a":1,"$type":"com.example.note","zzzzzzz":2}`,
		`{"$type":"com.example.note"}`: `{"$type":"com.example.note"}`,
		`{"a":{"$type":"x.y.z"}}`:      `{"a":{"$type":"x.y.z"},"$type":"com.example.note"}`,
	} {
		u, err := lex.UnknownFromJSON([]byte(in))
		require.NoError(t, err)
		got, err := lex.RecordOf(collection, u)
		require.NoError(t, err)
		text, err := got.JSON()
		require.NoError(t, err)
		require.Equal(t, want, string(text))
		require.Equal(t, collection, got.LexType())
		again, err := u.JSON()
		require.NoError(t, err)
		require.Equal(t, in, string(again), "left alone")
	}
	// An object that is no record has no $type of its own.
	got, err := lex.RecordOf(collection, &bsky.ActorDefsMutedWord{Value: "v"})
	require.NoError(t, err)
	require.Equal(t, collection, got.LexType())

	number, err := lex.UnknownFromCBOR([]byte("\xa1\x65$type\x01"))
	require.NoError(t, err)
	for _, v := range []lex.Appender{&bsky.FeedLike{}, number} {
		_, err := lex.RecordOf(collection, v)
		var e *lexicon.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, lexicon.CodeTypeName, e.Code)
		require.Equal(t, "/$type", e.Path)
	}
	_, err = lex.RecordOf(collection, lex.Unknown{})
	require.EqualError(t, err, "lex: object of unknown type is absent")
}
