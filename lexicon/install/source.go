package install

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// A Rule says where schemas come from.
type Rule struct {
	Pattern syntax.NSIDPattern // of which; the zero pattern is all
	Source  resolve.Source
}

// Directory returns a source that reads schemas from files by their names, such
// as "com/example/post.json" for com.example.post. Those that are not there are
// not found, so that the next rule is asked. name is the directory for the
// manifest.
func Directory(fsys fs.FS, name string) resolve.Source {
	return resolve.SourceFunc(func(_ context.Context, id syntax.NSID) (*resolve.Resolution, error) {
		file := FileName(id)
		d, err := readFile(fsys, id)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &resolve.Error{NSID: id, Step: resolve.ErrNotFound, Err: err}
		}
		if err != nil {
			return nil, &resolve.Error{NSID: id, Step: resolve.ErrInvalid, Err: err}
		}
		cid, err := d.CID()
		if err != nil {
			return nil, &resolve.Error{NSID: id, Step: resolve.ErrInvalid, Err: err}
		}
		return &resolve.Resolution{Document: d, CID: cid, URI: "file:" + path.Join(name, file)}, nil
	})
}

// FileName returns the name of the file that a schema is installed in.
func FileName(id syntax.NSID) string { return strings.ReplaceAll(id.String(), ".", "/") + ".json" }

// readFile reads the schema with the given NSID from its file.
func readFile(fsys fs.FS, id syntax.NSID) (*schema.Document, error) {
	text, err := fs.ReadFile(fsys, FileName(id))
	if err != nil {
		return nil, err
	}
	d, err := schema.Parse(text, &schema.Options{Lenient: true, Drafts: true})
	if err == nil && d.ID != id {
		err = errors.New("the document in the file " + FileName(id) + " is " + d.ID.String())
	}
	return d, err
}
