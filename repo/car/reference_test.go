package car_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/repo/car"
)

// The reference is a second reader of CAR files, written to be read: no
// offsets, no limits but the default ones, no speed, and a DAG-CBOR decoder of
// its own. A file is good or not.

// refused is what the reference panics with.
type refused string

// reference returns what is in a file: the roots, the blocks before the first
// damage, how long the header is, how many keys it has, and whether the whole
// file is good.
func reference(file []byte) (got result, header, keys int, good bool) {
	defer func() {
		switch why := recover().(type) {
		case nil:
		case refused:
			good = false
		default:
			panic(why)
		}
	}()
	rest := file
	h := refFrame(&rest, 64<<10)
	header = len(file) - len(rest)
	value, after := refDecode(h, 0)
	must(len(after) == 0, "bytes after the header")
	must(bytes.Equal(refEncode(nil, value), h), "header is not canonical")
	m, is := value.(map[string]any)
	must(is, "header is not a map")
	must(m["version"] == int64(1), "version is not 1")
	roots, is := m["roots"].([]any)
	must(is && len(roots) <= 16, "roots")
	got.roots = []dagcbor.CID{}
	for _, r := range roots {
		link, is := r.(refLink)
		must(is, "root is not a link")
		got.roots = append(got.roots, refCID([]byte(link)))
	}
	for len(rest) > 0 {
		s := refFrame(&rest, 36+2<<20)
		must(len(s) >= 36, "section is too short")
		c := refCID(s[:36])
		must(sha256.Sum256(s[36:]) == [32]byte(s[4:36]), "hash")
		got.blocks = append(got.blocks, car.Block{CID: c, Data: s[36:]})
	}
	return got, header, len(m), true
}

func must(good bool, why refused) {
	if !good {
		panic(why)
	}
}

// refFrame takes a length and as many bytes off rest.
func refFrame(rest *[]byte, most int) []byte {
	var n uint64
	for i := 0; ; i++ {
		must(i < 9, "length of more than 9 bytes")
		must(len(*rest) > 0, "length is cut off")
		c := (*rest)[0]
		*rest = (*rest)[1:]
		n += uint64(c%128) << (7 * i)
		if c < 128 {
			must(c > 0 || i == 0, "length is not minimal")
			break
		}
	}
	must(n > 0 && n <= uint64(most), "length")
	must(n <= uint64(len(*rest)), "content is cut off")
	content := (*rest)[:n]
	*rest = (*rest)[n:]
	return content
}

func refCID(b []byte) dagcbor.CID {
	must(len(b) == 36, "length of CID")
	must(b[0] == 1 && (b[1] == 0x55 || b[1] == 0x71) && b[2] == 0x12 && b[3] == 0x20, "form of CID")
	return dagcbor.CIDFromDigest(dagcbor.Codec(b[1]), [32]byte(b[4:]))
}

type refLink string

// refDecode decodes one value inside depth others. It does not see whether the
// encoding is canonical: refEncode shows that.
func refDecode(b []byte, depth int) (value any, rest []byte) {
	must(len(b) > 0, "end")
	major, info := b[0]>>5, b[0]&31
	b = b[1:]
	must(info < 24 || info <= 27 && major != 7, "additional information")
	n := uint64(info)
	if info >= 24 {
		size := 1 << (info - 24)
		must(len(b) >= size, "head is cut off")
		n = binary.BigEndian.Uint64(append(make([]byte, 8-size), b[:size]...))
		b = b[size:]
	}
	take := func() []byte {
		must(n <= uint64(len(b)), "string is cut off")
		s := b[:n]
		b = b[n:]
		return s
	}
	if major >= 4 && major <= 6 {
		must(depth < 32, "depth")
	}
	switch major {
	case 0:
		must(n <= math.MaxInt64, "integer")
		return int64(n), b
	case 1:
		must(n <= math.MaxInt64, "integer")
		return -1 - int64(n), b
	case 2:
		return take(), b
	case 3:
		s := take()
		must(utf8.Valid(s), "UTF-8")
		return string(s), b
	case 4:
		list := []any{}
		for range n {
			value, b = refDecode(b, depth+1)
			list = append(list, value)
		}
		return list, b
	case 5:
		m := map[string]any{}
		for range n {
			value, b = refDecode(b, depth+1)
			key, is := value.(string)
			must(is, "key is not text")
			m[key], b = refDecode(b, depth+1)
		}
		must(uint64(len(m)) == n, "key twice")
		return m, b
	case 6:
		must(n == 42, "tag")
		value, b = refDecode(b, depth+1)
		link, is := value.([]byte)
		must(is && len(link) > 0 && link[0] == 0, "link")
		refCID(link[1:])
		return refLink(link[1:]), b
	}
	must(20 <= n && n <= 22, "simple value")
	return []any{false, true, nil}[n-20], b
}

func refEncode(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return dagcbor.AppendNull(b)
	case bool:
		return dagcbor.AppendBool(b, v)
	case int64:
		return dagcbor.AppendInt(b, v)
	case []byte:
		return dagcbor.AppendBytes(b, v)
	case string:
		return dagcbor.AppendText(b, v)
	case refLink:
		return dagcbor.AppendLinkBytes(b, []byte(v))
	case []any:
		b = dagcbor.AppendArray(b, len(v))
		for _, x := range v {
			b = refEncode(b, x)
		}
		return b
	}
	m := value.(map[string]any)
	keys := []string{}
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	b = dagcbor.AppendMap(b, len(m))
	for _, key := range keys {
		b = refEncode(dagcbor.AppendText(b, key), m[key])
	}
	return b
}

// requireReference requires that the readers agree with the reference, and
// that what they accept can be written again.
func requireReference(t testing.TB, file []byte) {
	t.Helper()
	want, header, keys, good := reference(file)
	got := read(t, file, nil)
	require.Equal(t, good, got.err == nil, "%v", got.err)
	require.NotEqual(t, "unknown", kind(got.err))
	requireBlocks(t, want.blocks, got.blocks)
	if !good {
		return
	}
	require.Equal(t, want.roots, got.roots)
	again := car.AppendHeader(nil, got.roots...)
	if keys > 2 { // others are allowed, and not kept
		again = bytes.Clone(file[:header])
	}
	for _, b := range got.blocks {
		again = car.AppendBlock(again, b.CID, b.Data)
	}
	require.True(t, bytes.Equal(file, again))
}

// TestReference damages files at random and mends their hashes, so that some of
// the damage is not seen there first.
func TestReference(t *testing.T) {
	rnd := newRand(t)
	for _, seed := range seeds(t) {
		requireReference(t, seed)
		if len(seed) == 0 || len(seed) > 4096 {
			continue
		}
		for range 30 {
			b := bytes.Clone(seed)
			for range 1 + rnd.IntN(3) {
				b[rnd.IntN(len(b))] = interesting[rnd.IntN(len(interesting))]
			}
			requireReference(t, b)
			requireReference(t, mend(b))
		}
	}
}

// mend gives every section of a file the CID of its block.
func mend(file []byte) []byte {
	file = bytes.Clone(file)
	n, size := binary.Uvarint(file)
	if size <= 0 || n > uint64(len(file)-size) {
		return file
	}
	for rest := file[size+int(n):]; ; {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n < 36 || n > uint64(len(rest)-size) {
			return file
		}
		s := rest[size : size+int(n)]
		copy(s, dagcbor.Sum(dagcbor.Codec(0x55+s[1]%2*0x1c), s[36:]).Bytes())
		rest = rest[size+int(n):]
	}
}
