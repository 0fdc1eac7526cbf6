package repo_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

// sized returns a record of n bytes.
func sized(t testing.TB, n int) []byte {
	t.Helper()
	b := record(t, `{"$type":"com.example.record","x":""}`)
	head := dagcbor.AppendText(nil, make([]byte, n))
	text := n - len(b) + 1 - (len(head) - n)
	b = bytes.Replace(b, []byte("\x61x\x60"), dagcbor.AppendText([]byte("\x61x"), bytes.Repeat([]byte("a"), text)), 1)
	require.Len(t, b, n)
	return b
}

// check reads a file leniently, which must yield all records, and strictly,
// which must fail with the error of the only one that is not valid.
func check(t testing.TB, file []byte, path string) error {
	t.Helper()
	e, err := repo.ReadBytes(file, options(t))
	require.NoError(t, err)
	var bad error
	for r, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		err := r.Validate()
		if r.Path() != path {
			require.NoError(t, err)
			continue
		}
		bad = err
		require.Equal(t, []any{path, r.CID()}, []any{errorIs[*repo.RecordError](t, err).Path, errorIs[*repo.RecordError](t, err).CID})
	}
	require.Error(t, bad, path)

	o := options(t)
	o.CheckRecords = true
	require.Equal(t, bad.Error(), readErr(t, file, o).Error())
	return bad
}

func TestInvalidRecords(t *testing.T) {
	ledger.Covers(t, "REP-022", "DAT-009")
	good := blockOf(record(t, `{"$type":"com.example.record","n":1}`))
	const path = "com.example.record/b"
	for _, tc := range []struct {
		name   string
		record []byte
		want   string
	}{
		{"not a map", dagcbor.AppendArray(nil, 0), "data: record is not a map at offset 0"},
		{"null", dagcbor.AppendNull(nil), "data: record is not a map at offset 0"},
		{"no $type", dagcbor.AppendMap(nil, 0), "data: record without $type at offset 0"},
		{"$type no text", []byte("\xa1\x65$type\x01"), "data: $type is not a string, or is empty at offset 7"},
		{"$type no NSID", record(t, `{"$type":"blob!"}`), `data: $type "blob!" of a record is not an NSID at offset 0`},
		{"other $type", record(t, `{"$type":"com.example.record.b"}`), `record has $type "com.example.record.b", not that of its collection, "com.example.record"`},
		{"record name in upper case", record(t, `{"$type":"com.example.Record"}`), `record has $type "com.example.Record", not that of its collection, "com.example.record"`},
		{"float", append([]byte("\xa2\x61f\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00"), good.Data[4:]...), "dagcbor: floating-point number at offset 3"},
		{"not canonical", bytes.Replace(good.Data, []byte("\x61n\x01"), []byte("\x61n\x18\x01"), 1), "dagcbor: number or length is not in its shortest form at offset 3"},
		{"cut off", good.Data[:len(good.Data)-1], "dagcbor: unexpected end of input at offset 28"},
		{"trailing", append(bytes.Clone(good.Data), 0), "dagcbor: more bytes after the value at offset 29"},
		{"empty", nil, "dagcbor: unexpected end of input at offset 0"},
		{"too large", sized(t, repo.MaxRecordRead+1), "dagcbor: input size 1048577 exceeds the limit of 1048576 at offset 0"},
	} {
		b := blockOf(tc.record)
		entries := []mst.Entry{{Key: "com.example.record/a", Value: good.CID}, {Key: path, Value: b.CID}, {Key: "com.example.record/c", Value: good.CID}}
		err := check(t, forge(t, entries, good, b), path)
		require.EqualError(t, err, `repo: record "`+path+`" (`+b.CID.String()+`): `+tc.want, tc.name)
	}
}

func TestRecordSizes(t *testing.T) {
	ledger.Covers(t, "REP-022")
	largest := blockOf(sized(t, repo.MaxRecordRead))
	entries := []mst.Entry{{Key: "com.example.record/a", Value: largest.CID}}
	o := options(t)
	o.CheckRecords = true
	got, err := list(t, forge(t, entries, largest), o)
	require.NoError(t, err)
	require.Len(t, got, 1)

	tooLarge := blockOf(sized(t, repo.MaxRecordRead+1))
	err = check(t, forge(t, []mst.Entry{{Key: "com.example.record/a", Value: tooLarge.CID}}, tooLarge), "com.example.record/a")
	limit := errorIs[*repo.LimitError](t, err)
	require.EqualValues(t, []int64{1048576, 1048577}, []int64{limit.Limit, limit.Got})
}

func TestRawRecord(t *testing.T) {
	ledger.Covers(t, "REP-022")
	content := record(t, `{"$type":"com.example.record"}`)
	raw := car.Block{CID: dagcbor.Sum(dagcbor.Raw, content), Data: content}
	entries := []mst.Entry{{Key: "com.example.record/a", Value: raw.CID}}
	err := check(t, forge(t, entries, raw), "com.example.record/a")
	require.ErrorContains(t, err, "repo: CID of a record with codec raw")

	// The same bytes under the other codec are another block.
	missing := errorIs[*repo.MissingRecordError](t, readErr(t, forge(t, entries, blockOf(content)), options(t)))
	require.Equal(t, raw.CID, missing.CID)
}

