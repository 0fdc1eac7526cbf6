package did_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// Keys in their text forms; legacy is the same key as modern.
const (
	keyK256   = "zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc"
	keyP256   = "zDnaembgSGUhZULN2Caob4HLJPaxBh92N7rtH21TErzqf8HQo"
	keyLegacy = "zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsomTsgQhsxLdEgCrPTLgFna8yqCnxPpNT7DBk6Ym3dgPKNu86vt9GR"
	keyModern = "zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF"
	keyShort  = "zxdM8dSstjrpZaRUwBmDvjGXweKuEMVN95A9oJBFjkWMh" // P-256, legacy, compressed
	keyEd     = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
)

const alice = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"

// parse parses a document of alice with the given fields, which replace the
// quotes of JSON by apostrophes.
func parse(t testing.TB, fields string) *did.Document {
	t.Helper()
	d, err := did.ParseDocument([]byte(docText(fields)), nil)
	require.NoError(t, err)
	return d
}

func docText(fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return strings.ReplaceAll("{'id':'"+alice+"'"+fields+"}", "'", `"`)
}

func method(id, typ, controller, key string) string {
	return fmt.Sprintf("{'id':'%s','type':'%s','controller':'%s','publicKeyMultibase':'%s'}", id, typ, controller, key)
}

func methods(list ...string) string { return "'verificationMethod':[" + strings.Join(list, ",") + "]" }

func service(id, typ, endpoint string) string {
	return fmt.Sprintf("{'id':'%s','type':'%s','serviceEndpoint':'%s'}", id, typ, endpoint)
}

func services(list ...string) string { return "'service':[" + strings.Join(list, ",") + "]" }

// TestCaptures reads documents as a server emitted them, and compares them
// with the operations that they were rendered from.
func TestCaptures(t *testing.T) {
	ledger.Covers(t, "DID-014", "DID-016", "DID-017", "DID-018", "DID-019")
	type entry struct {
		DID       string
		Operation struct {
			VerificationMethods map[string]string
			AlsoKnownAs         []string
			Services            map[string]struct{ Type, Endpoint string }
		}
	}
	for _, name := range []string{"alice", "bob", "carol", "dan"} {
		log := fixtures.JSON[[]entry](t, fixtures.PDS(t, name+".plc-log.json"))
		last := log[len(log)-1]
		id, err := syntax.ParseDID(last.DID)
		require.NoError(t, err)
		data := fixtures.PDS(t, name+".did.json")
		d, err := did.ParseDocument(data, &did.ParseOptions{DID: id, AllowLoopback: true})
		require.NoError(t, err)

		require.Equal(t, id, d.ID)
		key, err := d.SigningKey()
		require.NoError(t, err)
		require.Equal(t, last.Operation.VerificationMethods["atproto"], key.DIDKey())
		h, ok := d.ClaimedHandle()
		require.True(t, ok)
		require.Equal(t, last.Operation.AlsoKnownAs, []string{"at://" + h.String()})
		pds, err := d.PDS()
		require.NoError(t, err)
		require.Equal(t, last.Operation.Services["atproto_pds"].Endpoint, pds)

		strict, err := did.ParseDocument(data, nil)
		require.NoError(t, err)
		_, err = strict.PDS()
		require.ErrorIs(t, err, did.ErrPDSNotDeclared)
		require.ErrorContains(t, err, "AllowLoopback")
	}
}

func TestExpectedDID(t *testing.T) {
	ledger.Covers(t, "DID-011")
	data := []byte(docText(""))
	d, err := did.ParseDocument(data, &did.ParseOptions{DID: syntax.MustParseDID(alice)})
	require.NoError(t, err)
	require.Equal(t, alice, d.ID.String())

	for _, other := range []syntax.DID{syntax.MustParseDID("did:plc:EWVI7nxzyoun6zhxrhs64oiz"), syntax.MustParseDID("did:web:example.com")} {
		d, err := did.ParseDocument(data, &did.ParseOptions{DID: other})
		require.ErrorIs(t, err, did.ErrIDMismatch)
		require.Nil(t, d)
		require.EqualError(t, err, fmt.Sprintf("did: document has another id: got %q, want %q", alice, other))
	}
}

