package data_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	hostileinput "github.com/linnet-at/linnet/internal/hostile"
	"github.com/linnet-at/linnet/internal/ledger"
)

// requireLimit requires err to be the limit error with these figures.
func requireLimit(t *testing.T, err error, limit, got int64) {
	t.Helper()
	e, ok := errors.AsType[*dagcbor.LimitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, limit, e.Limit, "%v", err)
	require.Equal(t, got, e.Got, "%v", err)
}

// nested returns, in JSON and in DAG-CBOR, inner inside of n containers, of
// which the innermost ones are arrays and the others maps.
func nested(n, arrays int, json, cbor string) (string, []byte) {
	maps := n - arrays
	json = strings.Repeat(`{"a":`, maps) + strings.Repeat("[", arrays) + json + strings.Repeat("]", arrays) + strings.Repeat("}", maps)
	return json, []byte(strings.Repeat("\xa1\x61a", maps) + strings.Repeat("\x81", arrays) + cbor)
}

// TestDepth checks that all functions agree on how deep a value is: links
// count, as tags do in DAG-CBOR, and byte strings do not.
func TestDepth(t *testing.T) {
	ledger.Covers(t, "DAT-021", "CBR-017")
	link := string(unhex(t, ex3LinkHex[6:]))
	for _, max := range []int{1, 2, 32, 100, 1000} {
		o := &data.Options{MaxDepth: max}
		if max == 32 {
			o = nil
		}
		for _, tc := range []struct {
			json, cbor string
			depth      int
		}{
			{`1`, "\x01", 0},
			{`{}`, "\xa0", 1},
			{`[]`, "\x80", 1},
			{`{"$bytes":"YQ"}`, "\x41a", 0},
			{`{"$link":"` + linkText + `"}`, link, 1},
		} {
			for _, arrays := range []int{0, max - tc.depth} {
				text, b := nested(max-tc.depth, arrays, tc.json, tc.cbor)
				got, err := data.FromJSON([]byte(text), o)
				require.NoError(t, err, text)
				require.Equal(t, b, got)
				back, err := data.ToJSON(b, o)
				require.NoError(t, err)
				require.Equal(t, text, string(back))
				tree, err := data.Unmarshal(b, o)
				require.NoError(t, err)
				again, err := data.Marshal(tree, o)
				require.NoError(t, err)
				require.Equal(t, b, again)
				require.NoError(t, data.Validate(b, o))

				text, b = nested(max-tc.depth+1, arrays+1, tc.json, tc.cbor)
				tree = []any{tree}
				if arrays == 0 {
					text, b = nested(max-tc.depth+1, 0, tc.json, tc.cbor)
					tree = map[string]any{"a": tree.([]any)[0]}
				}
				_, fromJSON := data.FromJSON([]byte(text), o)
				_, toJSON := data.ToJSON(b, o)
				_, unmarshal := data.Unmarshal(b, o)
				_, marshal := data.Marshal(tree, o)
				for _, err := range []error{fromJSON, toJSON, unmarshal, marshal, data.Validate(b, o)} {
					requireLimit(t, err, int64(max), int64(max+1))
				}
			}
		}
	}
}

// TestDepthLifted: there is a limit even if it is lifted.
func TestDepthLifted(t *testing.T) {
	o := &data.Options{MaxDepth: -1, MaxCBOR: -1, MaxJSON: -1, MaxTree: -1}
	text, b := nested(1_000_000, 1_000_000, "1", "\x01")
	_, fromJSON := data.FromJSON([]byte(text), o)
	_, toJSON := data.ToJSON(b, o)
	_, unmarshal := data.Unmarshal(b, o)
	for _, err := range []error{fromJSON, toJSON, unmarshal, data.Validate(b, o)} {
		requireLimit(t, err, 1000, 1001)
	}
}

