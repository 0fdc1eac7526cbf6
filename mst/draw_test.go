package mst_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/mst"
)

func TestDraw(t *testing.T) {
	for keys, want := range map[string]string{
		"": "layer 0  " + emptyRoot,
		"3fp2j 3fr2j 3fs2j 3ft2j 4fc2j": `
layer 1  bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m
├─ layer 0  bafyreif3sdxmlpkhus4bgjqfxoduedvmgsuhvb2f3kqaoo3hp3pixz3lve
│  ├─ com.example.record/3jqfcqzm3fp2j  VALUE
│  └─ com.example.record/3jqfcqzm3fr2j  VALUE
├─ com.example.record/3jqfcqzm3fs2j  VALUE
└─ layer 0  bafyreia4qnwap675q3kg5v23fjkapi2afvszmvscmqyh4fxxqwbjrcx3ay
   ├─ com.example.record/3jqfcqzm3ft2j  VALUE
   └─ com.example.record/3jqfcqzm4fc2j  VALUE`,
		"A0/374913 C2/014073": `
layer 2  bafyreigjngqzhaxshstbbmpl6j5gjzyeyscfbsgelmbdvckwdb6p7uflum
├─ layer 1  bafyreia2kq243hqq3volwlzkbzzphoeqauk54sc5h7vgogq4ei5fjizxvy
│  └─ layer 0  bafyreidnnkrdkcaswbflgtdsxm7nzs7p5f2rdous6wrlupzstuwqu5pfgm
│     └─ A0/374913  VALUE
└─ C2/014073  VALUE`,
	} {
		want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "VALUE", leafValue.String()) + "\n"
		tree := build(t, examples(keys))
		for _, tree := range []*mst.Tree{tree, lazy(t, tree)} {
			var got strings.Builder
			require.NoError(t, tree.Draw(t.Context(), &got))
			require.Equal(t, want, got.String())
		}
	}
}

// Keys cannot draw outside of their place.
func TestDrawKeys(t *testing.T) {
	for key, want := range map[string]string{
		"a/b c":                  "a/b c",
		"new\nline":              `"new\nline"`,
		"\x1b[2J":                `"\x1b[2J"`,
		"\xff":                   `"\xff"`,
		`say "x"`:                `"say \"x\""`,
		"ü":                      "ü",
		strings.Repeat("x", 200): `"` + strings.Repeat("x", 128) + `"…`,
		"\u202eright to left":    `"\u202eright to left"`,
	} {
		var got strings.Builder
		require.NoError(t, build(t, map[string]dagcbor.CID{key: leafValue}).Draw(t.Context(), &got))
		_, line, found := strings.Cut(got.String(), "└─ ")
		require.True(t, found)
		require.Equal(t, want+"  "+leafValue.String()+"\n", line)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestDrawErrors(t *testing.T) {
	full := errors.New("disk full")
	require.Equal(t, full, mst.New().Draw(t.Context(), failing{full}))
}
