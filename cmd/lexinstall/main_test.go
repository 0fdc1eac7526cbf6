package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/install"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// text returns a schema that refers to others.
func text(id string, refs ...string) string {
	var props []string
	for _, ref := range refs {
		props = append(props, `"`+ref[strings.LastIndexByte(ref, '.')+1:]+`":{"type":"ref","ref":"`+ref+`"}`)
	}
	return `{"lexicon":1,"id":"` + id + `","defs":{"main":{"type":"object","properties":{` + strings.Join(props, ",") + `}}}}`
}

// A project is a directory of a project, and a network with schemas.
type project struct {
	t    *testing.T
	docs map[string]string
	out  string
	err  string
}

func newProject(t *testing.T) *project {
	t.Chdir(t.TempDir())
	return &project{t: t, docs: map[string]string{
		"com.example.a": text("com.example.a", "com.example.b"), "com.example.b": text("com.example.b"), "com.example.c": text("com.example.c"),
		"com.example.draft": `{"lexicon":1,"id":"com.example.draft","defs":{"main":{"type":"space","key":"any","name":"Room","collections":["com.example.e"]}}}`,
		"com.example.e":     text("com.example.e"),
	}}
}

func (p *project) network() (resolve.Source, error) {
	return resolve.SourceFunc(func(_ context.Context, id syntax.NSID) (*resolve.Resolution, error) {
		text, ok := p.docs[id.String()]
		if !ok {
			return nil, &resolve.Error{NSID: id, Step: resolve.ErrNoAuthority}
		}
		d, err := schema.Parse([]byte(text), &schema.Options{Drafts: true})
		if err != nil {
			return nil, err
		}
		cid, err := d.CID()
		return &resolve.Resolution{Document: d, CID: cid, URI: "at://did:web:example.com/com.atproto.lexicon.schema/" + id.String()}, err
	}), nil
}

// run runs the command and returns its exit status.
func (p *project) run(args ...string) int {
	var out, err bytes.Buffer
	code := run(p.t.Context(), args, p.network, &out, &err)
	p.out, p.err = filepath.ToSlash(out.String()), err.String()
	return code
}

func (p *project) read(name string) string {
	b, err := os.ReadFile(filepath.FromSlash(name))
	require.NoError(p.t, err)
	return string(b)
}

func TestInstall(t *testing.T) {
	p := newProject(t)
	require.Equal(t, 0, p.run("com.example.a", "com.example.draft"), p.err)
	require.Equal(t, "wrote lexicons/com/example/a.json\nwrote lexicons/com/example/b.json\nwrote lexicons/com/example/draft.json\nwrote lexicons/com/example/e.json\n", p.out)
	manifest := p.read("lexicons.json")
	m, err := install.ParseManifest([]byte(manifest))
	require.NoError(t, err)
	require.Len(t, m.Lexicons, 2)
	require.Len(t, m.Resolutions, 4)

	// Again: nothing changes, and nobody is asked.
	p.docs = nil
	for _, args := range [][]string{{}, {"com.example.a"}, {"-ci"}, {"-ci", "com.example.a"}} {
		require.Equal(t, 0, p.run(args...), p.err)
		require.Empty(t, p.out)
		require.Equal(t, manifest, p.read("lexicons.json"))
	}
	require.Equal(t, 1, p.run("com.example.c", "com.example.d"))
	require.Contains(t, p.err, "install: schema com.example.c: ")
	require.Contains(t, p.err, "\ninstall: schema com.example.d: ")

	// What is no longer listed goes.
	require.NoError(t, os.WriteFile("lexicons.json", []byte(strings.Replace(manifest, `"com.example.a",`, "", 1)), 0o600))
	require.Equal(t, 0, p.run(), p.err)
	require.Equal(t, "removed lexicons/com/example/a.json\nremoved lexicons/com/example/b.json\n", p.out)
	require.NoFileExists(t, "lexicons/com/example/a.json")
}

func TestUpdate(t *testing.T) {
	p := newProject(t)
	require.Equal(t, 0, p.run("-dir", "s", "-manifest", "m/lexicons.json", "com.example.a"), p.err)
	p.docs["com.example.b"] = text("com.example.b", "com.example.c")
	require.Equal(t, 0, p.run("-dir", "s", "-manifest", "m/lexicons.json"), p.err)
	require.Empty(t, p.out)
	require.Equal(t, 0, p.run("-dir", "s", "-manifest", "m/lexicons.json", "-update"), p.err)
	require.Equal(t, "wrote s/com/example/b.json\nwrote s/com/example/c.json\n", p.out)
}

