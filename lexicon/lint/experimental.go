package lint

import (
	"slices"
	"strings"

	"github.com/linnet-at/linnet/lexicon/schema"
)

// experimental lints documents that say of themselves that they will change: it
// belongs into the name, such as com.example.experimental.getThing, since that is
// all that those who use them see, and since what comes after the experiment has
// to have another name anyway.
//
// https://atproto.com/guides/lexicon-style-guide
func (r *reporter) experimental(d *schema.Document) {
	text, at := d.Description, &d.Common
	path := ""
	if t := d.Main(); t != nil && t.Info().Description != "" {
		text, at, path = text+" "+t.Info().Description, t.Info(), "/defs/"+schema.MainName
	}
	text = strings.ToLower(text)
	for _, phrase := range []string{"experimental", "unstable", "under development", "without notice"} {
		if strings.Contains(text, phrase) && !saysExperimental(d.ID.String()) {
			r.warn(ExperimentalName, path, at, "%q by its description, of which the NSID says nothing", phrase)
			return
		}
	}
}

// saysExperimental reports whether a segment of an NSID is one of those that are
// usual for what may change.
func saysExperimental(id string) bool {
	usual := []string{"experimental", "temp", "unspecced", "unstable", "draft", "alpha", "beta"}
	for segment := range strings.SplitSeq(strings.ToLower(id), ".") {
		if slices.Contains(usual, segment) {
			return true
		}
	}
	return false
}
