package lexgen_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
)

// TestTargetLeftAlone: what could not be decoded changes nothing.
func TestTargetLeftAlone(t *testing.T) {
	// Objects: errors of JSON, of the data model, and late in a value.
	before := gentest.AllOne{V: 5}
	require.NoError(t, before.Extra.Set("x", []byte{0xf6}))
	x := before
	for _, text := range []string{``, `{`, `[]`, `{"v":1`, `{"v":"a"}`, `{"v":1.5}`, `{"a":{"$link":"x"},"v":1}`, `{"w":1}`, `{"v":1}x`} {
		require.Error(t, x.UnmarshalJSON([]byte(text)), text)
		require.Equal(t, before, x, text)
	}
	for _, b := range []string{"", "\xa1\x61v", "\xa1\x61w\x01", "\xa1\x61v\x01\x00", "\x80"} {
		require.Error(t, x.UnmarshalCBOR([]byte(b)), "%x", b)
		require.Equal(t, before, x)
	}
	// Null changes nothing by the convention of package encoding/json.
	require.NoError(t, x.UnmarshalJSON([]byte(`null`)))
	require.NoError(t, json.Unmarshal([]byte(` null `), &x))
	require.Equal(t, before, x)
	// What could be decoded leaves nothing of what was there before.
	require.NoError(t, x.UnmarshalJSON([]byte(`{"v":1}`)))
	require.Equal(t, gentest.AllOne{V: 1}, x)
	var all gentest.All
	require.NoError(t, all.UnmarshalJSON([]byte(everything)))
	copied := all
	require.Error(t, all.UnmarshalJSON([]byte(everything[:len(everything)-1]+`,"text":1}`)))
	require.Equal(t, copied, all)

	// Unions.
	u := gentest.AllOpen{One: &gentest.AllOne{V: 1}}
	for _, text := range []string{`{"$type":"com.example.all#one","v":"x"}`, `{"$type":"com.example.all#one"}`, `[]`, `{"$type":1}`, ``} {
		require.Error(t, u.UnmarshalJSON([]byte(text)), text)
		require.Equal(t, gentest.AllOpen{One: &gentest.AllOne{V: 1}}, u, text)
	}
	require.NoError(t, u.UnmarshalJSON([]byte(`null`)))
	require.NotNil(t, u.One)
	require.NoError(t, u.UnmarshalJSON([]byte(`{"$type":"com.example.new"}`)))
	require.Nil(t, u.One)
	require.NotNil(t, u.Unknown)

	// Messages.
	m := gentest.SubscribeMessage{Event: &gentest.SubscribeEvent{Seq: 3}}
	for typ, body := range map[string]string{
		"#event": "\xa0", "com.example.subscribe#event": "\xa1\x63seq\x61x", "#new": "\x80", "com.example.all#one": "\xa1\x61v\x61x", "": "", "#other": "\xa1",
	} {
		require.Error(t, m.UnmarshalFrame(typ, []byte(body)), typ)
		require.Equal(t, gentest.SubscribeMessage{Event: &gentest.SubscribeEvent{Seq: 3}}, m, typ)
	}
	require.NoError(t, m.UnmarshalFrame("#new", []byte{0xa0}))
	require.Nil(t, m.Event)
	require.NotNil(t, m.Unknown)
}

// TestDefaults reads properties that have a default.
func TestDefaults(t *testing.T) {
	x := new(gentest.All)
	require.Equal(t, "x", x.OptTextOrDefault())
	require.True(t, x.OptFlagOrDefault())
	x.OptText, x.OptFlag = new(""), new(false)
	require.Empty(t, x.OptTextOrDefault())
	require.False(t, x.OptFlagOrDefault())

	o := new(gentest.Odd2)
	require.Equal(t, int64(-3), o.CountOrDefault2())
	require.Equal(t, "d", o.NullOrDefault())
	o.Null = lex.Null[string]()
	require.Equal(t, "d", o.NullOrDefault())
	o.Count, o.Null = new(int64(0)), lex.Some("")
	require.Zero(t, o.CountOrDefault2())
	require.Empty(t, o.NullOrDefault())
}
