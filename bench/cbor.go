package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/bluesky-social/indigo/atproto/atdata"
	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
)

// sink keeps results alive.
var sink any

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// What is asked of the rows of the data model are multiples of the fastest SDK,
// which took these parts of the peer's time in the same run.
const (
	treeDecode = 16.2 / 3.5
	fromJSON   = 30.0 / 16.3
	toJSON     = 23.5 / 13.3
)

func cborRows(wanted func(string) bool) ([]row, error) {
	post := must(data.FromJSON([]byte(postJSON), nil))
	plain := must(cbor.DecOptions{}.DecMode())
	rows := []row{
		{
			name: fmt.Sprintf("cbor: DAG-CBOR to untyped tree, post of %d B", len(post)),
			agree: func() error {
				ours := must(data.Unmarshal(post, nil))
				theirs := must(atdata.UnmarshalCBOR(post))
				back := must(atdata.MarshalCBOR(theirs))
				if !bytes.Equal(back, must(data.Marshal(ours, nil))) {
					return errors.New("trees encode differently")
				}
				return nil
			},
			ours:      func() { sink = must(data.Unmarshal(post, nil)) },
			peer:      func() { sink = must(atdata.UnmarshalCBOR(post)) },
			otherName: "fxamacker/cbor",
			other:     func() { var v any; check(plain.Unmarshal(post, &v)); sink = v },
			asked:     1.4 * treeDecode, maxAllocs: -1,
		},
		{
			name:      "cbor: validate in place",
			ours:      func() { check(dagcbor.Valid(post, nil)) },
			otherName: "fxamacker/cbor",
			other:     func() { check(plain.Wellformed(post)) },
			floorName: "SHA-256", floor: func() { dagcbor.Sum(dagcbor.DAGCBOR, post) },
			maxAllocs: 0,
		},
		{
			name:      "cbor: CID from bytes",
			ours:      func() { c := must(dagcbor.CIDFromBytes(linkBytes)); ourCID = c },
			otherName: "go-cid", other: func() { _, c, err := cid.CidFromBytes(linkBytes); check(err); theirCID = c },
			maxAllocs: 0,
		},
		{
			name:      "cbor: CID of 300 bytes",
			ours:      func() { ourCID = dagcbor.Sum(dagcbor.DAGCBOR, post[:300]) },
			otherName: "go-cid", other: func() { theirCID = must(cidPrefix.Sum(post[:300])) },
			maxAllocs: 0,
		},
	}
	return pick(rows, wanted), nil
}

var (
	linkBytes = dagcbor.Sum(dagcbor.DAGCBOR, nil).Bytes()
	cidPrefix = cid.NewPrefixV1(cid.DagCBOR, 0x12)
	ourCID    dagcbor.CID
	theirCID  cid.Cid
)

func jsonRows(wanted func(string) bool) ([]row, error) {
	text := []byte(postJSON)
	post := must(data.FromJSON(text, nil))
	var buf []byte
	return pick([]row{
		{
			name: "json: JSON to DAG-CBOR, post",
			agree: func() error {
				if !bytes.Equal(post, must(atdata.MarshalCBOR(must(atdata.UnmarshalJSON(text))))) {
					return errors.New("encodings differ")
				}
				return nil
			},
			ours:  func() { buf = must(data.AppendCBOR(buf[:0], text, nil)) },
			peer:  func() { sink = must(atdata.MarshalCBOR(must(atdata.UnmarshalJSON(text)))) },
			asked: 8 * fromJSON, maxAllocs: 0,
		},
		{
			name:  "json: DAG-CBOR to JSON, post",
			ours:  func() { buf = must(data.AppendJSON(buf[:0], post, nil)) },
			peer:  func() { sink = must(jsonMarshal(must(atdata.UnmarshalCBOR(post)))) },
			asked: 8 * toJSON, maxAllocs: 0,
		},
	}, wanted), nil
}

// pick keeps the rows whose names are wanted.
func pick(rows []row, wanted func(string) bool) []row {
	var picked []row
	for _, r := range rows {
		if wanted(r.name) {
			picked = append(picked, r)
		}
	}
	return picked
}
