package car_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo/car"
)

// pieces of headers.
var (
	rootsKey   = dagcbor.AppendText(nil, "roots")
	versionKey = dagcbor.AppendText(nil, "version")
	version1   = dagcbor.AppendInt(dagcbor.AppendText(nil, "version"), 1)
	noRoots    = dagcbor.AppendArray(dagcbor.AppendText(nil, "roots"), 0)
)

func pairs(n int) []byte { return dagcbor.AppendMap(nil, n) }

// roots returns the key with n roots.
func roots(n int) []byte {
	b := dagcbor.AppendArray(slices.Clone(rootsKey), n)
	for i := range n {
		b = dagcbor.AppendLink(b, block(fmt.Sprint(i)).CID)
	}
	return b
}

// padding returns a pair that sorts before "roots" and has n bytes, 256 or
// more.
func padding(n int) []byte {
	b := dagcbor.AppendText(nil, "pad")
	text := n - len(b) - 3
	if text > 0xffff {
		text -= 2
	}
	return dagcbor.AppendText(b, strings.Repeat("x", text))
}

func TestHeaderAccepted(t *testing.T) {
	ledger.Covers(t, "CAR-006")
	deep := dagcbor.AppendText(nil, "deep")
	for range 30 {
		deep = dagcbor.AppendArray(deep, 1)
	}
	for _, tt := range []struct {
		name   string
		header []byte
		roots  int
	}{
		{"no roots", frame(pairs(2), noRoots, version1), 0},
		{"one root", frame(pairs(2), roots(1), version1), 1},
		{"two roots", frame(pairs(2), roots(2), version1), 2},
		{"16 roots", frame(pairs(2), roots(16), version1), 16},
		{"another key before", frame(pairs(3), unhex(t, "61 61 f6"), roots(1), version1), 1},
		{"another key after", frame(pairs(3), roots(1), version1, unhex(t, "68 6368617261637473 a0")), 1},
		{"a long key", frame(pairs(3), roots(1), version1, dagcbor.AppendText(nil, strings.Repeat("k", 10_000)), unhex(t, "00")), 1},
		{"a deep value", frame(pairs(3), deep, unhex(t, "80"), roots(1), version1), 1},
		{"64 KiB", frame(pairs(3), padding(1<<16-1-len(noRoots)-len(version1)), noRoots, version1), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := accept(t, tt.header, nil)
			require.Len(t, got.roots, tt.roots)
			require.NotNil(t, got.roots)
			for i, c := range got.roots {
				require.Equal(t, block(fmt.Sprint(i)).CID, c)
			}
			require.Empty(t, got.blocks)

			b := block("after it")
			got = accept(t, car.AppendBlock(tt.header, b.CID, b.Data), nil)
			requireBlocks(t, []car.Block{b}, got.blocks)
		})
	}
}

