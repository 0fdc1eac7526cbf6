package lexicon

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// manifestName is the file of the manifest that may lie beside the schemas.
const manifestName = "lexicons.json"

// maxFiles is how many files [Load] reads.
const maxFiles = 100_000

// Load returns a catalog of all documents in a file system, such as
// os.DirFS("lexicons") or an embed.FS: all files whose names end in ".json",
// in all directories except those whose names begin with a dot, and except for
// "lexicons.json" in the first one, which is the manifest of package install.
// Beyond that the names of files mean nothing. The error joins those of all files, each with its name:
// of reading, of [schema.Parse] and of [NewCatalog].
func Load(fsys fs.FS, o *schema.Options) (*Catalog, error) {
	docs, err := ReadDocuments(fsys, o)
	if err != nil {
		return nil, err
	}
	return NewCatalog(docs...)
}

// ReadDocuments returns the documents that [Load] puts into a catalog, in the
// order of the names of their files.
func ReadDocuments(fsys fs.FS, o *schema.Options) ([]*schema.Document, error) {
	var docs []*schema.Document
	var problems []error
	files := make(map[string]string) // by NSID
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case e.IsDir() || path.Ext(name) != ".json" || name == manifestName:
			return nil
		case len(docs)+len(problems) == maxFiles:
			return &dagcbor.LimitError{Name: "lexicon: number of files", Limit: maxFiles, Got: maxFiles + 1, Offset: -1}
		}
		d, err := readDocument(fsys, name, o)
		if err == nil && files[d.ID.String()] != "" {
			err = fmt.Errorf("%w: %s, also in %s", ErrDuplicate, d.ID, files[d.ID.String()])
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("lexicon: file %s: %w", name, err))
			return nil
		}
		files[d.ID.String()] = name
		docs = append(docs, d)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return docs, errors.Join(problems...)
}

func readDocument(fsys fs.FS, name string, o *schema.Options) (*schema.Document, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	return schema.Parse(text, o)
}
