package xrpc

import (
	"fmt"
	"strings"

	"github.com/linnet-at/linnet/syntax"
)

// A Labeler is a service whose labels are wanted with the results of a call.
//
// https://atproto.com/specs/label#labeler-http-headers
type Labeler struct {
	DID syntax.DID // must not be zero

	// Redact asks for content to be left out that the labeler has taken down.
	Redact bool
}

// The names of the headers, as [net/http.Header] spells them.
const (
	acceptLabelers  = "Atproto-Accept-Labelers"
	contentLabelers = "Atproto-Content-Labelers"
)

// checkLabelers checks that all labelers can stand in a header. One without a
// DID would read as if no labels were wanted.
func checkLabelers(labelers []Labeler) error {
	for i, l := range labelers {
		if l.DID.IsZero() {
			return fmt.Errorf("xrpc: labeler %d has no DID", i)
		}
	}
	return nil
}

// formatLabelers returns the value of a header for labelers, which is empty if
// there are none.
func formatLabelers(labelers []Labeler) string {
	var b strings.Builder
	for i, l := range labelers {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(l.DID.String())
		if l.Redact {
			b.WriteString(";redact")
		}
	}
	return b.String()
}

// ParseLabelers reads the values of a header for labelers, which
// atproto-content-labelers has: DIDs with parameters, separated by commas. A
// DID that occurs twice is one labeler with the parameters of both; parameters
// other than redact are passed over, if they are of the right form.
//
// https://atproto.com/specs/label#labeler-http-headers
func ParseLabelers(values []string) ([]Labeler, error) {
	var all []Labeler
	seen := make(map[syntax.DID]int)
	for _, value := range values {
		if strings.Trim(value, " \t") == "" {
			continue
		}
		for item := range strings.SplitSeq(value, ",") {
			l, err := parseLabeler(item)
			if err != nil {
				return nil, fmt.Errorf("xrpc: invalid labeler %s: %w", quote(item), err)
			}
			i, dup := seen[l.DID]
			if !dup {
				seen[l.DID] = len(all)
				all = append(all, l)
				continue
			}
			all[i].Redact = all[i].Redact || l.Redact
		}
	}
	return all, nil
}

func parseLabeler(item string) (Labeler, error) {
	did, params, _ := strings.Cut(item, ";")
	id, err := syntax.ParseDID(strings.Trim(did, " \t"))
	if err != nil {
		return Labeler{}, err
	}
	l := Labeler{DID: id}
	if !strings.Contains(item, ";") {
		return l, nil
	}
	for param := range strings.SplitSeq(params, ";") {
		name, err := parseFlag(strings.Trim(param, " \t"))
		if err != nil {
			return Labeler{}, err
		}
		l.Redact = l.Redact || name == "redact"
	}
	return l, nil
}

// parseFlag reads a parameter of an item, which is a name alone, or true.
//
// https://www.rfc-editor.org/rfc/rfc8941#section-3.1.2
func parseFlag(s string) (name string, err error) {
	name, value, has := strings.Cut(s, "=")
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.*") != "" || '0' <= name[0] && name[0] <= '9' {
		return "", fmt.Errorf("parameter %s is not a name", quote(s))
	}
	if has && value != "?1" {
		return "", fmt.Errorf("parameter %s is not a flag", quote(s))
	}
	return name, nil
}
