package repo_test

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/blockstore"
	"github.com/linnet-at/linnet/syntax"
)

// fields are those of a commit, encoded. A nil value leaves a field out.
type fields map[string][]byte

func commitFields() fields {
	return fields{
		"did":     dagcbor.AppendText(nil, account.String()),
		"rev":     dagcbor.AppendText(nil, rev.String()),
		"data":    dagcbor.AppendLink(nil, dagcbor.MustParseCID(emptyTree)),
		"prev":    dagcbor.AppendNull(nil),
		"version": dagcbor.AppendInt(nil, 3),
	}
}

// with returns f with some fields changed.
func (f fields) with(more fields) fields {
	maps.Copy(f, more)
	return f
}

// bytes encodes the fields in canonical order.
func (f fields) bytes() []byte {
	var keys []string
	for k, v := range f {
		if v != nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, dagcbor.CompareKeys)
	b := dagcbor.AppendMap(nil, len(keys))
	for _, k := range keys {
		b = append(dagcbor.AppendText(b, k), f[k]...)
	}
	return b
}

// signed encodes the fields with their signature by the test key, unless they
// have one.
func (f fields) signed(t testing.TB) []byte {
	t.Helper()
	if _, given := f["sig"]; !given {
		sig, err := privateKey(t, crypto.K256).Sign(t.Context(), f.bytes())
		require.NoError(t, err)
		f["sig"] = dagcbor.AppendBytes(nil, sig)
	}
	return f.bytes()
}

func commitErr(t testing.TB, block []byte, o *repo.Options) *repo.CommitError {
	t.Helper()
	c, err := repo.ParseCommit(block, o)
	require.Nil(t, c)
	bad := errorIs[*repo.CommitError](t, err)
	require.Equal(t, blockOf(block).CID, bad.CID)
	text := "repo: commit " + bad.CID.String() + ": "
	if bad.Field != "" && len(bad.Field) < 100 {
		text += "field " + strconv.Quote(bad.Field) + ": "
	}
	require.True(t, strings.HasPrefix(bad.Error(), text), bad.Error())
	require.True(t, strings.HasSuffix(bad.Error(), ": "+bad.Msg), bad.Error())
	return bad
}

