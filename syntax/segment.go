package syntax

// maxSegmentLen is the maximum length of a segment of a handle or an NSID,
// that of a DNS label (RFC 1035, section 2.3.4).
const maxSegmentLen = 63

// checkSegments checks what handles and NSIDs have in common: segments of 1 to
// 63 letters, digits and hyphens, no hyphen at either end, and dots between
// them. It returns the start of the last segment, the number of dots and the
// offset of the last hyphen or -1; or where and why s is different.
func checkSegments(s string) (last, dots, hyphen, offset int, msg string) {
	hyphen = -1
	for i := 0; ; i++ {
		for i < len(s) && is(s[i], alnum) {
			i++
		}
		switch {
		case i < len(s) && s[i] == '-':
			if i == last {
				return 0, 0, 0, i, "segment starts with a hyphen"
			}
			hyphen = i
		case i < len(s) && s[i] != '.':
			return 0, 0, 0, i, "invalid character"
		case i == last:
			return 0, 0, 0, i, "empty segment"
		case i-last > maxSegmentLen:
			return 0, 0, 0, last + maxSegmentLen, "segment longer than 63 bytes"
		case i-1 == hyphen:
			return 0, 0, 0, hyphen, "segment ends with a hyphen"
		case i == len(s):
			return last, dots, hyphen, 0, ""
		default:
			last = i + 1
			dots++
		}
	}
}
