package difftest_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/difftest"
)

const (
	casesEnv   = "LINNET_DIFFTEST_CASES" // cases for each area, 2000 by default
	seedEnv    = "LINNET_DIFFTEST_SEED"  // a number, random by default
	peersEnv   = "LINNET_DIFFTEST_PEERS" // directory of node_modules, peers by default
	requireEnv = "LINNET_REQUIRE_PEERS"  // 1 to fail, not skip, without peers
)

const (
	batchSize = 500
	maxErrors = 20 // unexplained disagreements reported for an area
)

// A function answers what the peers answer under the same name.
type function struct {
	// ours returns the result, nil if there is none to compare, or why the
	// input is invalid.
	ours func(args [][]byte) ([]byte, error)

	// same reports whether a peer's result is as good as ours; nil asks for
	// the same bytes.
	same func(args [][]byte, ours, theirs []byte) bool

	// whole says that a piece of an input is no input.
	whole bool
}

// A finding is a disagreement with one peer.
type finding struct {
	difftest.Request
	peer         string
	ours, theirs difftest.Answer
}

// input returns the last argument, which is what is mutated.
func (f *finding) input() []byte { return f.Args[len(f.Args)-1] }

// kind is what findings of the same cause have in common, as far as a glance
// tells: the function, the peer, the verdicts and the reasons.
func (f *finding) kind() string {
	return fmt.Sprintf("%s %s %c%s %c%s", f.Func, f.peer, f.ours.Verdict, firstWords(f.ours), f.theirs.Verdict, firstWords(f.theirs))
}

// firstWords returns the reason of an answer up to the first thing in it that
// varies.
func firstWords(a difftest.Answer) string {
	if a.Verdict != difftest.Reject {
		return ""
	}
	words := string(a.Text)
	if i := strings.IndexByte(words, '"'); i >= 0 {
		words = words[:i] + words[strings.LastIndexByte(words, '"'):]
	}
	return strings.TrimRight(words, "-0123456789")
}

// A harness compares the functions of one area.
type harness struct {
	t         *testing.T
	peers     *difftest.Peers
	functions map[string]function
	seed      uint64
	reported  map[string]bool
	rows      map[string]int // disagreements by row and peer
	asked     [2]int         // cases that a peer could answer
	accepted  int            // cases that are valid to us
}

// compare puts cases of next to us and to the peers, share of the number that
// is asked for.
func compare(t *testing.T, functions map[string]function, share float64, next func(*rand.Rand) difftest.Request) {
	t.Helper()
	h := &harness{
		t: t, peers: startPeers(t), functions: functions, seed: rand.Uint64(),
		reported: map[string]bool{}, rows: map[string]int{},
	}
	cases := 2000
	var err error
	if s := os.Getenv(casesEnv); s != "" {
		cases, err = strconv.Atoi(s)
		require.NoError(t, err, casesEnv)
	}
	if s := os.Getenv(seedEnv); s != "" {
		h.seed, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err, seedEnv)
	}
	cases = int(float64(cases) * share)
	area := fnv.New64()
	area.Write([]byte(t.Name()))
	r := rand.New(rand.NewPCG(h.seed, area.Sum64()))
	start := time.Now()
	for done := 0; done < cases && len(h.reported) < maxErrors; done += batchSize {
		batch := make([]difftest.Request, min(batchSize, cases-done))
		for i := range batch {
			batch[i] = next(r)
		}
		for _, f := range h.findings(batch) {
			h.judge(f)
		}
	}
	t.Logf("%d cases in %v, %d valid, %d and %d answered by %v, %s=%d",
		cases, time.Since(start).Round(time.Millisecond), h.accepted, h.asked[0], h.asked[1], difftest.PeerNames, seedEnv, h.seed)
	for _, row := range rows {
		for _, peer := range difftest.PeerNames {
			if n := h.rows[row.id+" "+peer]; n > 0 {
				t.Logf("%8d  %s %s", n, row.id, peer)
			}
		}
	}
}

