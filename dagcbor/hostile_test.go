package dagcbor_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// aLink is a link in hexadecimal, its digest apart.
const (
	aDigest = " e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	aLink   = "d82a 5825 00 01711220" + aDigest
)

// The texts of Error.Msg.
const (
	msgEnd       = "unexpected end of input"
	msgReserved  = "reserved additional information"
	msgShortest  = "number or length is not in its shortest form"
	msgIndef     = "indefinite length"
	msgInt       = "integer does not fit in 64 bits with sign"
	msgUTF8      = "text is not valid UTF-8"
	msgKeyKind   = "map key is not a text string"
	msgKeyOrder  = "map keys are out of order"
	msgKeyTwice  = "map key occurs twice"
	msgTag       = "tag is not 42"
	msgContent   = "link is not a byte string"
	msgPrefix    = "link lacks its 0x00 prefix"
	msgCID       = "link is not a CID of the blessed form"
	msgFloat     = "floating-point number"
	msgUndefined = "undefined"
	msgSimple    = "unassigned simple value"
	msgBreak     = "break outside of an indefinite-length item"
	msgTrailing  = "more bytes after the value"
)

type refusal struct {
	hex    string
	msg    string
	offset int
}

// checkRefusals checks that all paths refuse each input with the given error,
// alone and inside of arrays and maps.
func checkRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, c := range cases {
		b := unhex(t, c.hex)
		requireRefused(t, b, fmt.Sprintf("dagcbor: %s at offset %d", c.msg, c.offset), allPaths())
		for _, around := range []string{"81", "8200", "a16161", "a2616100616281", "81a160"} {
			prefix := unhex(t, around)
			inside := append(prefix, b...)
			want := fmt.Sprintf("dagcbor: %s at offset %d", c.msg, len(prefix)+c.offset)
			requireRefused(t, inside, want, allPaths())
		}
		_, canonical := decodeReference(b)
		require.False(t, canonical, c.hex)
		_, _, err := dagcbor.SplitFirst(b, nil)
		require.EqualError(t, err, fmt.Sprintf("dagcbor: %s at offset %d", c.msg, c.offset))
	}
}

func TestRefusesLongHeads(t *testing.T) {
	ledger.Covers(t, "CBR-002")
	var cases []refusal
	for major := range 7 { // integers, strings, containers and tags alike
		for _, head := range []string{
			"18 00", "18 17", "19 0000", "19 00ff", "1a 00000000", "1a 0000ffff",
			"1b 0000000000000000", "1b 00000000ffffffff",
		} {
			b := unhex(t, head)
			b[0] |= byte(major << 5)
			cases = append(cases, refusal{fmt.Sprintf("%x", b), msgShortest, 0})
		}
	}
	checkRefusals(t, append(cases,
		refusal{"a1 7801 61 00", msgShortest, 1},                                           // key
		refusal{"d9002a 5825 00 01711220" + aDigest, msgShortest, 0},                       // tag number
		refusal{"da0000002a 5825 00 01711220" + aDigest, msgShortest, 0},                   // tag number
		refusal{"d82a 590025 00 01711220" + aDigest, msgShortest, 2},                       // link
		refusal{"d82a 5b0000000000000025 00 01711220" + aDigest, msgShortest, 2},           // link
		refusal{"82 00 1b000000000000ffff", msgShortest, 2},                                // later element
		refusal{"a2 6161 00 6162 9817 0001020304050607080910111213141516", msgShortest, 6}, // value
	))
}

func TestRefusesIndefiniteLengths(t *testing.T) {
	ledger.Covers(t, "CBR-008")
	checkRefusals(t, []refusal{
		{"5fff", msgIndef, 0}, {"7fff", msgIndef, 0}, {"9fff", msgIndef, 0}, {"bfff", msgIndef, 0},
		{"5f 4100 ff", msgIndef, 0}, {"7f 6161 ff", msgIndef, 0}, {"9f 00 ff", msgIndef, 0},
		{"bf 6161 00 ff", msgIndef, 0},
		{"82 00 9fff", msgIndef, 2},
		{"a1 7fff 00", msgIndef, 1},
		{"d82a 5fff", msgIndef, 2},
		{"ff", msgBreak, 0}, {"81ff", msgBreak, 1}, {"a1 6161 ff", msgBreak, 3},
		{"a1 ff 00", msgBreak, 1},
	})
}

func TestRefusesReservedHeads(t *testing.T) {
	ledger.Covers(t, "CBR-015")
	var cases []refusal
	for major := range 8 {
		for info := 28; info <= 30; info++ {
			cases = append(cases, refusal{fmt.Sprintf("%02x00", major<<5|info), msgReserved, 0})
		}
	}
	checkRefusals(t, append(cases,
		refusal{"1f", msgReserved, 0}, // integers and tags have no indefinite form
		refusal{"3f", msgReserved, 0},
		refusal{"df", msgReserved, 0},
	))
}

