package xrpc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

func TestParseLabelers(t *testing.T) {
	ledger.Covers(t, "LABEL-034", "LABEL-035", "LABEL-036", "LABEL-037")
	for _, tt := range []struct {
		values []string
		want   string // "!" for an error; otherwise DIDs, with a star for redact
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{" \t"}, ""},
		{[]string{"did:web:a.b;redact, did:plc:c"}, "did:web:a.b* did:plc:c"},
		{[]string{"did:web:a.b ; redact,did:plc:c"}, "did:web:a.b* did:plc:c"},
		{[]string{"did:web:a.b", "did:plc:c;redact"}, "did:web:a.b did:plc:c*"},
		{[]string{"did:web:a.b;redact=?1"}, "did:web:a.b*"},
		{[]string{"did:web:a%3A1;x;redact;y-z"}, "did:web:a%3A1*"},
		{[]string{"did:web:a.b;other"}, "did:web:a.b"},
		{[]string{"did:web:a.b, did:plc:c, did:web:a.b;redact"}, "did:web:a.b* did:plc:c"},
		{[]string{"did:web:a.b;redact", "did:web:a.b"}, "did:web:a.b*"},
		{[]string{"did:web:a.b;redact=?0"}, "!"},
		{[]string{"did:web:a.b;redact=1"}, "!"},
		{[]string{`did:web:a.b;redact="yes"`}, "!"},
		{[]string{`"did:web:a.b"`}, "!"},
		{[]string{"did:web:a.b;"}, "!"},
		{[]string{"did:web:a.b;;redact"}, "!"},
		{[]string{"did:web:a.b;Redact"}, "!"},
		{[]string{"did:web:a.b;1x"}, "!"},
		{[]string{"did:web:a.b,"}, "!"},
		{[]string{",did:web:a.b"}, "!"},
		{[]string{"did:web:a.b did:plc:c"}, "!"},
		{[]string{"labels.example.com"}, "!"},
	} {
		got, err := xrpc.ParseLabelers(tt.values)
		if tt.want == "!" {
			require.ErrorContains(t, err, "xrpc: invalid labeler", tt.values)
			continue
		}
		require.NoError(t, err, tt.values)
		var texts []string
		for _, l := range got {
			s := l.DID.String()
			if l.Redact {
				s += "*"
			}
			texts = append(texts, s)
		}
		require.Equal(t, tt.want, strings.Join(texts, " "))
	}
}
