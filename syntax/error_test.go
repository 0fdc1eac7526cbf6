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

		{"at-identifier", "", 0, "handle: empty segment"},
		{"at-identifier", "did:thing", 9, `DID: expected ":" after method`},
		{"at-identifier", "blah", 4, "handle: expected two or more segments"},
		{"at-identifier", strings.Repeat("a.", 126) + "aa", 253, "handle: longer than 253 bytes"},
		{"at-identifier", strings.Repeat("a.", 1024) + "a", 2048, "longer than 2048 bytes"},
		{"at-identifier", "did:m:" + strings.Repeat("v", 2043), 2048, "DID: longer than 2048 bytes"},

		{"AT-URI", "", 0, `expected "at://"`},
		{"AT-URI", "AT://a.b", 0, `expected "at://"`},
		{"AT-URI", "at:/a.b", 4, `expected "at://"`},
		{"AT-URI", "at://", 5, "handle: empty segment"},
		{"AT-URI", "at://name.0", 10, "handle: last segment must start with a letter"},
		{"AT-URI", "at://did:plc:", 13, "DID: empty identifier"},
		{"AT-URI", "at://did:m:/a.b.c", 11, "DID: empty identifier"},
		{"AT-URI", "at://did:m:v:/a.b.c", 12, `DID: identifier ends with ":" or "%"`},
		{"AT-URI", "at://did:m:v#/a.b.c", 12, "DID: invalid character in identifier"},
		{"AT-URI", "at://did:m:" + strings.Repeat("v", 2043) + "/", 2053, "DID: longer than 2048 bytes"},
		{"AT-URI", "at://a.b/", 9, "collection: empty segment"},
		{"AT-URI", "at://a.b/a.b/c", 12, "collection: expected three or more segments"},
		{"AT-URI", "at://a.b/a.b.c/", 15, "record key: empty key"},
		{"AT-URI", "at://a.b/a.b.c/d/", 16, "record key: invalid character"},
		{"AT-URI", "at://a.b/a.b.c#/d", 14, "collection: invalid character"},

		{"full AT-URI", "at:#//", 3, `expected "at://"`},
		{"full AT-URI", "at://did:m:v[/", 12, "DID: invalid character in identifier"},
		{"full AT-URI", "at://a.b/c d", 10, "invalid character in path"},
		{"full AT-URI", "at://a.b/c?d[", 12, "invalid character in query"},
		{"full AT-URI", "at://a.b/c?d#", 13, "fragment must start with a slash"},
		{"full AT-URI", "at://a.b/c?d#e", 13, "fragment must start with a slash"},
		{"full AT-URI", "at://a.b/c#/e#", 13, "invalid character in fragment"},

		{"space reference", "at:/", 4, `expected "at://"`},
		{"space reference", "at://a.b/space/a.b.c/d", 5, `space authority: expected "did:"`},
		{"space reference", "at://did:m:v", 12, `expected "/space/"`},
		{"space reference", "at://did:m:v/spice", 15, `expected "/space/"`},
		{"space reference", "at://did:m:v/space/a.b/c", 22, "space type: expected three or more segments"},
		{"space reference", "at://did:m:v/space/a.b.c", 24, "expected a slash and the space key"},
		{"space reference", "at://did:m:v/space/a.b.c/", 25, "space key: empty key"},
		{"space reference", "at://did:m:v/space/a.b.c/d/e", 26, "expected no more after the space key"},
		{"space record URI", "at://did:m:v/space/a.b.c/", 25, "space key: empty key"},
		{"space record URI", "at://did:m:v/space/a.b.c/d", 26, "expected a slash and the author's DID"},
		{"space record URI", "at://did:m:v/space/a.b.c/d/a.b", 27, `author: expected "did:"`},
		{"space record URI", "at://did:m:v/space/a.b.c/d/did:m:v", 34, "expected a slash and the record's path"},
		{"space record URI", "at://did:m:v/space/a.b.c/d/did:m:v/a.b.c", 40, "expected a slash"},
		{"space record URI", "at://did:m:v/space/a.b.c/d/did:m:v/a.b.c/d/", 42, "record key: invalid character"},

		{"datetime", "", 0, "expected a digit"},
		{"datetime", "1985", 4, `expected "-"`},
		{"datetime", "1985-04-12 23:20:50Z", 10, `expected "T"`},
		{"datetime", "1985-04-12T23.20.50Z", 13, `expected ":"`},
		{"datetime", "1985-04-12T23:20:5Z", 18, "expected a digit"},
		{"datetime", "1985-13-12T23:20:50Z", 5, "month must be 01 to 12"},
		{"datetime", "1985-02-29T23:20:50Z", 8, "no such day in the month"},
		{"datetime", "1985-04-12T24:20:50Z", 11, "hour must be 00 to 23"},
		{"datetime", "1985-04-12T23:60:50Z", 14, "minute must be 00 to 59"},
		{"datetime", "1985-04-12T23:20:60Z", 17, "second must be 00 to 59"},
		{"datetime", "1985-04-12T23:20:50.Z", 20, "expected a digit"},
		{"datetime", "1985-04-12T23:20:50.1", 21, `expected "Z" or an offset`},
		{"datetime", "1985-04-12T23:20:50,1Z", 19, `expected "Z" or an offset`},
		{"datetime", "1985-04-12T23:20:50+0000", 20, `expected an offset such as "+01:00"`},
		{"datetime", "1985-04-12T23:20:50+24:00", 20, "hour of the offset must be 00 to 23"},
		{"datetime", "1985-04-12T23:20:50+00:60", 23, "minute of the offset must be 00 to 59"},
		{"datetime", "1985-04-12T23:20:50-00:00", 19, `offset must not be "-00:00"`},
		{"datetime", "0000-01-01T00:00:00+01:00", 19, "before the year 0000 in UTC"},
		{"datetime", "9999-12-31T23:59:59-00:01", 19, "after the year 9999 in UTC"},

		{"language tag", "", 0, "empty subtag"},
		{"language tag", "ja_JP", 2, "invalid character"},
		{"language tag", "JA", 0, "language must be two or three lower-case letters"},
		{"language tag", "ja-", 3, "empty subtag"},
		{"language tag", "en-abcdefghi", 11, "subtag longer than 8 characters"},
		{"language tag", "de-DE-Latn", 6, "unexpected subtag"},
		{"language tag", "en-u", 4, "expected another subtag"},

		{"URI", "1:a", 0, "scheme must start with a letter"},
		{"URI", "example.com", 11, `expected ":" after scheme`},
		{"URI", "http:", 5, `nothing after ":"`},
		{"URI", "http:a b", 6, "white space or control character"},
		{"URI", "http:a\xff", 6, "invalid UTF-8"},
		{"URI", strings.Repeat("s", 82) + ":a", 81, "scheme longer than 81 bytes"},

		{"CID string", "bafyrei", 7, "shorter than 8 bytes"},
		{"CID string", "bafy-reia", 4, "invalid character"},
		{"CID string", "QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR", 0, "version 0"},

		{"service reference", "did:m:v", 7, `expected "#" and a fragment`},
		{"service reference", "did:m:v#", 8, "empty fragment"},
		{"service reference", "a.b#c", 0, `DID: expected "did:"`},
		{"service reference", "did:m:v#a#", 9, "invalid character in fragment"},
		{"service reference", "did:m:v#a%4", 9, "invalid escape in fragment"},
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
