package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/schema"
)

func TestMethod(t *testing.T) {
	ledger.Covers(t, "LEX-169")
	parse := func(def string) *schema.Document {
		d, err := schema.Parse([]byte(`{"lexicon":1,"id":"com.example.test","defs":{"main":`+def+`}}`), nil)
		require.NoError(t, err)
		return d
	}
	d := parse(`{"type":"procedure","description":"D","parameters":{"type":"params","description":"D","required":["b"],"properties":{
		"b":{"type":"boolean","description":"D","default":true},"i":{"type":"integer","minimum":-1,"maximum":2,"enum":[1,2],"default":1},
		"s":{"type":"string","format":"did","minLength":1,"maxLength":2,"minGraphemes":3,"maxGraphemes":4,"knownValues":["x"],"enum":["x","y"],"default":"x"},
		"c":{"type":"string","const":"c"},"l":{"type":"array","items":{"type":"integer","const":3},"minLength":1,"maxLength":2}}},
		"input":{"encoding":"application/json"},"output":{"encoding":"Application/JSON","schema":{"type":"object","properties":{}}},"errors":[{"name":"A","description":"D"},{"name":"B"}]}`)
	want := func() schema.Method {
		return schema.Method{
			NSID: "com.example.test", Kind: schema.KindProcedure,
			Params: &schema.Params{Required: []string{"b"}, Properties: []schema.Property{
				{Name: "b", Type: &schema.Boolean{Default: new(true)}},
				{Name: "i", Type: &schema.Integer{Minimum: new(int64(-1)), Maximum: new(int64(2)), Enum: []int64{1, 2}, Default: new(int64(1))}},
				{Name: "s", Type: &schema.String{
					Format: schema.FormatDID, MinLength: new(int64(1)), MaxLength: new(int64(2)), MinGraphemes: new(int64(3)), MaxGraphemes: new(int64(4)),
					KnownValues: []string{"x"}, Enum: []string{"x", "y"}, Default: new("x"),
				}},
				{Name: "c", Type: &schema.String{Const: new("c")}},
				{Name: "l", Type: &schema.Array{Items: &schema.Integer{Const: new(int64(3))}, MinLength: new(int64(1)), MaxLength: new(int64(2))}},
			}},
			Input:  schema.MethodBody{Encoding: "application/json"},
			Output: schema.MethodBody{Encoding: "Application/JSON", Typed: true},
			Errors: []string{"A", "B"},
		}
	}
	m, ok := d.Method()
	require.True(t, ok)
	require.Equal(t, want(), m)

	// It shares nothing with the document.
	m.Params.Required[0], m.Params.Properties[0].Name, m.Errors[0] = "", "", ""
	*m.Params.Property("s").(*schema.String).Default = "changed"
	m.Params.Property("i").(*schema.Integer).Enum[0] = 9
	text := m.Params.Property("s").(*schema.String)
	text.Enum[0], text.KnownValues[0], *text.MinLength = "changed", "changed", 9
	list := m.Params.Property("l").(*schema.Array)
	*list.MaxLength, *list.Items.(*schema.Integer).Const = 9, 9
	m, _ = d.Method()
	require.Equal(t, want(), m)

	m, ok = parse(`{"type":"query","parameters":{"type":"params","properties":{}},"output":{"encoding":"*/*"}}`).Method()
	require.True(t, ok)
	require.Equal(t, schema.Method{NSID: "com.example.test", Kind: schema.KindQuery, Output: schema.MethodBody{Encoding: "*/*"}}, m)
	m, ok = parse(`{"type":"query","output":{"encoding":"text/plain","schema":{"type":"object","properties":{}}}}`).Method()
	require.True(t, ok)
	require.Equal(t, schema.MethodBody{Encoding: "text/plain"}, m.Output, "what is no JSON is of no type")
	m, ok = parse(`{"type":"subscription","message":{"schema":{"type":"union","refs":[]}}}`).Method()
	require.True(t, ok)
	require.Equal(t, schema.Method{NSID: "com.example.test", Kind: schema.KindSubscription}, m)
	for _, def := range []string{`{"type":"token"}`, `{"type":"record","key":"tid","record":{"type":"object","properties":{}}}`} {
		m, ok = parse(def).Method()
		require.False(t, ok)
		require.Zero(t, m)
	}
}
