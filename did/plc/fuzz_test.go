package plc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/internal/fixtures"
)

var hostileJSON = []string{
	"", "{}", "[]", "null", `{"sig":"","sig":""}`, `{"a":1e400}`, `{"a":-0}`, `{"a":1.0}`, `{"a":9223372036854775808}`,
	`{"\u0073ig":"S"}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", strings.Repeat(`{"a":`, 50), strings.Repeat("[", 1000),
	strings.Replace(regular, "{", `{"$link":"x","":{"$bytes":"AA"},`, 1),
	strings.Replace(regular, "{", `{"":0,`, 1),
	strings.Replace(regular, `"S"`, `"`+strings.Repeat("A", 86)+`"`, 1),
}

// What is read is written again as it was, in both forms, and hashes to the
// bytes that a general converter makes of it.
func FuzzParseOperation(f *testing.F) {
	for _, s := range append(hostileJSON, regular, tombstone, legacy) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		op, err := plc.ParseOperation(text)
		if err != nil {
			return
		}
		out, err := op.MarshalJSON()
		require.NoError(t, err)
		again, err := plc.ParseOperation(out)
		require.NoError(t, err)
		require.Equal(t, op, again)
		raw := op.AppendCBOR(nil)
		again, err = plc.ParseOperationCBOR(raw)
		require.NoError(t, err)
		require.Equal(t, op, again)
		if !bytes.ContainsRune(text, '$') && !bytes.ContainsRune(text, '\\') { // those may be links and bytes to it
			cbor, err := data.FromJSON(text, &data.Options{Permissive: true}) // empty names
			require.NoError(t, err)
			require.Equal(t, cbor, raw)
		}
		unsigned := op.AppendUnsigned(nil)
		var fields map[string]any
		require.NoError(t, dagcbor.Unmarshal(raw, &fields))
		delete(fields, "sig")
		want, err := dagcbor.Marshal(fields)
		require.NoError(t, err)
		require.Equal(t, want, unsigned)
		_ = op.Validate()
		_ = op.CheckSubmit()
		if d := op.Data(); d != nil {
			_ = d.Check()
			_ = d.Document(syntaxDID)
			require.True(t, json.Valid(d.AppendDocument(nil, syntaxDID)))
		}
	})
}

// Bytes that are read are the only ones that are written.
func FuzzParseOperationCBOR(f *testing.F) {
	for _, s := range []string{regular, tombstone, legacy} {
		op, err := plc.ParseOperation([]byte(s))
		require.NoError(f, err)
		f.Add(op.AppendCBOR(nil))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		op, err := plc.ParseOperationCBOR(raw)
		if err != nil {
			return
		}
		require.Equal(t, raw, op.AppendCBOR(nil))
		text, err := op.MarshalJSON()
		require.NoError(t, err)
		again, err := plc.ParseOperation(text)
		require.NoError(t, err)
		require.Equal(t, op, again)
	})
}

func FuzzParseEntry(f *testing.F) {
	audit, sequenced, _ := lines(f)
	for _, s := range append(hostileJSON, audit, sequenced, strings.Replace(sequenced, "sequenced_op", "x", 1)) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := plc.ParseEntry(line)
		if err != nil {
			require.True(t, e == plc.Entry{})
			_ = errors.Is(err, plc.ErrUnknownType)
			return
		}
		out, err := json.Marshal(e)
		require.NoError(t, err)
		again, err := plc.ParseEntry(out)
		require.NoError(t, err)
		require.Equal(t, e, again)
	})
}

// Logs are judged as the rules do by the letter. The seeds are valid; what is
// fuzzed is the text of the log.
func FuzzVerifyLog(f *testing.F) {
	for _, name := range []string{"alice", "carol"} {
		f.Add(fixtures.PDS(f, name+".plc-log.json"))
	}
	for _, s := range []*story{
		newStory(f).update("b", "a", 2, hour).update("c", "a", 0, 2*hour).nullified("b"),
		newStory(f).tombstone("b", "a", 2, hour).update("c", "a", 2, 2*hour),
	} {
		text, err := json.Marshal(s.log)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		log, err := plc.ParseLog(text)
		if err != nil || len(log) == 0 || len(log) > 8 {
			return
		}
		valid, active := referenceLog(log[0].DID, log)
		for _, e := range log {
			valid = valid && e.Operation.Validate() == nil && e.Seq == 0
		}
		state, verdicts, err := plc.VerifyLog(log[0].DID, log, nil)
		require.Len(t, verdicts, len(log))
		if log[0].Seq != 0 {
			return
		}
		require.Equal(t, valid, err == nil, "%v", err)
		if valid {
			require.Equal(t, active[len(active)-1].Operation, state.Head())
			raw, err := state.MarshalBinary()
			require.NoError(t, err)
			parsed, err := plc.ParseState(raw)
			require.NoError(t, err)
			require.Equal(t, state, parsed)
		}
		_, _, _ = plc.VerifyLog(log[0].DID, log, &plc.VerifyOptions{Lenient: true, KnownBad: func(dagcbor.CID) bool { return true }})
	})
}

func FuzzParseState(f *testing.F) {
	state, _, err := newStory(f).update("b", "a", 2, hour).update("c", "a", 0, 2*hour).nullified("b").verify()
	require.NoError(f, err)
	raw, err := state.MarshalBinary()
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := plc.ParseState(raw)
		if err != nil {
			return
		}
		out, err := s.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, raw, out)
		_ = s.Compact()
		_ = s.Data()
		_, _ = s.Document()
	})
}
