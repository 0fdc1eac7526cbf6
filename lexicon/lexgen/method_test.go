package lexgen_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest/shared"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// A caller notes the last call and answers it.
type caller struct {
	call   xrpc.Call
	query  string
	input  string
	answer string
	err    error
}

func (c *caller) Call(_ context.Context, call *xrpc.Call) (xrpc.Response, error) {
	c.call, c.query, c.input = *call, "", ""
	if call.Params != nil {
		c.query = string(call.Params.AppendQuery(nil))
	}
	if call.Input != nil {
		b, err := call.Input.AppendJSON(nil)
		if err != nil {
			return xrpc.Response{}, err
		}
		c.input = string(b)
	}
	if c.err != nil {
		return xrpc.Response{}, c.err
	}
	if call.Output != nil {
		return xrpc.Response{}, call.Output.UnmarshalJSON([]byte(c.answer))
	}
	return xrpc.Response{Status: 200}, nil
}

func TestQuery(t *testing.T) {
	c := &caller{answer: `{"things":[{"name":"a"},{"name":"b","more":1}],"cursor":null}`}
	out, err := gentest.GetThings(t.Context(), c, &gentest.GetThingsParams{Who: "alice.example.com", Tags: []string{"x y", ""}, IDs: []int64{1}, Deep: new(false), Limit: new(int64(0))})
	require.NoError(t, err)
	require.Equal(t, "who=alice.example.com&limit=0&tags=x%20y&tags=&ids=1&deep=false&sort=desc", c.query)
	require.Equal(t, "com.example.getThings", c.call.NSID)
	require.Equal(t, xrpc.KindQuery, c.call.Kind)
	require.Equal(t, "b", out.Things[1].Name)
	require.Nil(t, out.Cursor) // null where it must not be is tolerated in answers

	// Nil parameters are the defaults, and are the ones that a catalog writes.
	_, err = gentest.GetThings(t.Context(), c, nil)
	require.NoError(t, err)
	require.Equal(t, "who=&limit=50&sort=desc", c.query)
	want, err := loadCatalog(t).FormatParams(syntax.MustParseNSID("com.example.getThings"), map[string]any{"who": "a.bc", "ids": []any{int64(2)}}, nil)
	require.NoError(t, err)
	require.Equal(t, want, string((&gentest.GetThingsParams{Who: "a.bc", IDs: []int64{2}}).AppendQuery(nil)))

	c.err = &xrpc.Error{Name: gentest.GetThingsErrorNoSuchThing}
	_, err = gentest.GetThings(t.Context(), c, nil)
	require.True(t, xrpc.Is(err, gentest.GetThingsErrorNoSuchThing))
}

func TestParamsValidate(t *testing.T) {
	require.NoError(t, (&gentest.GetThingsParams{Who: "a.bc"}).Validate())
	require.EqualError(t, (&gentest.GetThingsParams{Who: "a.bc", Limit: new(int64(101))}).Validate(), "lexicon: limit: integer 101 is greater than 100")
	require.EqualError(t, (&gentest.GetThingsParams{Who: "a.bc", Tags: []string{"1", "2", "3"}}).Validate(), "lexicon: tags: array of 3 elements, at most 2 are allowed")
	require.ErrorContains(t, (&gentest.GetThingsParams{Who: "?"}).Validate(), `lexicon: who: "?" is not of format at-identifier`)
}

func TestPager(t *testing.T) {
	c := &caller{answer: `{"things":[{"name":"a"}],"cursor":"2"}`}
	params := &gentest.GetThingsParams{Who: "a.bc", Cursor: new("ignored")}
	n := 0
	for thing, err := range gentest.GetThingsPager(c, params, nil).Items(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, "a", thing.Name)
		if n++; n == 1 {
			require.NotContains(t, c.query, "cursor")
			c.answer = `{"things":[{"name":"a"}]}`
		} else {
			require.Contains(t, c.query, "cursor=2")
		}
	}
	require.Equal(t, 2, n)
	require.Equal(t, "ignored", *params.Cursor)
}