func TestParseCommitFields(t *testing.T) {
	ledger.Covers(t, "REP-001", "REP-007", "REP-008", "REP-009", "REP-012", "REP-013")
	text := func(s string) []byte { return dagcbor.AppendText(nil, s) }
	raw := dagcbor.AppendLink(nil, dagcbor.Sum(dagcbor.Raw, nil))
	sig := func(n int) []byte { return dagcbor.AppendBytes(nil, make([]byte, n)) }
	der := append([]byte{0x30, 0x44, 0x02, 0x20}, make([]byte, 66)...)
	foreign := slices.Concat([]byte{0xd8, 0x2a, 0x58, 0x23, 0x00}, []byte{0x12, 0x20}, make([]byte, 32)) // CIDv0

	for _, tc := range []struct {
		field string
		value []byte
		want  string
	}{
		{"did", nil, "is missing"},
		{"rev", nil, "is missing"},
		{"sig", nil, "is missing"},
		{"data", nil, "is missing"},
		{"prev", nil, "is missing"},
		{"version", nil, "is missing"},

		{"did", []byte{1}, "dagcbor: text string expected, not integer at offset 5"},
		{"did", []byte{0xf6}, "dagcbor: text string expected, not null at offset 5"},
		{"rev", []byte{0x41, 'a'}, "dagcbor: text string expected, not byte string at offset 43"},
		{"sig", text(strings.Repeat("s", 64)), "dagcbor: byte string expected, not text string at offset 61"},
		{"sig", []byte{0xf6}, "dagcbor: byte string expected, not null at offset 61"},
		{"data", text(emptyTree), "dagcbor: link expected, not text string at offset 132"},
		{"data", []byte{0xf6}, "dagcbor: link expected, not null at offset 132"},
		{"prev", []byte{0xf4}, "dagcbor: link expected, not boolean at offset 178"},
		{"prev", []byte{0xa0}, "dagcbor: link expected, not map at offset 178"},
		{"version", text("3"), "dagcbor: integer expected, not text string at offset 187"},
		{"version", []byte{0xf9, 0x42, 0x00}, "dagcbor: floating-point number at offset 187"},

		{"data", raw, "is not the link of a node"},
		{"prev", raw, "is not the link of a commit"},
		{"data", foreign, "dagcbor: link is not a CID of the blessed form at offset 134"},
		{"prev", foreign, "dagcbor: link is not a CID of the blessed form at offset 180"},

		{"sig", sig(0), "has 0 bytes, not 64"},
		{"sig", sig(63), "has 63 bytes, not 64"},
		{"sig", sig(65), "has 65 bytes, not 64"},
		{"sig", dagcbor.AppendBytes(nil, der), "has 70 bytes, not 64"},

		{"did", text(""), `syntax: invalid DID "": expected "did:" at offset 0`},
		{"did", text("DID:plc:x"), `syntax: invalid DID "DID:plc:x": expected "did:" at offset 0`},
		{"did", text("alice.example.com"), `syntax: invalid DID "alice.example.com": expected "did:" at offset 0`},
		{"did", text("did:plc:a#atproto"), `syntax: invalid DID "did:plc:a#atproto": invalid character in identifier at offset 9`},
		{"rev", text(""), `syntax: invalid TID ""`},
		{"rev", text("3jzfcijpj2z2"), `syntax: invalid TID "3jzfcijpj2z2"`},
		{"rev", text("zzzzzzzzzzzzz"), `syntax: invalid TID "zzzzzzzzzzzzz"`},
		{"rev", text("3JZFCIJPJ2Z2A"), `syntax: invalid TID "3JZFCIJPJ2Z2A"`},
	} {
		f := commitFields()
		f.signed(t)
		bad := commitErr(t, f.with(fields{tc.field: tc.value}).bytes(), nil)
		require.Equal(t, tc.field, bad.Field, tc.want)
		require.Contains(t, bad.Msg, tc.want, tc.field)
	}
}

func TestParseCommitVersion(t *testing.T) {
	ledger.Covers(t, "REP-020")
	for _, version := range []int64{1, 2, 4, 0, -3, 259, 1<<63 - 1} {
		f := commitFields().with(fields{"version": dagcbor.AppendInt(nil, version)})
		bad := commitErr(t, f.signed(t), nil)
		require.Equal(t, "version", bad.Field)
		require.ErrorIs(t, bad, repo.ErrUnsupportedVersion)
		require.Regexp(t, `^is -?\d+, not 3$`, bad.Msg)
	}
	// Other versions have other fields, which is not what is to be reported.
	for _, f := range []fields{
		{"version": dagcbor.AppendInt(nil, 2)},
		{"version": dagcbor.AppendInt(nil, 1), "meta": dagcbor.AppendText(nil, "x")},
		commitFields().with(fields{"version": dagcbor.AppendInt(nil, 2), "rev": nil}), // as in EX-1
	} {
		require.ErrorIs(t, commitErr(t, f.bytes(), nil), repo.ErrUnsupportedVersion)
	}
	require.NotErrorIs(t, commitErr(t, fields{}.bytes(), nil), repo.ErrUnsupportedVersion)
}

