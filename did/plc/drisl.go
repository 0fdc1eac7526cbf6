package plc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/jsontext"
	"github.com/linnet-at/linnet/internal/strictjson"
)

// A converter writes the JSON that its scanner reads as DRISL, the form over
// which operations are hashed and signed. The conversion is direct: texts stay
// texts, also where the data model has a JSON form of its own, such as $link.
//
// https://web.plc.directory/spec/v0.1/did-plc#operation-serialization-signing-and-validation
type converter struct {
	scan  strictjson.Scanner
	out   []byte
	pairs []pair // of the objects that are open, outermost first
	spare []byte // where pairs are put in order
}

// A pair is out[start:end), of which the name's text is out[key:value).
type pair struct{ start, key, value, end int }

// next moves to the next token.
func (c *converter) next() (strictjson.Kind, error) {
	k, err := c.scan.Next()
	if err != nil {
		return k, jsonError(err)
	}
	return k, nil
}

// jsonError gives an error of package strictjson the prefix of this one. What
// it wraps is a limit, for callers to read.
func jsonError(err error) error {
	if limit, ok := errors.AsType[*dagcbor.LimitError](err); ok {
		limit.Name = "plc: " + limit.Name
		return limit
	}
	return fmt.Errorf("plc: invalid %v", err)
}

// value converts the value whose first token is the current one. It recurses
// no deeper than the scanner lets values nest.
func (c *converter) value(k strictjson.Kind) error {
	switch k {
	case strictjson.Null:
		c.out = dagcbor.AppendNull(c.out)
	case strictjson.True, strictjson.False:
		c.out = dagcbor.AppendBool(c.out, k == strictjson.True)
	case strictjson.Number:
		n, msg := strictjson.ParseInt(c.scan.Text())
		if msg != "" {
			return fmt.Errorf("plc: invalid json: %s at offset %d", msg, c.scan.Offset())
		}
		c.out = dagcbor.AppendInt(c.out, n)
	case strictjson.String:
		c.text()
	case strictjson.Array:
		return c.array()
	case strictjson.Object:
		return c.object()
	}
	return nil
}

// text converts the current string or name.
func (c *converter) text() {
	if !c.scan.Escaped() {
		c.out = dagcbor.AppendText(c.out, c.scan.Text())
		return
	}
	c.spare = c.scan.AppendText(c.spare[:0])
	c.out = dagcbor.AppendText(c.out, c.spare)
}

func (c *converter) array() error {
	start, n := len(c.out), 0
	for {
		k, err := c.next()
		if err != nil {
			return err
		}
		if k == strictjson.ArrayEnd {
			var head [9]byte
			c.out = slices.Insert(c.out, start, dagcbor.AppendArray(head[:0], n)...)
			return nil
		}
		if err := c.value(k); err != nil {
			return err
		}
		n++
	}
}

func (c *converter) object() error {
	start, mark := len(c.out), len(c.pairs)
	for {
		k, err := c.next()
		if err != nil {
			return err
		}
		if k == strictjson.ObjectEnd {
			break
		}
		p := pair{start: len(c.out)}
		c.text()
		p.value = len(c.out)
		p.key = p.value - c.scan.TextLen()
		if k, err = c.next(); err != nil {
			return err
		}
		if err := c.value(k); err != nil {
			return err
		}
		p.end = len(c.out)
		c.pairs = append(c.pairs, p)
	}
	err := c.arrange(start, c.pairs[mark:])
	c.pairs = c.pairs[:mark]
	return err
}

// arrange makes a map of pairs, which are all of out from start on.
func (c *converter) arrange(start int, pairs []pair) error {
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.value-a.key != b.value-b.key {
			return (a.value - a.key) - (b.value - b.key)
		}
		return bytes.Compare(c.out[a.key:a.value], c.out[b.key:b.value])
	})
	c.spare = dagcbor.AppendMap(c.spare[:0], len(pairs))
	for i, p := range pairs {
		name := c.out[p.key:p.value]
		if i > 0 && bytes.Equal(name, c.out[pairs[i-1].key:pairs[i-1].value]) {
			return fmt.Errorf("plc: invalid json: duplicate name %s", quote(string(name)))
		}
		c.spare = append(c.spare, c.out[p.start:p.end]...)
	}
	c.out = append(c.out[:start], c.spare...)
	return nil
}

// appendJSON appends the value that r reads next as JSON, with the names of
// objects in DRISL order. The DRISL has been checked.
func appendJSON(dst []byte, r *dagcbor.Reader) []byte {
	switch r.Kind() {
	case dagcbor.KindText:
		b, _ := r.Text()
		return jsontext.AppendString(dst, b)
	case dagcbor.KindInt:
		n, _ := r.Int()
		return fmt.Append(dst, n)
	case dagcbor.KindBool:
		b, _ := r.Bool()
		return fmt.Append(dst, b)
	case dagcbor.KindArray:
		n, _ := r.Array()
		dst = append(dst, '[')
		for i := range n {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, r)
		}
		return append(dst, ']')
	case dagcbor.KindMap:
		n, _ := r.Map()
		dst = append(dst, '{')
		for i := range n {
			if i > 0 {
				dst = append(dst, ',')
			}
			key, _ := r.Key()
			dst = append(jsontext.AppendString(dst, key), ':')
			dst = appendJSON(dst, r)
		}
		return append(dst, '}')
	}
	_ = r.Null()
	return append(dst, "null"...)
}

// quote returns the beginning of s in quotes, for an error text.
func quote(s string) string {
	const limit = 64
	if len(s) > limit {
		return fmt.Sprintf("%q...", s[:limit])
	}
	return fmt.Sprintf("%q", s)
}
