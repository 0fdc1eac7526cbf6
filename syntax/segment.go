package syntax

// maxSegmentLen is the maximum length of a segment of a handle or an NSID,
// that of a DNS label (RFC 1035, section 2.3.4).
const maxSegmentLen = 63

// checkSegments checks what handles and NSIDs have in common: segments of 1 to
// 63 letters, digits and hyphens, no hyphen at either end, and dots between
// them. It returns the start of the last segment and the number of dots, or
// where and why s is different.
func checkSegments(s string) (last, dots, offset int, msg string) {
	for start := 0; ; dots++ {
		end := start
		for end < len(s) && is(s[end], hostByte) {
			end++
		}
		switch {
		case end < len(s) && s[end] != '.':
			return 0, 0, end, "invalid character"
		case end == start:
			return 0, 0, start, "empty segment"
		case end-start > maxSegmentLen:
			return 0, 0, start + maxSegmentLen, "segment longer than 63 bytes"
		case s[start] == '-':
			return 0, 0, start, "segment starts with a hyphen"
		case s[end-1] == '-':
			return 0, 0, end - 1, "segment ends with a hyphen"
		case end == len(s):
			return start, dots, 0, ""
		}
		start = end + 1
	}
}
