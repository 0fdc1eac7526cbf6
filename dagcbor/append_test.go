package dagcbor_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

// requireValue checks that v is encoded as the given bytes by Marshal and by
// appended, and read back from them.
func requireValue(t *testing.T, hex string, v any, appended []byte) {
	t.Helper()
	want := unhex(t, hex)
	b, err := dagcbor.Marshal(v)
	require.NoError(t, err)
	require.Equal(t, want, b)
	require.Equal(t, want, appended)
	for _, p := range readerPaths(nil) {
		require.NoError(t, p.read(b), p.name)
	}
	requireRoundTrip(t, b)
}

func TestIntegers(t *testing.T) {
	ledger.Covers(t, "CBR-002", "CBR-003", "CBR-004", "CBR-005")
	for _, c := range []struct {
		v   int64
		hex string
	}{
		{0, "00"}, {1, "01"}, {23, "17"}, {24, "1818"}, {255, "18ff"}, {256, "190100"},
		{65535, "19ffff"}, {65536, "1a00010000"}, {math.MaxUint32, "1affffffff"},
		{1 << 32, "1b0000000100000000"}, {1<<53 - 1, "1b001fffffffffffff"},
		{math.MaxInt64, "1b7fffffffffffffff"},
		{-1, "20"}, {-24, "37"}, {-25, "3818"}, {-256, "38ff"}, {-257, "390100"},
		{-65536, "39ffff"}, {-65537, "3a00010000"}, {-1 << 32, "3affffffff"},
		{-1<<32 - 1, "3b0000000100000000"}, {-(1<<53 - 1), "3b001ffffffffffffe"},
		{math.MinInt64, "3b7fffffffffffffff"},
	} {
		requireValue(t, c.hex, c.v, dagcbor.AppendInt(nil, c.v))
		r := dagcbor.NewReader(unhex(t, c.hex), nil)
		require.Equal(t, dagcbor.KindInt, r.Kind())
		got, err := r.Int()
		require.NoError(t, err)
		require.Equal(t, c.v, got)
		var v int64
		require.NoError(t, dagcbor.Unmarshal(unhex(t, c.hex), &v))
		require.Equal(t, c.v, v)
	}
}

func TestSimpleValues(t *testing.T) {
	ledger.Covers(t, "CBR-001", "CBR-021")
	requireValue(t, "f6", nil, dagcbor.AppendNull(nil))
	requireValue(t, "f4", false, dagcbor.AppendBool(nil, false))
	requireValue(t, "f5", true, dagcbor.AppendBool(nil, true))
	requireValue(t, "40", []byte{}, dagcbor.AppendBytes(nil, nil))
	requireValue(t, "43 010203", []byte{1, 2, 3}, dagcbor.AppendBytes(nil, []byte{1, 2, 3}))
	requireValue(t, "60", "", dagcbor.AppendText(nil, ""))
	requireValue(t, "64 f09f9880", "😀", dagcbor.AppendText(nil, []byte("😀")))
	requireValue(t, "80", []any{}, dagcbor.AppendArray(nil, 0))
	requireValue(t, "a0", map[string]any{}, dagcbor.AppendMap(nil, 0))

	type name string
	require.Equal(t, unhex(t, "6161"), dagcbor.AppendText(nil, name("a")))
	require.Equal(t, unhex(t, "ff 6161"), dagcbor.AppendText([]byte{0xff}, "a"))
}

// Each length at which a head grows.
func TestLengths(t *testing.T) {
	ledger.Covers(t, "CBR-002")
	for _, n := range []int{0, 1, 23, 24, 255, 256, 65535, 65536, 1 << 20} {
		text := strings.Repeat("a", n)
		for _, b := range [][]byte{dagcbor.AppendText(nil, text), dagcbor.AppendBytes(nil, []byte(text))} {
			require.NoError(t, dagcbor.Valid(b, nil))
			require.Equal(t, referenceHead(b[0]>>5, uint64(n)), b[:len(b)-n])
			again, err := walk(b, nil)
			require.NoError(t, err)
			require.Equal(t, b, again)
		}
		if n > dagcbor.DefaultMaxContainer {
			continue
		}
		b := dagcbor.AppendArray(nil, n)
		require.Equal(t, referenceHead(4, uint64(n)), b)
		require.NoError(t, dagcbor.Valid(append(b, make([]byte, n)...), nil))
		require.Equal(t, referenceHead(5, uint64(n)), dagcbor.AppendMap(nil, n))
	}
}

func TestKeyOrder(t *testing.T) {
	ledger.Covers(t, "CBR-011")
	b, err := dagcbor.Marshal(map[string]int{"aa": 2, "b": 2, "": 0, "a": 1, "B": 1})
	require.NoError(t, err)
	require.Equal(t, unhex(t, "a5 60 00 6142 01 6161 01 6162 02 626161 02"), b)

	keys := []string{"zzz", "é", "aa", "\x00", "b", "", "a", "B", strings.Repeat("a", 24), strings.Repeat("b", 23), strings.Repeat("a", 300)}
	slices.SortFunc(keys, dagcbor.CompareKeys)
	b = dagcbor.AppendMap(nil, len(keys))
	m := make(map[string]int)
	for i, k := range keys {
		b = dagcbor.AppendInt(dagcbor.AppendText(b, k), int64(i))
		m[k] = i
	}
	requireRoundTrip(t, b)
	marshalled, err := dagcbor.Marshal(m)
	require.NoError(t, err)
	require.Equal(t, b, marshalled)
}

func TestCompareKeys(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "a", 0}, {"", "a", -1}, {"b", "aa", -1}, {"a", "b", -1}, {"B", "a", -1}, {"ab", "b", 1}, {"zz", "é", -1},
	} {
		require.Equal(t, c.want, dagcbor.CompareKeys(c.a, c.b), "%q %q", c.a, c.b)
		require.Equal(t, -c.want, dagcbor.CompareKeys(c.b, c.a), "%q %q", c.b, c.a)
	}
}

// The encodings of blobs, of the older form of a blob, and of a link in a map.
func TestWorkedValues(t *testing.T) {
	const s = "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"
	c := dagcbor.MustParseCID(s)
	b, err := dagcbor.Marshal(map[string]blob{"a": {"blob", c, "image/jpeg", 10000}})
	require.NoError(t, err)
	require.Equal(t, unhex(t, workedExamples[4]), b)
	b, err = dagcbor.Marshal(map[string]string{"cid": s, "mimeType": "image/jpeg"})
	require.NoError(t, err)
	require.Equal(t, unhex(t, workedExamples[5]), b)
	record := map[string]string{"$type": "com.example.record", "text": "hello"}
	b, err = dagcbor.Marshal(record)
	require.NoError(t, err)
	require.Equal(t, unhex(t, workedExamples[0]), b)
	require.Equal(t, "bafyreiekcaxu6yuire76zkxc7iy4gsu4a3whm5verurtz3cgw7gukxen44", dagcbor.Sum(dagcbor.DAGCBOR, b).String())
}
