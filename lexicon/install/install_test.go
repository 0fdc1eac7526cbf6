package install_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/install"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

func nsid(t testing.TB, s string) syntax.NSID {
	t.Helper()
	id, err := syntax.ParseNSID(s)
	require.NoError(t, err)
	return id
}

// text returns a document with references to others.
func text(id string, refs ...string) string {
	var props []string
	for i, ref := range refs {
		props = append(props, fmt.Sprintf(`"p%d":{"type":"ref","ref":"%s"}`, i, ref))
	}
	return `{"lexicon":1,"id":"` + id + `","defs":{"main":{"type":"object","properties":{` + strings.Join(props, ",") + `}}}}`
}

const author = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"

// A network is a source that counts what it is asked.
type network struct {
	docs  map[string]string
	asked atomic.Int64
	fetch atomic.Int64 // of which with an account
}

func (n *network) Resolve(_ context.Context, id syntax.NSID) (*resolve.Resolution, error) {
	n.asked.Add(1)
	text, ok := n.docs[id.String()]
	if !ok {
		return nil, &resolve.Error{NSID: id, Step: resolve.ErrNoAuthority}
	}
	d, err := schema.Parse([]byte(text), nil)
	if err != nil {
		return nil, err
	}
	cid, err := d.CID()
	return &resolve.Resolution{Document: d, CID: cid, URI: "at://" + author + "/com.atproto.lexicon.schema/" + id.String()}, err
}

func (n *network) Fetch(ctx context.Context, did syntax.DID, id syntax.NSID) (*resolve.Resolution, error) {
	if did.String() != author {
		return nil, errors.New("another account")
	}
	n.fetch.Add(1)
	return n.Resolve(ctx, id)
}

func newNetwork() *network {
	return &network{docs: map[string]string{
		"com.example.a": text("com.example.a", "com.example.b#x", "#main"), "com.example.b": text("com.example.b", "com.example.c"),
		"com.example.c": text("com.example.c", "com.example.a"), "com.example.lone": text("com.example.lone"),
	}}
}

func config(n *network) *install.Config {
	return &install.Config{Sources: []install.Rule{{Source: n}}}
}

// written returns what a directory holds after a result was written to it.
func written(before fs.FS, r *install.Result) fstest.MapFS {
	after := fstest.MapFS{}
	if before != nil {
		_ = fs.WalkDir(before, ".", func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				content, _ := fs.ReadFile(before, name)
				after[name] = &fstest.MapFile{Data: content}
			}
			return nil
		})
	}
	for name, content := range r.Files {
		after[name] = &fstest.MapFile{Data: content}
	}
	for _, name := range r.Remove {
		delete(after, name)
	}
	return after
}

func names(r *install.Result) []string { return slices.Sorted(maps.Keys(r.Files)) }

func TestInstall(t *testing.T) {
	n := newNetwork()
	r, err := install.Run(t.Context(), config(n), nsid(t, "com.example.a"))
	require.NoError(t, err)
	require.Equal(t, []string{"com/example/a.json", "com/example/b.json", "com/example/c.json"}, names(r))
	require.Len(t, r.Schemas, 3)
	require.Equal(t, []syntax.NSID{nsid(t, "com.example.a")}, r.Manifest.Lexicons)
	require.Len(t, r.Manifest.Resolutions, 3)
	pin := r.Manifest.Resolutions[nsid(t, "com.example.b")]
	require.Equal(t, "at://"+author+"/com.atproto.lexicon.schema/com.example.b", pin.URI)
	d, err := schema.Parse(r.Files["com/example/b.json"], nil)
	require.NoError(t, err)
	cid, err := d.CID()
	require.NoError(t, err)
	require.Equal(t, pin.CID, cid, "the file has the CID that is pinned")
	require.Equal(t, int64(3), n.asked.Load())

	// Again: nothing is asked, nothing changes.
	files := written(nil, r)
	c := config(n)
	c.Manifest, c.Files = r.Manifest, files
	again, err := install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, again.Files)
	require.Empty(t, again.Remove)
	require.Equal(t, string(r.Manifest.Format()), string(again.Manifest.Format()))
	require.Equal(t, int64(3), n.asked.Load())

	// A file that is gone is fetched from the account that was pinned.
	delete(files, "com/example/b.json")
	one, err := install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"com/example/b.json"}, names(one))
	require.Equal(t, r.Files["com/example/b.json"], one.Files["com/example/b.json"])
	require.Equal(t, int64(1), n.fetch.Load())

	// What is not needed any more goes.
	c.Manifest = &install.Manifest{Lexicons: []syntax.NSID{nsid(t, "com.example.lone")}, Resolutions: r.Manifest.Resolutions}
	less, err := install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"com/example/lone.json"}, names(less))
	require.Equal(t, []string{"com/example/a.json", "com/example/b.json", "com/example/c.json"}, less.Remove)
	c.Frozen = []syntax.NSIDPattern{syntax.MustParseNSIDPattern("com.example.b")}
	less, err = install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"com/example/a.json", "com/example/c.json"}, less.Remove, "what was edited is not lost")
}

