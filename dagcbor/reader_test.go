package dagcbor_test

import (
	"strings"
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/stretchr/testify/require"
)

func TestReaderKinds(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want dagcbor.Kind
		name string
	}{
		{"", dagcbor.KindInvalid, "invalid"}, {"f7", dagcbor.KindInvalid, "invalid"}, {"ff", dagcbor.KindInvalid, "invalid"},
		{"fb00", dagcbor.KindInvalid, "invalid"}, {"e0", dagcbor.KindInvalid, "invalid"},
		{"f6", dagcbor.KindNull, "null"}, {"f4", dagcbor.KindBool, "boolean"}, {"f5", dagcbor.KindBool, "boolean"},
		{"00", dagcbor.KindInt, "integer"}, {"3bff", dagcbor.KindInt, "integer"}, {"40", dagcbor.KindBytes, "byte string"},
		{"7f", dagcbor.KindText, "text string"}, {aLink, dagcbor.KindLink, "link"}, {"80", dagcbor.KindArray, "array"},
		{"a0", dagcbor.KindMap, "map"},
	} {
		r := dagcbor.NewReader(unhex(t, c.hex), nil)
		require.Equal(t, c.want, r.Kind(), c.hex)
		require.Equal(t, c.name, r.Kind().String())
		require.Zero(t, r.Offset())
		require.NoError(t, r.Err())
	}
	require.Equal(t, "invalid", dagcbor.Kind(200).String())
}

func TestReaderWalk(t *testing.T) {
	ledger.Covers(t, "CBR-020")
	b := unhex(t, "a5 6161 f6 6162 83 20 f5 4101 6163 a0 6164"+aLink+"626161 6178")
	r := dagcbor.NewReader(b, nil)
	n, err := r.Map()
	require.NoError(t, err)
	require.Equal(t, 5, n)
	key := func(want string) {
		t.Helper()
		require.Equal(t, dagcbor.KindText, r.Kind())
		k, err := r.Key()
		require.NoError(t, err)
		require.Equal(t, want, string(k))
		require.Equal(t, len(k), cap(k))
	}
	key("a")
	require.Equal(t, dagcbor.KindNull, r.Kind(), "null is not absent")
	require.NoError(t, r.Null())
	key("b")
	n, err = r.Array()
	require.NoError(t, err)
	require.Equal(t, 3, n)
	i, err := r.Int()
	require.NoError(t, err)
	require.EqualValues(t, -1, i)
	v, err := r.Bool()
	require.NoError(t, err)
	require.True(t, v)
	s, err := r.Bytes()
	require.NoError(t, err)
	require.Equal(t, []byte{1}, s)
	require.Equal(t, 1, cap(s))
	key("c")
	n, err = r.Map()
	require.NoError(t, err)
	require.Zero(t, n)
	key("d")
	raw, err := r.Raw()
	require.NoError(t, err)
	require.Equal(t, unhex(t, aLink), raw)
	require.Equal(t, len(raw), cap(raw))
	key("aa")
	text, err := r.Text()
	require.NoError(t, err)
	require.Equal(t, "x", string(text))
	require.Equal(t, dagcbor.KindInvalid, r.Kind())
	require.Equal(t, len(b), r.Offset())
	require.NoError(t, r.End())
	require.NoError(t, r.End())
}

// Values that follow each other without a container around them.
func TestReaderSequence(t *testing.T) {
	r := dagcbor.NewReader(unhex(t, "01 81 02 03"), nil)
	require.NoError(t, r.Skip())
	require.NoError(t, r.Skip())
	require.EqualError(t, r.End(), "dagcbor: more bytes after the value at offset 3")

	r = dagcbor.NewReader(unhex(t, "01 81 02 03"), nil)
	for range 3 {
		require.NoError(t, r.Skip())
	}
	require.NoError(t, r.End())
	require.EqualError(t, r.Skip(), "dagcbor: unexpected end of input at offset 4")
}

