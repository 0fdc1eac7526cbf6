package main

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A row is a workload that contestants do in their own ways.
type row struct {
	name string
	// agree compares the contestants' results; nil if there is nothing to
	// compare.
	agree func() error
	ours  func()
	peer  func() // indigo
	// other is another library that does the same, or nil.
	otherName string
	other     func()
	// floor is the part of the work that no design avoids, or nil.
	floorName string
	floor     func()
	// cores is how many cores ours has; 0 means one. The others have one.
	cores int

	// asked is how many times faster than the peer we have to be; 0 if
	// nothing is asked. It stands for a multiple of the fastest SDK, which was
	// measured beside the peer.
	asked float64
	// askedOther is the same against other.
	askedOther float64
	// maxAllocs is how many allocations one operation may make, or -1.
	maxAllocs float64
	// maxBytes is how many bytes one operation may allocate, or 0.
	maxBytes float64
}

// figures are those of one contestant: medians of the rounds.
type figures struct {
	ns, bytes, allocs float64
}

type result struct {
	row
	ourFigures, peerFigures, otherFigures, floorFigures figures
}

// clock is what times the row: the processor, which does not count what other
// processes do, or the clock on the wall if the work is spread over cores.
func (r row) clock() func() time.Duration {
	if r.cores > 1 {
		return wallTime
	}
	return cpuTime
}

const roundTime = 25 * time.Millisecond

// measure times the contestants in turn.
func (r row) measure(rounds int) (result, error) {
	if r.agree != nil {
		if err := r.agree(); err != nil {
			return result{}, err
		}
	}
	res := result{row: r}
	type contestant struct {
		op    func()
		cores int
		out   *figures
		n     int
		times []float64
	}
	var all []*contestant
	for _, c := range []*contestant{{op: r.ours, cores: r.cores, out: &res.ourFigures}, {op: r.peer, out: &res.peerFigures}, {op: r.other, out: &res.otherFigures}, {op: r.floor, out: &res.floorFigures}} {
		if c.op != nil {
			runtime.GOMAXPROCS(max(1, c.cores))
			c.n = calibrate(c.op)
			*c.out = allocations(c.op, c.n)
			all = append(all, c)
		}
	}
	for range rounds {
		for _, c := range all {
			runtime.GOMAXPROCS(max(1, c.cores))
			runtime.GC()
			c.times = append(c.times, timed(r.clock(), c.op, c.n))
		}
	}
	for _, c := range all {
		slices.Sort(c.times)
		c.out.ns = c.times[len(c.times)/2]
	}
	return res, nil
}

// wallTime is the time on the clock.
func wallTime() time.Duration { return time.Since(epoch) }

var epoch = time.Now()

// timed returns the nanoseconds that one of n operations takes.
func timed(clock func() time.Duration, op func(), n int) float64 {
	start := clock()
	for range n {
		op()
	}
	return float64((clock() - start).Nanoseconds()) / float64(n)
}

// calibrate returns how many operations take about a round's time. The first one
// does not count: it may prepare what the others use.
func calibrate(op func()) int {
	op()
	for n := 1; ; n *= 4 {
		if ns := timed(wallTime, op, n) * float64(n); ns > float64(roundTime)/8 {
			return max(1, int(float64(n)*float64(roundTime)/ns))
		}
	}
}

func allocations(op func(), n int) figures {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		op()
	}
	runtime.ReadMemStats(&after)
	// Rounded, since the runtime allocates a little on its own.
	per := func(a, b uint64) float64 { return math.Round(10*float64(b-a)/float64(n)) / 10 }
	return figures{bytes: per(before.TotalAlloc, after.TotalAlloc), allocs: per(before.Mallocs, after.Mallocs)}
}

// ratio is how many times faster than b a is.
func ratio(a, b figures) float64 {
	if a.ns == 0 || b.ns == 0 {
		return 0
	}
	return b.ns / a.ns
}

// met reports whether all that is asked of the row is reached.
func (r result) met() bool {
	return (r.asked == 0 || ratio(r.ourFigures, r.peerFigures) >= r.asked) &&
		(r.askedOther == 0 || ratio(r.ourFigures, r.otherFigures) >= r.askedOther) &&
		(r.maxAllocs < 0 || r.ourFigures.allocs <= r.maxAllocs) &&
		(r.maxBytes == 0 || r.ourFigures.bytes <= r.maxBytes)
}

// cells are the row's columns: workload, ours, peer, ratio, asked, other,
// floor.
func (r result) cells() []string {
	asked := "-"
	if r.asked > 0 {
		asked = fmt.Sprintf(">= %.2fx", r.asked)
	}
	if r.askedOther > 0 {
		asked = strings.TrimPrefix(asked+fmt.Sprintf(", >= %.2fx %s", r.askedOther, r.otherName), "-, ")
	}
	if r.maxAllocs >= 0 {
		asked += fmt.Sprintf(", <= %.0f allocs", r.maxAllocs)
	}
	if r.maxBytes > 0 {
		asked += fmt.Sprintf(", <= %.0f MB", r.maxBytes/1e6)
	}
	verdict := "met"
	if !r.met() {
		verdict = "SHORT"
	}
	other, floor := "-", "-"
	if r.other != nil {
		other = fmt.Sprintf("%s %s (%.2fx)", r.otherName, duration(r.otherFigures.ns), ratio(r.ourFigures, r.otherFigures))
	}
	if r.floor != nil {
		floor = fmt.Sprintf("%s %s (%.2fx)", r.floorName, duration(r.floorFigures.ns), r.ourFigures.ns/r.floorFigures.ns)
	}
	peer, by := "-", "-"
	if r.peer != nil {
		peer = fmt.Sprintf("%s, %s", duration(r.peerFigures.ns), memory(r.peerFigures))
		by = fmt.Sprintf("%.2fx", ratio(r.ourFigures, r.peerFigures))
	}
	return []string{
		r.name, fmt.Sprintf("%s, %s", duration(r.ourFigures.ns), memory(r.ourFigures)), peer, by, asked, verdict, other, floor,
	}
}

func (r result) line() string { return strings.Join(r.cells(), " | ") }

func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.1f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f us", ns/1e3)
	}
	return fmt.Sprintf("%.2f ms", ns/1e6)
}

func memory(f figures) string {
	switch {
	case f.bytes < 1e4:
		return fmt.Sprintf("%.0f B, %.0f allocs", f.bytes, f.allocs)
	case f.bytes < 1e6:
		return fmt.Sprintf("%.1f kB, %.0f allocs", f.bytes/1e3, f.allocs)
	}
	return fmt.Sprintf("%.1f MB, %.0f allocs", f.bytes/1e6, f.allocs)
}

// table prints the results as Markdown.
func table(results []result) string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "# Results\n\nWritten by `cd bench && go run .` with %s on %s/%s, one core and its processor time unless a row says otherwise; medians of interleaved rounds. The peer is\n"+
		"github.com/bluesky-social/indigo at the version in go.mod. What is asked is a multiple of the peer in the same run; factors behind\n"+
		"other libraries say how many times faster than they we are, those behind a floor how many times it we take.\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	head := []string{"workload", "linnet", "peer", "ratio", "asked", "", "others", "floor"}
	fmt.Fprintf(&sb, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, r := range results {
		fmt.Fprintf(&sb, "| %s |\n", strings.Join(r.cells(), " | "))
	}
	return sb.String()
}
