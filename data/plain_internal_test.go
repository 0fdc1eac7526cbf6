package data

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// fuzzOptions are the options under which the fast paths are held against the
// slow ones.
var fuzzOptions = []*Options{
	nil,
	{Permissive: true},
	{SafeIntegers: true, MaxDepth: 3, MaxContainer: 4, MaxKey: 6, MaxCBOR: 200},
}

// FuzzChecker holds the checker against the walker, which has the last word.
func FuzzChecker(f *testing.F) {
	for _, s := range []string{
		"\xa1eolinks\x01", "\xa2aa\x01ab\x02", "\xa2aa\x01aa\x02", "\xa2ab\x01aa\x02", "\xa2\x63aab\x01\x63aaa\x02", "\xa2baa\x01ab\x02", "\xa1\x65$type\x64blob", "\xa1\x65$link\x01",
		"\xd8\x2a\x58\x25\x00\x01\x71\x12\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", "\x1b\x80\x00\x00\x00\x00\x00\x00\x00",
		"\x3b\x00\x1f\xff\xff\xff\xff\xff\xfe", "\x82\x61a\x62\xc3\xa9", "\x18\x17", "\x19\x00\xff", "\x84\xf4\xf5\xf6\xf7", "\xf9\x00\x00", "\x1b\x00\x1f\xff\xff\xff\xff\xff\xff", "\x1b\x00\x20\x00\x00\x00\x00\x00\x00", "\x3b\x00\x1f\xff\xff\xff\xff\xff\xff", "\xd8\x2a\x45\x00\x01\x55\x00\x00", "\x81\xd8\x2a\x44\x00\x01\x55\x00", "\x81\x81\x81\x80", "\x81\x81\x81\x81\x80",
		"\xa2\x69abcdefghi\x01\x69abcdefghj\x02", "\xa2\x69abcdefghj\x01\x69abcdefghi\x02", "\xa2\x60\x01\x61\x00\x02", "\xa1\x78\x18aaaaaaaaaaaaaaaaaaaaaaaa\x01", "\xa1\x41a\x01", "\x9f\xff", "\x7f\xff", "\x1c", "\xa1",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range fuzzOptions {
			ru := o.rules()
			err := ru.judge(b)
			if ru.accepts(b) {
				require.NoError(t, err, "%x", b)
			} else {
				require.Error(t, err, "%x", b) // declined
			}
		}
	})
}

// FuzzPlainJSON holds the plain transcoder against the general one, which has
// the last word.
func FuzzPlainJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-2,{"b":"c"}],"$type":"x"}`, ` { "b" : 1 , "a" : [ ] } `, `{"a":1,"a":2}`, `{"$link":"b"}`, `{"$bytes":"YQ=="}`, `{"$bytes":"YQ","a":1}`, `{"":1}`,
		`{"a":"\u0061\n"}`, `"abcdefghijklmnopqrstuvwxyz"`, `"жжжжжжжжж"`, `-`, `-0`, `01`, `1.0`, `1e2`, `999999999999999999`, `1000000000000000000`, `[1,]`, `[,1]`, `{"a":}`, `{,}`, `{"a"}`, `[1 2]`, `"a`, `tru`, `nul`, `[true,false,null]`,
		`{"$link":"bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity"}`, `{"$type":"blob"}`, `{"$type":1}`, `[[[[1]]]]`, `{"abcdefg":1}`, `[1,2,3,4,5]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, o := range fuzzOptions {
			ru := o.rules()
			prefix := []byte("prefix")
			if got, ok := ru.appendPlain(prefix, text); ok {
				want, err := ru.appendAny(prefix, text)
				require.NoError(t, err, "%s", text)
				require.Equal(t, want, got, "%s", text)
			}
		}
	})
}