// reads are all reads of a Reader, by the kind that they want.
var reads = map[dagcbor.Kind]func(r *dagcbor.Reader) error{
	dagcbor.KindNull:  (*dagcbor.Reader).Null,
	dagcbor.KindBool:  func(r *dagcbor.Reader) error { _, err := r.Bool(); return err },
	dagcbor.KindInt:   func(r *dagcbor.Reader) error { _, err := r.Int(); return err },
	dagcbor.KindBytes: func(r *dagcbor.Reader) error { _, err := r.Bytes(); return err },
	dagcbor.KindText:  func(r *dagcbor.Reader) error { _, err := r.Text(); return err },
	dagcbor.KindLink:  func(r *dagcbor.Reader) error { _, err := r.Link(); return err },
	dagcbor.KindArray: func(r *dagcbor.Reader) error { _, err := r.Array(); return err },
	dagcbor.KindMap:   func(r *dagcbor.Reader) error { _, err := r.Map(); return err },
}

// otherReads want no kind, or link as well.
var otherReads = map[string]func(r *dagcbor.Reader) error{
	"CID":  func(r *dagcbor.Reader) error { _, err := r.CID(); return err },
	"Key":  func(r *dagcbor.Reader) error { _, err := r.Key(); return err },
	"Skip": (*dagcbor.Reader).Skip,
	"Raw":  func(r *dagcbor.Reader) error { _, err := r.Raw(); return err },
	"End":  (*dagcbor.Reader).End,
}

// requireStopped checks that r stands at offset with err for good.
func requireStopped(t *testing.T, r *dagcbor.Reader, offset int, err error) {
	t.Helper()
	require.Error(t, err)
	for _, read := range reads {
		require.Same(t, err, read(r))
	}
	for _, read := range otherReads {
		require.Same(t, err, read(r))
	}
	require.Same(t, err, r.Err())
	require.Equal(t, dagcbor.KindInvalid, r.Kind())
	require.Equal(t, offset, r.Offset())
}

func TestReaderWantsAnotherKind(t *testing.T) {
	for kind, hex := range map[dagcbor.Kind]string{
		dagcbor.KindNull: "f6", dagcbor.KindBool: "f4", dagcbor.KindInt: "20", dagcbor.KindBytes: "40", dagcbor.KindText: "60",
		dagcbor.KindLink: aLink, dagcbor.KindArray: "80", dagcbor.KindMap: "a0",
	} {
		for want, read := range reads {
			r := dagcbor.NewReader(unhex(t, "82 00"+hex), nil)
			_, err := r.Array()
			require.NoError(t, err)
			require.NoError(t, r.Skip())
			err = read(r)
			if want == kind {
				require.NoError(t, err)
				require.NoError(t, r.End())
				continue
			}
			require.Equal(t, &dagcbor.Error{Offset: 2, Msg: want.String() + " expected, not " + kind.String()}, err)
			requireStopped(t, r, 2, err)
		}
	}
}

func TestReaderStopsAtErrors(t *testing.T) {
	for hex, msg := range map[string]string{
		"f93c00": "dagcbor: floating-point number at offset 0",
		"":       "dagcbor: unexpected end of input at offset 0",
		"82":     "dagcbor: unexpected end of input at offset 1",
	} {
		r := dagcbor.NewReader(unhex(t, hex), nil)
		err := r.Skip()
		require.EqualError(t, err, msg)
		requireStopped(t, r, 0, err)
	}
	r := dagcbor.NewReader(make([]byte, 3), &dagcbor.Options{MaxSize: 2})
	requireStopped(t, r, 0, r.Err())
	require.Equal(t, &dagcbor.LimitError{Name: "dagcbor: input size", Limit: 2, Got: 3}, r.Err())
}

const misuse = "dagcbor: internal error of the caller: "

