package redisstore_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// patience is how long a server may take to start.
const patience = time.Minute

// newServer starts a Redis server on a free port of loopback, which keeps nothing
// on disk and ends with the test, and returns a client of it. Where there is no
// such program the test is skipped; with LINNET_REQUIRE_FIXTURES=1 it fails.
func newServer(tb testing.TB) *redis.Client {
	tb.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		missing := tb.Skipf
		if os.Getenv("LINNET_REQUIRE_FIXTURES") == "1" {
			missing = tb.Fatalf
		}
		missing("no redis-server: install the package of that name")
	}
	for range 5 { // another program may take the port first
		client, err := start(tb, program)
		if err == nil {
			return client
		}
		tb.Log(err)
	}
	tb.Fatal("redis-server does not start")
	return nil
}

func start(tb testing.TB, program string) (*redis.Client, error) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	addr := l.Addr().(*net.TCPAddr)
	require.NoError(tb, l.Close())
	var log bytes.Buffer
	cmd := exec.Command(program, "--port", fmt.Sprint(addr.Port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", tb.TempDir())
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(tb, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	client := redis.NewClient(&redis.Options{Addr: addr.String(), MaxRetries: -1})
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if client.Ping(tb.Context()).Err() == nil {
			tb.Cleanup(func() {
				_ = client.Close()
				_ = cmd.Process.Kill()
				<-ended
			})
			return client, nil
		}
		select {
		case <-ended:
			_ = client.Close()
			return nil, fmt.Errorf("redis-server has ended: %s", log.Bytes())
		default:
		}
	}
	_ = client.Close()
	_ = cmd.Process.Kill()
	<-ended
	return nil, fmt.Errorf("redis-server does not answer: %s", log.Bytes())
}