func TestRefusesOtherKinds(t *testing.T) {
	ledger.Covers(t, "CBR-001", "CBR-005", "CBR-006", "CBR-007", "CBR-009")
	cases := []refusal{
		// Integers beyond int64.
		{"1b8000000000000000", msgInt, 0}, {"1bffffffffffffffff", msgInt, 0},
		{"3b8000000000000000", msgInt, 0}, {"3bffffffffffffffff", msgInt, 0},
		// Floats: 1.0, 1.5, -0, NaN and the infinities in all widths.
		{"f93c00", msgFloat, 0}, {"f98000", msgFloat, 0}, {"f97e00", msgFloat, 0},
		{"f97c00", msgFloat, 0}, {"f9fc00", msgFloat, 0},
		{"fa3f800000", msgFloat, 0}, {"fa80000000", msgFloat, 0}, {"fa7fc00000", msgFloat, 0},
		{"fa7f800000", msgFloat, 0}, {"faff800000", msgFloat, 0},
		{"fb3ff8000000000000", msgFloat, 0}, {"fb8000000000000000", msgFloat, 0},
		{"fb7ff8000000000000", msgFloat, 0}, {"fb7ff0000000000000", msgFloat, 0},
		{"fbfff0000000000000", msgFloat, 0}, {"fb3ff8", msgFloat, 0},
		// Simple values.
		{"f7", msgUndefined, 0}, {"f8ff", msgSimple, 0}, {"f820", msgSimple, 0},
		{"f814", msgSimple, 0}, {"f818", msgSimple, 0}, {"f800", msgSimple, 0},
		// Tags: dates, bignums, fractions, URI, self-describing CBOR, 41 and 43.
		{"c0 74323031332d30332d32315432303a30343a30305a", msgTag, 0},
		{"c1 1a514b67b0", msgTag, 0},
		{"c2 49010000000000000000", msgTag, 0}, {"c2 4101", msgTag, 0}, {"c2 40", msgTag, 0},
		{"c3 49010000000000000000", msgTag, 0}, {"c3 4100", msgTag, 0},
		{"c4 82 2119 6ab3", msgTag, 0},
		{"d820 76687474703a2f2f7777772e6578616d706c652e636f6d", msgTag, 0},
		{"d829 4100", msgTag, 0}, {"d82b 4100", msgTag, 0},
		{"d9d9f7 00", msgTag, 0}, {"d9d9f7" + aLink, msgTag, 0},
		{"dbffffffffffffffff 00", msgTag, 0},
	}
	for simple := range 20 {
		cases = append(cases, refusal{fmt.Sprintf("%02x", 0xe0|simple), msgSimple, 0})
	}
	checkRefusals(t, cases)
}

func TestRefusesBadKeys(t *testing.T) {
	ledger.Covers(t, "CBR-010", "CBR-011", "CBR-012")
	checkRefusals(t, []refusal{
		// Keys that are not text.
		{"a1 00 00", msgKeyKind, 1}, {"a1 20 00", msgKeyKind, 1}, {"a1 4161 00", msgKeyKind, 1},
		{"a1 80 00", msgKeyKind, 1}, {"a1 a0 00", msgKeyKind, 1}, {"a1 f4 00", msgKeyKind, 1},
		{"a1 f6 00", msgKeyKind, 1}, {"a1" + aLink + "00", msgKeyKind, 1},
		{"a2 6161 00 00 00", msgKeyKind, 4}, {"a1 f93c00 00", msgFloat, 1},
		// Order: shorter first, then by byte.
		{"a2 6162 00 6161 00", msgKeyOrder, 4},
		{"a2 626161 00 6162 00", msgKeyOrder, 5},
		{"a2 6161 00 60 00", msgKeyOrder, 4},
		{"a3 6161 00 6163 00 6162 00", msgKeyOrder, 7},
		{"a3 6161 00 6163 80 6162 00", msgKeyOrder, 7},
		{"a2 6161 00 6141 00", msgKeyOrder, 4},
		{"a2 62c3a9 00 627a7a 00", msgKeyOrder, 5},
		{"a2 6161 a1 627a7a 00 6160 00", msgKeyOrder, 8},
		// The key before is that of the same map, not one of a map inside.
		{"a2 6162 a1 6161 00 6161 00", msgKeyOrder, 7},
		// Duplicates.
		{"a2 6161 00 6161 01", msgKeyTwice, 4}, {"a2 60 00 60 00", msgKeyTwice, 3},
		{"a3 6161 00 6162 00 6162 00", msgKeyTwice, 7},
		{"a2 68" + hexOf("eightlen") + "00 68" + hexOf("eightlen") + "00", msgKeyTwice, 11},
		// UTF-8.
		{"a1 61ff 00", msgUTF8, 2}, {"a1 6361c328 00", msgUTF8, 3},
	})
}

