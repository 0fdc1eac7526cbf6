//go:build !race

package mst_test

const raceDetector = false