func TestSizes(t *testing.T) {
	ledger.Covers(t, "DAT-021", "CBR-017")
	exact := dagcbor.AppendText(nil, strings.Repeat("a", data.DefaultMaxCBOR-5))
	require.Len(t, exact, data.DefaultMaxCBOR)
	over := dagcbor.AppendText(nil, strings.Repeat("a", data.DefaultMaxCBOR-4))
	text, err := data.ToJSON(exact, nil)
	require.NoError(t, err)
	got, err := data.FromJSON(text, nil)
	require.NoError(t, err)
	require.Equal(t, exact, got)
	tree, err := data.Unmarshal(exact, nil)
	require.NoError(t, err)
	_, err = data.Marshal(tree, nil)
	require.NoError(t, err)

	_, toJSON := data.ToJSON(over, nil)
	_, unmarshal := data.Unmarshal(over, nil)
	_, marshal := data.Marshal(tree.(string)+"a", nil)
	_, fromJSON := data.FromJSON([]byte(`"`+tree.(string)+`a"`), nil)
	for _, err := range []error{toJSON, unmarshal, marshal, fromJSON, data.Validate(over, nil)} {
		requireLimit(t, err, data.DefaultMaxCBOR, data.DefaultMaxCBOR+1)
	}

	spaces := strings.Repeat(" ", data.DefaultMaxJSON-1) + "1"
	_, err = data.FromJSON([]byte(spaces), nil)
	require.NoError(t, err)
	_, err = data.FromJSON([]byte(spaces+" "), nil)
	requireLimit(t, err, data.DefaultMaxJSON, data.DefaultMaxJSON+1)
	_, err = data.FromJSON([]byte(spaces+" "), &data.Options{MaxJSON: -1})
	require.NoError(t, err)

	// A lifted limit on size lifts that on strings.
	text, err = data.ToJSON(over, &data.Options{MaxCBOR: -1})
	require.NoError(t, err)
	_, err = data.FromJSON(text, &data.Options{MaxCBOR: -1})
	require.NoError(t, err)

	// What is written obeys the limits too: six bytes of JSON for one.
	control := dagcbor.AppendText(nil, make([]byte, 400_000))
	_, err = data.ToJSON(control, nil)
	require.ErrorContains(t, err, "exceeds the limit of 2097152")
}

func TestContainersAndKeys(t *testing.T) {
	ledger.Covers(t, "CBR-017")
	o := &data.Options{MaxContainer: 2, MaxKey: 3}
	for _, ok := range []string{`[1,2]`, `{"a":1,"abc":[1,2]}`} {
		b, err := data.FromJSON([]byte(ok), o)
		require.NoError(t, err)
		tree, err := data.Unmarshal(b, o)
		require.NoError(t, err)
		_, err = data.Marshal(tree, o)
		require.NoError(t, err)
		_, err = data.ToJSON(b, o)
		require.NoError(t, err)
	}
	for in, figures := range map[string][2]int64{`[1,2,3]`: {2, 3}, `{"a":1,"b":2,"c":3}`: {2, 3}, `{"a":{"abcd":1}}`: {3, 4}} {
		b, err := data.FromJSON([]byte(in), nil)
		require.NoError(t, err)
		tree, err := data.Unmarshal(b, nil)
		require.NoError(t, err)
		_, fromJSON := data.FromJSON([]byte(in), o)
		_, toJSON := data.ToJSON(b, o)
		_, unmarshal := data.Unmarshal(b, o)
		_, marshal := data.Marshal(tree, o)
		for _, err := range []error{fromJSON, toJSON, unmarshal, marshal, data.Validate(b, o)} {
			requireLimit(t, err, figures[0], figures[1])
		}
	}
	many := "[" + strings.Repeat("1,", dagcbor.DefaultMaxContainer) + "1]"
	_, err := data.FromJSON([]byte(many), nil)
	requireLimit(t, err, dagcbor.DefaultMaxContainer, dagcbor.DefaultMaxContainer+1)
	_, err = data.FromJSON([]byte(`{"`+strings.Repeat("k", dagcbor.DefaultMaxKey)+`":1}`), nil)
	require.NoError(t, err)
	_, err = data.FromJSON([]byte(`{"`+strings.Repeat("k", dagcbor.DefaultMaxKey+1)+`":1}`), nil)
	requireLimit(t, err, dagcbor.DefaultMaxKey, dagcbor.DefaultMaxKey+1)
}

// TestHugeNumbers: the exponent must not be worked through.
func TestHugeNumbers(t *testing.T) {
	start := time.Now()
	for _, in := range []string{"1e999999999", "1e-999999999", "-1e99999999999999999999", "1" + strings.Repeat("0", 1_000_000), "0." + strings.Repeat("0", 1_000_000) + "1"} {
		_, err := data.FromJSON([]byte(in), nil)
		require.ErrorContains(t, err, "integer")
	}
	require.Less(t, time.Since(start), 5*time.Second)
}

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// arrayOf returns an array of as many items as the default limits allow in
// total: arrays of at most 100,000 items, of about size bytes altogether.
func arrayOf(item string, size int) []byte {
	total := size / len(item)
	outer := (total + 99_999) / 100_000
	b := dagcbor.AppendArray(nil, outer)
	for range outer {
		n := min(total, 100_000)
		total -= n
		b = append(dagcbor.AppendArray(b, n), strings.Repeat(item, n)...)
	}
	return b
}

