package data_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

func TestFromJSON(t *testing.T) {
	ledger.Covers(t, "DAT-001", "DAT-004", "DAT-006", "DAT-010", "DAT-011", "DAT-012", "DAT-017", "DAT-019", "DAT-020", "CBR-011", "CBR-021")
	for in, want := range map[string]string{
		`null`: "f6", `true`: "f5", `false`: "f4", `""`: "60", `[]`: "80", ` { } `: "a0", `"a"`: "6161",
		`0`: "00", `-0`: "00", `-0.0`: "00", `-0e5`: "00", `123.0`: "187b", `1e3`: "1903e8", `-1`: "20", `-24`: "37",
		`9007199254740993`:                                         "1b0020000000000001",
		`9223372036854775807`:                                      "1b7fffffffffffffff",
		`-9223372036854775808`:                                     "3b7fffffffffffffff",
		`"\ud83d\ude00\u0000"`:                                     "65f09f988000",
		`"\"\\\/\b\f\n\r\t"`:                                       "68225c2f080c0a0d09",
		`[1,"a",null,[],{"b":true}]`:                               "850161" + "61f680a16162f5",
		`{"aa":1,"a":2,"B":3,"b":4,"":5}`:                          "", // the empty key
		`{"aa":1,"a":2,"B":3,"b":4}`:                               "a4614203616102616204626161" + "01",
		`{"b":{"d":1,"c":2},"a":[{"z":1,"y":2}]}`:                  "a2616181a261790261" + "7a016162a26163026164" + "01",
		`{"$foo":1}`:                                               "a16424666f6f01",
		`{"$bytes":""}`:                                            "40",
		`{"$bytes":"nFE"}`:                                         "429c51",
		`{"$bytes":"nFE="}`:                                        "429c51",
		`{"$bytes":"nA=="}`:                                        "419c",
		`{"$bytes":"nA"}`:                                          "419c",
		`{"$bytes":"nFF"}`:                                         "429c51", // bits after the last byte
		`{"$bytes":"+/+/"}`:                                        "43fbffbf",
		`{"\u0024byt\u0065s":"\u006eF\u0045"}`:                     "429c51",
		`{"$link":"` + linkText + `"}`:                             ex3LinkHex[6:],
		`{"\u0024link":"\u0062` + linkText[1:] + `"}`:              ex3LinkHex[6:],
		`[[],[{"$bytes":"nFE"}],{"x":{"$bytes":"nFE"}}]`:           "838081429c51a16178429c51",
		`{"cid":"` + linkText + `","l":"ipld://` + linkText + `"}`: "a2616c7842" + hex.EncodeToString([]byte("ipld://"+linkText)) + "63636964783b" + hex.EncodeToString([]byte(linkText)),
	} {
		got, err := data.FromJSON([]byte(in), nil)
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, in)
		require.Equal(t, want, hex.EncodeToString(got), in)
		require.NoError(t, data.Validate(got, nil))
	}
}

