package plc_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/ledger"
)

// lines returns an entry as an audit log and as a sequenced export have it.
func lines(t testing.TB) (audit, sequenced string, e plc.Entry) {
	t.Helper()
	s := newStory(t)
	e = s.log[0]
	one, err := json.Marshal(e)
	require.NoError(t, err)
	e.Seq = 7
	two, err := json.Marshal(e)
	require.NoError(t, err)
	e.Seq = 0
	return string(one), string(two), e
}

func TestParseEntry(t *testing.T) {
	ledger.Covers(t, "PLC-051", "PLC-057", "PLC-058")
	audit, sequenced, e := lines(t)
	got, err := plc.ParseEntry([]byte(audit))
	require.NoError(t, err)
	require.Equal(t, e, got)
	got, err = plc.ParseEntry([]byte(sequenced))
	require.NoError(t, err)
	e.Seq = 7
	require.Equal(t, e, got)
	require.Contains(t, sequenced, `"type":"sequenced_op","seq":7,`)
	require.NotContains(t, sequenced, "nullified")
	require.Contains(t, audit, `"nullified":false,"createdAt":"2024-01-01T00:00:00.000Z"}`)

	got, err = plc.ParseEntry([]byte(strings.Replace(audit, `{"did"`, `{"more":{"x":[1.5,{"seq":0}]},"did"`, 1)))
	require.NoError(t, err, "what is not known is passed over")
	require.Equal(t, int64(0), got.Seq)

	for _, c := range []struct{ from, old, new, want string }{
		{audit, `"nullified":false`, `"x":false`, "plc: entry lacks both seq and nullified"},
		{audit, `"nullified":false`, `"nullified":0`, "plc: nullified is not a boolean"},
		{audit, `"nullified":false`, `"nullified":false,"nullified":true`, `plc: invalid json: duplicate name "nullified"`},
		{audit, `"nullified":false`, `"nullified":false,"seq":3`, "plc: entry has a type without a seq, or a seq without a type"},
		{sequenced, `"seq":7,`, ``, "plc: entry has a type without a seq, or a seq without a type"},
		{sequenced, `"seq":7,`, `"seq":0,`, "plc: seq is not a positive integer"},
		{sequenced, `"seq":7,`, `"seq":-1,`, "plc: seq is not a positive integer"},
		{sequenced, `"seq":7,`, `"seq":1.5,`, "plc: seq is not a positive integer"},
		{sequenced, `"seq":7,`, `"seq":"7",`, "plc: seq is not a positive integer"},
		{sequenced, `"seq":7,`, `"seq":9223372036854775808,`, "plc: seq is not a positive integer"},
		{sequenced, `sequenced_op`, `sequenced_note`, `plc: entry of unknown type: "sequenced_note"`},
		{audit, `"did":"did:plc:`, `"did":"did:web:`, "plc: entry of what is not a did:plc: "},
		{audit, `"cid":"bafy`, `"cid":"zafy`, "plc: entry with an invalid cid: "},
		{audit, `"cid"`, `"cid2"`, "plc: entry lacks its did, operation, cid or createdAt"},
		{audit, `"operation"`, `"op"`, "plc: entry lacks its did, operation, cid or createdAt"},
		{audit, `"operation":{`, `"operation":[],"x":{`, "plc: invalid operation: not an object"},
		{audit, `"type":"plc_operation"`, `"type":1.5`, "plc: invalid json: number is not an integer"},
		{audit, `"type":"plc_operation"`, `"type":"x"`, `plc: invalid operation: type is unknown: "x"`},
		{audit, `2024-01-01T00:00:00.000Z`, `2024-01-01T00:00:00Z`, "plc: time is not of the form YYYY-MM-DDTHH:mm:ss.sssZ: "},
		{audit, `2024-01-01T00:00:00.000Z`, `2024-01-01T00:00:00,000Z`, "plc: time is not of the form"},
		{audit, `2024-01-01T00:00:00.000Z`, `2024-01-01T0:00:00.0000Z`, "plc: time is not of the form"},
		{audit, `2024-01-01T00:00:00.000Z`, `2024-02-30T00:00:00.000Z`, "plc: time is not of the form"},
		{audit, `2024-01-01T00:00:00.000Z`, `2024-01-01T00:00:00.000+00:00`, "plc: time is not of the form"},
		{audit, `2024-01-01T00:00:00.000Z`, `2024-01-01 00:00:00.000Z`, "plc: time is not of the form"},
		{audit, `"2024-01-01T00:00:00.000Z"`, `5`, "plc: createdAt is not a text"},
		{audit, `"2024-01-01T00:00:00.000Z"`, `["a",{"b":[]}]`, "plc: createdAt is not a text"},
		{audit, audit, `[]`, "plc: entry is not an object"},
		{audit, audit, audit + audit, "plc: invalid json: data after the value"},
		{audit, audit, audit[:100], "plc: invalid json: unexpected end of input"},
		{audit, audit, "", "plc: invalid json: unexpected end of input"},
	} {
		text := strings.Replace(c.from, c.old, c.new, 1)
		require.NotEqual(t, c.from, text)
		_, err := plc.ParseEntry([]byte(text))
		require.ErrorContains(t, err, c.want, "%s", text)
		require.Equal(t, strings.Contains(c.want, "unknown type"), errors.Is(err, plc.ErrUnknownType))
	}
	var set plc.Entry
	require.NoError(t, json.Unmarshal([]byte(audit), &set))
	require.Error(t, json.Unmarshal([]byte(`{}`), &set))
	require.Equal(t, e.CID, set.CID, "an error leaves it alone")
	_, err = json.Marshal(plc.Entry{})
	require.ErrorContains(t, err, "plc: incomplete Entry")
}

