package data_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// reference is FromJSON, slow and readable: the text through encoding/json
// into a tree, and the tree through the rules of the data model, one by one.
// It does not know limits but that on depth.
func reference(text []byte) (b []byte, ok bool) {
	if strictjson.Check(text, &strictjson.Options{MaxDepth: -1}) != nil {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	return refValue(v, 0)
}

func refValue(v any, depth int) ([]byte, bool) {
	switch v := v.(type) {
	case nil:
		return dagcbor.AppendNull(nil), true
	case bool:
		return dagcbor.AppendBool(nil, v), true
	case string:
		return dagcbor.AppendText(nil, v), true
	case json.Number:
		return refNumber(string(v))
	case []any:
		return refArray(v, depth+1)
	}
	m := v.(map[string]any)
	if _, ok := m["$bytes"]; ok {
		return refBytes(m)
	}
	if depth == dagcbor.DefaultMaxDepth {
		return nil, false
	}
	if _, ok := m["$link"]; ok {
		return refLink(m)
	}
	return refMap(m, depth+1)
}

func refNumber(s string) ([]byte, bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp, _ := new(big.Int).SetString(s[i+1:], 10)
		if exp.CmpAbs(big.NewInt(10_000)) > 0 {
			// Too large for exact arithmetic. The inputs are too short to make
			// up for it, so it is no integer of 64 bits unless it is zero.
			zero := strings.Trim(s[:i], "-0.") == ""
			return dagcbor.AppendInt(nil, 0), zero
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return nil, false
	}
	return dagcbor.AppendInt(nil, r.Num().Int64()), true
}

func refBytes(m map[string]any) ([]byte, bool) {
	s, ok := m["$bytes"].(string)
	if !ok || len(m) != 1 || strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	enc := base64.StdEncoding
	if !strings.Contains(s, "=") {
		enc = base64.RawStdEncoding
	}
	b, err := enc.DecodeString(s)
	return dagcbor.AppendBytes(nil, b), err == nil
}

func refLink(m map[string]any) ([]byte, bool) {
	s, ok := m["$link"].(string)
	if !ok || len(m) != 1 {
		return nil, false
	}
	c, err := dagcbor.ParseCID(s)
	if err != nil {
		return nil, false
	}
	return dagcbor.AppendLink(nil, c), true
}

func refArray(a []any, depth int) ([]byte, bool) {
	b := dagcbor.AppendArray(nil, len(a))
	for _, v := range a {
		item, ok := refValue(v, depth)
		if !ok {
			return nil, false
		}
		b = append(b, item...)
	}
	return b, depth <= dagcbor.DefaultMaxDepth
}

func refMap(m map[string]any, depth int) ([]byte, bool) {
	if typ, ok := m["$type"]; ok {
		if s, ok := typ.(string); !ok || s == "" || s == "blob" && !refBlob(m) {
			return nil, false
		}
	}
	b := dagcbor.AppendMap(nil, len(m))
	for _, key := range slices.SortedFunc(maps.Keys(m), dagcbor.CompareKeys) {
		item, ok := refValue(m[key], depth)
		if !ok || key == "" {
			return nil, false
		}
		b = append(dagcbor.AppendText(b, key), item...)
	}
	return b, depth <= dagcbor.DefaultMaxDepth
}

func refBlob(m map[string]any) bool {
	ref, ok := m["ref"].(map[string]any)
	if !ok || len(m) != 4 || len(ref) != 1 {
		return false
	}
	text, _ := ref["$link"].(string)
	c, err := dagcbor.ParseCID(text)
	if err != nil || c.Codec() != dagcbor.Raw {
		return false
	}
	number, ok := m["size"].(json.Number)
	if !ok {
		return false
	}
	size, ok := refNumber(string(number))
	mimeType, isText := m["mimeType"].(string)
	return ok && size[0]>>5 == 0 && isText && mimeType != ""
}

// blessed reports whether all functions of the package that read DAG-CBOR
// accept b.
func blessed(b []byte, o *data.Options) bool { return data.Validate(b, o) == nil }