func TestFromJSONErrors(t *testing.T) {
	ledger.Covers(t, "DAT-003", "DAT-004", "DAT-006", "DAT-007", "DAT-010", "DAT-014", "DAT-015", "DAT-018", "BLB-002", "BLB-003", "BLB-004", "BLB-005")
	const link = `{"$link":"%s"}`
	blob := func(old, new string) string { return "[" + strings.Replace(blobJSON, old, new, 1) + "]" }
	for _, tc := range []struct {
		in, msg string
		offset  int
	}{
		{``, "unexpected end of input", 0},
		{`{"a":1,"b":2,"a":3}`, `duplicate name "a"`, 13},
		{`{"a":1,"b":2,"\u0061":3}`, `duplicate name "a"`, 13},
		{`{"` + strings.Repeat("x", 30) + `":1,"` + strings.Repeat("x", 30) + `":1}`, `duplicate name "` + strings.Repeat("x", 30) + `"`, 36},
		{`{"a":{"b":1,"b":2}}`, `duplicate name "b"`, 12},
		{`"\ud800"`, "unpaired surrogate escape", 1},
		{"\"\xff\"", "invalid UTF-8", 1},
		{`{"a":1} 1`, "data after the value", 8},
		{`[1.5]`, `number is not an integer: "1.5"`, 1},
		{`9223372036854775808`, `integer does not fit in 64 bits: "9223372036854775808"`, 0},
		{`[1e999999999]`, `integer does not fit in 64 bits: "1e999999999"`, 1},
		{`[1e-999999999]`, `number is not an integer: "1e-999999999"`, 1},
		{`{"":1}`, "empty map key", 1},
		{`{"$type":null}`, "$type is not a string, or is empty", 9},
		{`{"$type":{}}`, "$type is not a string, or is empty", 9},
		{`{"$type":""}`, "$type is not a string, or is empty", 9},
		{`{"\u0024type":1}`, "$type is not a string, or is empty", 14},
		{`{"$bytes":5}`, "$bytes is not a string", 10},
		{`{"$bytes":"a"}`, `$bytes "a" is not a whole number of bytes`, 10},
		{`{"$bytes":"-_-_"}`, `$bytes "-_-_" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"nF E"}`, `$bytes "nF E" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"nF\nE"}`, `$bytes "nF\nE" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"nF\rE"}`, `$bytes "nF\rE" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"nFE\r\n"}`, `$bytes "nFE\r\n" is not a whole number of bytes`, 10},
		{`{"$bytes":"=nFE"}`, `$bytes "=nFE" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"nFE=="}`, `$bytes "nFE==" is not a whole number of bytes`, 10},
		{`{"$bytes":"nA="}`, `$bytes "nA=" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"n==="}`, `$bytes "n===" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"===="}`, `$bytes "====" is not base64 with the standard alphabet`, 10},
		{`{"$bytes":"="}`, `$bytes "=" is not a whole number of bytes`, 10},
		{`{"$bytes":"","a":1}`, "object with $bytes and other names", 13},
		{`{"a":1,"$bytes":""}`, "object with $bytes and other names", 7},
		{`{"$bytes":"","$bytes":""}`, "object with $bytes and other names", 13},
		{`{"$bytes":"nFE"`, "unexpected end of input", 15},
		{`{"$link":null}`, "$link is not a string", 9},
		{`{"$link":{"$link":"` + linkText + `"}}`, "$link is not a string", 9},
		{`{"$link":"` + linkText + `","a":1}`, "object with $link and other names", 71},
		{`{"a":1,"$link":"` + linkText + `"}`, "object with $link and other names", 7},
		{fmt.Sprintf(link, ""), `$link "" is not base32 with prefix "b"`, 9},
		{fmt.Sprintf(link, "b"), `$link "b" is not base32 with prefix "b"`, 9},
		{fmt.Sprintf(link, "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"), `$link "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n" is not base32 with prefix "b"`, 9},
		{fmt.Sprintf(link, strings.ToUpper(linkText)), `$link "` + strings.ToUpper(linkText) + `" is not base32 with prefix "b"`, 9},
		{fmt.Sprintf(link, "bAFYREI"), `$link "bAFYREI" is not base32 in lower case`, 9},
		{fmt.Sprintf(link, linkText[:58]+"b"), `$link "` + linkText[:58] + `b" is base32 with stray bits after the last byte`, 9},
		{fmt.Sprintf(link, linkText[:58]), `$link "` + linkText[:58] + `" is base32 with stray bits after the last byte`, 9},
		{fmt.Sprintf(link, linkText+"a"), `$link "` + linkText + `a" is base32 with stray bits after the last byte`, 9},
		{fmt.Sprintf(link, "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"), `$link "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi" is not a CID of version 1, dag-cbor or raw, SHA-256`, 9},
		{fmt.Sprintf(link, "b"+strings.Repeat("a", 200)), `$link "b` + strings.Repeat("a", 99) + `" is longer than a CID`, 9},
		{blob(`"ref":{"$link":"`+blobText+`"},`, ""), "blob without exactly the keys $type, ref, mimeType and size", 1},
		{blob(`"size":10000`, `"size":10000,"alt":""`), "blob without exactly the keys $type, ref, mimeType and size", 1},
		{blob(`"size"`, `"siz_"`), "blob without exactly the keys $type, ref, mimeType and size", 1},
		{blob(blobText, linkText), "blob whose ref is not a CID of codec raw", 1},
		{blob(`{"$link":"`+blobText+`"}`, `"`+blobText+`"`), "blob whose ref is of the wrong kind", 1},
		{blob(`"image/jpeg"`, `""`), "blob with an empty mimeType", 1},
		{blob(`"image/jpeg"`, `null`), "blob whose mimeType is of the wrong kind", 1},
		{blob(`10000`, `-1`), "blob of negative size", 1},
		{blob(`10000`, `"10000"`), "blob whose size is of the wrong kind", 1},
		{blob(`"blob"`, `"\u0062lob"`)[:20], "unexpected end of input", 20},
		{strings.Replace(blob(`10000`, `-1`), `"blob"`, `"\u0062lob"`, 1), "blob of negative size", 1},
	} {
		prefix := []byte("prefix")
		got, err := data.AppendCBOR(prefix, []byte(tc.in), nil)
		require.Equal(t, &data.Error{Offset: tc.offset, Msg: tc.msg}, err, tc.in)
		require.Equal(t, "prefix", string(got))
	}
}