func mapOf(n int) []byte {
	b := dagcbor.AppendMap(nil, n)
	for i := range n {
		b = append(dagcbor.AppendText(b, fmt.Sprintf("%05x", i)), 1)
	}
	return b
}

// liars returns inputs whose heads claim more than there is: each array claims
// all that remains, one inside the other.
func liars(size int) []byte {
	var b []byte
	for range 31 {
		b = dagcbor.AppendArray(b, min(size-200, 130_000))
	}
	return append(b, make([]byte, size-len(b))...)
}

var hostile = map[string][]byte{
	"nested arrays":     []byte(strings.Repeat("\x81", 1<<20)),
	"nested maps":       []byte(strings.Repeat("\xa1\x60", 1<<19)),
	"claims 2^32":       append([]byte("\x9b\x00\x00\x00\x01\x00\x00\x00\x00"), make([]byte, 256<<10)...),
	"claims 2^63":       append([]byte("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"), make([]byte, 256<<10)...),
	"claims 2^32 pairs": append([]byte("\xbb\x00\x00\x00\x01\x00\x00\x00\x00"), make([]byte, 256<<10)...),
	"claims text":       append([]byte("\x7a\xff\xff\xff\xff"), make([]byte, 256<<10)...),
	"claims bytes":      append([]byte("\x5a\xff\xff\xff\xff"), make([]byte, 256<<10)...),
	"liars":             liars(1 << 20),
	"small liars":       liars(4 << 10),
	"integers":          arrayOf("\x01", 256<<10),
	"larger integers":   arrayOf("\x19\xff\xff", 256<<10),
	"booleans":          arrayOf("\xf4", 256<<10),
	"empty strings":     arrayOf("\x60", 256<<10),
	"empty bytes":       arrayOf("\x40", 256<<10),
	"empty arrays":      arrayOf("\x80", 256<<10),
	"empty maps":        arrayOf("\xa0", 256<<10),
	"small maps":        arrayOf("\xa1\x60\x01", 256<<10),
	"chains of maps":    arrayOf(strings.Repeat("\xa1\x60", 28)+"\x01", 1<<20-100),
	"few chains":        arrayOf(strings.Repeat("\xa1\x60", 28)+"\x01", 100<<10),
	"maps of nine":      arrayOf("\xa9\x60\x01\x61a\x01\x61b\x01\x61c\x01\x61d\x01\x61e\x01\x61f\x01\x61g\x01\x61h\x01", 256<<10),
	"a large map":       mapOf(120_000),
	"links":             arrayOf("\xd8\x2a\x58\x25\x00\x01\x71\x12\x20"+strings.Repeat("x", 32), 256<<10),
	"one text":          dagcbor.AppendText(nil, strings.Repeat("a", 1<<20-5)),
	"one escaped text":  dagcbor.AppendText(nil, strings.Repeat("\x01", 340_000)),
	"one byte string":   dagcbor.AppendBytes(nil, make([]byte, 1<<20-5)),
}

// TestMemory bounds what decoders allocate, over their whole run.
func TestMemory(t *testing.T) {
	ledger.Covers(t, "CBR-018", "CBR-019")
	for name, b := range hostile {
		size := uint64(len(b))
		require.LessOrEqual(t, size, uint64(data.DefaultMaxCBOR), name)
		var text []byte
		got := allocated(func() { text, _ = data.ToJSON(b, nil) })
		require.LessOrEqual(t, got, 6*min(14*size, data.DefaultMaxJSON)+4096, name)
		got = allocated(func() { _ = data.Validate(b, nil) })
		require.LessOrEqual(t, got, uint64(4096), name)
		if text != nil {
			got = allocated(func() { _, _ = data.FromJSON(text, nil) })
			require.LessOrEqual(t, got, 16*uint64(len(text))+4096, name)
		}
		got = allocated(func() { _, _ = data.Unmarshal(b, nil) })
		t.Logf("%-20s %8d bytes: tree %5.1fx", name, size, float64(got)/float64(size))
		require.LessOrEqual(t, got, 170*size+4096, name)
		require.LessOrEqual(t, got, uint64(data.DefaultMaxTree)*9/8, name)

		// The estimate is not far from the truth.
		_, err := data.Unmarshal(b, &data.Options{MaxTree: int(got) * 8 / 10})
		require.Error(t, err, name)
	}
}

