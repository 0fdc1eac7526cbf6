package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuickstart(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, want := range []string{
		"key      did:key:zQ3s",
		"5 records created",
		"one edited, one deleted",
		"Verified: did:web:alice.example.com",
		`{"text":"Hello, world!","$type":"app.bsky.feed.post","createdAt":"2026-11-22T09:00:00.000Z"}`,
		`"subject":"did:web:bob.example.com"`,
		"app.bsky.actor.profile/self",
		"\nThe tree:\nlayer ",
		"One bit flipped: *car.HashError",
	} {
		require.Contains(t, out.String(), want)
	}
	require.NotContains(t, out.String(), "regret")
	require.Equal(t, 4, strings.Count(out.String(), "\n\t{"), "records")
}
