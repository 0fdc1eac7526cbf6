package mst_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
)

// oneEntry is a node with the key "k1", which lies on layer 0.
const (
	oneEntry  = "\xa2\x61e\x81\xa4\x61k\x42k1\x61p\x00\x61t\xf6\x61v" + leafLink + "\x61l\xf6"
	leafLink  = "\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + digest
	digest    = "\x9d\x15\x6b\xc3\xf3\xa5\x20\x06\x62\x52\xc7\x08\xa9\x36\x1f\xd3\xd0\x89\x22\x38\x42\x50\x0e\x37\x13\xd4\x04\xfd\xcc\xb3\x3c\xef"
	cutOff    = "node is cut off"
	noKey     = "key does not have 1 to 1024 bytes"
	notShort  = "number is not in its shortest form"
	indefined = "indefinite length or reserved number"
)

// readNode reads b as the root of a tree in both ways and checks that they end
// alike.
func readNode(t testing.TB, b []byte, o *mst.Options) ([]mst.Entry, error) {
	t.Helper()
	c := dagcbor.Sum(dagcbor.DAGCBOR, b)
	src := mst.MapSource{c: b}
	entries, err := collect(mst.NewWalker(src, c, o).Entries(context.Background()))
	tree, treeErr := mst.Load(context.Background(), src, c, o)
	if treeErr == nil {
		var again []mst.Entry
		again, treeErr = collect(tree.Entries(context.Background()))
		require.Equal(t, entries, again)
	}
	require.Equal(t, err, treeErr)
	return entries, err
}

func requireNodeError(t testing.TB, b []byte, offset int, msg string) {
	t.Helper()
	_, err := readNode(t, b, nil)
	c := dagcbor.Sum(dagcbor.DAGCBOR, b)
	require.Equal(t, &mst.NodeError{CID: c, Offset: offset, Msg: msg}, err)
}

