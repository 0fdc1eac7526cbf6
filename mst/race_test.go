//go:build race

package mst_test

// raceDetector says that the race detector is on, under which appending
// what make returns allocates twice.
const raceDetector = true
