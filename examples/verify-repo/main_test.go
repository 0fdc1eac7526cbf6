package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
)

// verifyRepo runs the command.
func verifyRepo(t *testing.T, stdin []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, bytes.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestCaptures(t *testing.T) {
	for _, name := range []string{"alice", "bob", "carol", "dan"} {
		t.Run(name, func(t *testing.T) {
			doc, file := fixtures.PDSPath(t, name+".did.json"), fixtures.PDSPath(t, name+".car")
			want := fixtures.JSON[[][2]string](t, fixtures.PDS(t, name+".records.json"))

			code, stdout, stderr := verifyRepo(t, nil, "-did-doc", doc, "-json", file)
			require.Equal(t, verified, code, stderr)
			require.Empty(t, stderr)
			var got [][2]string
			for line := range strings.Lines(stdout) {
				var record struct {
					Path, CID string
					Value     map[string]any
				}
				require.NoError(t, json.Unmarshal([]byte(line), &record))
				collection, _, _ := strings.Cut(record.Path, "/")
				require.Equal(t, collection, record.Value["$type"])
				got = append(got, [2]string{record.Path, record.CID})
			}
			require.Equal(t, want, got)

			code, stdout, stderr = verifyRepo(t, fixtures.PDS(t, name+".car"), "-did-doc", doc, "-")
			require.Equal(t, verified, code, stderr)
			require.Regexp(t, `(?m)^did +did:plc:[a-z2-7]{24}\n(.*\n)*records +\d+ \(\d+ bytes\)\n(.*\n)*verified\n$`, stdout)
		})
	}
}

func TestNotVerified(t *testing.T) {
	doc := fixtures.PDSPath(t, "alice.did.json")
	good := fixtures.PDS(t, "alice.car")
	flipped := bytes.Clone(good)
	flipped[len(flipped)-1] ^= 1
	tests := []struct {
		name  string
		doc   string
		file  []byte
		wants string
	}{
		{"bit flipped", doc, flipped, `not verified: car: block bafyrei\w+ at offset \d+ does not match its CID: .*\n`},
		{"cut off", doc, good[:len(good)-1], `not verified: car: section is cut off at offset \d+: unexpected EOF\n`},
		{"another account's key", fixtures.PDSPath(t, "carol.did.json"), good, `not verified: repo: commit bafyrei\w+ is of did:plc:\w+, not of did:plc:\w+\n`},
		{"empty", doc, nil, `not verified: car: header is cut off at offset 0: unexpected EOF\n`},
		{"no DID document", writeFile(t, "{}"), good, `not verified: did: .*\n`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := verifyRepo(t, tt.file, "-did-doc", tt.doc, "-")
			require.Equal(t, notVerified, code)
			require.Empty(t, stdout)
			require.Regexp(t, "^"+tt.wants+"$", stderr)
		})
	}
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "doc.json")
	require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
	return name
}

func TestUsage(t *testing.T) {
	doc, file := fixtures.PDSPath(t, "alice.did.json"), fixtures.PDSPath(t, "alice.car")
	for _, args := range [][]string{
		{},
		{"-did-doc", doc},
		{file},
		{"-did-doc", doc, file, file},
		{"-nonsense"},
		{"-did-doc", "no such file", file},
		{"-did-doc", doc, "no such file"},
	} {
		code, stdout, stderr := verifyRepo(t, nil, args...)
		require.Equal(t, usedWrongly, code, "%q", args)
		require.Empty(t, stdout)
		require.NotEmpty(t, stderr)
	}
	code, _, stderr := verifyRepo(t, nil, "-help")
	require.Equal(t, verified, code)
	require.Contains(t, stderr, usage)
}