func TestProcedure(t *testing.T) {
	ledger.Covers(t, "LEX-126")
	c := &caller{answer: `{"v":5}`}
	out, err := gentest.DoThing(t.Context(), c, &gentest.DoThingParams{Dry: new(true)}, &gentest.DoThingInput2{Input: &gentest.DoThingInput{Swap: new("")}})
	require.NoError(t, err)
	require.Equal(t, int64(5), out.V)
	require.Equal(t, "dry=true", c.query)
	require.Equal(t, xrpc.KindProcedure, c.call.Kind)
	require.JSONEq(t, `{"$type":"com.example.doThing#input","swap":""}`, c.input)

	_, err = gentest.DoThing(t.Context(), c, nil, &gentest.DoThingInput2{})
	require.EqualError(t, err, "lex: union without exactly one member")
	_, err = gentest.DoThing(t.Context(), c, nil, &gentest.DoThingInput2{Input: &gentest.DoThingInput{}, AllOne: &gentest.AllOne{}})
	require.EqualError(t, err, "lex: union without exactly one member")

	// A server that does not know a schema says so by an ordinary error.
	c.err = &xrpc.Error{Status: 400, Name: xrpc.InvalidRequest, Message: "Unknown lexicon"}
	_, err = gentest.DoThing(t.Context(), c, nil, &gentest.DoThingInput2{Unknown: new(lex.Of(&gentest.All{}))})
	require.Error(t, err)
	_, err = gentest.DoThing(t.Context(), c, nil, &gentest.DoThingInput2{AllOne: &gentest.AllOne{}})
	require.True(t, xrpc.Is(err, xrpc.InvalidRequest))

	c.err = nil
	require.NoError(t, gentest.Nothing(t.Context(), c))
	require.Nil(t, c.call.Output)
}

func TestBodies(t *testing.T) {
	c := &caller{answer: `{"free":"form"}`}
	body := xrpc.NewBody("text/plain", strings.NewReader("x"), -1)
	out, err := gentest.Upload(t.Context(), c, body)
	require.NoError(t, err)
	require.Same(t, body, c.call.Body)
	text, err := out.JSON()
	require.NoError(t, err)
	require.JSONEq(t, `{"free":"form"}`, string(text))

	_, err = gentest.Download(t.Context(), c)
	require.NoError(t, err)
	require.True(t, c.call.Stream)
	require.Equal(t, "application/vnd.ipld.car", c.call.Accept)
}

func TestFrames(t *testing.T) {
	var m gentest.SubscribeMessage
	event, err := data.FromJSON([]byte(`{"seq":7}`), nil)
	require.NoError(t, err)
	for _, typ := range []string{"#event", "com.example.subscribe#event"} {
		require.NoError(t, m.UnmarshalFrame(typ, event))
		require.Equal(t, int64(7), m.Event.Seq)
	}
	require.NoError(t, m.UnmarshalFrame("#new", event))
	require.Nil(t, m.Event)
	b, err := m.Unknown.CBOR()
	require.NoError(t, err)
	require.Equal(t, event, b)
	require.EqualError(t, m.UnmarshalFrame("com.example.all#one", event), "lexicon: v: property is required and missing")
	require.Error(t, m.UnmarshalFrame("#new", []byte{0x80}))
}

// TestUnion makes unions, and switches over one.
func TestUnion(t *testing.T) {
	ledger.Covers(t, "LEX-167")
	name := func(u gentest.AllOpen) string {
		switch v := u.Value().(type) {
		case *gentest.AllOne:
			return "one"
		case *shared.SharedDefsThree:
			return "three " + v.N
		case *lex.Unknown:
			return "unknown " + v.LexType()
		case nil:
			return "nothing"
		}
		return "something else"
	}
	for _, c := range []struct {
		u    gentest.AllOpen
		name string
		json string
	}{
		{gentest.AllOpen{One: &gentest.AllOne{V: 1}}, "one", `{"v":1,"$type":"com.example.all#one"}`},
		{gentest.AllOpen{Three: &shared.SharedDefsThree{N: "x"}}, "three x", `{"n":"x","$type":"org.example.shared.defs#three"}`},
		{gentest.AllOpen{Two: &gentest.AllTwo{}}, "something else", `{"$type":"com.example.all#two"}`},
		{gentest.AllOpen{Unknown: unknown(t, `{"a":[{}],"$type":"com.example.new"}`)}, "unknown com.example.new", `{"a":[{}],"$type":"com.example.new"}`},
	} {
		require.Equal(t, c.name, name(c.u))
		b, err := json.Marshal(c.u)
		require.NoError(t, err)
		require.Equal(t, c.json, string(b))
		var again gentest.AllOpen
		require.NoError(t, json.Unmarshal(b, &again))
		require.Equal(t, c.u, again)
	}
	require.Equal(t, "nothing", name(gentest.AllOpen{}))
	require.True(t, new(gentest.AllOpen).IsZero())

	// A closed union refuses what it does not list.
	var closed gentest.AllBothUnion
	require.EqualError(t, closed.UnmarshalJSON([]byte(`{"$type":"com.example.all#one","v":1}`)), `lexicon: $type "com.example.all#one" is not one of the union`)
	require.EqualError(t, closed.UnmarshalJSON([]byte(`{}`)), `lexicon: $type "" is not one of the union`)
}

