package did

// DialPrompt is what connects to the DNS servers of the system, which a test
// can't choose.
var DialPrompt = dialPrompt