// TestPins: what is pinned changes only with Update, and what is frozen not even
// then.
func TestPins(t *testing.T) {
	n := newNetwork()
	first, err := install.Run(t.Context(), config(n), nsid(t, "com.example.a"))
	require.NoError(t, err)
	files := written(nil, first)
	n.docs["com.example.b"] = text("com.example.b", "com.example.c", "com.example.lone")

	c := config(n)
	c.Manifest, c.Files = first.Manifest, files
	r, err := install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, r.Files)

	c.Files = nil
	_, err = install.Run(t.Context(), c)
	drift, ok := errors.AsType[*install.DriftError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, nsid(t, "com.example.b"), drift.NSID)
	require.Equal(t, "source", drift.Where)
	require.Equal(t, first.Manifest.Resolutions[drift.NSID].CID, drift.Want)
	require.EqualError(t, err, fmt.Sprintf("install: schema com.example.b has CID %s in the source, pinned is %s", drift.Got, drift.Want))

	c.Files, c.Update = files, true
	fetched := n.fetch.Load()
	r, err = install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, fetched, n.fetch.Load(), "the account that is pinned is not asked, but that of today")
	require.Equal(t, []string{"com/example/b.json", "com/example/lone.json"}, names(r))
	require.Equal(t, drift.Got, r.Manifest.Resolutions[drift.NSID].CID)

	c.Frozen = []syntax.NSIDPattern{syntax.MustParseNSIDPattern("com.example.b")}
	r, err = install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, r.Files)

	// An edited file drifts, unless it is frozen.
	files["com/example/b.json"] = &fstest.MapFile{Data: []byte(text("com.example.b", "com.example.c", "com.example.lone"))}
	c = config(n)
	c.Manifest, c.Files = first.Manifest, files
	_, err = install.Run(t.Context(), c)
	drift, ok = errors.AsType[*install.DriftError](err)
	require.True(t, ok)
	require.Equal(t, "file", drift.Where)
	c.Frozen = []syntax.NSIDPattern{syntax.MustParseNSIDPattern("com.example.*")}
	_, err = install.Run(t.Context(), c)
	require.EqualError(t, err, "install: schema com.example.lone is frozen and has no file")
	c.Frozen = []syntax.NSIDPattern{syntax.MustParseNSIDPattern("com.example.b")}
	r, err = install.Run(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"com/example/lone.json"}, names(r))
	require.Equal(t, "file:com/example/b.json", r.Manifest.Resolutions[nsid(t, "com.example.b")].URI)
}

// TestLocked: in CI nothing may have to change.
func TestLocked(t *testing.T) {
	n := newNetwork()
	first, err := install.Run(t.Context(), config(n), nsid(t, "com.example.a"))
	require.NoError(t, err)
	files := written(nil, first)
	locked := func(change func(c *install.Config), add ...syntax.NSID) (*install.Result, error) {
		c := config(n)
		c.Manifest, c.Files, c.Locked, c.Update = first.Manifest, files, true, true
		if change != nil {
			change(c)
		}
		return install.Run(t.Context(), c, add...)
	}
	r, err := locked(nil)
	require.NoError(t, err)
	require.Empty(t, r.Files)
	r, err = locked(func(c *install.Config) { c.Files = nil })
	require.NoError(t, err, "files that are missing are fetched")
	require.Len(t, r.Files, 3)

	_, err = locked(nil, nsid(t, "com.example.lone"))
	require.EqualError(t, err, "install: schema com.example.lone is not in the manifest")
	_, err = locked(nil, nsid(t, "com.example.b"))
	require.EqualError(t, err, "install: the manifest does not list what is added")
	without := func(id string) func(c *install.Config) {
		return func(c *install.Config) {
			pins := maps.Clone(first.Manifest.Resolutions)
			delete(pins, nsid(t, id))
			c.Manifest = &install.Manifest{Lexicons: first.Manifest.Lexicons, Resolutions: pins}
		}
	}
	_, err = locked(without("com.example.c"))
	require.EqualError(t, err, "install: schema com.example.c is not in the manifest")
	_, err = locked(func(c *install.Config) {
		pins := maps.Clone(first.Manifest.Resolutions)
		pins[nsid(t, "com.example.lone")] = pins[nsid(t, "com.example.a")]
		c.Manifest = &install.Manifest{Lexicons: first.Manifest.Lexicons, Resolutions: pins}
	})
	require.EqualError(t, err, "install: schema com.example.lone in the manifest is not needed")

	edited := maps.Clone(files)
	edited["com/example/c.json"] = &fstest.MapFile{Data: []byte(text("com.example.c"))}
	for _, frozen := range [][]syntax.NSIDPattern{nil, {syntax.MustParseNSIDPattern("*")}} {
		_, err = locked(func(c *install.Config) { c.Files, c.Frozen = edited, frozen })
		drift, ok := errors.AsType[*install.DriftError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, "com.example.c", drift.NSID.String())
	}
}

