package richtext_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/bsky/richtext"
)

// found writes the matches in a text, one after the other: the part of the text,
// and what it means if that is not the same.
func found(text string) string {
	var out []string
	for m := range richtext.Detect(text, nil) {
		s := text[m.Start:m.End]
		switch {
		case m.Kind == richtext.Link && m.URI != s:
			s += "=" + m.URI
		case m.Kind == richtext.Mention && "@"+m.Handle.String() != s:
			s += "=" + m.Handle.String()
		case m.Kind == richtext.Tag:
			s += "=" + m.Tag
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestMentions(t *testing.T) {
	for text, want := range map[string]string{
		"no mention":                  "",
		"@handle.com middle end":      "@handle.com",
		"start middle @handle.com":    "@handle.com",
		"@a.com @b.com\n@c.com":       "@a.com @b.com @c.com",
		"@full123-chars.test":         "@full123-chars.test",
		"not@right.com":               "",
		"@handle.com!@#$chars":        "@handle.com",
		"parenthetical (@handle.com)": "@handle.com",
		"👨‍👩‍👧‍👧 @handle.com 👨‍👩‍👧‍👧": "@handle.com",
		"@Alice.Example.Com":                       "@Alice.Example.Com=alice.example.com",
		"@alice.example.com.":                      "@alice.example.com",
		"@alice.example.com's":                     "@alice.example.com",
		"@alice.example.com-":                      "@alice.example.com",
		"@alice.example.comさん":                     "@alice.example.com",
		"見て @alice.example.com、":                   "@alice.example.com",
		"@alice.example.com_x":                     "",
		"@alice.example.com@mastodon.example.com":  "",
		"@alice@mastodon.social":                   "",
		"@alice":                                   "",
		"@":                                        "",
		"@.com":                                    "",
		"@alice..com":                              "",
		"@-alice.com":                              "",
		"@alice.local @a.invalid @b.onion":         "",
		"@handle.invalid":                          "",
		"@1.2.3.4":                                 "",
		"[@handle.com]":                            "",
		"((@handle.com))":                          "@handle.com",
		"@" + strings.Repeat("a", 64) + ".com":     "",
		"\ufeff@handle.com\u00a0@b.com\u3000@c.de": "@handle.com @b.com @c.de",
	} {
		require.Equal(t, want, found(text), "%q", text)
	}
}

func TestLinks(t *testing.T) {
	for text, want := range map[string]string{
		"start https://middle.com end":                           "https://middle.com",
		"https://middle.com/foo/bar?baz=bux#hash end":            "https://middle.com/foo/bar?baz=bux#hash",
		"https://newline1.com\nhttps://newline2.com":             "https://newline1.com https://newline2.com",
		"start middle.com end":                                   "middle.com=https://middle.com",
		"start middle.com/foo/bar?baz=bux#hash end":              "middle.com/foo/bar?baz=bux#hash=https://middle.com/foo/bar?baz=bux#hash",
		"middle.com?x middle.com#y middle.com:8080/z":            "middle.com?x=https://middle.com?x middle.com#y=https://middle.com#y middle.com:8080/z=https://middle.com:8080/z",
		"not.. a..url ..here":                                    "",
		"e.g. e.g./foo i.e. z.B. 3.14 v1.2.3 1.2.3.4 10.am":      "",
		"something-cool.jpg website.com.jpg website.com.jpg/foo": "",
		"Node.js main.go index.html README.MD end.So":            "",
		"README.md":                                     "README.md=https://README.md",
		"my-site.co.uk 9gag.com 4.example.com":          "my-site.co.uk=https://my-site.co.uk 9gag.com=https://9gag.com",
		"bob@example.com bob.example.com@x.com x.com_y": "",
		"a.com,b.com":                                   "a.com=https://a.com",
		"a.com:b a.com: a.com!":                         "a.com=https://a.com a.com=https://a.com a.com=https://a.com",
		"a.comを見て":                                      "a.com=https://a.com",
		"見てhttps://a.com":                               "",
		"https://foo.com, https://bar.com/whatever; https://baz.com.": "https://foo.com https://bar.com/whatever https://baz.com",
		"what?! https://foo.com?!... (https://foo.com).":              "https://foo.com https://foo.com",
		"https://foo.com/x。 https://foo.com/「x」 https://foo.com/x」":   "https://foo.com/x https://foo.com/「x」 https://foo.com/x",
		"except for https://foo.com/thing_(cool)":                     "https://foo.com/thing_(cool)",
		"(see https://foo.com/thing_(cool))":                          "https://foo.com/thing_(cool)",
		"(foo.com/thing_(cool), foo.com/a[1])":                        "foo.com/thing_(cool)=https://foo.com/thing_(cool) foo.com/a[1]=https://foo.com/a[1]",
		"https://foo.com/()":                                          "https://foo.com/()",
		"https://foo.com/))) https://foo.com/(((":                     "https://foo.com/ https://foo.com/",
		"\"https://foo.com\" <https://foo.com>":                       "",
		"(https://foo.com\")":                                         "https://foo.com",
		"https://foo.com/\u200b":                                      "https://foo.com/",
		"HTTPS://FOO.COM/x Http://foo.com":                            "HTTPS://FOO.COM/x Http://foo.com",
		"FOO.COM Foo.com":                                             "Foo.com=https://Foo.com",
		"https:// http:// https://... https:///x http://?":            "",
		"ftp://foo.com javascript:alert(1) https:foo.com":             "",
		"https://bücher.example/ñ https://例え.jp":                      "https://bücher.example/ñ https://例え.jp",
		"https://[::1]:80/x":                                          "https://[::1]:80/x",
		"https://user@foo.com/@x":                                     "https://user@foo.com/@x",
		"https://foo.com/(@alice.com":                                 "https://foo.com/(@alice.com",
		"https://foo.com/#tag":                                        "https://foo.com/#tag",
		"a.example.com.. a.example a.test":                            "a.example.com=https://a.example.com",
	} {
		require.Equal(t, want, found(text), "%q", text)
	}
	var all []string
	for m := range richtext.Detect("a.example b.test c.com", &richtext.DetectOptions{TLD: func(tld string) bool { return tld != "com" }}) {
		all = append(all, m.URI)
	}
	require.Equal(t, []string{"https://a.example", "https://b.test"}, all)
}

func TestLongLinks(t *testing.T) {
	fits := "https://a.com/" + strings.Repeat("x", 8192-len("https://a.com/"))
	require.Equal(t, fits, found(fits))
	require.Equal(t, fits, found(fits+" "))
	require.Empty(t, found(fits+"x"))
	require.Empty(t, found(fits[len("https://"):]+"x"))
	require.Empty(t, found(fits[len("https://"):]+strings.Repeat("x", 9)+" "))
	require.Equal(t, "b.com=https://b.com", found(fits+"x b.com"))
}

func TestTags(t *testing.T) {
	for text, want := range map[string]string{
		"#a #b":                                  "#a=a #b=b",
		"#1 #12 #1_ #_ #- # #_1!":                "",
		"body #tag body":                         "#tag=tag",
		"#a1 #1a #a_b #a__b #_b #b_ #a-b #-b":    "#a1=a1 #1a=1a #a_b=a_b #a__b=a__b #_b=_b #b=b #a-b=a-b #-b=-b",
		"text#tag bsky.app/profile#header":       "bsky.app/profile#header=https://bsky.app/profile#header",
		"its a #double#rainbow ##hashash":        "#double#rainbow=double#rainbow ##hashash=#hashash",
		"some #n0n3s@n5e! #with,punctuation":     "#n0n3s@n5e=n0n3s@n5e #with,punctuation=with,punctuation",
		"trailing #punctuation, #like. #this!!!": "#punctuation=punctuation #like=like #this=this",
		"#🦋 emoji, and #butter🦋fly, and #🦋🦋🦋":    "#🦋=🦋 #butter🦋fly=butter🦋fly #🦋🦋🦋=🦋🦋🦋",
		"#👍🏻 #👍🏿":                                "#👍🏻=👍🏻 #👍🏿=👍🏿",
		"#️⃣ #️⃣tag ##️⃣tag":                     "##️⃣tag=#️⃣tag",
		"#\u200b #a\u200bb #ab\u200b #a\u00adb":  "#a=a #ab=ab #a=a",
		"#\u20e2 #a\u20e2b #a\u2060 #a\u200db":   "#a=a #a=a #a=a",
		"＃タグ ＃１ ＃1 ＃":                            "＃タグ=タグ ＃１=１",
		"(#tag)":                                 "",
		"@handle.com#tag a.com;#tag":             "@handle.com a.com=https://a.com",
		"\n#tag\u3000#日本語。":                      "#tag=tag #日本語=日本語",
		"#Привет, #שלום #مرحبا #नमस्ते":          "#Привет=Привет #שלום=שלום #مرحبا=مرحبا #नमस्ते=नमस्ते",
		"#c++ #c# $x #$x":                        "#c++=c++ #c=c #$x=$x",
	} {
		require.Equal(t, want, found(text), "%q", text)
	}
	long := strings.Repeat("a", 64)
	require.Equal(t, "#"+long+"="+long, found("#"+long))
	require.Equal(t, "#"+long+"="+long, found("#"+long+"!!!"))
	require.Empty(t, found("#"+long+"b"))
	family := "👨‍👩‍👧‍👧"
	require.Equal(t, "#👨=👨", found("#"+family), "joiners end a tag")
	wide := strings.Repeat("e\u0301\u0302\u0303\u0304", 64) // 64 graphemes of 9 bytes
	require.Len(t, wide, 576)
	require.Equal(t, "#"+wide+"="+wide, found("#"+wide))
	heavy := strings.Repeat("e\u0301\u0302\u0303\u0304\u0305", 59) // 649 bytes
	require.Empty(t, found("#"+heavy))
}

func TestMixed(t *testing.T) {
	const text = "Привет @alice.example.com! See 例え example.com/鳥?q=1#x (or https://b.org), #🐦 #go."
	require.Equal(t, "@alice.example.com example.com/鳥?q=1#x=https://example.com/鳥?q=1#x https://b.org #🐦=🐦 #go=go", found(text))
	var kinds []string
	for m := range richtext.Detect(text, nil) {
		kinds = append(kinds, m.Kind.String())
	}
	require.Equal(t, []string{"mention", "link", "link", "tag", "tag"}, kinds)
	require.Equal(t, "unknown", richtext.Kind(0).String())
	for range richtext.Detect(text, nil) {
		break
	}
	require.Empty(t, slices.Collect(richtext.Detect("", nil)))
	require.Empty(t, found("\xff@\xff #\xff https://a.com/\xff"))
}

// TestHostileTexts detects in texts that are made to take long.
func TestHostileTexts(t *testing.T) {
	const size = 1 << 20
	for _, piece := range []string{
		"(", "@", "#", " #", "#!", " #!", "(a", "(a.", "(a.b", "(@a", "(@a.b", "(http://", "(http://a.b", " http://a.b/)", "(https://a.com/", ")", " a.com/)))",
		"http://a.com/((((", "\u200b", " #\u200b", " #a\u0301", "\xff", " @a.b-", "a.com/", "(a.com/", "👨‍👩‍👧‍👧", " #👨\u200d",
	} {
		text := strings.Repeat(piece, size/len(piece))
		n := 0
		for range richtext.Detect(text, nil) {
			n++
		}
		require.LessOrEqual(t, n, size/len(piece))
	}
}

func FuzzDetect(f *testing.F) {
	for _, s := range []string{"@alice.example.com https://a.com/(b) #tag ＃1a a.co.uk:80/x.", "(@a.b (c.d #\u200b", "a.com)))((("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := slices.Collect(richtext.Detect(text, nil))
		end := 0
		for _, m := range got {
			require.LessOrEqual(t, end, m.Start)
			require.Less(t, m.Start, m.End)
			require.LessOrEqual(t, m.End, len(text))
			end = m.End
		}
		require.Equal(t, fmt.Sprint(reference(text)), fmt.Sprint(got))
	})
}
