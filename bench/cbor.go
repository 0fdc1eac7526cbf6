package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

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
	posts := bytes.Repeat(post, 100)
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
			name: "cbor: DAG-CBOR to validated view, three fields looked up",
			agree: func() error {
				return agreeOnFields(lookUp(post), must(atdata.UnmarshalCBOR(post)))
			},
			ours:      func() { fields = lookUp(post) },
			peer:      func() { sink = must(atdata.UnmarshalCBOR(post)) },
			floorName: "skip and UTF-8 scan", floor: func() { skipAndScan(post) },
			asked: 4 * treeDecode, maxAllocs: 0,
		},
		{
			name:      "cbor: values of a stream, 100 posts",
			ours:      func() { countValues(posts) },
			otherName: "fxamacker/cbor",
			other:     func() { countWellFormed(plain, posts) },
			floorName: "SHA-256", floor: func() { dagcbor.Sum(dagcbor.DAGCBOR, posts) },
			maxAllocs: -1,
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

// fields are what is looked up in a post.
var fields [3][]byte

// lookUp checks a post and returns three of its fields, as bytes of the post.
func lookUp(post []byte) (found [3][]byte) {
	v := must(data.NewView(post, nil))
	for i, path := range [...][]string{{"text"}, {"createdAt"}, {"reply", "root", "uri"}} {
		field, _ := v.Get(path...)
		found[i], _ = field.AliasText()
	}
	return found
}

// agreeOnFields checks what lookUp found against the peer's tree.
func agreeOnFields(found [3][]byte, tree map[string]any) error {
	root := tree["reply"].(map[string]any)["root"].(map[string]any)
	for i, want := range [...]any{tree["text"], tree["createdAt"], root["uri"]} {
		if string(found[i]) != want {
			return fmt.Errorf("field %d is %q, not %q", i, found[i], want)
		}
	}
	return nil
}

// skipAndScan is the part of reading that no reader in place avoids: a look at
// each head of b, which is known to be valid and to have no long arguments, and
// at each byte of its text.
func skipAndScan(b []byte) {
	valid := true
	for off := 0; off < len(b); {
		head := b[off]
		n := int(head & 31)
		switch off++; n {
		case 24:
			n = int(b[off])
			off++
		case 25:
			n = int(binary.BigEndian.Uint16(b[off:]))
			off += 2
		case 26:
			n = int(binary.BigEndian.Uint32(b[off:]))
			off += 4
		}
		switch head >> 5 {
		case 2:
			off += n
		case 3:
			valid = valid && utf8.Valid(b[off:off+n])
			off += n
		}
	}
	if !valid {
		panic("invalid text")
	}
}

// countValues reads all values of a stream.
func countValues(b []byte) {
	n := 0
	for _, err := range dagcbor.NewDecoder(bytes.NewReader(b), nil).Values() {
		check(err)
		n++
	}
	if n != 100 {
		panic("values are missing")
	}
}

// countWellFormed is countValues with another library, which checks that its
// values are well-formed.
func countWellFormed(mode cbor.DecMode, b []byte) {
	d := mode.NewDecoder(bytes.NewReader(b))
	for range 100 {
		check(d.Skip())
	}
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
			name: "json: DAG-CBOR to JSON, post",
			agree: func() error {
				theirs := must(jsonMarshal(must(atdata.UnmarshalCBOR(post))))
				if !bytes.Equal(post, must(data.FromJSON(theirs, nil))) {
					return errors.New("the peer's JSON is that of another value")
				}
				return nil
			},
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