// TestMemoryJSON is TestMemory for hostile JSON.
func TestMemoryJSON(t *testing.T) {
	names := []byte("{")
	for i := range 120_000 {
		names = fmt.Appendf(names, `"%x":1,`, 120_000-i)
	}
	names[len(names)-1] = '}'
	for name, in := range map[string][]byte{
		"nested arrays":  []byte(strings.Repeat("[", 1<<20)),
		"nested objects": []byte(strings.Repeat(`{"a":`, 1<<18)),
		"names":          names,
		"powers":         []byte("[" + strings.Repeat("1e18,", 100_000) + "1]"),
		"escapes":        []byte(`"` + strings.Repeat(`\u0001`, 170_000) + `"`),
		"escaped link":   []byte(`{"$link":"` + strings.Repeat(`\u0061`, 170_000) + `"}`),
		"base64":         []byte(`{"$bytes":"` + strings.Repeat(`A`, 1<<20-100) + `"}`),
		"empty maps":     []byte("[" + strings.Repeat("{},", 130_000) + "{}]"),
		"deep and wide":  []byte(strings.Repeat(`{"b":1,"a":`, 31) + string(names) + strings.Repeat("}", 31)),
	} {
		got := allocated(func() { _, _ = data.FromJSON(in, nil) })
		require.LessOrEqual(t, got, 16*uint64(len(in))+4096, name)
		t.Logf("%-20s %8d bytes: %5.1fx", name, len(in), float64(got)/float64(len(in)))
	}
}

// bounds returns a function that fails the test if another allocates more than
// most bytes.
func bounds(t *testing.T, in []byte) func(most int, what string, f func()) {
	return func(most int, what string, f func()) {
		t.Helper()
		if raceDetector {
			most *= 2
		}
		if got := allocated(f); got > uint64(most) {
			t.Errorf("%s of %d bytes (%.20x) allocates %d, more than %d", what, len(in), in, got, most)
		}
	}
}

// TestMemoryOfAnything bounds what everything that reads DAG-CBOR allocates,
// over its whole run, by the size of its input, for inputs of all shapes up to
// 1 MiB.
func TestMemoryOfAnything(t *testing.T) {
	ledger.Covers(t, "CBR-018", "CBR-019")
	const fixed = 16 << 10 // errors, stacks
	permissive := &data.Options{Permissive: true, LegacyBlobs: true}
	for _, b := range hostileinput.Inputs(2, 80, hostileinput.CBOR(), postCBOR(t), unhex(t, ex3LegacyHex)) {
		bound, size := bounds(t, b), len(b)
		tree := min(170*size, data.DefaultMaxTree*9/8) + fixed
		for _, o := range []*data.Options{nil, permissive} {
			bound(fixed, "Validate", func() { _ = data.Validate(b, o) })
			bound(fixed, "NewView", func() { _, _ = data.NewView(b, o) })
			bound(fixed, "Type", func() { _, _ = data.Type(b) })
			bound(tree, "Unmarshal", func() { _, _ = data.Unmarshal(b, o) })
			bound(6*min(14*size, data.DefaultMaxJSON)+fixed, "ToJSON", func() { _, _ = data.ToJSON(b, o) })
			bound(2*size+fixed, "Blobs", func() {
				for range data.Blobs(b, o) {
					continue
				}
			})
			bound(fixed, "Links", func() {
				for range data.Links(b, o) {
					continue
				}
			})
			bound(2*size+fixed, "ParseBlob", func() { _, _ = data.ParseBlob(b) })
		}
		v, err := data.NewView(b, permissive)
		if err != nil {
			continue
		}
		bound(tree, "View.Tree", func() { _, _ = v.Tree(nil) })
		bound(fixed, "View.Walk", func() {
			for range v.Walk() {
				continue
			}
		})
		w := viewOf(t, post, nil)
		bound(60*size+4<<20, "Diff", func() { _ = data.Diff(v, w); _ = data.Diff(v, v) })
	}
}

// TestMemoryOfAnyJSON is TestMemoryOfAnything for JSON.
func TestMemoryOfAnyJSON(t *testing.T) {
	const fixed = 16 << 10
	for _, text := range hostileinput.Inputs(3, 80, hostileinput.JSON(), []byte(post), []byte(ex3LegacyJSON)) {
		bound, size := bounds(t, text), len(text)
		for _, o := range []*data.Options{nil, {Permissive: true}} {
			bound(16*size+fixed, "FromJSON", func() { _, _ = data.FromJSON(text, o) })
			// A number may take twice the bytes in DAG-CBOR: 1e9.
			bound(16*size+min(2*170*size, data.DefaultMaxTree*9/8)+fixed, "UnmarshalJSON", func() { _, _ = data.UnmarshalJSON(text, o) })
			bound(20*size+fixed, "Blob.UnmarshalJSON", func() { _ = new(data.Blob).UnmarshalJSON(text) })
		}
	}
}
