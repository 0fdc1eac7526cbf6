package jsontext_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/jsontext"
)

func TestAppendString(t *testing.T) {
	var all strings.Builder
	for r := range rune(0x3000) {
		all.WriteRune(r)
	}
	for _, s := range []string{"", `"\/`, "\x00\x1f\x7f", "é😀\u2028</>&", all.String()} {
		text := string(jsontext.AppendString([]byte("x"), s))[1:]
		var got string
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, s, got)
		require.Equal(t, text, string(jsontext.AppendString(nil, []byte(s))))
		require.LessOrEqual(t, len(text), len(s)+2+strings.Count(s, `"`)+strings.Count(s, `\`)+5*32)
	}
	require.Equal(t, `"\u0000\u000a\u001f\"\\/`+"\x7f\xff"+`"`, string(jsontext.AppendString(nil, "\x00\n\x1f\"\\/\x7f\xff")))
}

func TestAppendPointer(t *testing.T) {
	// https://www.rfc-editor.org/rfc/rfc6901#section-5
	for name, want := range map[string]string{
		"": "/", "foo": "/foo", "a/b": "/a~1b", "m~n": "/m~0n", "~1": "/~01", " ": "/ ", `k"l`: `/k"l`, "~/~": "/~0~1~0", "é": "/é",
	} {
		require.Equal(t, "x"+want, string(jsontext.AppendPointer([]byte("x"), name)))
		require.Equal(t, want, string(jsontext.AppendPointer(nil, []byte(name))))
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("a~1/\"\\\n")
	f.Fuzz(func(t *testing.T, s string) {
		back := strings.NewReplacer("~1", "/", "~0", "~").Replace(string(jsontext.AppendPointer(nil, s))[1:])
		require.Equal(t, s, back)
		if !utf8.ValidString(s) {
			return
		}
		var got string
		require.NoError(t, json.Unmarshal(jsontext.AppendString(nil, s), &got))
		require.Equal(t, s, got)
	})
}