func unknown(t *testing.T, text string) *lex.Unknown {
	t.Helper()
	u, err := lex.UnknownFromJSON([]byte(text))
	require.NoError(t, err)
	return &u
}

// TestNullable has the three states of a property that is nullable and optional.
func TestNullable(t *testing.T) {
	ledger.Covers(t, "LEX-166")
	b, err := data.FromJSON([]byte(everything), nil)
	require.NoError(t, err)
	var x gentest.All
	require.NoError(t, x.UnmarshalCBOR(b))
	for _, c := range []struct {
		set  lex.Nullable[string]
		json string
	}{{lex.Nullable[string]{}, ""}, {lex.Null[string](), `"bothText":null`}, {lex.Some(""), `"bothText":""`}} {
		x.BothText = c.set
		text, err := x.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, c.json != "", strings.Contains(string(text), "bothText"))
		require.Contains(t, string(text), c.json)
		var again gentest.All
		require.NoError(t, again.UnmarshalJSON(text))
		require.Equal(t, c.set, again.BothText)
	}
	// Unset, zero, and null where it may be.
	for _, c := range []struct {
		set  *string
		json string
	}{{nil, `"nullText":null`}, {new(""), `"nullText":""`}} {
		x.NullText = c.set
		text, err := x.MarshalJSON()
		require.NoError(t, err)
		require.Contains(t, string(text), c.json)
	}
	x.OptText, x.Texts = nil, []string{}
	text, err := x.MarshalJSON()
	require.NoError(t, err)
	require.NotContains(t, string(text), `"optText"`)
	require.Contains(t, string(text), `"texts":[]`)
}

func TestOdd(t *testing.T) {
	text := `{"type":"t","string":"s","func":true,"extra":"e","Extra":"E","foo_bar":"1","fooBar":"2","FooBar":"3","foo-bar":"4","1st":"5","_":"6","é":"7","日本":"8","with space":9,` +
		`"a\"b":"10","aKeyThatIsLongerThanTwentyThreeBytesAndSoHasAHeadOfTwo":"11","x":"","nil":{"$type":"com.example.odd#string","string":{}},"err":{"one":{"$type":"com.example.odd#error"}},"unheard of":[]}`
	b, err := data.FromJSON([]byte(text), nil)
	require.NoError(t, err)
	var x gentest.Odd
	require.NoError(t, x.UnmarshalCBOR(b))
	again, err := x.MarshalCBOR()
	require.NoError(t, err)
	require.Equal(t, b, again)
	require.Equal(t, []string{"t", "s", "e", "E", "1", "2", "3", "4", "5", "11"}, []string{
		*x.Type, *x.String, *x.ExtraField, *x.ExtraField2, *x.FooBar, *x.FooBar2, *x.FooBar3, *x.FooBar4, *x.X1st, *x.AKeyThatIsLongerThanTwentyThreeBytesAndSoHasAHeadOfTwo,
	})
	require.NotNil(t, x.Nil.String.String)
	require.Equal(t, []byte{0x80}, x.Extra.Get("unheard of"))

	// A struct that has to hold itself can neither be written nor read.
	_, err = new(gentest.OddMust).MarshalCBOR()
	require.EqualError(t, err, `lex: required property is not set at "/be"`)
	require.EqualError(t, new(gentest.OddMust).Validate(), "lexicon: be: property is required and missing")
	loop := new(gentest.OddMust)
	loop.Be, loop.Me = loop, &gentest.OddMutual{Must: loop}
	_, err = loop.MarshalCBOR()
	var limit *dagcbor.LimitError
	require.ErrorAs(t, err, &limit)
	require.Error(t, loop.Validate())
}
