package install

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
)

// ManifestName is the usual name of the manifest's file.
const ManifestName = "lexicons.json"

// manifestVersion is the version of the form.
const manifestVersion = 1

// maxManifest is the size of a manifest in bytes.
const maxManifest = 16 << 20

// A Manifest says which schemas are installed.
type Manifest struct {
	Lexicons    []syntax.NSID       // those that are asked for
	Resolutions map[syntax.NSID]Pin // of these and all that they refer to

	extra map[string]json.RawMessage // members that are not known
}

// A Pin is a version of a schema.
type Pin struct {
	URI string      // where it came from: an AT-URI, or "file:" and a name
	CID dagcbor.CID // of its record
}

// ParseManifest parses a manifest. Members that are not known are kept.
func ParseManifest(text []byte) (*Manifest, error) {
	if err := strictjson.Check(text, &strictjson.Options{MaxSize: maxManifest}); err != nil {
		return nil, fmt.Errorf("install: manifest: %v", err)
	}
	m := &Manifest{Resolutions: make(map[syntax.NSID]Pin)}
	var version int
	var pins map[syntax.NSID]map[string]json.RawMessage
	if err := json.Unmarshal(text, &m.extra); err != nil || m.extra == nil {
		return nil, errors.New("install: manifest is not an object")
	}
	err := cmp.Or(member(m.extra, "version", &version), member(m.extra, "lexicons", &m.Lexicons), member(m.extra, "resolutions", &pins))
	if err != nil {
		return nil, fmt.Errorf("install: manifest: %v", err)
	}
	for _, name := range []string{"version", "lexicons", "resolutions"} {
		delete(m.extra, name)
	}
	if version != manifestVersion {
		return nil, fmt.Errorf("install: manifest has version %d, not %d", version, manifestVersion)
	}
	for id, members := range pins {
		pin, err := readPin(members)
		if err != nil {
			return nil, fmt.Errorf("install: manifest: resolution of %s: %v", id, err)
		}
		m.Resolutions[id] = pin
	}
	return m, nil
}

// member decodes a member of an object, which has to be there.
func member(members map[string]json.RawMessage, name string, v any) error {
	text, ok := members[name]
	if !ok {
		return fmt.Errorf("no %s", name)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s is not of the right form", name)
	}
	return nil
}

func readPin(members map[string]json.RawMessage) (pin Pin, err error) {
	var cid string
	if err := member(members, "uri", &pin.URI); err != nil {
		return pin, err
	}
	if err := member(members, "cid", &cid); err != nil {
		return pin, err
	}
	if !strings.Contains(pin.URI, ":") {
		return pin, fmt.Errorf("uri %.100q is not a URI", pin.URI)
	}
	pin.CID, err = dagcbor.ParseCID(cid)
	return pin, err
}

// Format returns the manifest in JSON for a file, with all names in order, and
// no name twice.
func (m *Manifest) Format() []byte {
	type pin struct {
		URI string `json:"uri"`
		CID string `json:"cid"`
	}
	lexicons := slices.Clone(m.Lexicons)
	slices.SortFunc(lexicons, syntax.NSID.Compare)
	lexicons = slices.Compact(lexicons)
	pins := make(map[syntax.NSID]pin, len(m.Resolutions))
	for id, p := range m.Resolutions {
		pins[id] = pin{p.URI, p.CID.String()}
	}
	var b bytes.Buffer
	write := func(name string, v any) {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(name) + ":")
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(v) // of strings, which cannot fail
	}
	write("version", manifestVersion)
	write("lexicons", append([]syntax.NSID{}, lexicons...))
	write("resolutions", pins)
	for _, name := range slices.Sorted(maps.Keys(m.extra)) {
		write(name, m.extra[name])
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte("{"+b.String()+"}"), "", "  "); err != nil {
		panic("install: internal error: manifest: " + err.Error())
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