func TestUnusualDocuments(t *testing.T) {
	ledger.Covers(t, "DID-013")
	handle := "'alsoKnownAs':['at://a.example.com']"
	want := parse(t, handle+","+methods(method("#atproto", "Multikey", alice, keyK256))+","+services(service("#x", "X", "https://a.b")))
	require.Len(t, want.AlsoKnownAs, 1)
	require.Len(t, want.VerificationMethods, 1)
	require.Len(t, want.Services, 1)
	for _, fields := range []string{
		// Entries of other shapes among the good one.
		"'alsoKnownAs':[null,1,{},['at://b.c'],'at://a.example.com',true]," +
			methods("'#key'", "null", "[]", "7", "{}", "{'id':'#atproto','type':'Multikey'}", "{'id':1,'type':'a','controller':'b'}", method("#atproto", "Multikey", "", keyK256),
				method("#atproto", "Multikey", alice, keyK256)) + "," +
			services("null", "'x'", "{'id':'#x','type':'X'}", "{'id':'#x','type':'X','serviceEndpoint':{'uri':'https://b.c'}}",
				"{'id':'#x','type':['X'],'serviceEndpoint':'https://b.c'}", "{'id':'#x','type':'X','serviceEndpoint':['https://b.c']}",
				"{'id':'#x','type':'X','serviceEndpoint':null}", service("#x", "X", "https://a.b")),
		// Unknown fields, and names in another case, which are unknown too.
		"'@context':7,'ID':'did:a:b','Id':null,'ALSOKNOWNAS':1,'Service':{},'authentication':['#x'],'extra':{'id':'x'}," + handle + "," +
			"'verificationMethod':[{'id':'#atproto','Id':'#b','type':'Multikey','TYPE':1,'controller':'" + alice + "','Controller':{}," +
			"'publicKeyMultibase':'" + keyK256 + "','publicKeyJwk':{},'PublicKeyMultibase':'z'}]," +
			"'service':[{'id':'#x','type':'X','serviceEndpoint':'https://a.b','ServiceEndpoint':'https://b.c','priority':1}]",
	} {
		require.Equal(t, want, parse(t, fields))
	}

	empty := parse(t, "")
	require.Equal(t, empty, parse(t, "'alsoKnownAs':null,'verificationMethod':null,'service':null"))
	require.Empty(t, empty.AlsoKnownAs)
	require.Empty(t, parse(t, "'alsoKnownAs':[],'verificationMethod':[],'service':[]").Services)
}

func TestMalformedDocuments(t *testing.T) {
	tests := []struct{ in, want string }{
		{``, "unexpected end"},
		{`null`, "did: invalid document: not an object"},
		{`[]`, "did: invalid document: not an object"},
		{`"did:plc:abc"`, "did: invalid document: not an object"},
		{`{}`, "did: invalid document: no id"},
		{`{"ID":"did:a:b"}`, "did: invalid document: no id"},
		{`{"id":null}`, "did: invalid document: no id"},
		{`{"id":["did:a:b"]}`, "did: invalid document: no id"},
		{`{"id":"did:a:b#c"}`, `did: invalid document: syntax: invalid DID "did:a:b#c": invalid character in identifier at offset 7`},
		{`{"id":" did:a:b"}`, `expected "did:"`},
		{`{"id":"did:a:b","id":"did:a:b"}`, "did: invalid document: json: "},
		{`{"id":"did:a:b","\u0069d":"did:a:c"}`, "did: invalid document: json: "},
		{`{"id":"did:a:b","service":[{"id":"#a","id":"#b"}]}`, "did: invalid document: json: "},
		{`{"id":"did:a:b"}{}`, "did: invalid document: json: "},
		{`{"id":"did:a:b",}`, "did: invalid document: json: "},
		{"{\"id\":\"did:a:b\",\"x\":\"\xff\"}", "did: invalid document: json: "},
		{`{"id":"did:a:b","x":"\ud800"}`, "did: invalid document: json: "},
		{`{"id":"did:a:b","alsoKnownAs":"at://a.b"}`, "did: invalid document: alsoKnownAs is not an array"},
		{`{"id":"did:a:b","verificationMethod":{}}`, "did: invalid document: verificationMethod is not an array"},
		{`{"id":"did:a:b","service":{}}`, "did: invalid document: service is not an array"},
		{`<html></html>`, "did: invalid document: json: "},
	}
	for _, tt := range tests {
		d, err := did.ParseDocument([]byte(tt.in), nil)
		require.ErrorContains(t, err, tt.want, "%s", tt.in)
		require.Nil(t, d)
		require.NotErrorIs(t, err, did.ErrIDMismatch)
	}
}

func TestDocumentLimits(t *testing.T) {
	text := func(size int) []byte {
		head := `{"id":"did:a:b","x":"`
		return []byte(head + strings.Repeat("x", size-len(head)-2) + `"}`)
	}
	for size, ok := range map[int]bool{100: true, 262_143: true, 262_144: true, 262_145: false, 1 << 20: false} {
		_, err := did.ParseDocument(text(size), nil)
		require.Equal(t, ok, err == nil, "%d", size)
		if !ok {
			limit, isLimit := errors.AsType[*dagcbor.LimitError](err)
			require.True(t, isLimit)
			require.Equal(t, &dagcbor.LimitError{Name: "did: document size", Limit: 262_144, Got: int64(size), Offset: -1}, limit)
		}
	}
	_, err := did.ParseDocument(text(3<<20), &did.ParseOptions{MaxSize: -1})
	require.NoError(t, err)
	_, err = did.ParseDocument(text(101), &did.ParseOptions{MaxSize: 100})
	require.EqualError(t, err, "did: document size 101 exceeds the limit of 100")

	deep := `{"id":"did:a:b","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`
	_, err = did.ParseDocument([]byte(deep), nil)
	limit, isLimit := errors.AsType[*dagcbor.LimitError](err)
	require.True(t, isLimit)
	require.True(t, strings.HasPrefix(limit.Error(), "did: document, json: "), "%v", limit)
}