// Old exports are read if one asks for it: over the fields that they have, with
// or without a revision, and with what version 2 used prev for. Nothing else of
// theirs is tolerated, and they stay out of stores.
func TestVersion2(t *testing.T) {
	ledger.Covers(t, "REP-019", "REP-020")
	o := &repo.Options{Key: privateKey(t, crypto.K256).PublicKey(), DID: account, AllowVersion2: true}
	two := fields{"version": dagcbor.AppendInt(nil, 2)}
	root, nodes := treeOf(t, mst.Entry{Key: collection + "/1", Value: blockOf(value(t, "a")).CID})
	data := dagcbor.AppendLink(nil, root)
	for name, f := range map[string]fields{
		"no revision": {"rev": nil},
		"revision":    {},
		"prev":        {"rev": nil, "prev": dagcbor.AppendLink(nil, blockOf(nil).CID)},
	} {
		f := commitFields().with(two).with(f).with(fields{"data": data})
		unsigned := f.bytes()
		block := blockOf(f.signed(t))
		file := carFile([]dagcbor.CID{block.CID}, append(nodes, block, blockOf(value(t, "a")))...)
		got, err := list(t, file, o)
		require.NoError(t, err, name)
		require.Len(t, got, 1)
		s, err := repo.ReadStream(t.Context(), bytes.NewReader(file), o)
		require.NoError(t, err)
		c := s.Commit()
		require.NoError(t, s.Close())
		require.Equal(t, unsigned, c.SignedBytes())
		require.Equal(t, f["rev"] == nil, c.Rev().IsZero())
		require.Equal(t, []any{2, block.CID, root}, []any{c.Version(), c.CID(), c.Data()})

		require.ErrorIs(t, readErr(t, file, options(t)), repo.ErrUnsupportedVersion)
		_, err = repo.Import(t.Context(), &blockstore.Memory{}, bytes.NewReader(file), o)
		require.ErrorIs(t, err, repo.ErrUnsupportedVersion, name)
		_, _, err = repo.ImportDiff(t.Context(), &blockstore.Memory{}, bytes.NewReader(file), o)
		require.ErrorIs(t, err, repo.ErrUnsupportedVersion, name)

		// The signature is over the version, too.
		v3 := commitFields().with(fields{"sig": f["sig"], "data": data})
		c, err = repo.ParseCommit(v3.bytes(), o)
		require.NoError(t, err)
		require.Equal(t, repo.Version, c.Version())
		errorIs[*repo.SignatureError](t, c.Verify(o.Key))
	}
	// The unsigned bytes of the worked example.
	require.Equal(t, unhex(t, `a46364696478206469643a706c633a65777669376e787a796f756e367a687872687336346f697a6464617461d82a58250001711220
		1cfa2b22cebbe787cacc0e9df32f87f368e2c10f0b39c5ef7f21f2dbb33d10eb6470726576f66776657273696f6e02`),
		commitFields().with(two).with(fields{"rev": nil, "data": dagcbor.AppendLink(nil, dagcbor.MustParseCID("bafyreia47ivsftv346d4vtaotxzs7b7tndrmcdylhhc667zb6ln3gpiq5m"))}).bytes())

	for field, f := range map[string]fields{
		"did": {"did": nil}, "sig": {"sig": nil}, "data": {"data": nil}, "prev": {"prev": nil},
		"rev":     {"rev": dagcbor.AppendText(nil, "bafyrei")},
		"version": {"version": dagcbor.AppendInt(nil, 1)},
	} {
		signed := commitFields().with(two)
		signed.signed(t)
		require.Equal(t, field, commitErr(t, signed.with(f).bytes(), o).Field)
	}
	missing := commitFields().with(fields{"rev": nil})
	require.Equal(t, "rev", commitErr(t, missing.signed(t), o).Field)
}

