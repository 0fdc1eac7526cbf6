//go:build race

package data_test

// raceDetector says that the race detector is on, under which slices.Grow
// allocates what it adds twice.
const raceDetector = true