// TestSources: the first source that has a schema gives it.
func TestSources(t *testing.T) {
	n := newNetwork()
	local := fstest.MapFS{
		"com/example/b.json":     {Data: []byte(text("com.example.b"))},
		"com/example/bad.json":   {Data: []byte(`{}`)},
		"com/example/wrong.json": {Data: []byte(text("com.example.b"))},
	}
	c := &install.Config{Sources: []install.Rule{{Source: install.Directory(local, "vendor")}, {Source: n}}}
	r, err := install.Run(t.Context(), c, nsid(t, "com.example.a"))
	require.NoError(t, err)
	require.Equal(t, "file:vendor/com/example/b.json", r.Manifest.Resolutions[nsid(t, "com.example.b")].URI)
	require.Len(t, r.Files, 2, "that of the directory refers to nothing")

	c.Sources[0].Pattern = syntax.MustParseNSIDPattern("com.other.*")
	r, err = install.Run(t.Context(), c, nsid(t, "com.example.a"))
	require.NoError(t, err)
	require.Len(t, r.Files, 3)

	c.Sources[0].Pattern = syntax.NSIDPattern{}
	for _, id := range []string{"com.example.bad", "com.example.wrong"} {
		_, err = install.Run(t.Context(), c, nsid(t, id))
		require.ErrorIs(t, err, resolve.ErrInvalid, "a bad file is not passed over")
	}
	_, err = install.Run(t.Context(), c, nsid(t, "com.example.none"), nsid(t, "com.example.none2"))
	require.ErrorIs(t, err, resolve.ErrNoAuthority)
	require.ErrorContains(t, err, "com.example.none2")
	require.ErrorContains(t, err, "schema com.example.none:")
	_, err = install.Run(t.Context(), &install.Config{}, nsid(t, "com.example.none"))
	require.ErrorIs(t, err, resolve.ErrNotFound)

	// The content of a file does not depend on how the source spells it.
	other := fstest.MapFS{"com/example/lone.json": {Data: []byte(`{"defs":{"main":{"properties":{},"type":"object"}},"id":"com.example.lone","lexicon":1,"$type":"com.atproto.lexicon.schema"}`)}}
	fromDir, err := install.Run(t.Context(), &install.Config{Sources: []install.Rule{{Source: install.Directory(other, ".")}}}, nsid(t, "com.example.lone"))
	require.NoError(t, err)
	fromNet, err := install.Run(t.Context(), config(n), nsid(t, "com.example.lone"))
	require.NoError(t, err)
	require.Equal(t, string(fromNet.Files["com/example/lone.json"]), string(fromDir.Files["com/example/lone.json"]))

	// A file that is there but wrong is an error, and Update takes another one.
	c = config(n)
	c.Files = fstest.MapFS{"com/example/lone.json": {Data: []byte(`no`)}}
	_, err = install.Run(t.Context(), c, nsid(t, "com.example.lone"))
	require.ErrorAs(t, err, new(schema.Errors))
	c.Update = true
	r, err = install.Run(t.Context(), c, nsid(t, "com.example.lone"))
	require.NoError(t, err)
	require.Len(t, r.Files, 1)
}

func TestLimits(t *testing.T) {
	endless := resolve.SourceFunc(func(_ context.Context, id syntax.NSID) (*resolve.Resolution, error) {
		d, err := schema.Parse([]byte(text(id.String(), id.String()+"x")), nil)
		if err != nil {
			return nil, err
		}
		cid, err := d.CID()
		return &resolve.Resolution{Document: d, CID: cid, URI: "file:x"}, err
	})
	_, err := install.Run(t.Context(), &install.Config{Sources: []install.Rule{{Source: endless}}, MaxSchemas: 20}, nsid(t, "com.example.a"))
	limit, ok := errors.AsType[*dagcbor.LimitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, int64(21), limit.Got)

	n := &network{docs: map[string]string{"com.example.a": text("com.example.a"), "com.example.A": text("com.example.A")}}
	_, err = install.Run(t.Context(), config(n), nsid(t, "com.example.a"), nsid(t, "com.example.A"))
	require.ErrorContains(t, err, "have the same file where case does not matter")
	n.docs["com.example.Ab"], n.docs["com.example.aB"] = text("com.example.Ab"), text("com.example.aB")
	_, err = install.Run(t.Context(), config(n), nsid(t, "com.example.Ab"), nsid(t, "com.example.aB"))
	require.EqualError(t, err, "install: schemas com.example.Ab and com.example.aB have the same file where case does not matter")
}

