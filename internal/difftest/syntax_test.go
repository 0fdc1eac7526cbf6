package difftest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/linnet-at/linnet/internal/difftest"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/syntax"
)

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
	alnum  = lower + upper + digits
)

// A format is one kind of string: how we read it, valid strings of it, and the
// files of vectors that have more.
type format struct {
	ours    func(s string) ([]byte, error)
	valid   func(r *rand.Rand) string
	vectors []string
}

// parsed makes ours of a parser and what to compare of its values.
func parsed[T any](parse func(string) (T, error), show func(T) string) func(string) ([]byte, error) {
	return func(s string) ([]byte, error) {
		v, err := parse(s)
		if err != nil || show == nil {
			return nil, err
		}
		return []byte(show(v)), nil
	}
}

var formats = map[string]format{
	"at-identifier": {parsed(syntax.ParseAtIdentifier, nil), validAuthority, []string{"atidentifier_syntax"}},
	"at-uri":        {parsed(syntax.ParseATURI, showATURI), validATURI, []string{"aturi_syntax"}},
	"cid-string":    {parsed(syntax.ParseCIDString, nil), validCIDString, []string{"cid_syntax"}},
	"datetime":      {parsed(syntax.ParseDatetime, showDatetime), validDatetime, []string{"datetime_syntax", "datetime_parse"}},
	"did":           {parsed(syntax.ParseDID, nil), validDID, []string{"did_syntax"}},
	"handle":        {parsed(syntax.ParseHandle, func(h syntax.Handle) string { return h.Normalize().String() }), validHandle, []string{"handle_syntax"}},
	"language":      {parsed(syntax.ParseLanguage, nil), validLanguage, []string{"language_syntax", "language_parse"}},
	"nsid":          {parsed(syntax.ParseNSID, func(n syntax.NSID) string { return n.Authority() + " " + n.Name() }), validNSID, []string{"nsid_syntax"}},
	"record-key":    {parsed(syntax.ParseRecordKey, nil), validRecordKey, []string{"recordkey_syntax"}},
	"tid":           {parsed(syntax.ParseTID, showTID), validTID, []string{"tid_syntax"}},
	"uri":           {parsed(syntax.ParseURI, nil), validURI, []string{"uri_syntax"}},
}

func TestSyntax(t *testing.T) {
	functions := map[string]function{}
	seeds := map[string][]string{}
	var names []string
	for name, f := range formats {
		names = append(names, name)
		functions[name] = function{ours: func(args [][]byte) ([]byte, error) { return f.ours(string(args[0])) }}
		for _, file := range f.vectors {
			if !strings.HasSuffix(file, "_parse") {
				seeds[name] = append(seeds[name], fixtures.InteropLines(t, "syntax/"+file+"_valid.txt")...)
			}
			seeds[name] = append(seeds[name], fixtures.InteropLines(t, "syntax/"+file+"_invalid.txt")...)
		}
	}
	slices.Sort(names)
	compare(t, functions, 1, func(r *rand.Rand) difftest.Request {
		name := pick(r, names)
		var s string
		switch r.IntN(10) {
		case 0:
			s = pick(r, seeds[name])
		case 1, 2:
			s = mutate(r, pick(r, seeds[name]))
		case 3, 4, 5:
			s = formats[name].valid(r)
		default:
			s = mutate(r, formats[name].valid(r))
		}
		return difftest.Request{Func: name, Args: [][]byte{[]byte(s)}}
	})
}

func validDID(r *rand.Rand) string {
	method := pick(r, []string{"plc", "web", "key", letters(r, lower, 1, 8)})
	return "did:" + method + ":" + letters(r, alnum+"._:%-", 0, 1+size(r, 2038)) + letters(r, alnum+"._-", 1, 1)
}

// label returns a label of a domain name that starts with a letter of first.
func label(r *rand.Rand, first string) string {
	s := letters(r, first, 1, 1)
	if n := size(r, 62); n > 0 {
		s += letters(r, alnum+"--", n-1, n-1) + letters(r, alnum, 1, 1)
	}
	return s
}

func validHandle(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString(label(r, alnum) + ".")
	}
	return fill(r, b.String()+label(r, lower+upper), syntax.MaxHandleLen)
}

// fill puts labels before s, at times, so that its length is max, or one more or
// less.
func fill(r *rand.Rand, s string, max int) string {
	if !chance(r, 5) {
		return s
	}
	for n := max + r.IntN(3) - 1; len(s) < n; {
		if missing := n - len(s); missing == 1 {
			s = "a" + s
		} else {
			s = letters(r, lower, 1, min(missing-1, 60)) + "." + s
		}
	}
	return s
}

