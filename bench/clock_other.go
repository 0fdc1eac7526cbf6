//go:build !unix

package main

import "time"

var start = time.Now()

// cpuTime returns the time on the clock, in place of the processor time, which
// only some systems tell.
func cpuTime() time.Duration { return time.Since(start) }