func TestUnknownFields(t *testing.T) {
	ledger.Covers(t, "REP-014", "CBR-022")
	key := privateKey(t, crypto.K256).PublicKey()
	for name, more := range map[string]fields{
		"short, first":     {"a": dagcbor.AppendInt(nil, 1)},
		"between":          {"ops": dagcbor.AppendArray(nil, 0), "note": dagcbor.AppendText(nil, "hi")},
		"long, last":       {"zzzzzzzzzzzzzz": dagcbor.AppendMap(nil, 0)},
		"empty key":        {"": dagcbor.AppendNull(nil)},
		"nested":           {"x": fields{"sig": dagcbor.AppendBytes(nil, []byte("inner"))}.bytes()},
		"fields above 23":  many(24),
		"fields above 255": many(300),
	} {
		f := commitFields().with(more)
		unsigned := f.bytes()
		c, err := repo.ParseCommit(f.signed(t), nil)
		require.NoError(t, err, name)
		require.Equal(t, unsigned, c.SignedBytes(), name)
		require.NoError(t, c.Verify(key), name)

		// The signature covers them.
		for k := range more {
			c, err := repo.ParseCommit(f.with(fields{k: dagcbor.AppendBool(nil, true)}).bytes(), nil)
			require.NoError(t, err)
			errorIs[*repo.SignatureError](t, c.Verify(key))
			delete(f, k)
			break
		}
		c, err = repo.ParseCommit(f.bytes(), nil)
		require.NoError(t, err)
		errorIs[*repo.SignatureError](t, c.Verify(key))
	}
	// They are checked as well.
	bad := commitErr(t, commitFields().with(fields{"x\n": {0xfb, 0, 0, 0, 0, 0, 0, 0, 0}}).signed(t), nil)
	require.ErrorContains(t, bad, `: field "x\n": dagcbor: floating-point number at offset`)
	long := strings.Repeat("x", 5000)
	bad = commitErr(t, commitFields().with(fields{long: {0xf7}}).signed(t), nil)
	require.Equal(t, long, bad.Field)
	require.Less(t, len(bad.Error()), 400)
}

// many returns n fields.
func many(n int) fields {
	f := fields{}
	for i := range n {
		f["f"+strconv.Itoa(i)] = dagcbor.AppendInt(nil, int64(i))
	}
	return f
}

func TestPrev(t *testing.T) {
	ledger.Covers(t, "REP-006", "REP-007", "REP-012")
	key := privateKey(t, crypto.K256).PublicKey()
	prev := dagcbor.MustParseCID(ex1Commit)
	f := commitFields().with(fields{"prev": dagcbor.AppendLink(nil, prev)})
	c, err := repo.ParseCommit(f.signed(t), nil)
	require.NoError(t, err)
	require.Equal(t, prev, c.Prev())
	require.NoError(t, c.Verify(key))
	// It is not followed: that commit is not in the file.
	file := carFile([]dagcbor.CID{c.CID()}, blockOf(c.Bytes()), blockOf(unhex(t, "a2616580616cf6")))
	_, err = list(t, file, options(t))
	require.NoError(t, err)

	f = commitFields().with(fields{"prev": nil})
	block := f.signed(t)
	require.Equal(t, "prev", commitErr(t, block, nil).Field)
	require.Equal(t, "prev", commitErr(t, block, &repo.Options{}).Field)
	c, err = repo.ParseCommit(block, &repo.Options{AllowMissingPrev: true})
	require.NoError(t, err)
	require.NoError(t, c.Verify(key))
	require.False(t, c.Prev().Defined())

	file = carFile([]dagcbor.CID{c.CID()}, blockOf(block), blockOf(unhex(t, "a2616580616cf6")))
	require.Equal(t, "prev", errorIs[*repo.CommitError](t, readErr(t, file, options(t))).Field)
	o := options(t)
	o.AllowMissingPrev = true
	_, err = list(t, file, o)
	require.NoError(t, err)
	// The leniency is for prev alone.
	require.Equal(t, "rev", commitErr(t, commitFields().with(fields{"rev": nil}).signed(t), o).Field)
}

