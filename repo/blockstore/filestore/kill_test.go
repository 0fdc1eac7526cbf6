//go:build !js && !wasip1

package filestore_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/repo/blockstore/filestore"
)

// writerDir is the environment variable that makes a writer of the test binary.
const writerDir = "LINNET_FILESTORE_WRITER"

const killSeed = 6

var killOptions = &filestore.Options{CompactMinimum: 64 << 10}

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits batches and prints the number of each when it is
// acknowledged.
func writeUntilKilled(dir string) error {
	ctx := context.Background()
	s, err := filestore.Open(dir, killOptions)
	if err != nil {
		return err
	}
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	w := newWorkload(killSeed)
	for w.head() != head {
		w.next()
	}
	for {
		if err := s.Commit(ctx, w.next()); err != nil {
			return err
		}
		if _, err := fmt.Println(w.n); err != nil {
			return err
		}
	}
}

// TestKill kills a writer a hundred times, at any moment, and opens what it has
// left: all that was acknowledged is there, and at most one batch more.
func TestKill(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	w := newWorkload(killSeed)
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for range rounds {
		acknowledged := killWriter(t, dir, r)
		for w.n < acknowledged {
			w.next()
		}
		s, err := filestore.Open(dir, killOptions)
		require.NoError(t, err)
		head, err := s.Head(t.Context())
		require.NoError(t, err)
		if head != w.head() {
			w.next() // done, but the writer could not say so any more
		}
		w.requireState(t, s)
		require.NoError(t, s.Close())
	}
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	t.Logf("%d batches, %d rounds, files %v", w.n, rounds, names)
}

// killWriter starts a writer, kills it, and returns the number of the last
// batch that it had acknowledged, or 0.
func killWriter(t *testing.T, dir string, r *rand.Rand) int {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), writerDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill := func() { _ = cmd.Process.Kill() }
	if r.IntN(4) == 0 { // while it opens the store, or soon after
		time.AfterFunc(time.Duration(r.Int64N(int64(100*time.Millisecond))), kill)
	}
	last := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			break // cut off
		}
		if last == 0 {
			time.AfterFunc(time.Duration(r.Int64N(int64(60*time.Millisecond))), kill)
		}
		last = n
	}
	kill()
	_ = cmd.Wait() // it was killed
	return last
}