// TestMemory parses documents of the largest size that consist of the smallest
// parts.
func TestMemory(t *testing.T) {
	for _, list := range []string{"alsoKnownAs", "verificationMethod", "service", "other"} {
		for _, element := range []string{`""`, `{}`, `[]`, `0`, `{"id":""}`} {
			const head, tail = `{"id":"did:a:b","`, `]}`
			n := (did.DefaultMaxDocumentSize - len(head+list+`":[`+tail)) / (len(element) + 1)
			data := []byte(head + list + `":[` + strings.Repeat(element+",", n-1) + element + tail)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d, err := did.ParseDocument(data, nil)
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(32*len(data)), "%s %s", list, element)
			require.Empty(t, d.Services)
		}
	}
}

// TestInputNotKept changes the input after parsing.
func TestInputNotKept(t *testing.T) {
	data := []byte(docText("'alsoKnownAs':['at://a.b']," + services(service("#x", "X", "https://a.b"))))
	d, err := did.ParseDocument(data, nil)
	require.NoError(t, err)
	clear(data)
	require.Equal(t, alice, d.ID.String())
	require.Equal(t, []string{"at://a.b"}, d.AlsoKnownAs)
	require.Equal(t, []did.Service{{ID: "#x", Type: "X", Endpoint: "https://a.b"}}, d.Services)
}

func TestClaimedHandle(t *testing.T) {
	ledger.Covers(t, "DID-014", "DID-015")
	tests := []struct{ aka, want string }{
		{"", ""},
		{"'https://x','at://bad_','at://a.com','at://b.com'", "a.com"},
		{"'at://A.Example.COM'", "a.example.com"},
		{"'at://" + alice + "','at://a.com/path','at://a.com/','at://a.com?q','at://a.com#f','at://@a.com','AT://a.com','at:a.com','a.com',' at://a.com'", ""},
		{"'at://a.com/app.bsky.feed.post','at://b.com'", "b.com"},
		{"'at://','at://com','at://b.com'", "b.com"},
	}
	for _, tt := range tests {
		h, ok := parse(t, "'alsoKnownAs':["+tt.aka+"]").ClaimedHandle()
		require.Equal(t, tt.want, h.String())
		require.Equal(t, tt.want != "", ok)
	}
}

// TestNothingDeclared asks a document that has nothing but its id.
func TestNothingDeclared(t *testing.T) {
	ledger.Covers(t, "DID-024")
	d := parse(t, "")
	_, err := d.SigningKey()
	require.ErrorIs(t, err, did.ErrKeyNotDeclared)
	require.EqualError(t, err, `did: no usable key declared: "#atproto" in the document of "`+alice+`"`)
	_, err = d.PDS()
	require.ErrorIs(t, err, did.ErrPDSNotDeclared)
	require.EqualError(t, err, `did: no usable PDS declared in the document of "`+alice+`": no such service`)
	_, err = d.ServiceURL("bsky_fg", "")
	require.ErrorIs(t, err, did.ErrServiceNotDeclared)
	_, ok := d.ClaimedHandle()
	require.False(t, ok)

	// The zero Document is no document, but safe to ask.
	var zero did.Document
	_, err = zero.SigningKey()
	require.ErrorIs(t, err, did.ErrKeyNotDeclared)
	_, err = zero.PDS()
	require.ErrorIs(t, err, did.ErrPDSNotDeclared)
}

func TestUnmarshalJSON(t *testing.T) {
	type identity struct {
		DIDDoc *did.Document `json:"didDoc"`
		Other  did.Document  `json:"other"`
	}
	var v identity
	text := docText("'alsoKnownAs':['at://a.b']")
	require.NoError(t, json.Unmarshal([]byte(`{"didDoc":`+text+`,"other":null}`), &v))
	require.Equal(t, []string{"at://a.b"}, v.DIDDoc.AlsoKnownAs)
	require.True(t, v.Other.ID.IsZero())

	d := *v.DIDDoc
	require.Error(t, json.Unmarshal([]byte(`{"ID":"did:a:b","AlsoKnownAs":[]}`), &d))
	require.Equal(t, *v.DIDDoc, d)
}

func mustKey(t testing.TB, multikey string) *crypto.PublicKey {
	t.Helper()
	k, err := crypto.ParseMultikey(multikey)
	require.NoError(t, err)
	return k
}
