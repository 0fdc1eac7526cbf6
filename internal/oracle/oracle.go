// Package oracle starts a network of the protocol's reference software on
// loopback for a test: a PLC directory and a PDS, each with empty state.
//
// The software is not part of this module. [Start] runs the script named network
// in the directory that [DirEnv] names, which prints one line of JSON when all is
// ready (see [Network]) and serves until it is ended; the script setup beside it
// installs what it needs. Where DirEnv is not set the test is skipped: .ci/run
// sets it.
//
// An [Account] calls the PDS with nothing but net/http, so that what is tested
// is not also what tests.
package oracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// DirEnv names the environment variable that holds the directory of the scripts.
const DirEnv = "LINNET_ORACLE"

// startTime is how long the network may take to be ready.
const startTime = 3 * time.Minute

// A Network is where the servers listen.
type Network struct {
	PLC   string `json:"plc"`   // URL of the PLC directory
	PDS   string `json:"pds"`   // URL of the PDS
	Admin string `json:"admin"` // the PDS's admin password
}

// Start starts a network and returns when it is ready. It ends with the test,
// and its state goes with it.
func Start(t testing.TB) *Network {
	t.Helper()
	dir := os.Getenv(DirEnv)
	if dir == "" {
		t.Skipf("oracle: no reference network: set %s to a directory with the scripts setup and network", DirEnv)
	}
	line, stderr, err := run(t, filepath.Join(dir, "network"))
	if err != nil {
		t.Fatal(err)
	}
	n := new(Network)
	if json.Unmarshal(line, n) != nil || n.PDS == "" {
		t.Fatalf("oracle: the network does not start: %s", bytes.TrimSpace(stderr()))
	}
	return n
}

// run starts script and returns the first line that it prints. stderr waits for
// its end and returns what it complained about.
func run(t testing.TB, script string) (line []byte, stderr func() []byte, err error) {
	cmd := exec.CommandContext(t.Context(), script)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	cmd.WaitDelay = 5 * time.Second
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	first, ended := make(chan []byte, 1), make(chan struct{})
	go func() {
		defer close(ended)
		r := bufio.NewReader(out)
		line, _ := r.ReadBytes('\n') // what is not a line of JSON is told from one
		first <- line
		_, _ = io.Copy(io.Discard, r)
		_ = cmd.Wait() // it is killed when the test ends
	}()
	t.Cleanup(func() { <-ended })
	stderr = func() []byte {
		_ = cmd.Process.Kill() // it may have ended by itself
		<-ended
		return complaints.Bytes()
	}
	select {
	case line = <-first:
	case <-time.After(startTime):
	}
	return line, stderr, nil
}