func TestBlobsAccepted(t *testing.T) {
	ledger.Covers(t, "BLB-001", "BLB-004")
	for _, size := range []string{"0", "1", "1e3", "9223372036854775807"} {
		in := strings.Replace(ex3BlobJSON, "10000", size, 1)
		b, err := data.FromJSON([]byte(in), nil)
		require.NoError(t, err)
		require.NoError(t, data.Validate(b, nil))
	}
}

func TestKeyOrderIsIrrelevant(t *testing.T) {
	ledger.Covers(t, "DAT-016", "CBR-011")
	for _, n := range []int{2, 3, 15, 16, 17, 23, 24, 25, 255, 256, 257, 1000} {
		var pairs []string
		for i := range n {
			// Some keys share their first bytes, some are long.
			pairs = append(pairs, fmt.Sprintf(`"%s%d":{"y":%d,"x":[1]}`, strings.Repeat("k", i%30), i, i))
		}
		var want []byte
		for range 5 {
			rand.Shuffle(n, func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
			got, err := data.AppendCBOR([]byte("prefix"), []byte("{"+strings.Join(pairs, ",")+"}"), nil)
			require.NoError(t, err)
			got = got[len("prefix"):]
			require.NoError(t, dagcbor.Valid(got, nil))
			if want == nil {
				want = got
			}
			require.Equal(t, want, got)
			pairs = append(pairs, pairs[n/2])
			_, err = data.FromJSON([]byte("{"+strings.Join(pairs, ",")+"}"), nil)
			require.ErrorContains(t, err, "duplicate name")
			pairs = pairs[:n]
		}
	}
}

func TestContainerSizes(t *testing.T) {
	for _, n := range []int{0, 1, 23, 24, 255, 256, 65535, 65536, 100_000} {
		in := "[" + strings.TrimSuffix(strings.Repeat("1,", n), ",") + "]"
		got, err := data.FromJSON([]byte(in), nil)
		require.NoError(t, err)
		want := dagcbor.AppendArray(nil, n)
		for range n {
			want = append(want, 1)
		}
		require.Equal(t, want, got)
		for _, s := range []string{strings.Repeat("a", n), strings.Repeat(`\n`, n), strings.Repeat("ж", n/2)} {
			got, err := data.FromJSON([]byte(`"`+s+`"`), nil)
			require.NoError(t, err)
			require.Equal(t, dagcbor.AppendText(nil, strings.ReplaceAll(s, `\n`, "\n")), got)
		}
	}
}

func TestSafeIntegers(t *testing.T) {
	ledger.Covers(t, "DAT-013")
	o := &data.Options{SafeIntegers: true}
	for _, n := range []int64{0, data.MaxSafeInteger, -data.MaxSafeInteger} {
		b := dagcbor.AppendInt(nil, n)
		require.NoError(t, data.Validate(b, o))
		_, err := data.FromJSON(fmt.Append(nil, n), o)
		require.NoError(t, err)
		_, err = data.Marshal(n, o)
		require.NoError(t, err)
	}
	for _, n := range []int64{data.MaxSafeInteger + 1, -data.MaxSafeInteger - 1, 1<<63 - 1, -1 << 63} {
		b := dagcbor.AppendArray(nil, 1)
		b = dagcbor.AppendInt(b, n)
		text := fmt.Appendf(nil, "[%d]", n)
		_, fromJSON := data.FromJSON(text, o)
		require.EqualError(t, fromJSON, fmt.Sprintf(`data: integer beyond 53 bits: "%d" at offset 1`, n))
		_, marshal := data.Marshal([]any{n}, o)
		require.EqualError(t, marshal, fmt.Sprintf(`data: integer beyond 53 bits: %d at "/0"`, n))
		_, unmarshal := data.Unmarshal(b, o)
		_, toJSON := data.ToJSON(b, o)
		for _, err := range []error{data.Validate(b, o), unmarshal, toJSON} {
			require.EqualError(t, err, "data: integer beyond 53 bits at offset 1")
		}

		got, err := data.FromJSON(text, nil)
		require.NoError(t, err)
		require.Equal(t, b, got)
		back, err := data.ToJSON(b, nil)
		require.NoError(t, err)
		require.Equal(t, string(text), string(back))
	}
}

func TestRecord(t *testing.T) {
	ledger.Covers(t, "DAT-002")
	o := &data.Options{Record: true}
	good := `{"$type":"com.example.thing","a":1}`
	b, err := data.FromJSON([]byte(good), o)
	require.NoError(t, err)
	require.NoError(t, data.Validate(b, o))
	typ, err := data.Type(b)
	require.NoError(t, err)
	require.Equal(t, "com.example.thing", typ)
	m, err := data.UnmarshalRecord(b, nil)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"$type": "com.example.thing", "a": int64(1)}, m)

	for in, msg := range map[string]string{
		`1`: "record is not a map", `[]`: "record is not a map", `null`: "record is not a map",
		`{"$link":"` + linkText + `"}`: "record is not a map", `{"$bytes":""}`: "record is not a map",
		`{}`: "record without $type", `{"a":{"$type":"com.example.thing"}}`: "record without $type",
		`{"$type":"com.example.thing#main"}`: `$type "com.example.thing#main" of a record is not an NSID`,
		`{"$type":"thing"}`:                  `$type "thing" of a record is not an NSID`,
		blobJSON:                             `$type "blob" of a record is not an NSID`,
	} {
		b, err := data.FromJSON([]byte(in), nil)
		require.NoError(t, err)
		tree, err := data.Unmarshal(b, nil)
		require.NoError(t, err)
		_, fromJSON := data.FromJSON([]byte(in), o)
		_, toJSON := data.ToJSON(b, o)
		_, unmarshal := data.Unmarshal(b, o)
		_, record := data.UnmarshalRecord(b, nil)
		for _, err := range []error{fromJSON, toJSON, unmarshal, record, data.Validate(b, o)} {
			require.Equal(t, &data.Error{Msg: msg}, err, in)
		}
		_, err = data.Marshal(tree, o)
		require.Equal(t, &data.Error{Offset: -1, Msg: msg}, err, in)
	}
	_, err = data.Type([]byte{0x01})
	_, ok := errors.AsType[*dagcbor.Error](err)
	require.True(t, ok)
}
