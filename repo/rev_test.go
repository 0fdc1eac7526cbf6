package repo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/repo"
	"github.com/linnet-at/linnet/repo/car"
	"github.com/linnet-at/linnet/syntax"
)

func TestFutureRev(t *testing.T) {
	ledger.Covers(t, "REP-010")
	c := captured(t, "alice")
	written := syntax.MustParseTID("3n2uv7shfho2o").Time()
	for _, tt := range []struct {
		ahead time.Duration // of the reader
		ok    bool
	}{
		{-time.Hour, true},
		{0, true},
		{repo.MaxRevSkew, true},
		{repo.MaxRevSkew + time.Microsecond, false},
		{100 * 365 * 24 * time.Hour, false},
	} {
		o := c.options()
		o.Now = written.Add(-tt.ahead)
		_, err := repo.ReadBytes(c.file, o)
		if tt.ok {
			require.NoError(t, err, tt.ahead)
			continue
		}
		bad := errorIs[*repo.FutureRevError](t, err)
		require.Equal(t, []any{c.head, written, o.Now}, []any{bad.CID.String(), bad.Rev.Time(), bad.Now})
		o.AllowFutureRev = true
		_, err = repo.ReadBytes(c.file, o)
		require.NoError(t, err)
	}
	o := c.options()
	o.Now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	_, err := repo.ReadBytes(c.file, o)
	require.EqualError(t, err, "repo: commit "+c.head+": revision 3n2uv7shfho2o is of 2026-11-22T05:31:54Z, in the future at 2026-01-02T03:04:05Z")
}

// Without Options.Now the present counts. A revision whose top bit is set says a
// time after the year 2255.
func TestFutureRevNow(t *testing.T) {
	ledger.Covers(t, "REP-010")
	for rev, ok := range map[string]bool{"3jzfcijpj2z2a": true, "7zzzzzzzzzzzz": false, "jzzzzzzzzzzzz": false} {
		parsed, err := syntax.ParseTID(rev)
		require.NoError(t, err)
		root, nodes := treeOf(t)
		c, err := repo.SignCommit(t.Context(), privateKey(t, crypto.K256), repo.UnsignedCommit{DID: account, Rev: parsed, Data: root})
		require.NoError(t, err)
		_, err = repo.ReadBytes(carFile([]dagcbor.CID{c.CID()}, append(nodes, car.Block{CID: c.CID(), Data: c.Bytes()})...), options(t))
		if ok {
			require.NoError(t, err, rev)
		} else {
			errorIs[*repo.FutureRevError](t, err)
		}
	}
}
