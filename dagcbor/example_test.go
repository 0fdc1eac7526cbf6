package dagcbor_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
)

func Example() {
	type profile struct {
		Type   string       `cbor:"$type"`
		Name   string       `cbor:"name"`
		Pinned *dagcbor.CID `cbor:"pinned,omitempty"` // a link
	}
	pinned := dagcbor.MustParseCID("bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a")
	b, err := dagcbor.Marshal(profile{"com.example.profile", "wren", &pinned})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(b), "bytes,", dagcbor.Sum(dagcbor.DAGCBOR, b))

	var p profile
	if err := dagcbor.Unmarshal(b, &p); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Name, p.Pinned)
	// Output:
	// 85 bytes, bafyreichlvi2mkk4u6byfmf7qin7bac7dxu6tw6qlzvkalpkq7ji6sdmau
	// wren bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a
}

func ExampleReader() {
	b := []byte("\xa3\x64text\x65hello\x65$type\x72com.example.record\x65langs\x82\x62en\x62de")

	r := dagcbor.NewReader(b, nil)
	pairs, err := r.Map()
	if err != nil {
		fmt.Println(err)
		return
	}
	for range pairs {
		// Errors stay: it is enough to ask at the end.
		key, _ := r.Key()
		switch string(key) {
		case "text":
			text, _ := r.Text()
			fmt.Printf("text %s\n", text)
		case "langs":
			n, _ := r.Array()
			for range n {
				lang, _ := r.Text()
				fmt.Printf("lang %s\n", lang)
			}
		default:
			_ = r.Skip()
		}
	}
	fmt.Println(r.End())
	// Output:
	// text hello
	// lang en
	// lang de
	// <nil>
}

func ExampleAppendMap() {
	b := dagcbor.AppendMap(nil, 3)
	b = dagcbor.AppendText(b, "ok") // the shorter key comes first
	b = dagcbor.AppendBool(b, true)
	b = dagcbor.AppendText(b, "link")
	b = dagcbor.AppendLink(b, dagcbor.Sum(dagcbor.Raw, []byte("hello")))
	b = dagcbor.AppendText(b, "sizes")
	b = dagcbor.AppendArray(b, 2)
	b = dagcbor.AppendInt(b, 23)
	b = dagcbor.AppendInt(b, -500)
	fmt.Printf("%x\n", b)
	fmt.Println(dagcbor.Valid(b, nil))
	// Output:
	// a3626f6bf5646c696e6bd82a582500015512202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b98246573697a657382173901f3
	// <nil>
}

func ExampleSum() {
	data := []byte("hello")
	c := dagcbor.Sum(dagcbor.Raw, data)
	fmt.Println(c)
	fmt.Println(c.Matches(data), c.Matches([]byte("hullo")))
	// Output:
	// bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq
	// true false
}

func ExampleParseCID() {
	c, err := dagcbor.ParseCID("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq")
	fmt.Println(c.Codec(), err)
	_, err = dagcbor.ParseCID("bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yer")
	fmt.Println(err)
	// Output:
	// raw <nil>
	// dagcbor: invalid CID "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yer": stray bits after the last byte
}

func ExampleValid() {
	err := dagcbor.Valid([]byte("\xa2\x61b\x01\x61a\x02"), nil)
	fmt.Println(err)
	if e, ok := errors.AsType[*dagcbor.Error](err); ok {
		fmt.Println(e.Offset)
	}
	err = dagcbor.Valid([]byte("\x81\x81\x81\x80"), &dagcbor.Options{MaxDepth: 3})
	fmt.Println(err)
	// Output:
	// dagcbor: map keys are out of order at offset 4
	// 4
	// dagcbor: nesting depth 4 exceeds the limit of 3 at offset 3
}

func ExampleValues() {
	log := []byte("\x01\xa1\x63seq\x18\x2a\xf7")
	for value, err := range dagcbor.Values(log, nil) {
		fmt.Printf("%x %v\n", value, err)
	}
	// Output:
	// 01 <nil>
	// a163736571182a <nil>
	//  dagcbor: undefined at offset 8
}

func ExampleDecoder() {
	stream := strings.NewReader("\xa1\x63seq\x01\xa1\x63seq\x02")
	d := dagcbor.NewDecoder(stream, &dagcbor.Options{MaxSize: 64 << 10}) // per value
	for {
		var event struct {
			Seq int64 `cbor:"seq"`
		}
		err := d.Decode(&event)
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(event.Seq, "at", d.Offset())
	}
	// Output:
	// 1 at 6
	// 2 at 12
}

func ExampleSplitFirst() {
	frame := []byte("\xa1\x62op\x01\xa1\x63seq\x18\x2a")
	header, body, err := dagcbor.SplitFirst(frame, nil)
	fmt.Printf("%x %x %v\n", header, body, err)
	// Output: a1626f7001 a163736571182a <nil>
}
