package repo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/mst"
	"github.com/linnet-at/linnet/repo"
)

// A Commit is immutable, also when the memory of its message is used again.
func TestVerifiedKeepsNothing(t *testing.T) {
	key := privateKey(t, crypto.K256)
	res, err := repo.New(account, key, nil).Apply(t.Context(), repo.Create(at(t, "1"), record(t, `{"$type":"com.example.record"}`)))
	require.NoError(t, err)
	var v repo.Verifier
	m := res.Message()
	m.Blocks = bytes.Clone(m.Blocks)
	out, err := v.Commit(t.Context(), m, key.PublicKey(), nil)
	require.NoError(t, err)
	clear(m.Blocks)
	s := &repo.SyncMessage{DID: account, Rev: res.Commit.Rev(), Blocks: bytes.Clone(res.SyncCAR())}
	c, err := v.Sync(s, key.PublicKey(), nil)
	require.NoError(t, err)
	clear(s.Blocks)
	for _, c := range []*repo.Commit{out.Commit, c} {
		require.NoError(t, c.Verify(key.PublicKey()))
		require.Equal(t, res.Commit.Bytes(), c.Bytes())
		require.Equal(t, res.Commit.Signature(), c.Signature())
	}
	// Too early: the error names the commit.
	v.Options.Now = func() time.Time { return time.Unix(0, 0) }
	s.Blocks = res.SyncCAR()
	_, err = v.Sync(s, key.PublicKey(), nil)
	require.Equal(t, res.Commit.CID(), errorIs[*repo.FutureRevError](t, err).CID)
	// A message that names an old revision is looked at no further.
	s.Blocks = []byte("made up")
	_, err = v.Sync(s, key.PublicKey(), new(res.Commit.State()))
	require.ErrorIs(t, err, repo.ErrStale)
}

// Closed in the middle of the loop, a Stream says so and yields nothing more.
func TestStreamClosedInLoop(t *testing.T) {
	file := synthetic(t, 3000)
	for _, data := range [][]byte{file, shuffledFile(t, file)} {
		for _, budget := range []int64{1, 0} {
			for _, stop := range []int{1, 10, 3000} {
				o := options(t)
				o.MemoryBudget, o.TempDir = budget, t.TempDir()
				s, err := repo.ReadStream(t.Context(), pipe(data), o)
				require.NoError(t, err)
				n := 0
				for r, err := range s.Records(t.Context()) {
					if n++; n > stop {
						require.ErrorIs(t, err, repo.ErrClosed)
						require.Zero(t, r)
						continue
					}
					require.NoError(t, err)
					if n == stop {
						require.NoError(t, s.Close())
					}
				}
				require.Equal(t, stop+1, n)
			}
		}
	}
	o := options(t)
	var s *repo.Stream
	o.Progress = func(repo.Progress) {
		if s != nil {
			_ = s.Close()
		}
	}
	var err error
	s, err = repo.ReadStream(t.Context(), pipe(file), o)
	require.NoError(t, err)
	_, err = collect(s.Records(t.Context()), o)
	require.ErrorIs(t, err, repo.ErrClosed)
}

func shuffledFile(t *testing.T, file []byte) []byte {
	t.Helper()
	roots, blocks := sections(t, file)
	for i := range blocks[1:] {
		j := 1 + i*7919%(len(blocks)-1)
		blocks[1+i], blocks[j] = blocks[j], blocks[1+i]
	}
	return carFile(roots, blocks...)
}

func TestStreamErrorIsItself(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := repo.ReadStream(ctx, bytes.NewReader(synthetic(t, 3)), options(t))
	require.True(t, err == context.Canceled, "%T", err) //nolint:errorlint // not wrapped
}

// A reader that returns nothing again and again is at an end.
func TestReadNothing(t *testing.T) {
	nothing := readFunc(func([]byte) (int, error) { return 0, nil })
	file := synthetic(t, 3)
	for _, r := range []func() io.Reader{
		func() io.Reader { return nothing },
		func() io.Reader { return io.MultiReader(bytes.NewReader(file[:200]), nothing) },
	} {
		_, err := repo.Read(t.Context(), r(), options(t))
		require.ErrorIs(t, err, io.ErrNoProgress)
		require.EqualError(t, err, "repo: reading a CAR file: multiple Read calls return no data or error")
		_, err = streamed(t, r(), options(t))
		require.ErrorIs(t, err, io.ErrNoProgress)
	}
	patient := 0
	slow := iotest.OneByteReader(bytes.NewReader(file))
	_, err := repo.Read(t.Context(), readFunc(func(b []byte) (int, error) {
		if patient++; patient%100 != 0 {
			return 0, nil
		}
		return slow.Read(b)
	}), options(t))
	require.NoError(t, err)
}

// What is missing, a node, a record or the commit, is not found.
func TestMissingIsNotFound(t *testing.T) {
	roots, blocks := sections(t, synthetic(t, 3))
	for i := range blocks {
		rest := append(append(blocks[:0:0], blocks[:i]...), blocks[i+1:]...)
		require.ErrorIs(t, readErr(t, carFile(roots, rest...), options(t)), mst.ErrNotFound)
	}
}

// The zero values of errors have a text.
func TestZeroErrors(t *testing.T) {
	require.EqualError(t, &repo.RecordError{}, `repo: record "" (): (no reason)`)
	require.EqualError(t, &repo.SignatureError{}, "repo: commit  of : (no reason)")
	require.NoError(t, errors.Unwrap(&repo.RecordError{}))
}
