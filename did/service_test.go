package did_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
)

const pdsType = "AtprotoPersonalDataServer"

func TestPDSAmongDecoys(t *testing.T) {
	ledger.Covers(t, "DID-019", "DID-021")
	object := "{'id':'#atproto_pds','type':'" + pdsType + "','serviceEndpoint':{'origins':['https://bad.example.com']}}"
	decoys := []string{
		object,
		"{'id':'#atproto_pds','type':'" + pdsType + "'}",
		"{'id':'#atproto_pds','type':'" + pdsType + "','serviceEndpoint':['https://bad.example.com']}",
		"{'id':'#atproto_pds','type':'" + pdsType + "','serviceEndpoint':null}",
		"{'id':'#atproto_pds','serviceEndpoint':'https://bad.example.com'}",
		service("#pds", pdsType, "https://bad.example.com"),
		service("atproto_pds", pdsType, "https://bad.example.com"),
		service("#atproto_pds2", pdsType, "https://bad.example.com"),
		service("did:web:bad.example.com#atproto_pds", pdsType, "https://bad.example.com"),
		service("#atproto_pds", "PersonalDataServer", "https://bad.example.com"),
		service("#atproto_pds", strings.ToLower(pdsType), "https://bad.example.com"),
		service("#atproto_pds", "", "https://bad.example.com"),
		service("#atproto_pds", pdsType, ""),
		service("#atproto_pds", pdsType, "bad.example.com"),
		service("#atproto_pds", pdsType, "https://bad.example.com/path"),
	}
	for _, decoy := range decoys {
		_, err := parse(t, services(decoy)).PDS()
		require.ErrorIs(t, err, did.ErrPDSNotDeclared, "%s", decoy)
	}
	for _, id := range []string{"#atproto_pds", alice + "#atproto_pds"} {
		pds, err := parse(t, services(append(decoys, service(id, pdsType, "https://pds.example.com"))...)).PDS()
		require.NoError(t, err)
		require.Equal(t, "https://pds.example.com", pds)
	}
	_, ok := parse(t, services(object)).Service("atproto_pds", "")
	require.False(t, ok)
}