func TestNodeFormat(t *testing.T) {
	ledger.Covers(t, "MST-013", "MST-014", "MST-015", "MST-017", "MST-022", "MST-023", "MST-024", "MST-033", "CID-008")
	_, err := readNode(t, []byte(oneEntry), nil)
	require.NoError(t, err)
	const (
		pair   = "a node is a map of e and l"
		four   = "an entry is a map of k, p, t and v"
		badT   = "t is neither null nor the link of a node"
		badL   = "l is neither null nor the link of a node"
		badV   = "v is not the link of a record"
		length = "p is not a length"
		long   = "p is longer than the key before"
	)
	rawLink := strings.Replace(leafLink, "\x71", "\x55", 1)
	for _, tc := range []struct {
		name     string
		at       int    // in oneEntry
		old, new string // what is replaced there
		offset   int
		msg      string
	}{
		{"map of one", 0, "\xa2", "\xa1", 0, pair},
		{"map of three", 0, "\xa2", "\xa3", 0, pair},
		{"long map head", 0, "\xa2", "\xb8\x02", 0, pair},
		{"indefinite map", 0, "\xa2", "\xbf", 0, pair},
		{"array", 0, "\xa2", "\x82", 0, pair},
		{"bytes for e", 1, "\x61", "\x41", 0, pair},
		{"f for e", 2, "e", "f", 0, pair},
		{"l before e", 1, oneEntry[1:], "\x61l\xf6" + oneEntry[1:59], 0, pair},

		{"long array head", 3, "\x81", "\x98\x01", 3, notShort},
		{"longer array head", 3, "\x81", "\x99\x00\x01", 3, notShort},
		{"much longer array head", 3, "\x81", "\x9a\x00\x00\x00\x01", 3, notShort},
		{"longest array head", 3, "\x81", "\x9b\x00\x00\x00\x00\x00\x00\x00\x01", 3, notShort},
		{"indefinite array", 3, "\x81", "\x9f", 3, indefined},
		{"reserved array head", 3, "\x81", "\x9c", 3, indefined},
		{"map for e", 3, "\x81", "\xa1", 3, "e is not an array"},
		{"null for e", 3, "\x81", "\xf6", 3, "e is not an array"},
		{"one entry less", 3, "\x81", "\x82", 59, four},
		{"one entry more", 3, "\x81", "\x80", 4, "e is not followed by l"},

		{"entry of three", 4, "\xa4", "\xa3", 4, four},
		{"entry of five", 4, "\xa4", "\xa5", 4, four},
		{"indefinite entry", 4, "\xa4", "\xbf", 4, four},
		{"null entry", 4, "\xa4", "\xf6", 4, four},
		{"j for k", 6, "k", "j", 4, four},
		{"p before k", 5, "\x61k\x42k1\x61p\x00", "\x61p\x00\x61k\x42k1", 4, four},

		{"text k", 7, "\x42", "\x62", 7, "k is not a byte string"},
		{"null k", 7, "\x42k1", "\xf6", 7, "k is not a byte string"},
		{"long k head", 7, "\x42", "\x58\x02", 7, notShort},
		{"indefinite k", 7, "\x42k1", "\x5f\x42k1\xff", 7, indefined},
		{"k beyond the end", 7, "\x42", "\x58\xff", 63, cutOff},
		{"k of 1025 bytes", 7, "\x42", "\x59\x04\x01", 7, "k is longer than a key may be"},
		{"k of 4 GiB", 7, "\x42", "\x5a\xff\xff\xff\xff", 7, "k is longer than a key may be"},
		{"k of 2^64", 7, "\x42", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff", 7, "k is longer than a key may be"},
		{"empty key", 7, "\x42k1", "\x40", 10, noKey},
		{"q for p", 11, "p", "q", 10, "k is not followed by p"},

		{"prefix of nothing", 12, "\x00", "\x01", 12, long},
		{"prefix of 2^64", 12, "\x00", "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", 12, long},
		{"prefix of 2^63", 12, "\x00", "\x1b\x80\x00\x00\x00\x00\x00\x00\x00", 12, long},
		{"negative p", 12, "\x00", "\x20", 12, length},
		{"p of -2^64", 12, "\x00", "\x3b\xff\xff\xff\xff\xff\xff\xff\xff", 12, length},
		{"text p", 12, "\x00", "\x60", 12, length},
		{"null p", 12, "\x00", "\xf6", 12, length},
		{"float p", 12, "\x00", "\xf9\x00\x00", 12, length},
		{"long p", 12, "\x00", "\x18\x00", 12, notShort},
		{"longest p", 12, "\x00", "\x1b\x00\x00\x00\x00\x00\x00\x00\x00", 12, notShort},
		{"no t", 13, "\x61t\xf6", "", 13, "p is not followed by t"},

		{"false t", 15, "\xf6", "\xf4", 15, badT},
		{"undefined t", 15, "\xf6", "\xf7", 15, badT},
		{"raw t", 15, "\xf6", rawLink, 15, badT},
		{"untagged t", 15, "\xf6", leafLink[2:], 15, badT},
		{"no v", 16, oneEntry[16:59], "", 16, "t is not followed by v"},

		{"null v", 18, leafLink, "\xf6", 18, badV},
		{"untagged v", 18, "\xd8\x2a", "", 18, badV},
		{"tag 43", 18, "\xd8\x2a", "\xd8\x2b", 18, badV},
		{"long tag", 18, "\xd8\x2a", "\xd9\x00\x2a", 18, badV},
		{"longer CID", 20, leafLink[2:], "\x58\x26" + leafLink[4:] + "\x00", 18, badV},
		{"no zero byte", 22, "\x00", "\x01", 18, badV},
		{"CIDv0", 20, leafLink[2:9], "\x58\x23\x00\x12\x20", 18, badV},
		{"CIDv2", 23, "\x01", "\x02", 18, badV},
		{"dag-pb", 24, "\x71", "\x70", 18, badV},
		{"SHA-512", 25, "\x12", "\x13", 18, badV},
		{"digest of 31 bytes", 26, "\x20", "\x1f", 18, badV},

		{"m for l", 60, "l", "m", 59, "e is not followed by l"},
		{"false l", 61, "\xf6", "\xf4", 61, badL},
		{"raw l", 61, "\xf6", rawLink, 61, badL},
		{"text l", 61, "\xf6", "\x60", 61, badL},
		{"a byte more", 62, "", "\x00", 62, "more bytes after the node"},
		{"a node more", 62, "", oneEntry, 62, "more bytes after the node"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.True(t, strings.HasPrefix(oneEntry[tc.at:], tc.old))
			requireNodeError(t, []byte(oneEntry[:tc.at]+tc.new+oneEntry[tc.at+len(tc.old):]), tc.offset, tc.msg)
		})
	}
}

