// Package leaktest fails tests that leave goroutines behind.
package leaktest

import (
	"runtime"
	"testing"
	"time"
)

// patience is how long goroutines may take to end. They end in no time, but
// for connections that are being made when nobody needs them any more.
const patience = 30 * time.Second

// Check fails t if, after the test and the cleanups that follow this call,
// there are more goroutines than now. t must not run in parallel with others.
func Check(t testing.TB) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for start := time.Now(); runtime.NumGoroutine() > before; time.Sleep(5 * time.Millisecond) {
			if time.Since(start) > patience {
				stacks := make([]byte, 1<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				t.Errorf("%d goroutines, %d at the beginning:\n%s", runtime.NumGoroutine(), before, stacks)
				return
			}
		}
	})
}
