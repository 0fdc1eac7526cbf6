package syntax_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrors(t *testing.T) {
	o64 := strings.Repeat("o", 64)
	tests := []struct {
		kind, in string
		offset   int
		msg      string
	}{
		{"DID", "", 0, `expected "did:"`},
		{"DID", "di", 2, `expected "did:"`},
		{"DID", "did.m:v", 3, `expected "did:"`},
		{"DID", "DID:m:v", 0, `expected "did:"`},
		{"DID", "did:", 4, `expected ":" after method`},
		{"DID", "did:plc", 7, `expected ":" after method`},
		{"DID", "did::v", 4, "empty method"},
		{"DID", "did:m1:v", 5, "method must be lower-case letters"},
		{"DID", "did:plc:", 8, "empty identifier"},
		{"DID", "did:m:val/two", 9, "invalid character in identifier"},
		{"DID", "did:m:0123456789abcdef#", 22, "invalid character in identifier"},
		{"DID", "did:m:val:", 9, `identifier ends with ":" or "%"`},
		{"DID", "did:m:%", 6, `identifier ends with ":" or "%"`},
		{"DID", "did:m:" + strings.Repeat("v", 2043), 2048, "longer than 2048 bytes"},

		{"handle", "", 0, "empty segment"},
		{"handle", "@a.com", 0, "invalid character"},
		{"handle", "a b.com", 1, "invalid character"},
		{"handle", "a..com", 2, "empty segment"},
		{"handle", "a.com.", 6, "empty segment"},
		{"handle", "-a.com", 0, "segment starts with a hyphen"},
		{"handle", "a.b-.com", 3, "segment ends with a hyphen"},
		{"handle", "a." + o64 + ".com", 65, "segment longer than 63 bytes"},
		{"handle", "org", 3, "expected two or more segments"},
		{"handle", "127.0.0.1", 8, "last segment must start with a letter"},
		{"handle", strings.Repeat("a.", 126) + "aa", 253, "longer than 253 bytes"},

		{"NSID", "com.example", 11, "expected three or more segments"},
		{"NSID", "1.0.0.record", 0, "first segment must start with a letter"},
		{"NSID", "com.example.2", 12, "name must start with a letter"},
		{"NSID", "com.example.a-b", 13, "hyphen in name"},
		{"NSID", "com.example.*", 12, "invalid character"},
		{"NSID", "com.example.a#b", 13, "invalid character"},
		{"NSID", strings.Repeat("a.", 158) + "aa", 317, "longer than 317 bytes"},

		{"NSID pattern", "com.ex*", 6, "invalid character"},
		{"NSID pattern", ".*", 0, "empty segment"},
		{"NSID pattern", "1.*", 0, "first segment must start with a letter"},
		{"NSID pattern", "com.*.*", 4, "invalid character"},
		{"NSID pattern", strings.Repeat("a.", 158) + "*", 0, ""},
		{"NSID pattern", strings.Repeat("a.", 157) + "aa.*", 317, "longer than 317 bytes"},

		{"record key", "", 0, "empty key"},
		{"record key", "..", 0, `"." and ".." are not allowed`},
		{"record key", "alpha/beta", 5, "invalid character"},
		{"record key", strings.Repeat("o", 513), 512, "longer than 512 bytes"},

		{"record key type", "self", 0, `expected "tid", "nsid", "any" or "literal:"`},
		{"record key type", "literal:a b", 9, "record key: invalid character"},
		{"record key type", "literal:" + strings.Repeat("o", 513), 520, "record key: longer than 512 bytes"},

		{"repo path", "a.b.c", 5, "expected a slash"},
		{"repo path", "/self", 0, "collection: empty segment"},
		{"repo path", "a.b/self", 3, "collection: expected three or more segments"},
		{"repo path", "a.b.c/", 6, "record key: empty key"},
		{"repo path", "a.b.c/a/b", 7, "record key: invalid character"},
		{"repo path", "a.b.c/" + strings.Repeat("o", 513), 518, "record key: longer than 512 bytes"},
		{"repo path", strings.Repeat("/", 831), 830, "longer than 830 bytes"},

		{"TID", "", 0, "expected 13 characters"},
		{"TID", "3jzfcijpj2z2", 12, "expected 13 characters"},
		{"TID", "3jzf-cij-pj2z-2a", 13, "expected 13 characters"},
		{"TID", "kjzfcijpj2z2a", 0, "first character must be one of 234567a-j"},
		{"TID", "3jzfcijpj2z21", 12, "character must be one of 234567a-z"},
	}
	byKind := map[string]grammar{}
	for _, g := range grammars() {
		byKind[g.kind] = g
	}
	for _, tt := range tests {
		_, err := byKind[tt.kind].parse(tt.in)
		if tt.msg == "" {
			require.NoError(t, err)
			continue
		}
		e := requireError(t, err)
		require.Equal(t, tt.kind, e.Kind)
		require.Equal(t, tt.in, e.Input)
		require.Equal(t, tt.msg, e.Msg, "%q", tt.in)
		require.Equal(t, tt.offset, e.Offset, "%q", tt.in)
	}
}

func TestErrorText(t *testing.T) {
	g := grammars()[0]
	_, err := g.parse("did:PLC:abc")
	require.EqualError(t, err, `syntax: invalid DID "did:PLC:abc": method must be lower-case letters at offset 4`)
	_, err = g.parse("did:m:" + strings.Repeat("é\n", 1000))
	require.EqualError(t, err, `syntax: invalid DID "did:m:`+strings.Repeat(`é\n`, 19)+`\xc3"...: longer than 2048 bytes at offset 2048`)
}