func TestHeaderRefused(t *testing.T) {
	ledger.Covers(t, "CAR-001", "CAR-003", "CAR-004", "CAR-010")
	root := dagcbor.AppendText(nil, "root")
	link := dagcbor.AppendLink(nil, block("").CID)
	for _, tt := range []struct {
		name   string
		header []byte
		want   string
	}{
		{"nothing", nil, "header is cut off at offset 0: unexpected EOF"},
		{"empty", []byte{0}, "header is empty at offset 0"},
		{"empty, then more", []byte{0, 1, 2}, "header is empty at offset 0"},
		{"shorter than its length", []byte{10, 0xa2}, "header is cut off at offset 2: unexpected EOF"},
		{"nothing but its length", []byte{10}, "header is cut off at offset 1: unexpected EOF"},
		{"length cut off", []byte{0xba}, "header is cut off at offset 1: unexpected EOF"},
		{"length cut off later", []byte{0xba, 0x80, 0x80}, "header is cut off at offset 3: unexpected EOF"},
		{"length not minimal", append([]byte{0x8f, 0x00}, make([]byte, 15)...), "length is not in its shortest form at offset 0"},
		{"length of 10 bytes", unhex(t, "ffffffffffffffffff 01"), "length has more than 9 bytes at offset 0"},
		{"length of 11 bytes", unhex(t, "80808080808080808080 01"), "length has more than 9 bytes at offset 0"},

		{"no roots key", frame(pairs(1), version1), "header has no roots at offset 1"},
		{"root instead of roots", frame(pairs(2), root, unhex(t, "81"), link, version1), "header has no roots at offset 1"},
		{"roots null", frame(pairs(2), rootsKey, unhex(t, "f6"), version1), "header: array expected, not null at offset 8"},
		{"roots a link", frame(pairs(2), rootsKey, link, version1), "header: array expected, not link at offset 8"},
		{"root null", frame(pairs(2), rootsKey, unhex(t, "81f6"), version1), "header: link expected, not null at offset 9"},
		{"root text", frame(pairs(2), rootsKey, unhex(t, "816161"), version1), "header: link expected, not text string at offset 9"},
		{"root CIDv0", frame(pairs(2), rootsKey, unhex(t, "81d82a5823001220"), make([]byte, 32), version1), "header: link is not a CID of the blessed form at offset 11"},
		{"root sha-512", frame(pairs(2), rootsKey, unhex(t, "81d82a58450001711340"), make([]byte, 64), version1), "header: link is not a CID of the blessed form at offset 11"},
		{"fewer roots than said", frame(pairs(2), rootsKey, unhex(t, "82"), link, version1), "header: link expected, not text string at offset 50"},
		{"2^32 roots", frame(pairs(2), rootsKey, unhex(t, "9b0000000100000000"), link, version1), "header: unexpected end of input at offset 67"},

		{"no version", frame(pairs(1), noRoots), "header has no version at offset 1"},
		{"version 0", frame(pairs(2), noRoots, versionKey, unhex(t, "00")), "header is of version 0, not 1 at offset 17"},
		{"version 2", frame(pairs(2), noRoots, versionKey, unhex(t, "02")), "header is of version 2, not 1 at offset 17"},
		{"version -1", frame(pairs(2), noRoots, versionKey, unhex(t, "20")), "header is of version -1, not 1 at offset 17"},
		{"version text", frame(pairs(2), noRoots, versionKey, unhex(t, "6131")), "header: integer expected, not text string at offset 17"},
		{"version 1.0", frame(pairs(2), noRoots, versionKey, unhex(t, "f93c00")), "header: floating-point number at offset 17"},
		{"version 2^64-1", frame(pairs(2), noRoots, versionKey, unhex(t, "1bffffffffffffffff")), "header: integer does not fit in 64 bits with sign at offset 17"},
		{"pragma of version 2", unhex(t, "0a a1 67 76657273696f6e 02"), "header is of version 2, not 1 at offset 10"},
		{"pragma of version 2, then more", append(unhex(t, "0a a1 67 76657273696f6e 02"), make([]byte, 40)...), "header is of version 2, not 1 at offset 10"},

		{"keys out of order", frame(pairs(2), version1, noRoots), "header: map keys are out of order at offset 11"},
		{"roots twice", frame(pairs(3), noRoots, noRoots, version1), "header: map key occurs twice at offset 9"},
		{"version twice", frame(pairs(3), noRoots, version1, version1), "header: map key occurs twice at offset 18"},
		{"version not minimal", frame(pairs(2), noRoots, versionKey, unhex(t, "1801")), "header: number or length is not in its shortest form at offset 17"},
		{"map of indefinite length", frame(unhex(t, "bf"), noRoots, version1, unhex(t, "ff")), "header: indefinite length at offset 1"},
		{"bad value under another key", frame(pairs(3), unhex(t, "6161fb0000000000000000"), noRoots, version1), "header: floating-point number at offset 4"},
		{"trailing byte", frame(pairs(2), noRoots, version1, []byte{0}), "header: more bytes after the value at offset 18"},
		{"cut off inside", frame(pairs(2), noRoots, version1[:5]), "header: unexpected end of input at offset 14"},
		{"empty map", frame(pairs(0)), "header has no version at offset 1"},
		{"array", frame(unhex(t, "80")), "header: map expected, not array at offset 1"},
		{"null", frame(unhex(t, "f6")), "header: map expected, not null at offset 1"},
		{"text instead of a file", []byte("<html><body>502 Bad Gateway</body></html>, as proxies say it, at length"), "header: map expected, not text string at offset 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := refuse(t, tt.header, nil, "car: "+tt.want)
			require.Equal(t, "format", kind(err))
		})
	}
}

func TestHeaderLimits(t *testing.T) {
	ledger.Covers(t, "CAR-010", "CAR-015")
	long := frame(pairs(3), padding(1<<16-len(noRoots)-len(version1)), noRoots, version1)
	tooMany := frame(pairs(2), roots(17), version1)
	nested := slices.Concat(dagcbor.AppendText(nil, "deep"), bytes.Repeat([]byte{0x81}, 40), []byte{0xf6})
	for _, tt := range []struct {
		name       string
		header     []byte
		o          *car.Options
		what       string
		limit, got int64
		off        int64
	}{
		{"64 KiB + 1", long, nil, "car: header size", 1 << 16, 1<<16 + 1, 0},
		{"1 GiB", unhex(t, "8080808004"), nil, "car: header size", 1 << 16, 1 << 30, 0},
		{"2^63 - 1", unhex(t, "ffffffffffffffff7f"), nil, "car: header size", 1 << 16, 1<<63 - 1, 0},
		{"smaller limit", frame(pairs(2), roots(1), version1), &car.Options{MaxHeader: 57}, "car: header size", 57, 58, 0},
		{"17 roots", tooMany, nil, "car: number of roots", 16, 17, 9},
		{"smaller limit of roots", frame(pairs(2), roots(2), version1), &car.Options{MaxRoots: 1}, "car: number of roots", 1, 2, 8},
		{"size of the file", frame(pairs(2), roots(1), version1), &car.Options{MaxSize: 58}, "car: file size", 58, 59, 0},
		{"depth", frame(pairs(3), nested, noRoots, version1), nil, "dagcbor: nesting depth", 32, 33, 1 + 1 + 5 + 31},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requireLimit(t, read(t, tt.header, tt.o).err, tt.what, tt.limit, tt.got, tt.off)
		})
	}

	require.Len(t, accept(t, tooMany, &car.Options{MaxRoots: -1}).roots, 17)
	require.Len(t, accept(t, tooMany, &car.Options{MaxRoots: 17}).roots, 17)
	accept(t, long, &car.Options{MaxHeader: -1})
	accept(t, long, &car.Options{MaxHeader: 1<<16 + 1})
	accept(t, frame(pairs(2), roots(1), version1), &car.Options{MaxHeader: 58, MaxSize: 59, MaxRoots: 1})
	require.Len(t, accept(t, frame(pairs(2), roots(5000), version1), &car.Options{MaxHeader: -1, MaxRoots: -1}).roots, 5000)
	// Larger than any limit of the CBOR reader's own.
	accept(t, frame(pairs(3), padding(6<<20), noRoots, version1), &car.Options{MaxHeader: -1})
}