// Where one block is several things at once, it is what the tree says.
func TestBlocksInTwoRoles(t *testing.T) {
	ledger.Covers(t, "CAR-021", "REP-030")
	one := blockOf(record(t, `{"$type":"com.example.record"}`))

	// One record at many paths, its block there once.
	var entries []mst.Entry
	for _, k := range "abcdefghij" {
		entries = append(entries, mst.Entry{Key: "com.example.record/" + string(k), Value: one.CID})
	}
	o := options(t)
	o.CheckRecords = true
	got, err := list(t, forge(t, entries, one), o)
	require.NoError(t, err)
	require.Len(t, got, 10)

	// A node that is also a record of the tree above it.
	inner := blockOf(leafNode("com.example.record/zz", one.CID))
	err = check(t, forge(t, []mst.Entry{{Key: "com.example.record/a", Value: one.CID}, {Key: "com.example.record/b", Value: inner.CID}}, one, inner), "com.example.record/b")
	require.ErrorContains(t, err, "data: record without $type")

	// A value that is the commit of another repository.
	_, theirs := sections(t, captured(t, "dan").file)
	other := theirs[0]
	err = check(t, forge(t, []mst.Entry{{Key: "com.example.record/a", Value: other.CID}}, other), "com.example.record/a")
	require.ErrorContains(t, err, "data: record without $type")

	// A record as the root of the tree.
	bad := errorIs[*mst.NodeError](t, readErr(t, forgeTree(t, one.CID, one), options(t)))
	require.Equal(t, one.CID, bad.CID)
}

func TestRecordPaths(t *testing.T) {
	ledger.Covers(t, "MST-027")
	one := blockOf(record(t, `{"$type":"com.example.record"}`))
	first, last := blockOf(record(t, `{"$type":"a.a.a"}`)), blockOf(record(t, `{"$type":"z.z.z"}`))
	key := strings.Repeat("k", mst.MaxKeyLen)
	for path, want := range map[string]string{
		"a":                              `expected a slash`,
		"com.example.record":             `expected a slash`,
		"com.example.record/":            `record key: `,
		"com.example.record/.":           `record key: `,
		"com.example.record/a/b":         `record key: `,
		"com.example.record/a b":         `record key: `,
		"com.example/a":                  `collection: `,
		"/a":                             `collection: `,
		"com.example.record/\xff\x00":    `record key: `,
		"com.example.record/" + key[19:]: `longer than 830 bytes`,
	} {
		entries := []mst.Entry{{Key: "a.a.a/a", Value: first.CID}, {Key: path, Value: one.CID}, {Key: "z.z.z/z", Value: last.CID}}
		file := forge(t, entries, first, one, last)
		err := check(t, file, path) // the other records are handed out
		require.ErrorContains(t, err, "syntax: invalid repo path")
		require.ErrorContains(t, err, want)
		require.Less(t, len(err.Error()), 600)
		require.Equal(t, path, errorIs[*syntax.Error](t, err).Input)
		got, err := list(t, file, options(t))
		require.NoError(t, err)
		require.Len(t, got, 3)
	}
	// Upper case in the authority is a path of others, if none to be created.
	got, err := list(t, forge(t, []mst.Entry{{Key: "Com.Example.record/a", Value: one.CID}}, one), &repo.Options{SkipSignature: true, CheckRecords: true})
	require.NoError(t, err)
	require.Len(t, got, 1)

	for path, fine := range map[string]bool{key: true, key + "k": false, "": false} {
		node := blockOf(leafNode(path, one.CID))
		file := forgeTree(t, node.CID, node, one)
		got, err := list(t, file, options(t))
		if fine {
			require.NoError(t, err)
			require.Len(t, got, 1)
			continue
		}
		require.Equal(t, node.CID, errorIs[*mst.NodeError](t, err).CID)
	}
}

func TestForeignLinks(t *testing.T) {
	ledger.Covers(t, "CAR-016")
	elsewhere := dagcbor.Sum(dagcbor.DAGCBOR, []byte("elsewhere"))
	blob := data.NewBlob([]byte("image"), "image/png")
	value, err := data.Marshal(map[string]any{
		"$type": "com.example.record", "blob": blob, "subject": elsewhere, "raw": dagcbor.Sum(dagcbor.Raw, nil),
	}, nil)
	require.NoError(t, err)
	one := blockOf(value)
	o := options(t)
	o.CheckRecords = true
	got, err := list(t, forge(t, []mst.Entry{{Key: "com.example.record/a", Value: one.CID}}, one), o)
	require.NoError(t, err)
	require.Len(t, got, 1)
}

func TestRecord(t *testing.T) {
	one := blockOf(record(t, `{"$type":"com.example.record","text":"hi"}`))
	e, err := repo.ReadBytes(forge(t, []mst.Entry{{Key: "com.example.record/a", Value: one.CID}}, one), options(t))
	require.NoError(t, err)
	var kept []repo.Record
	for r, err := range e.Records(t.Context()) {
		require.NoError(t, err)
		kept = append(kept, r)
	}
	require.Len(t, kept, 1)
	r := kept[0]
	require.Equal(t, []any{"com.example.record/a", one.CID, one.Data}, []any{r.Path(), r.CID(), r.Bytes()})
	path, err := r.RepoPath()
	require.NoError(t, err)
	require.Equal(t, repoPath(t, "com.example.record/a"), path)
	var v struct {
		Text string `cbor:"text"`
	}
	require.NoError(t, r.Unmarshal(&v))
	require.Equal(t, "hi", v.Text)
	var wrong struct {
		Text int `cbor:"text"`
	}
	err = r.Unmarshal(&wrong)
	require.Equal(t, "com.example.record/a", errorIs[*repo.RecordError](t, err).Path)

	// Appending to what was handed out does not write into the file.
	require.Equal(t, len(r.Bytes()), cap(r.Bytes()))

	var zero repo.Record
	require.Error(t, zero.Validate())
	require.Error(t, zero.Unmarshal(&v))
	require.Nil(t, zero.Bytes())
}