// Heads have to be short also where they need more than one byte.
func TestLongHeads(t *testing.T) {
	ledger.Covers(t, "MST-014", "MST-023")
	first := keyOn(0, strings.Repeat("x", 300))
	second := keyOn(0, first[:299]+strings.Repeat("y", 30))
	node := string(encodeNode(none, rawEntry{suffix: first, value: leafValue}, rawEntry{prefix: 299, suffix: second[299:], value: leafValue}))
	_, err := readNode(t, []byte(node), nil)
	require.NoError(t, err)
	for _, tc := range []struct{ old, new string }{
		{"k\x59\x01", "k\x5a\x00\x00\x01"},
		{"k\x59\x01", "k\x5b\x00\x00\x00\x00\x00\x00\x01"},
		{"k\x58", "k\x59\x00"},
		{"k\x58", "k\x5a\x00\x00\x00"},
		{"k\x58", "k\x5b\x00\x00\x00\x00\x00\x00\x00"},
		{"p\x19\x01", "p\x1a\x00\x00\x01"},
		{"p\x19\x01", "p\x1b\x00\x00\x00\x00\x00\x00\x01"},
	} {
		require.Equal(t, 1, strings.Count(node, tc.old))
		requireNodeError(t, []byte(strings.Replace(node, tc.old, tc.new, 1)), strings.Index(node, tc.old)+1, notShort)
	}
}

// What a key refers to may be data of another kind: v may name raw bytes.
func TestRawValue(t *testing.T) {
	b := []byte(strings.Replace(oneEntry, "\x71", "\x55", 1))
	entries, err := readNode(t, b, nil)
	require.NoError(t, err)
	require.Equal(t, dagcbor.Raw, entries[0].Value.Codec())
	tree := build(t, map[string]dagcbor.CID{"k1": entries[0].Value})
	require.Equal(t, dagcbor.Sum(dagcbor.DAGCBOR, b), tree.Root())
}

// Cut off at any place, a node is an error that says so.
func TestTruncatedNode(t *testing.T) {
	tree := build(t, numbered(pool(3, 2)))
	for _, node := range blocks(t, tree) {
		for i := range node {
			b := node[:i:i]
			requireNodeError(t, b, i, cutOff)
		}
	}
}

// Whatever byte is changed, to any of a third of the other values, what is
// accepted is what the reference accepts.
func TestMutatedNode(t *testing.T) {
	ledger.Covers(t, "MST-023", "MST-024")
	nodes := blocks(t, build(t, examples("3fp2j 3fr2j 3fs2j 3ft2j 4fc2j")))
	maps.Copy(nodes, blocks(t, build(t, examples("3fn2j 3fo2j 3fp2j 3ft2j 3fu2j"))))
	for _, node := range maps.Clone(nodes) {
		b := []byte(string(node))
		for i, old := range b {
			for x := i % 3; x < 256; x += 3 {
				b[i] = byte(x)
				c := dagcbor.Sum(dagcbor.DAGCBOR, b)
				nodes[c] = b
				want, wantErr := refVerify(nodes, c, -1, "", "")
				got, err := collect(mst.NewWalker(nodes, c, nil).Entries(t.Context()))
				delete(nodes, c)
				missing := errors.Is(wantErr, mst.ErrNotFound) == errors.Is(err, mst.ErrNotFound)
				if !missing || (wantErr == nil) != (err == nil) || err == nil && !slices.Equal(want, got) {
					t.Fatalf("%x: %v, not %v", b, err, wantErr)
				}
			}
			b[i] = old
		}
		nodes[dagcbor.Sum(dagcbor.DAGCBOR, b)] = node
	}
}
