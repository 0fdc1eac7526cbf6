package syntax_test

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The slow readable reference: the grammars of the specifications as regular
// expressions, with the conditions that these can't express.

var (
	reDID = regexp.MustCompile(`^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]\z`)

	reDIDPLC = regexp.MustCompile(`^did:plc:[a-z2-7]{24}\z`)

	reHandle = regexp.MustCompile(`^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+` +
		`[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\z`)

	reNSID = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?` +
		`(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+(\.[a-zA-Z]([a-zA-Z0-9]{0,62})?)\z`)

	reNSIDGroup = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?` +
		`(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\z`)

	reTID = regexp.MustCompile(`^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}\z`)

	reRecordKey = regexp.MustCompile(`^[a-zA-Z0-9_~.:-]{1,512}\z`)

	reATURI = regexp.MustCompile(`^at://([a-zA-Z0-9._:%-]+)(/([a-zA-Z0-9.-]+)(/([a-zA-Z0-9_~.:-]+))?)?\z`)

	// Paths and queries after RFC 3986, with any "%".
	reFullATURI = regexp.MustCompile(`^at://([^/?#]+)(/[a-zA-Z0-9._~!$&'()*+,;=:@%/-]*)?` +
		`(\?[a-zA-Z0-9._~!$&'()*+,;=:@%/?-]*)?(#/[a-zA-Z0-9._~!$&'()*+,;=:@%/?[\]-]*)?\z`)

	reDatetime = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[012])-([0-2][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]` +
		`(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\z`)

	reDatetimeLenient = regexp.MustCompile(`^([^Tt ]*)[Tt ]([0-9:.]*)(|[zZ]|([+-][0-9]{2})(:?([0-9]{2}))?)\z`)

	reLanguage = regexp.MustCompile(`^(en-GB-oed|i-ami|i-bnn|i-default|i-enochian|i-hak|i-klingon|i-lux|i-mingo|i-navajo|` +
		`i-pwn|i-tao|i-tay|i-tsu|sgn-BE-FR|sgn-BE-NL|sgn-CH-DE|art-lojban|cel-gaulish|no-bok|no-nyn|zh-guoyu|zh-hakka|` +
		`zh-min|zh-min-nan|zh-xiang|` +
		`[a-z]{2,3}(-[A-Za-z]{3}(-[A-Za-z]{3}){0,2})?(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?` +
		`(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[0-9A-WYZa-wyz](-[A-Za-z0-9]{2,8})+)*(-[xX](-[A-Za-z0-9]{1,8})+)?|` +
		`[xX](-[A-Za-z0-9]{1,8})+)\z`)

	// White space is Unicode's.
	reURI = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]{0,80}:[^\s\pZ\x{85}\x{feff}\x00-\x1f\x7f]+\z`)

	reCIDString = regexp.MustCompile(`^[a-zA-Z0-9+=]{8,256}\z`)

	reFragment = regexp.MustCompile(`^([a-zA-Z0-9._~!$&'()*+,;=:@/?-]|%[0-9a-fA-F]{2})+\z`)
)

func refDID(s string) bool { return len(s) <= 2048 && reDID.MatchString(s) }

func refHandle(s string) bool { return len(s) <= 253 && reHandle.MatchString(s) }

func refNSID(s string) bool { return len(s) <= 317 && reNSID.MatchString(s) }

func refNSIDPattern(s string) bool {
	if group, ok := strings.CutSuffix(s, ".*"); ok {
		return len(s) <= 317 && reNSIDGroup.MatchString(group)
	}
	return s == "*" || refNSID(s)
}

func refRecordKey(s string) bool {
	return len(s) <= 512 && reRecordKey.MatchString(s) && s != "." && s != ".."
}

func refRecordKeyType(s string) bool {
	if key, ok := strings.CutPrefix(s, "literal:"); ok {
		return refRecordKey(key)
	}
	return s == "any" || s == "nsid" || s == "tid"
}

func refRepoPath(s string) bool {
	parts := strings.Split(s, "/")
	return len(parts) == 2 && refNSID(parts[0]) && refRecordKey(parts[1])
}

func refTID(s string) bool { return reTID.MatchString(s) }

func refAtIdentifier(s string) bool {
	if strings.HasPrefix(s, "did:") {
		return refDID(s)
	}
	return refHandle(s)
}

func refATURI(s string) bool {
	if len(s) > 8192 {
		return false
	}
	m := reATURI.FindStringSubmatch(s)
	return m != nil && refAtIdentifier(m[1]) &&
		(m[2] == "" || refNSID(m[3])) && (m[4] == "" || refRecordKey(m[5]))
}

func refFullATURI(s string) bool {
	if len(s) > 8192 {
		return false
	}
	m := reFullATURI.FindStringSubmatch(s)
	return m != nil && refAtIdentifier(m[1])
}

func refSpaceRef(s string) bool {
	p := strings.Split(s, "/")
	return len(p) == 6 && refSpaceRecordURI(s+"/did:m:v/a.b.c/self")
}

func refSpaceRecordURI(s string) bool {
	p := strings.Split(s, "/")
	return len(p) == 9 && p[0] == "at:" && p[1] == "" && refDID(p[2]) && p[3] == "space" && refNSID(p[4]) && refRecordKey(p[5]) &&
		refDID(p[6]) && refNSID(p[7]) && refRecordKey(p[8])
}

func refDatetime(s string) bool {
	t, err := time.Parse(time.RFC3339Nano, s)
	return len(s) <= 64 && reDatetime.MatchString(s) && !strings.HasSuffix(s, "-00:00") &&
		err == nil && t.UTC().Year() >= 0 && t.UTC().Year() <= 9999
}

// refDatetimeLenient returns the datetime in strict form, or "".
func refDatetimeLenient(s string) string {
	m := reDatetimeLenient.FindStringSubmatch(s)
	if m == nil || len(s) > 64 {
		return ""
	}
	zone := m[3]
	switch zone {
	case "", "z", "-0000", "-00:00", "-00":
		zone = "Z"
	}
	if m[4] != "" && zone != "Z" {
		zone = m[4] + ":" + m[6]
		if m[6] == "" {
			zone = m[4] + ":00"
		}
	}
	strict := m[1] + "T" + m[2] + zone
	if len(strict) > 64 { // by what was added to the zone
		date, _, _ := strings.Cut(m[2], ".")
		if !reDatetime.MatchString(strict) || !refDatetime(m[1]+"T"+date+zone) {
			return ""
		}
		return strict
	}
	if !refDatetime(strict) {
		return ""
	}
	return strict
}

func refLanguage(s string) bool { return len(s) <= 128 && reLanguage.MatchString(s) }

// refRepeats reports whether a variant or singleton of a language tag appears
// twice.
func refRepeats(s string) bool {
	s, _, _ = strings.Cut(strings.ToLower(s), "-x-")
	var seen []string
	extension := false
	for i, sub := range strings.Split(s, "-") {
		switch {
		case i == 0 && len(sub) == 1: // private use or grandfathered
			return false
		case i == 0:
			continue
		case len(sub) == 1:
			extension = true
		case extension || len(sub) < 4 || len(sub) == 4 && sub[0] > '9':
			continue
		}
		if slices.Contains(seen, sub) {
			return true
		}
		seen = append(seen, sub)
	}
	return false
}

func refURI(s string) bool { return len(s) <= 8192 && utf8.ValidString(s) && reURI.MatchString(s) }

func refCIDString(s string) bool {
	return len(s) <= 256 && reCIDString.MatchString(s) && !strings.HasPrefix(s, "Qmb")
}

func refServiceRef(s string) bool {
	did, fragment, _ := strings.Cut(s, "#")
	return len(s) <= 2561 && refDID(did) && reFragment.MatchString(fragment)
}
