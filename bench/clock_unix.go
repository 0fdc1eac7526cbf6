//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime returns how much processor time this process has used. Unlike the
// time on the clock it does not grow while another process has the processor.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // the arguments are constant
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
