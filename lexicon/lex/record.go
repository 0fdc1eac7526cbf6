package lex

import (
	"fmt"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/cborhead"
	"github.com/linnet-at/linnet/lexicon"
)

// RecordOf returns v, an object, as a record of a collection, which its $type has
// to say: it gets one if it has none, and it is an [*lexicon.Error] if it has
// another one. Records of generated types always have their own.
//
// https://atproto.com/specs/lexicon#when-to-use-type
func RecordOf(collection string, v Appender) (Unknown, error) {
	b, err := AppendCBOR(nil, v)
	if err != nil {
		return Unknown{}, err
	}
	if len(b) == 0 || b[0]&cborhead.Mask != cborhead.Map {
		return Unknown{}, &lexicon.Error{Code: lexicon.CodeType, Def: collection, Msg: "record is not an object"}
	}
	view, err := data.NewView(b, &data.Options{MaxCBOR: -1, MaxDepth: -1, Permissive: true})
	if err != nil {
		return Unknown{}, err
	}
	typ, has := view.Get("$type")
	if !has {
		pair := dagcbor.AppendText(dagcbor.AppendText(nil, "$type"), collection)
		if b, err = AppendExtra(b, 0, Extra{string(pair)}, Root); err != nil {
			return Unknown{}, err
		}
		return Unknown{raw: string(b)}, nil
	}
	if text, ok := typ.Text(); !ok || text != collection {
		return Unknown{}, &lexicon.Error{
			Path: "/$type", Code: lexicon.CodeTypeName, Def: collection, Msg: fmt.Sprintf("$type %.320q is not the collection %.320q", text, collection),
		}
	}
	return Unknown{raw: string(b)}, nil
}
