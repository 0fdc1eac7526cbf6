package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// who runs the command.
func who(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestOffline(t *testing.T) {
	for _, tc := range []struct {
		name   string
		code   int
		stdout string
		stderr string
	}{
		{"alice.example.com", found, `^did       did:plc:[a-z2-7]{24}
handle    alice.example.com \(verified both ways\)
pds       https://pds.example.com
key       zQ3\w+ \(secp256k1\)
history   1 of 1 operations in force, verified; since 20\d\d-\d\d-\d\d, last 20\d\d-\d\d-\d\d
rotation  1 did:key:zQ3\w+
rotation  2 did:key:zQ3\w+
(asked     (dns|https) +alice.example.com: (did:plc:[a-z2-7]{24}|not found|canceled), \d\S+
){2}asked     plc   did:plc:[a-z2-7]{24}: its document, \d\S+
time      \d\S+
$`, `^$`},
		{"@BOB.example.com", found, `(?s)handle    bob.example.com .verified both ways.*pds       https://new.example.com\n.*service   "#atproto_labeler" "AtprotoLabeler" "https://labels.example.com"\nhistory   2 of 2 operations`, `^$`},
		{"did:web:carol.example.com", found, `(?s)handle    carol.example.com \(verified.*pds       none .*key       none .*asked     web   did:web:carol.example.com: its document`, `^$`},
		{"fan-of-alice.example.com", notFound, `asked     plc `, `^whoami: fan-of-alice.example.com is nobody's handle: did: handle "fan-of-alice.example.com" leads to "did:plc:\w+", which declares "alice.example.com"\n$`},
		{"gone.example.com", notFound, `asked     plc   did:plc:\w+: deactivated`, `^whoami: gone.example.com is no account any more: it was deactivated for good\n$`},
		{"nobody.example.com", notFound, `asked     dns   nobody.example.com: not found`, `^whoami: there is no nobody.example.com\n$`},
		{"parked.example.com", noAnswer, `asked     https parked.example.com: a web page`, `^whoami: no answer of use about parked.example.com: .*\n$`},
		{"printer.local", notFound, `^time `, `^whoami: syntax: handle "printer.local" can't be resolved: reserved top-level domain\n$`},
		{"did:example:alice", notFound, `^time `, `unsupported DID method\n$`},
		{"did:plc:ewvi7nxzyoun6zhxrhs64oiz", notFound, `not found`, `^whoami: there is no did:plc:ewvi7nxzyoun6zhxrhs64oiz\n$`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, stdout, stderr := who(t, "-offline", tc.name)
			require.Equal(t, tc.code, code, "%s%s", stdout, stderr)
			require.Regexp(t, tc.stdout, stdout)
			require.Regexp(t, tc.stderr, stderr)
		})
	}
}

// TestAll shows all accounts there are, one of which claims another's handle.
func TestAll(t *testing.T) {
	code, stdout, stderr := who(t, "-offline")
	require.Equal(t, found, code)
	require.Empty(t, stderr)
	require.Regexp(t, `(?s)whoami did:plc:(\w+)\ndid       did:plc:\w+\nhandle    handle.invalid \(did: handle "alice.example.com" is declared by "did:plc:\w+", but leads to "did:plc:\w+"\)\n`, stdout)
	require.Regexp(t, `exit code 3\n\nwhoami printer.local\n`, stdout)
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"a.example.com", "b.example.com"}, {"-nonsense"}, {"alice"}, {"-offline", "did:x"}, {"-plc", "ftp://x", "alice.example.com"}} {
		code, stdout, stderr := who(t, args...)
		require.Equal(t, usedWrongly, code, "%q", args)
		require.Empty(t, stdout)
		require.NotEmpty(t, stderr)
	}
	code, _, stderr := who(t, "-help")
	require.Equal(t, found, code)
	require.Contains(t, stderr, usage)
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	require.Equal(t, noAnswer, run(ctx, []string{"-offline", "alice.example.com"}, &out, &errs))
	require.Equal(t, "whoami: no answer about alice.example.com in time\n", errs.String())
}