// TestCI: the manifest is the law. What is missing is fetched, if it is what was
// pinned.
func TestCI(t *testing.T) {
	p := newProject(t)
	require.Equal(t, 1, p.run("-ci"))
	require.Contains(t, p.err, "lexicons.json")
	require.Equal(t, 0, p.run("com.example.a"), p.err)
	// Spelled by hand: that is no drift, and stays.
	manifest := strings.ReplaceAll(p.read("lexicons.json"), "\n", "\n ")
	require.NoError(t, os.WriteFile("lexicons.json", []byte(manifest), 0o600))
	require.NoError(t, os.RemoveAll("lexicons"))
	require.Equal(t, 0, p.run("-ci"), p.err)
	require.Equal(t, "wrote lexicons/com/example/a.json\nwrote lexicons/com/example/b.json\n", p.out)
	require.Equal(t, manifest, p.read("lexicons.json"))

	require.Equal(t, 1, p.run("-ci", "com.example.c"))
	require.Contains(t, p.err, "install: schema com.example.c is not in the manifest")

	installed := p.read("lexicons/com/example/b.json")
	require.NoError(t, os.WriteFile("lexicons/com/example/b.json", []byte(text("com.example.b", "com.example.a")), 0o600))
	require.Equal(t, 1, p.run("-ci"))
	require.Contains(t, p.err, "install: schema com.example.b has CID bafy")
	require.Contains(t, p.err, " in the file, pinned is bafy")

	require.NoError(t, os.Remove("lexicons/com/example/b.json"))
	p.docs["com.example.b"] = text("com.example.b", "com.example.c")
	require.Equal(t, 1, p.run("-ci"))
	require.Contains(t, p.err, " in the source, pinned is bafy")
	require.NoFileExists(t, "lexicons/com/example/b.json")
	require.Equal(t, manifest, p.read("lexicons.json"))
	require.NoError(t, os.WriteFile("lexicons/com/example/b.json", []byte(installed), 0o600))
	require.Equal(t, 0, p.run("-ci"), p.err)
}

// TestFrozen: a schema that was edited stays as it is, with -update too, and is
// pinned so.
func TestFrozen(t *testing.T) {
	p := newProject(t)
	require.Equal(t, 0, p.run("com.example.a"), p.err)
	edited := text("com.example.b", "com.example.c")
	require.NoError(t, os.WriteFile("lexicons/com/example/b.json", []byte(edited), 0o600))
	require.Equal(t, 1, p.run())
	require.Contains(t, p.err, "install: schema com.example.b has CID bafy")
	require.Equal(t, 1, p.run("-ci", "-frozen", "com.example.b"))
	require.Contains(t, p.err, "install: schema com.example.b has CID bafy", "it is not pinned so")
	require.Equal(t, 1, p.run("-frozen", "com.example.*"))
	require.Contains(t, p.err, "install: schema com.example.c is frozen and has no file")

	p.docs["com.example.a"] = text("com.example.a", "com.example.b", "com.example.e")
	require.Equal(t, 0, p.run("-update", "-frozen", "com.other.*,com.example.b"), p.err)
	require.Equal(t, "wrote lexicons/com/example/a.json\nwrote lexicons/com/example/c.json\nwrote lexicons/com/example/e.json\n", p.out)
	require.Equal(t, edited, p.read("lexicons/com/example/b.json"))
	require.Contains(t, p.read("lexicons.json"), `"uri": "file:com/example/b.json"`)
	for _, args := range [][]string{{"-ci"}, {"-ci", "-frozen", "com.example.b"}, {"-update", "-frozen", "com.example.c", "-frozen", "*"}} {
		require.Equal(t, 0, p.run(args...), p.err)
		require.Empty(t, p.out)
	}
	require.Equal(t, 0, p.run("-update"), p.err)
	require.Equal(t, "wrote lexicons/com/example/b.json\nremoved lexicons/com/example/c.json\n", p.out)
}

// TestFrom: directories go before the network, and the manifest may lie beside
// the schemas.
func TestFrom(t *testing.T) {
	p := newProject(t)
	require.NoError(t, os.MkdirAll("vendor/com/example", 0o700))
	require.NoError(t, os.WriteFile("vendor/com/example/b.json", []byte(text("com.example.b", "com.example.c")), 0o600))
	require.Equal(t, 0, p.run("-from", "nowhere,vendor", "-manifest", "lexicons/lexicons.json", "com.example.a"), p.err)
	require.Contains(t, p.read("lexicons/lexicons.json"), `"uri": "file:vendor/com/example/b.json"`)
	catalog, err := lexicon.Load(os.DirFS("lexicons"), nil)
	require.NoError(t, err)
	require.NotNil(t, catalog.Document(syntax.MustParseNSID("com.example.c")))
}

func TestBadInput(t *testing.T) {
	p := newProject(t)
	for _, args := range [][]string{{"-x"}, {"-ci", "-update"}, {"com"}, {"com.example.a", "com.example.*"}, {"-frozen", ""}, {"-frozen", "com.example.a,com.*.b"}, {"-frozen", "com.example.a,"}} {
		require.Equal(t, 2, p.run(args...), args)
		require.NotEmpty(t, p.err)
	}
	require.NoError(t, os.WriteFile("lexicons.json", []byte(`{"version":2}`), 0o600))
	require.Equal(t, 1, p.run("com.example.a"))
	require.Contains(t, p.err, "lexicons.json: install: manifest: ")
	require.NoDirExists(t, "lexicons")

	broken := errors.New("no network")
	require.Equal(t, 1, run(t.Context(), nil, func() (resolve.Source, error) { return nil, broken }, &bytes.Buffer{}, &bytes.Buffer{}))
	source, err := network()
	require.NoError(t, err)
	require.NotNil(t, source)
}