// startPeers runs the peers for one test.
func startPeers(t *testing.T) *difftest.Peers {
	t.Helper()
	dir := os.Getenv(peersEnv)
	if dir == "" {
		dir = "peers"
	}
	p, err := difftest.Start("peers/peer.mjs", dir)
	if errors.Is(err, difftest.ErrNotInstalled) && os.Getenv(requireEnv) != "1" {
		t.Skipf("%v in %s: run internal/difftest/peers/setup, or set %s", err, dir, peersEnv)
	}
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := p.Close(); err != nil && !t.Failed() {
			t.Errorf("end of the peers: %v", err)
		}
	})
	return p
}

// findings returns the disagreements about the requests.
func (h *harness) findings(requests []difftest.Request) []*finding {
	ours := make(chan []difftest.Answer, 1)
	go func() {
		answers := make([]difftest.Answer, len(requests))
		for i, r := range requests {
			answers[i] = h.ask(r)
		}
		ours <- answers
	}()
	replies, err := h.peers.Ask(requests)
	require.NoError(h.t, err)
	answers := <-ours
	var found []*finding
	for i, r := range requests {
		if answers[i].Accepted() {
			h.accepted++
		}
		for j, theirs := range replies[i] {
			if theirs.Verdict == difftest.NotAsked {
				continue
			}
			h.asked[j]++
			if f := (&finding{r, difftest.PeerNames[j], answers[i], theirs}); !h.agree(f) {
				found = append(found, f)
			}
		}
	}
	return found
}

func (h *harness) ask(r difftest.Request) difftest.Answer {
	out, err := h.functions[r.Func].ours(r.Args)
	switch {
	case err != nil:
		return difftest.Answer{Verdict: difftest.Reject, Text: []byte(err.Error())}
	case out == nil:
		return difftest.Answer{Verdict: difftest.Accept}
	default:
		return difftest.Answer{Verdict: difftest.Result, Text: out}
	}
}

func (h *harness) agree(f *finding) bool {
	if f.ours.Accepted() != f.theirs.Accepted() {
		return false
	}
	if f.ours.Verdict != difftest.Result || f.theirs.Verdict != difftest.Result {
		return true
	}
	if same := h.functions[f.Func].same; same != nil {
		return same(f.Args, f.ours.Text, f.theirs.Text)
	}
	return bytes.Equal(f.ours.Text, f.theirs.Text)
}

// judge counts the disagreement if a row expects it, and else reports it, once
// for each kind.
func (h *harness) judge(f *finding) {
	if row := rowOf(f); row != nil {
		h.rows[row.id+" "+f.peer]++
		return
	}
	kind := f.kind()
	if h.reported[kind] {
		return
	}
	h.reported[kind] = true
	small := h.shrink(f)
	h.t.Errorf("%s: %s disagrees about %s\n\tours   %c %.300q\n\ttheirs %c %.300q\n\tfirst seen with %.300q\n\t%s=%d",
		small.Func, small.peer, showArgs(small.Args), small.ours.Verdict, small.ours.Text,
		small.theirs.Verdict, small.theirs.Text, f.input(), seedEnv, h.seed)
}

func showArgs(args [][]byte) string {
	var b strings.Builder
	for _, arg := range args {
		if len(arg) > 2000 {
			fmt.Fprintf(&b, "%.2000q... (%d bytes) ", arg, len(arg))
		} else {
			fmt.Fprintf(&b, "%q (%x) ", arg, arg)
		}
	}
	return strings.TrimSpace(b.String())
}

// shrink takes pieces out of the last argument for as long as the disagreement
// with the same peer stays without explanation.
func (h *harness) shrink(f *finding) *finding {
	if h.functions[f.Func].whole {
		return f
	}
	for size := len(f.input()) / 2; size > 0; size /= 2 {
		for again := true; again; {
			again = false
			in := f.input()
			var tries []difftest.Request
			for at := 0; at+size <= len(in) && len(tries) < batchSize; at += size {
				args := slices.Clone(f.Args)
				args[len(args)-1] = slices.Concat(in[:at], in[at+size:])
				tries = append(tries, difftest.Request{Func: f.Func, Args: args})
			}
			for _, g := range h.findings(tries) {
				if g.kind() == f.kind() && rowOf(g) == nil {
					f, again = g, true
					break
				}
			}
		}
	}
	return f
}