func TestRefusesBadText(t *testing.T) {
	ledger.Covers(t, "CBR-013")
	bad := []refusal{
		{"c328", "", 0}, {"80", "", 0}, {"ff", "", 0}, {"fe", "", 0},
		{"c0af", "", 0}, {"c080", "", 0}, {"e080af", "", 0}, {"f08080af", "", 0}, // overlong
		{"eda080", "", 0}, {"edbfbf", "", 0}, {"eda081edb080", "", 0}, // surrogates
		{"f4908080", "", 0}, {"f8888080", "", 0}, // beyond U+10FFFF
		{"e282", "", 0}, {"f09f98", "", 0}, {"c3", "", 0}, // cut off
		{"efbfbdff", "", 3}, // U+FFFD itself is fine
	}
	var cases []refusal
	for _, c := range bad {
		// At each place of strings of all lengths: the check goes by words.
		for _, before := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17} {
			for _, after := range []int{0, 1, 4, 7, 8, 17} {
				text := append(bytes.Repeat([]byte{'a'}, before), unhex(t, c.hex)...)
				text = append(text, bytes.Repeat([]byte{'a'}, after)...)
				item := dagcbor.AppendText(nil, text)
				head := len(item) - len(text)
				cases = append(cases, refusal{fmt.Sprintf("%x", item), msgUTF8, head + before + c.offset})
			}
		}
	}
	checkRefusals(t, cases)

	// No normalisation: composed and decomposed forms stay what they are.
	for _, s := range []string{"\u00e9", "e\u0301", "\ufeff", "\x00", "\U0010ffff", strings.Repeat("é", 20), "aaaaaaaaé"} {
		b := dagcbor.AppendText(nil, s)
		requireRoundTrip(t, b)
		var v string
		require.NoError(t, dagcbor.Unmarshal(b, &v))
		require.Equal(t, s, v)
	}
}

func TestRefusesTruncation(t *testing.T) {
	ledger.Covers(t, "CBR-015")
	checkRefusals(t, []refusal{
		{"", msgEnd, 0},
		{"18", msgEnd, 1}, {"1901", msgEnd, 2}, {"1a010000", msgEnd, 4}, {"1b01000000000000", msgEnd, 8},
		{"38", msgEnd, 1}, {"58", msgEnd, 1}, {"78", msgEnd, 1}, {"98", msgEnd, 1}, {"b8", msgEnd, 1}, {"d8", msgEnd, 1},
		{"41", msgEnd, 1}, {"61", msgEnd, 1}, {"81", msgEnd, 1}, {"a1", msgEnd, 1}, {"a1 6161", msgEnd, 3},
		{"a1 61", msgEnd, 2}, {"a1 61 61", msgEnd, 3},
		{"9bffffffffffffffff", msgEnd, 9}, {"bbffffffffffffffff", msgEnd, 9},
		{"5bffffffffffffffff", msgEnd, 9}, {"7bffffffffffffffff", msgEnd, 9},
		{"9a80000000", msgEnd, 5}, {"bb8000000000000000", msgEnd, 9}, {"7b7fffffffffffffff", msgEnd, 9},
		{"a1 7bffffffffffffffff", msgEnd, 10},
		{"82 00", msgEnd, 2}, {"a2 6161 00", msgEnd, 4},
		{"d82a", msgEnd, 2}, {"d82a58", msgEnd, 3}, {"d82a 5825 00 01711220", msgEnd, 9},
		{"d82a 5bffffffffffffffff", msgEnd, 11},
	})
	for _, b := range realValues(t) {
		for n := range b {
			requireRefused(t, b[:n], fmt.Sprintf("dagcbor: %s at offset %d", msgEnd, n), allPaths())
		}
	}
}

func TestRefusesTrailingBytes(t *testing.T) {
	ledger.Covers(t, "CBR-014")
	for _, c := range []refusal{
		{"0000", "", 1}, {"00ff", "", 1}, {"a0a0", "", 1}, {"80f6", "", 1}, {"6161 00", "", 2},
		{aLink + "00", "", 41}, {"a1 6161 8100 00", "", 5}, {"f600", "", 1},
	} {
		b := unhex(t, c.hex)
		requireRefused(t, b, fmt.Sprintf("dagcbor: %s at offset %d", msgTrailing, c.offset), allPaths())
		_, canonical := decodeReference(b)
		require.False(t, canonical)
	}
	for _, b := range realValues(t) {
		want := fmt.Sprintf("dagcbor: %s at offset %d", msgTrailing, len(b))
		requireRefused(t, append(slices.Clip(b), 0xf6), want, allPaths())
	}
}

func hexOf(s string) string { return fmt.Sprintf("%x", s) }
