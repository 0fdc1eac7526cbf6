package schema_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// TestMemory: what is allocated for a text that tries to make much of little is
// a small multiple of it.
func TestMemory(t *testing.T) {
	const size = 500_000
	fill := func(unit string) string { return strings.TrimSuffix(strings.Repeat(unit, size/len(unit)), ",") }
	for name, text := range map[string]string{
		"integers":   doc(`"a":{"type":"integer","enum":[` + fill("1,") + `]}`),
		"strings":    doc(`"a":{"type":"string","enum":[` + fill(`"",`) + `]}`),
		"commas":     doc(`"a":{"type":"string","description":"` + strings.Repeat(",", size) + `"}`),
		"unknown":    doc(`"a":{"type":"string","x":[` + fill(`[],`) + `]}`),
		"nothing":    `[` + fill(`{},`) + `]`,
		"errors":     doc(`"a":{"type":"query","errors":[` + fill(`{},`) + `]}`),
		"refs":       doc(`"a":{"type":"array","items":{"type":"union","refs":[` + fill(`"#a",`) + `]}}`),
		"bad refs":   doc(`"a":{"type":"array","items":{"type":"union","refs":[` + fill(`"x",`) + `]}}`),
		"open":       strings.Repeat("[", size),
		"truncated":  `{"lexicon":1,"id":"com.example.test","defs":{"a":{"enum":[` + fill("1,"),
		"escapes":    doc(`"a":{"type":"string","enum":[` + fill(`"\u0000",`) + `]}`),
		"not a list": doc(`"a":{"type":"string","enum":` + strings.Repeat("1", size) + `}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = schema.Parse([]byte(text), nil)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(90*len(text)), name)
	}
	// Types and names take most.
	var props []string
	for i := range 20_000 {
		props = append(props, `"p`+strings.Repeat("x", i%9)+string(rune('a'+i%26))+strings.Repeat("y", i/2600)+`":{"type":"bytes"}`)
	}
	text := doc(`"a":{"type":"object","properties":{` + strings.Join(props, ",") + `}}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = schema.Parse([]byte(text), nil)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(60*len(text)))
}
