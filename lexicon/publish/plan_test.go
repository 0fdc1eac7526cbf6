package publish_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/lint"
	"github.com/linnet-at/linnet/lexicon/publish"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

var did = syntax.MustParseDID("did:plc:ewvi7nxzyoun6zhxrhs64oiz")

// record returns a document of a record with the given properties.
func record(t testing.TB, id, props string) *schema.Document {
	t.Helper()
	d, err := schema.Parse([]byte(`{"lexicon":1,"id":"`+id+`","defs":{"main":{"type":"record","description":"d","key":"tid","record":{"type":"object","properties":{`+props+`}}}}}`), nil)
	require.NoError(t, err)
	return d
}

// options publish for two authorities.
func options() publish.Options {
	return publish.Options{DID: did, Authorities: map[string]syntax.DID{"feed.example.com": did, "actor.example.com": did}}
}

func live(docs ...*schema.Document) map[syntax.NSID]*schema.Document {
	m := make(map[syntax.NSID]*schema.Document)
	for _, d := range docs {
		m[d.ID] = d
	}
	return m
}

const n = `"n":{"type":"integer"}`

func TestPlan(t *testing.T) {
	ledger.Covers(t, "LEX-161", "LEX-162", "LEX-163")
	o := options()
	o.Update = true
	o.Live = live(record(t, "com.example.feed.old", n), record(t, "com.example.feed.same", n))
	p := publish.New([]*schema.Document{
		record(t, "com.example.feed.same", n), record(t, "com.example.actor.profile", n), record(t, "com.example.feed.old", n+`,"m":{"type":"string"}`),
	}, o)
	require.False(t, p.Refused())
	require.Equal(t, `repository did:plc:ewvi7nxzyoun6zhxrhs64oiz

actor.example.com
  create  com.example.actor.profile  bafyreihyg62omgfido4hnhx4jdh63qcxwihqy2sniysypzzbxx3rhd66j4

feed.example.com
  update  com.example.feed.old  bafyreifqkqroa3ukkprpuh45lz7lw3u27uzywlvbcizqzznsiumpxvxmru
          warning: com.example.feed.old at "/defs/main/record/properties/m": string without limit [unlimited-string]
  skip    com.example.feed.same
`, p.String())
	create := p.Groups[0].Steps[0]
	require.Equal(t, "com.atproto.lexicon.schema/com.example.actor.profile", create.Path().String())
	text, err := data.ToJSON(create.Record, nil)
	require.NoError(t, err)
	require.Equal(t, `{"id":"com.example.actor.profile","defs":{"main":{"key":"tid","type":"record","record":{"type":"object","properties":{"n":{"type":"integer"}}},"description":"d"}},"$type":"com.atproto.lexicon.schema","lexicon":1}`, string(text))
	require.Nil(t, p.Groups[1].Steps[1].Record)
}

func TestRefused(t *testing.T) {
	ledger.Covers(t, "LEX-133", "LEX-163", "LEX-140")
	breaking := record(t, "com.example.feed.note", `"n":{"type":"string","maxLength":3}`)
	set := func(members string) *schema.Document {
		d, err := schema.Parse([]byte(`{"lexicon":1,"id":"com.example.feed.authAll","defs":{"main":{"type":"permission-set","title":"T","permissions":[`+members+`]}}}`), nil)
		require.NoError(t, err)
		return d
	}
	for want, tc := range map[string]struct {
		doc *schema.Document
		set func(o *publish.Options)
	}{
		"no TXT record of _lexicon.feed.example.com names an account": {record(t, "com.example.feed.note", n), func(o *publish.Options) { o.Authorities = nil }},
		"the TXT record of _lexicon.feed.example.com names did:web:example.com": {record(t, "com.example.feed.note", n), func(o *publish.Options) {
			o.Authorities["feed.example.com"] = syntax.MustParseDID("did:web:example.com")
		}},
		"no TXT record of _lexicon.other.example.com names an account": {record(t, "com.example.other.note", n), nil},
		"names under internal are private":                             {record(t, "internal.example.note", n), func(o *publish.Options) { o.Authorities["example.internal"] = did }},
		"another version is published, and updates are not allowed": {record(t, "com.example.feed.note", n+`,"m":{"type":"integer"}`), func(o *publish.Options) {
			o.Live = live(record(t, "com.example.feed.note", n))
		}},
		"the change breaks others": {breaking, func(o *publish.Options) {
			o.Live, o.Update = live(record(t, "com.example.feed.note", n)), true
		}},
		"it has errors": {set(`{"type":"permission","resource":"rpc","lxm":["*"],"inheritAud":true}`), nil},
		"it cannot be a record": {func() *schema.Document {
			d := record(t, "com.example.feed.note", n)
			d.Extra = []schema.Member{{Name: "x", Value: "1.5"}}
			return d
		}(), nil},
	} {
		o := options()
		if tc.set != nil {
			tc.set(&o)
		}
		p := publish.New([]*schema.Document{tc.doc}, o)
		require.True(t, p.Refused(), want)
		step := p.Groups[0].Steps[0]
		require.Equal(t, publish.Refuse, step.Action)
		require.Contains(t, strings.Join(step.Reasons, "\n"), want)
		require.Contains(t, p.String(), want)
	}

	o := options()
	o.Live, o.Update, o.Breaking = live(record(t, "com.example.feed.note", n)), true, true
	p := publish.New([]*schema.Document{breaking}, o)
	require.False(t, p.Refused())
	require.Equal(t, lint.TypeChange, p.Groups[0].Steps[0].Issues[0].Rule)

	twice := publish.New([]*schema.Document{record(t, "com.example.feed.note", n), record(t, "com.example.feed.note", n)}, options())
	require.True(t, twice.Refused())
	require.Equal(t, publish.Create, twice.Groups[0].Steps[0].Action)
	require.Equal(t, publish.Refuse, twice.Groups[0].Steps[1].Action)
}

// TestUnchanged: the order of names makes no other version.
func TestUnchanged(t *testing.T) {
	ledger.Covers(t, "LEX-164")
	o := options()
	o.Live = live(record(t, "com.example.feed.note", `"a":{"type":"integer"},"b":{"type":"integer"}`))
	p := publish.New([]*schema.Document{record(t, "com.example.feed.note", `"b":{"type":"integer"},"a":{"type":"integer"}`)}, o)
	require.Equal(t, publish.Skip, p.Groups[0].Steps[0].Action)
}

func TestWithdraw(t *testing.T) {
	ledger.Covers(t, "LEX-165")
	p := publish.Withdraw(did, syntax.MustParseNSID("com.example.feed.b"), syntax.MustParseNSID("com.example.feed.a"))
	require.Equal(t, `repository did:plc:ewvi7nxzyoun6zhxrhs64oiz

feed.example.com
  delete  com.example.feed.a
          others keep copies: do not use the name for something else
  delete  com.example.feed.b
          others keep copies: do not use the name for something else
`, p.String())
	require.Equal(t, "com.atproto.lexicon.schema/com.example.feed.a", p.Groups[0].Steps[0].Path().String())
}