func TestReaderMisuse(t *testing.T) {
	inMap := func() *dagcbor.Reader {
		r := dagcbor.NewReader(unhex(t, "a2 6161 00 6162 00"), nil)
		_, err := r.Map()
		require.NoError(t, err)
		return r
	}
	// A value where a key is due.
	for _, read := range reads {
		r := inMap()
		err := read(r)
		require.EqualError(t, err, misuse+"a value was read where a map key is due")
		requireStopped(t, r, 1, err)
	}
	for _, name := range []string{"CID", "Skip", "Raw"} {
		r := inMap()
		err := otherReads[name](r)
		require.EqualError(t, err, misuse+"a value was read where a map key is due")
		requireStopped(t, r, 1, err)
	}
	// A key where a value is due, in an array, and outside of everything.
	const noKey = misuse + "a map key was read where none is due"
	r := inMap()
	_, err := r.Key()
	require.NoError(t, err)
	_, err = r.Key()
	require.EqualError(t, err, noKey)
	requireStopped(t, r, 3, err)
	r = dagcbor.NewReader(unhex(t, "81 6161"), nil)
	_, err = r.Array()
	require.NoError(t, err)
	_, err = r.Key()
	require.EqualError(t, err, noKey)
	requireStopped(t, r, 1, err)
	for _, hex := range []string{"6161", "a0", ""} {
		r = dagcbor.NewReader(unhex(t, hex), nil)
		_, err = r.Key()
		require.EqualError(t, err, noKey)
		requireStopped(t, r, 0, err)
	}
	r = dagcbor.NewReader(unhex(t, "a0 6161"), nil)
	_, err = r.Map()
	require.NoError(t, err)
	_, err = r.Key()
	require.EqualError(t, err, noKey, "an empty map has no key")
	// End inside of a container.
	const open = misuse + "End inside of an array or map"
	r = inMap()
	err = r.End()
	require.EqualError(t, err, open)
	requireStopped(t, r, 1, err)
	r = dagcbor.NewReader(unhex(t, "82 8100 00"), nil)
	_, err = r.Array()
	require.NoError(t, err)
	require.NoError(t, r.Skip())
	require.EqualError(t, r.End(), open)
}

// Containers close by themselves, however many end at once.
func TestReaderCloses(t *testing.T) {
	for _, hex := range []string{
		"80", "a0", "81 80", "82 80 80", "81 81 81 80", "83 80 a0 8180", "a1 6161 a0", "a1 6161 a1 6161 80",
		"82 a1 6161 82 80 80 00", "a2 6161 81 81 a0 6162 00", "82 81 a1 6161 81 a0 80",
		"83 81 81 81 00 81 00 00",
	} {
		b := unhex(t, hex)
		again, err := walk(b, nil)
		require.NoError(t, err, hex)
		require.Equal(t, b, again)
	}
}

// Beyond the levels that a Reader holds in itself, there and back.
func TestReaderDeep(t *testing.T) {
	o := &dagcbor.Options{MaxDepth: 100}
	for depth := 1; depth <= 40; depth++ {
		// [0, [0, … [] …, 0], 0], and the same with maps.
		list, m := []byte{0x80}, []byte{0xa0}
		for range depth {
			list = cat([]byte{0x83, 0}, list, []byte{0})
			m = cat(unhex(t, "a3 6161 00 6162"), m, unhex(t, "6163 00"))
		}
		b := cat([]byte{0x84}, list, m, m, list) // the frames are used again
		for _, p := range readerPaths(o) {
			require.NoError(t, p.read(b), "%s at %d", p.name, depth)
		}
		again, err := walk(b, o)
		require.NoError(t, err)
		require.Equal(t, b, again)
		// The order of keys is checked on the way out, too, from the innermost
		// map to the outermost.
		for i := strings.Index(string(m), "\x61c"); i < len(m); i += 3 {
			m[i+1] = 'b'
			requireRefused(t, m, (&dagcbor.Error{Offset: i, Msg: msgKeyTwice}).Error(), readerPaths(o))
			m[i+1] = 'c'
		}
	}
}