func TestEndpoints(t *testing.T) {
	ledger.Covers(t, "DID-020")
	same := "as it is"
	tests := []struct{ in, strict, loopback string }{
		{"https://pds.example.com", same, same},
		{"https://pds.example.com/", "https://pds.example.com", "https://pds.example.com"},
		{"HTTPS://pds.example.com", "https://pds.example.com", "https://pds.example.com"},
		{"https://PDS.example.com", same, same},
		{"https://pds.example.com:8443", same, same},
		{"https://pds.example.com:1/", "https://pds.example.com:1", "https://pds.example.com:1"},
		{"https://pds.example.com:65535", same, same},
		{"https://xn--ls8h.example.com", same, same},
		{"https://198.51.100.7", same, same},
		{"https://198.51.100.7:444", same, same},
		{"https://[2001:db8::1]", same, same},
		{"https://[2001:db8::1]:444/", "https://[2001:db8::1]:444", "https://[2001:db8::1]:444"},

		{"http://localhost:2583", "", same},
		{"http://localhost", "", same},
		{"http://localhost/", "", "http://localhost"},
		{"https://localhost:443", "", same},
		{"http://LOCALHOST", "", same},
		{"http://pds.localhost:2583", "", same},
		{"http://127.0.0.1:2583", "", same},
		{"http://127.1.2.3", "", same},
		{"https://127.0.0.1", "", same},
		{"http://[::1]:2583", "", same},
		{"http://[::ffff:127.0.0.1]", "", same},

		{"http://pds.example.com", "", ""},
		{"http://198.51.100.7", "", ""},
		{"http://10.0.0.1", "", ""},
		{"http://0.0.0.0", "", ""},
		{"http://localhost.example.com", "", ""},
		{"http://127.0.0.1.example.com", "", ""},
		{"", "", ""},
		{"https", "", ""},
		{"https:", "", ""},
		{"https://", "", ""},
		{"https:///", "", ""},
		{"https:pds.example.com", "", ""},
		{"https:/pds.example.com", "", ""},
		{"//pds.example.com", "", ""},
		{"pds.example.com", "", ""},
		{"wss://pds.example.com", "", ""},
		{"ftp://pds.example.com", "", ""},
		{"did:web:pds.example.com", "", ""},
		{"javascript://pds.example.com", "", ""},
		{" https://pds.example.com", "", ""},
		{"https://pds.example.com ", "", ""},
		{"https://pds.example.com//", "", ""},
		{"https://pds.example.com/xrpc", "", ""},
		{"https://pds.example.com/?", "", ""},
		{"https://pds.example.com?", "", ""},
		{"https://pds.example.com?q=1", "", ""},
		{"https://pds.example.com#", "", ""},
		{"https://pds.example.com/#f", "", ""},
		{"https://user@pds.example.com", "", ""},
		{"https://user:pw@pds.example.com", "", ""},
		{"https://@pds.example.com", "", ""},
		{"https://pds.example.com@localhost", "", ""},
		{`https://pds.example.com\\x`, "", ""},
		{"https://pds.example.com:", "", ""},
		{"https://pds.example.com:/", "", ""},
		{"https://pds.example.com:0", "", ""},
		{"https://pds.example.com:080", "", ""},
		{"https://pds.example.com:+80", "", ""},
		{"https://pds.example.com:65536", "", ""},
		{"https://pds.example.com:99999999999999999999", "", ""},
		{"https://pds.example.com:80:80", "", ""},
		{"https://pds.example.com:http", "", ""},
		{"https://:443", "", ""},
		{"https://pds", "", ""},
		{"https://pds.example.com.", "", ""},
		{"https://.example.com", "", ""},
		{"https://pds..com", "", ""},
		{"https://-pds.example.com", "", ""},
		{"https://pds_1.example.com", "", ""},
		{"https://pds.example.com%00", "", ""},
		{"https://pds%2eexample.com", "", ""},
		{"https://*.example.com", "", ""},
		{"https://bücher.example", "", ""},
		{"https://pds.exam\\nple.com", "", ""},
		{"https://pds.example.com\\u0000", "", ""},
		{"http://127.1", "", ""},
		{"http://127.0.0.01", "", ""},
		{"http://2130706433", "", ""},
		{"http://0x7f000001", "", ""},
		{"http://0x7f.0.0.1", "", ""},
		{"https://198.51.100.256", "", ""},
		{"https://198.51.100.7.", "", ""},
		{"https://2001:db8::1", "", ""},
		{"https://[2001:db8::1", "", ""},
		{"https://[2001:db8::1]x", "", ""},
		{"https://[2001:db8::1]443", "", ""},
		{"https://2001:db8::1]", "", ""},
		{"https://[fe80::1%25eth0]", "", ""},
		{"http://[::1%eth0]", "", ""},
		{"https://[198.51.100.7]", "", ""},
		{"https://[]", "", ""},
		{"https://[", "", ""},
		{"https://[pds.example.com]", "", ""},
		{"https://" + strings.Repeat("a.", 200) + "com", "", ""},
	}
	for _, tt := range tests {
		for allow, want := range map[bool]string{false: tt.strict, true: tt.loopback} {
			d, err := did.ParseDocument([]byte(docText(services(service("#atproto_pds", pdsType, tt.in)))), &did.ParseOptions{AllowLoopback: allow})
			require.NoError(t, err, "%s", tt.in)
			if want == same {
				want = tt.in
			}
			pds, err := d.PDS()
			require.Equal(t, want, pds, "%s", tt.in)
			require.Equal(t, want == "", err != nil, "%s", tt.in)
			if err != nil {
				require.ErrorIs(t, err, did.ErrPDSNotDeclared)
			}
		}
	}
}

func TestEndpointErrors(t *testing.T) {
	tests := map[string]string{
		"http://pds.example.com":            `endpoint "http://pds.example.com" is not https`,
		"http://localhost:2583":             `endpoint "http://localhost:2583" is on this machine, which needs AllowLoopback`,
		"ftp://pds.example.com":             `endpoint "ftp://pds.example.com" is not an https URL`,
		"https://pds.example.com/x":         `endpoint "https://pds.example.com/x" has more than scheme, host and port`,
		"https://pds":                       `endpoint "https://pds" has no valid host`,
		"https://pds.example.com:0":         `endpoint "https://pds.example.com:0" has no valid port`,
		"https:" + strings.Repeat("/", 500): `endpoint "https:` + strings.Repeat("/", 58) + `"... has more than scheme, host and port`,
	}
	for in, want := range tests {
		d := parse(t, services(service("#atproto_pds", pdsType, in)))
		_, err := d.PDS()
		require.EqualError(t, err, `did: no usable PDS declared in the document of "`+alice+`": `+want)
		_, err = d.ServiceURL("atproto_pds", "")
		require.EqualError(t, err, `did: no usable service declared: "#atproto_pds" in the document of "`+alice+`": `+want)
	}
}