func TestParseLog(t *testing.T) {
	audit, _, e := lines(t)
	log, err := plc.ParseLog([]byte("[" + audit + " , " + audit + "]\n"))
	require.NoError(t, err)
	require.Equal(t, []plc.Entry{e, e}, log)
	for text, want := range map[string]string{
		audit:                   "plc: log is not an array",
		"[" + audit + ",{}]":    "plc: entry lacks its did, operation, cid or createdAt, in entry 1 of a log",
		"[" + audit + "] []":    "plc: invalid json: data after the value",
		"[" + audit:             "plc: invalid json: unexpected end of input",
		"":                      "plc: invalid json: unexpected end of input",
		strings.Repeat("[", 40): "plc: entry is not an object, in entry 0 of a log",
	} {
		_, err := plc.ParseLog([]byte(text))
		require.ErrorContains(t, err, want)
	}
	_, err = plc.ParseLog([]byte("[" + strings.Repeat(" ", plc.DefaultMaxLogSize)))
	limit, ok := errors.AsType[*plc.LimitError](err)
	require.True(t, ok)
	require.Equal(t, "plc: json: input size", limit.Name)
}

func TestReadExport(t *testing.T) {
	ledger.Covers(t, "PLC-057")
	audit, sequenced, e := lines(t)
	text := "\n" + audit + "\r\n\n" + strings.Replace(sequenced, "sequenced_op", "other", 1) + "\n" + sequenced
	var got []plc.Entry
	for entry, err := range plc.ReadExport(iotest.OneByteReader(strings.NewReader(text))) {
		require.NoError(t, err)
		got = append(got, entry)
	}
	second := e
	second.Seq = 7
	require.Equal(t, []plc.Entry{e, second}, got)
	for range plc.ReadExport(strings.NewReader(text)) {
		break
	}
	last := func(r io.Reader) (n int, err error) {
		for entry, e := range plc.ReadExport(r) {
			require.NoError(t, err, "the error is the last pair")
			if err = e; e != nil {
				require.Equal(t, plc.Entry{}, entry)
				continue
			}
			n++
		}
		return n, err
	}
	n, err := last(strings.NewReader(audit + "\n" + audit[1:]))
	require.Equal(t, 1, n)
	require.ErrorContains(t, err, "in line 2 of an export")
	_, err = last(iotest.ErrReader(io.ErrUnexpectedEOF))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = last(strings.NewReader(audit + "\n" + strings.Repeat(" ", 70_000) + "\n"))
	limit, ok := errors.AsType[*plc.LimitError](err)
	require.True(t, ok)
	require.Equal(t, "plc: length of a line in an export", limit.Name)
	n, err = last(io.LimitReader(endless{}, 1<<30))
	require.Zero(t, n)
	require.Error(t, err)
	require.Equal(t, time.UTC, e.CreatedAt.Location())
}

// endless has a line without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '{'
	}
	return len(p), nil
}
