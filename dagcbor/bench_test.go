package dagcbor_test

import (
	"testing"

	"github.com/linnet-at/linnet/dagcbor"
)

// strongRef, facet, blob and post are a record of collection
// app.bsky.feed.post with most of what one can hold.
type strongRef struct {
	CID string `cbor:"cid"`
	URI string `cbor:"uri"`
}

type byteSlice struct {
	ByteEnd   int64 `cbor:"byteEnd"`
	ByteStart int64 `cbor:"byteStart"`
}

type feature struct {
	Type string `cbor:"$type"`
	DID  string `cbor:"did,omitempty"`
	URI  string `cbor:"uri,omitempty"`
}

type facet struct {
	Index    byteSlice `cbor:"index"`
	Features []feature `cbor:"features"`
}

type blob struct {
	Type     string      `cbor:"$type"`
	Ref      dagcbor.CID `cbor:"ref"`
	MimeType string      `cbor:"mimeType"`
	Size     int64       `cbor:"size"`
}

type image struct {
	Alt   string `cbor:"alt"`
	Image blob   `cbor:"image"`
}

type images struct {
	Type   string  `cbor:"$type"`
	Images []image `cbor:"images"`
}

type reply struct {
	Root   strongRef `cbor:"root"`
	Parent strongRef `cbor:"parent"`
}

type post struct {
	Text      string   `cbor:"text"`
	Type      string   `cbor:"$type"`
	Embed     *images  `cbor:"embed,omitempty"`
	Langs     []string `cbor:"langs,omitempty"`
	Reply     *reply   `cbor:"reply,omitempty"`
	Facets    []facet  `cbor:"facets,omitempty"`
	CreatedAt string   `cbor:"createdAt"`
}

// typicalPost is a reply with an image and a mention; its encoding has 732 bytes.
func typicalPost() post {
	ref := strongRef{
		CID: dagcbor.Sum(dagcbor.DAGCBOR, []byte("parent")).String(),
		URI: "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a",
	}
	return post{
		Text: "The wren sings at dawn — and @linnet.example.com answers.",
		Type: "app.bsky.feed.post",
		Embed: &images{"app.bsky.embed.images", []image{{
			"A wren on a fence post.",
			blob{"blob", dagcbor.Sum(dagcbor.Raw, []byte("image")), "image/jpeg", 421_337},
		}}},
		Langs: []string{"en"},
		Reply: &reply{ref, ref},
		Facets: []facet{{byteSlice{50, 30}, []feature{
			{Type: "app.bsky.richtext.facet#mention", DID: "did:plc:ewvi7nxzyoun6zhxrhs64oiz"},
		}}},
		CreatedAt: "2026-08-19T05:31:54.110Z",
	}
}

func typicalPostBytes(t testing.TB) []byte {
	t.Helper()
	b, err := dagcbor.Marshal(typicalPost())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkValid(b *testing.B) {
	data := typicalPostBytes(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := dagcbor.Valid(data, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// lookUp walks over a post and returns the sizes of three of its fields.
func lookUp(data []byte) (text, langs, createdAt int, err error) {
	r := dagcbor.NewReader(data, nil)
	n, _ := r.Map()
	for range n {
		key, _ := r.Key()
		switch string(key) {
		case "text":
			s, _ := r.Text()
			text = len(s)
		case "langs":
			langs, _ = r.Array()
			for range langs {
				_, _ = r.Text()
			}
		case "createdAt":
			s, _ := r.Text()
			createdAt = len(s)
		default:
			_ = r.Skip()
		}
	}
	return text, langs, createdAt, r.End()
}

func BenchmarkReaderLookUp(b *testing.B) {
	data := typicalPostBytes(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, langs, _, err := lookUp(data); err != nil || langs != 1 {
			b.Fatal(err, langs)
		}
	}
}

func BenchmarkReaderSkip(b *testing.B) {
	data := typicalPostBytes(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		r := dagcbor.NewReader(data, nil)
		if err := r.Skip(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	p := typicalPost()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dagcbor.Marshal(&p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	data := typicalPostBytes(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var p post
		if err := dagcbor.Unmarshal(data, &p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalAny(b *testing.B) {
	data := typicalPostBytes(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var p any
		if err := dagcbor.Unmarshal(data, &p); err != nil {
			b.Fatal(err)
		}
	}
}

// appendPost is what a codec written by hand looks like; it leaves out the
// facets.
func appendPost(dst []byte, p *post) []byte {
	dst = dagcbor.AppendMap(dst, 4)
	dst = dagcbor.AppendText(dst, "text")
	dst = dagcbor.AppendText(dst, p.Text)
	dst = dagcbor.AppendText(dst, "$type")
	dst = dagcbor.AppendText(dst, p.Type)
	dst = dagcbor.AppendText(dst, "embed")
	dst = dagcbor.AppendMap(dst, 2)
	dst = dagcbor.AppendText(dst, "$type")
	dst = dagcbor.AppendText(dst, p.Embed.Type)
	dst = dagcbor.AppendText(dst, "images")
	dst = dagcbor.AppendArray(dst, len(p.Embed.Images))
	for i := range p.Embed.Images {
		img := &p.Embed.Images[i]
		dst = dagcbor.AppendMap(dst, 2)
		dst = dagcbor.AppendText(dst, "alt")
		dst = dagcbor.AppendText(dst, img.Alt)
		dst = dagcbor.AppendText(dst, "image")
		dst = dagcbor.AppendMap(dst, 4)
		dst = dagcbor.AppendText(dst, "ref")
		dst = dagcbor.AppendLink(dst, img.Image.Ref)
		dst = dagcbor.AppendText(dst, "size")
		dst = dagcbor.AppendInt(dst, img.Image.Size)
		dst = dagcbor.AppendText(dst, "$type")
		dst = dagcbor.AppendText(dst, img.Image.Type)
		dst = dagcbor.AppendText(dst, "mimeType")
		dst = dagcbor.AppendText(dst, img.Image.MimeType)
	}
	dst = dagcbor.AppendText(dst, "createdAt")
	return dagcbor.AppendText(dst, p.CreatedAt)
}

func BenchmarkAppend(b *testing.B) {
	p := typicalPost()
	buf := appendPost(nil, &p)
	if err := dagcbor.Valid(buf, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		buf = appendPost(buf[:0], &p)
	}
}