func validAuthority(r *rand.Rand) string {
	if chance(r, 50) {
		return validHandle(r)
	}
	return validDID(r)
}

func validNSID(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(label(r, lower+upper))
	for range 1 + r.IntN(4) {
		b.WriteString("." + label(r, alnum))
	}
	name := letters(r, lower+upper, 1, 1) + letters(r, alnum, 0, size(r, 62))
	return fill(r, b.String()+"."+name, syntax.MaxNSIDLen)
}

func validRecordKey(r *rand.Rand) string {
	return letters(r, alnum+"_~.:-", 1, 1+size(r, 511))
}

func validTID(r *rand.Rand) string {
	return letters(r, "234567abcdefghij", 1, 1) + letters(r, "234567"+lower, 12, 12)
}

func showTID(t syntax.TID) string {
	return fmt.Sprintf("%d %d", t.Integer()>>10, t.ClockID())
}

func validATURI(r *rand.Rand) string {
	s := "at://" + validAuthority(r)
	if chance(r, 80) {
		s += "/" + validNSID(r)
		if chance(r, 80) {
			s += "/" + validRecordKey(r)
		}
	}
	return s
}

func showATURI(u syntax.ATURI) string {
	collection, _ := u.Collection()
	key, _ := u.RecordKey()
	return u.Authority().String() + " " + collection.String() + " " + key.String()
}

func validCIDString(r *rand.Rand) string {
	if chance(r, 70) {
		return randomCID(r).String()
	}
	return letters(r, alnum+"+=", 8, 8+size(r, 248))
}

func validDatetime(r *rand.Rand) string {
	day := 1 + r.IntN(28)
	if chance(r, 20) {
		day = 28 + r.IntN(4)
	}
	year := pick(r, []int{r.IntN(10000), 1970 + r.IntN(80), 0, 1, 9999, 1900, 2000, 2024})
	date := fmt.Sprintf("%04d-%02d-%02d", year, 1+r.IntN(12), day)
	if chance(r, 10) {
		date = pick(r, []string{"0000-01-01", "9999-12-31", "1970-01-01", "1969-12-31", "2024-02-29", "2023-02-29", "1900-02-29"})
	}
	s := date + fmt.Sprintf("T%02d:%02d:%02d", r.IntN(24), r.IntN(60), r.IntN(60))
	zone := "Z"
	if chance(r, 50) {
		zone = fmt.Sprintf("%s%02d:%02d", pick(r, []string{"+", "-"}), r.IntN(24), r.IntN(60))
	}
	switch n := syntax.MaxDatetimeLen - len(s) - len(".") - len(zone); {
	case chance(r, 5):
		s += "." + letters(r, digits, n-1, n+1)
	case chance(r, 70):
		s += "." + letters(r, digits, 1, n)
	}
	return s + zone
}

func showDatetime(d syntax.Datetime) string {
	return d.Time().UTC().Format("2006-01-02T15:04:05.000Z")
}

func validLanguage(r *rand.Rand) string {
	s := letters(r, lower, 2, 3)
	add := func(percent int, alphabet string, min, max int) {
		if chance(r, percent) {
			s += "-" + letters(r, alphabet, min, max)
		}
	}
	add(20, lower+upper, 3, 3)
	add(30, lower+upper, 4, 4)
	add(20, lower+upper, 2, 2)
	add(10, digits, 3, 3)
	add(20, alnum, 5, 8)
	if chance(r, 5) {
		for range r.IntN(20) {
			add(100, alnum, 5, 8)
		}
	}
	if chance(r, 20) {
		s += "-" + letters(r, "abcdeuUT019", 1, 1) + "-" + letters(r, alnum, 2, 8)
	}
	if chance(r, 20) {
		s += pick(r, []string{"-x-", "-X-"}) + letters(r, alnum, 1, 8)
	}
	if chance(r, 5) {
		return s[strings.LastIndexByte(s, '-')+1:]
	}
	return s
}

func validURI(r *rand.Rand) string {
	scheme := pick(r, []string{"https", "at", "mailto", "dns", letters(r, lower+upper, 1, 1) + letters(r, alnum+"+.-", 0, size(r, 80))})
	return scheme + ":" + pick(r, []string{"", "//"}) + letters(r, alnum+"-._~:/?#[]@!$&'()*+,;=%", 1, 1+size(r, 8190))
}
