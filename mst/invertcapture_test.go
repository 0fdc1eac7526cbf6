package mst_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo/car"
)

// commitMessage is a captured #commit as far as inversion needs it.
type commitMessage struct {
	Repo     string      `cbor:"repo"`
	Blocks   []byte      `cbor:"blocks"`
	PrevData dagcbor.CID `cbor:"prevData"`
	Ops      []struct {
		Action string       `cbor:"action"`
		Path   string       `cbor:"path"`
		CID    *dagcbor.CID `cbor:"cid"`
		Prev   dagcbor.CID  `cbor:"prev"`
	} `cbor:"ops"`

	index *car.Index
	data  dagcbor.CID // of the commit
	ops   []mst.CommitOp
}

// Block makes the message a source.
func (m *commitMessage) Block(_ context.Context, c dagcbor.CID) ([]byte, error) {
	if b, found := m.index.Get(c); found {
		return b, nil
	}
	return nil, mst.ErrNotFound
}

// commitMessages returns the #commit messages of a captured stream.
func commitMessages(t testing.TB) []*commitMessage {
	t.Helper()
	var messages []*commitMessage
	for frames := fixtures.PDS(t, "firehose.frames"); len(frames) > 0; {
		n := 4 + binary.BigEndian.Uint32(frames)
		head, body, err := dagcbor.SplitFirst(frames[4:n], nil)
		require.NoError(t, err)
		frames = frames[n:]
		var header struct {
			Type string `cbor:"t"`
		}
		require.NoError(t, dagcbor.Unmarshal(head, &header))
		if header.Type == "#commit" {
			messages = append(messages, newCommitMessage(t, body))
		}
	}
	return messages
}

func newCommitMessage(t testing.TB, body []byte) *commitMessage {
	t.Helper()
	m := &commitMessage{}
	require.NoError(t, dagcbor.Unmarshal(body, m))
	var err error
	m.index, err = car.NewIndex(m.Blocks, nil)
	require.NoError(t, err)
	block, found := m.index.Get(m.index.Roots()[0])
	require.True(t, found)
	var commit struct {
		Data dagcbor.CID `cbor:"data"`
	}
	require.NoError(t, dagcbor.Unmarshal(block, &commit))
	m.data = commit.Data
	actions := map[string]mst.Action{"create": mst.Create, "update": mst.Update, "delete": mst.Delete}
	for _, op := range m.Ops {
		x := mst.CommitOp{Action: actions[op.Action], Key: op.Path, Prev: op.Prev}
		if op.CID != nil {
			x.Value = *op.CID
		}
		m.ops = append(m.ops, x)
	}
	return m
}

// The commits that a server sent around lead back to their prevData, or to the
// empty tree. What is proven of their keys is what they say.
func TestInvertCaptures(t *testing.T) {
	ledger.Covers(t, "MST-042", "MST-044", "SNC-061", "REP-033")
	var v mst.Inverter
	empty := mst.New().Root()
	messages := commitMessages(t)
	require.Len(t, messages, 432)
	for _, m := range messages {
		want := m.PrevData
		if !want.Defined() {
			want = empty
		}
		for _, o := range []*mst.Options{nil, {TrustHashes: true}} {
			got, err := v.Invert(t.Context(), m, m.data, m.ops, o)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		got, err := mst.Invert(t.Context(), m, m.data, m.ops, nil)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// TestInvertAllocs inverts message after message in the same memory.
func TestInvertAllocs(t *testing.T) {
	messages := commitMessages(t)
	var v mst.Inverter
	all := func() {
		for _, m := range messages {
			if _, err := v.Invert(t.Context(), m, m.data, m.ops, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	all()
	if !raceDetector { // under which package sha256 allocates when it saves a state
		require.Zero(t, testing.AllocsPerRun(3, all))
	}
}

// BenchmarkInvert inverts captured commits, whose blocks have been hashed.
func BenchmarkInvert(b *testing.B) {
	messages := commitMessages(b)
	var v mst.Inverter
	o := &mst.Options{TrustHashes: true}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		m := messages[i%len(messages)]
		i++
		if _, err := v.Invert(b.Context(), m, m.data, m.ops, o); err != nil {
			b.Fatal(err)
		}
	}
}
