package did

// DialPrompt is what connects to the DNS servers of the system, which a test
// can't choose.
var DialPrompt = dialPrompt

// RewriteEntry reads a value of a Cache of either kind and writes it again.
func RewriteEntry(b []byte) ([]byte, error) {
	a, err := parseAccount(b)
	if err == nil {
		return a.append(nil), nil
	}
	l, err := parseLead(b)
	if err != nil {
		return nil, err
	}
	return l.append(nil), nil
}