func TestCommitNotCanonical(t *testing.T) {
	ledger.Covers(t, "REP-015")
	good := commitFields().signed(t)
	_, err := repo.ParseCommit(good, nil)
	require.NoError(t, err)
	change := func(old, new string) []byte {
		require.Equal(t, 1, bytes.Count(good, []byte(old)), "%q", old)
		return bytes.Replace(good, []byte(old), []byte(new), 1)
	}
	for _, tc := range []struct {
		name  string
		block []byte
		want  string
	}{
		{"empty", nil, "unexpected end of input"},
		{"trailing byte", append(slices.Clone(good), 0), "more bytes after the value"},
		{"two commits", append(slices.Clone(good), good...), "more bytes after the value"},
		{"long version", change("\x67version\x03", "\x67version\x18\x03"), "not in its shortest form"},
		{"long map head", append([]byte{0xb8, 0x06}, good[1:]...), "not in its shortest form"},
		{"long key", change("\x63rev", "\x78\x03rev"), "not in its shortest form"},
		{"indefinite map", append(append([]byte{0xbf}, good[1:]...), 0xff), "indefinite length"},
		{"order", change("\x64prev\xf6\x67version\x03", "\x67version\x03\x64prev\xf6"), "map keys are out of order"},
		{"duplicate", change("\x67version\x03", "\x64prev\xf6"), "map key occurs twice"},
		{"byte key", change("\x64prev", "\x44prev"), "map key is not a text string"},
		{"one pair too few", append([]byte{0xa5}, good[1:]...), "more bytes after the value"},
		{"one pair too many", append([]byte{0xa7}, good[1:]...), "unexpected end of input"},
		{"invalid UTF-8", change("did:plc:e", "did:plc:\xff"), "not valid UTF-8"},
		{"array", []byte{0x80}, "map expected, not array"},
		{"null", []byte{0xf6}, "map expected, not null"},
		{"text", []byte("\x63abc"), "map expected, not text string"},
		{"no CBOR", []byte("hello"), "unexpected end of input"},
	} {
		bad := commitErr(t, tc.block, &repo.Options{AllowMissingPrev: true})
		require.Contains(t, bad.Msg, tc.want, tc.name)
		errorIs[*dagcbor.Error](t, bad)
	}
	for n := range good {
		commitErr(t, good[:n], nil)
	}
}

func TestVerifyWithoutKey(t *testing.T) {
	c, err := repo.ParseCommit(commitFields().signed(t), nil)
	require.NoError(t, err)
	for _, key := range []*crypto.PublicKey{nil, {}} {
		err := c.Verify(key)
		require.EqualError(t, err, "crypto: nil or zero key") // says nothing about the signature
		require.NotErrorIs(t, err, crypto.ErrInvalidSignature)
	}
}

func TestUnsignedCommit(t *testing.T) {
	ledger.Covers(t, "REP-001", "REP-002", "REP-012")
	root := dagcbor.MustParseCID(emptyTree)
	for _, tc := range []struct {
		u    repo.UnsignedCommit
		want string
	}{
		{repo.UnsignedCommit{Rev: rev, Data: root}, "repo: commit without a DID"},
		{repo.UnsignedCommit{DID: account, Data: root}, "repo: commit without a revision"},
		{repo.UnsignedCommit{DID: account, Rev: rev}, "repo: commit whose data is not the link of a node"},
		{repo.UnsignedCommit{DID: account, Rev: rev, Data: dagcbor.Sum(dagcbor.Raw, nil)}, "repo: commit whose data is not the link of a node"},
	} {
		_, err := tc.u.Bytes()
		require.EqualError(t, err, tc.want)
		_, err = repo.SignCommit(t.Context(), privateKey(t, crypto.K256), tc.u)
		require.EqualError(t, err, tc.want)
	}
	u := repo.UnsignedCommit{DID: account, Rev: rev, Data: root}
	require.Equal(t, commitFields().bytes(), must(u.Bytes()))
	_, err := repo.SignCommit(t.Context(), nil, u)
	require.EqualError(t, err, "repo: signing a commit: crypto: nil Signer")
	long := repo.UnsignedCommit{DID: syntax.MustParseDID("did:web:example.com"), Rev: rev, Data: root}
	c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.P256), long)
	require.NoError(t, err)
	require.Equal(t, must(long.Bytes()), c.SignedBytes())
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
