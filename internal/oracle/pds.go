package oracle

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// pdsScript starts a PDS with the settings in its argument.
const pdsScript = `
import { PDS } from '@atproto/pds'
const pds = await PDS.fromEnv(JSON.parse(process.argv[1]))
await pds.start()
`

// PDSOptions are options for [NewPDS].
type PDSOptions struct {
	// PLC is the URL of the PLC directory.
	PLC string

	// AppView is the URL of the service to which calls of app.bsky methods are
	// passed on, and AppViewDID the audience of the tokens that come with them.
	// Empty means that there is none.
	AppView, AppViewDID string
}

// A PDS is a reference PDS that can be killed and started again, with the same
// state and at the same address.
type PDS struct {
	URL    string
	Admin  string // the admin password
	Secret string // the key of HS256 that session tokens are signed with

	dir      string // where the software is
	state    string // where its databases are
	settings []byte
	cmd      *exec.Cmd
	ended    chan struct{}
	log      bytes.Buffer
}

// NewPDS starts a PDS and returns when it is ready. It ends with the test, and
// its state goes with it. Like [Start] it needs the software of the reference
// network, and skips the test where that is not wanted.
func NewPDS(t testing.TB, o PDSOptions) *PDS {
	t.Helper()
	if os.Getenv(DirEnv) == "" {
		t.Skipf("oracle: no reference network: set %s to a directory with the scripts setup and network", DirEnv)
	}
	port, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := &PDS{
		URL: fmt.Sprintf("http://localhost:%d", port), Admin: "admin-pass", Secret: randomHex(),
		dir: installDir(t), state: t.TempDir(),
	}
	settings := map[string]any{
		"devMode": true, "disableSsrfProtection": true, "inviteRequired": false,
		"port": port, "hostname": "localhost", "serviceHandleDomains": []string{".test"},
		"dataDirectory": p.state, "blobstoreDiskLocation": filepath.Join(p.state, "blobs"),
		"didPlcUrl": o.PLC, "adminPassword": p.Admin, "jwtSecret": p.Secret, "plcRotationKeyK256PrivateKeyHex": randomHex(),
	}
	if o.AppView != "" {
		settings["bskyAppViewUrl"], settings["bskyAppViewDid"] = o.AppView, o.AppViewDID
	}
	if p.settings, err = json.Marshal(settings); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	p.Start(t)
	return p
}

// Start starts the PDS, which does not run, and returns when it is ready.
func (p *PDS) Start(t testing.TB) {
	t.Helper()
	cmd := exec.Command(node(p.dir), "--input-type=module", "-e", pdsScript, string(p.settings))
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "LOG_ENABLED=false")
	p.log.Reset()
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // it is killed
	}()
	if !p.ready(t.Context()) {
		p.Kill()
		t.Fatalf("oracle: the PDS does not start: %.2000s", bytes.TrimSpace(p.log.Bytes()))
	}
}

// Kill ends the process at once, whatever it is doing, and waits for its end.
func (p *PDS) Kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
	p.cmd = nil
}

// ready waits until the PDS answers, and reports whether it does.
func (p *PDS) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for ctx.Err() == nil {
		select {
		case <-p.ended:
			return false
		case <-time.After(50 * time.Millisecond):
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/xrpc/_health", nil)
		if err != nil {
			return false
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close() // the status is enough
			return res.StatusCode == http.StatusOK
		}
	}
	return false
}

// freePort returns a port on which nobody listens.
func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func randomHex() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it does not fail
	return hex.EncodeToString(b)
}