func TestWrite(t *testing.T) {
	n := newNetwork()
	r, err := install.Run(t.Context(), config(n), nsid(t, "com.example.a"))
	require.NoError(t, err)
	base := t.TempDir()
	root, err := os.OpenRoot(base)
	require.NoError(t, err)
	defer root.Close()
	require.NoError(t, root.Mkdir("lexicons", 0o755))
	dir, err := root.OpenRoot("lexicons")
	require.NoError(t, err)
	defer dir.Close()
	require.NoError(t, r.Write(dir, root, install.ManifestName))
	content, err := os.ReadFile(filepath.Join(base, "lexicons", "com", "example", "b.json"))
	require.NoError(t, err)
	require.Equal(t, r.Files["com/example/b.json"], content)
	stat, err := root.Stat("lexicons/com/example/b.json")
	require.NoError(t, err)
	require.NoError(t, r.Write(dir, root, install.ManifestName))
	same, err := root.Stat("lexicons/com/example/b.json")
	require.NoError(t, err)
	require.True(t, os.SameFile(stat, same), "a file that does not change is left alone")

	require.NoError(t, dir.WriteFile("com/example/mine.txt", []byte("x"), 0o600))
	manifest, err := root.ReadFile(install.ManifestName)
	require.NoError(t, err)
	m, err := install.ParseManifest(manifest)
	require.NoError(t, err)
	m.Lexicons = nil
	c := config(n)
	c.Manifest, c.Files = m, dir.FS()
	r, err = install.Run(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, r.Write(dir, root, install.ManifestName))
	left, err := fs.Glob(dir.FS(), "com/example/*")
	require.NoError(t, err)
	require.Equal(t, []string{"com/example/mine.txt"}, left)
	require.NoError(t, r.Write(dir, root, install.ManifestName), "files that are gone already are no error")
}

// TestDrafts: what has only been proposed can be installed, and read again.
func TestDrafts(t *testing.T) {
	vendor := fstest.MapFS{
		"com/example/room.json": {Data: []byte(`{"lexicon":1,"id":"com.example.room","defs":{"main":{"type":"space","key":"any","name":"Room","collections":["com.example.post"]}}}`)},
		"com/example/post.json": {Data: []byte(text("com.example.post"))},
	}
	n := newNetwork()
	drafts := resolve.SourceFunc(func(ctx context.Context, id syntax.NSID) (*resolve.Resolution, error) {
		d, err := schema.Parse(vendor[install.FileName(id)].Data, &schema.Options{Drafts: true})
		if err != nil {
			return nil, err
		}
		cid, err := d.CID()
		return &resolve.Resolution{Document: d, CID: cid, URI: "at://" + author}, err
	})
	for _, source := range []resolve.Source{drafts, install.Directory(vendor, "vendor")} {
		c := config(n)
		c.Sources = []install.Rule{{Source: source}}
		r, err := install.Run(t.Context(), c, nsid(t, "com.example.room"))
		require.NoError(t, err)
		require.Len(t, r.Files, 2)
		c.Manifest, c.Files, c.Locked = r.Manifest, written(nil, r), true
		again, err := install.Run(t.Context(), c)
		require.NoError(t, err)
		require.Empty(t, again.Files)
	}
}

// TestManifestBeside: the manifest may lie where the schemas lie, and is none.
func TestManifestBeside(t *testing.T) {
	r, err := install.Run(t.Context(), config(newNetwork()), nsid(t, "com.example.a"))
	require.NoError(t, err)
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	require.NoError(t, r.Write(root, nil, install.ManifestName))
	_, err = root.Stat(install.ManifestName)
	require.ErrorIs(t, err, fs.ErrNotExist, "no directory for it, no manifest")
	require.NoError(t, r.Write(root, root, install.ManifestName))
	docs, err := lexicon.ReadDocuments(root.FS(), nil)
	require.NoError(t, err)
	require.Len(t, docs, 3)
	_, err = lexicon.Load(root.FS(), nil)
	require.NoError(t, err)

	// Anywhere else it is a mistake.
	require.NoError(t, root.WriteFile("com/"+install.ManifestName, r.Manifest.Format(), 0o600))
	_, err = lexicon.Load(root.FS(), nil)
	require.ErrorContains(t, err, "lexicon: file com/lexicons.json: ")
}
