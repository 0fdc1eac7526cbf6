package syntax_test

import (
	"regexp"
	"strings"
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

func refRecordKey(s string) bool { return reRecordKey.MatchString(s) && s != "." && s != ".." }

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
