package strictjson

// ScanString reads the string whose opening quote is data[start], for decoders
// that cut simple text into tokens by themselves. It returns what stands
// between the quotes, the offset after the closing one, and the length of the
// text when its escapes are resolved: the string holds escapes if that is not
// the length of text. It holds to the rules of a [Scanner], and if the string
// breaks one, end is negative.
func ScanString(data []byte, start int) (text []byte, end, textLen int) {
	s := Scanner{data: data}
	end, err := s.scanText(start, start+1)
	if err != nil {
		return nil, -1, 0
	}
	return s.Text(), end, s.textLen
}

// AppendUnescaped appends text, which [ScanString] returned, to dst with its
// escapes resolved.
func AppendUnescaped(dst, text []byte) []byte { return appendUnescaped(dst, text) }
