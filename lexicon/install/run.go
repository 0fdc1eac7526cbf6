package install

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/lexicon/resolve"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
)

// Defaults of [Config].
const (
	DefaultMaxSchemas  = 10_000
	DefaultConcurrency = 8
)

// Config says what is installed.
type Config struct {
	Manifest *Manifest // as it is; nil is an empty one
	Files    fs.FS     // the directory of the schemas as it is; nil is an empty one

	// Sources are asked in order, as far as their patterns match. The next one
	// is asked if a schema is not found; any other error ends it.
	Sources []Rule

	// Frozen are schemas that stay as their files are, whatever the sources
	// say: those that were edited, or are not in the network. A file that is no
	// longer needed stays, too.
	Frozen []syntax.NSIDPattern

	// Update takes everything anew from the sources. Otherwise files that are
	// there are kept, and what is fetched must have the CID that is pinned.
	Update bool

	// Locked makes it an error if the manifest had to change. Files that are
	// missing are fetched. Update is ignored.
	Locked bool

	MaxSchemas  int // 0 means [DefaultMaxSchemas]
	Concurrency int // schemas that are fetched at once; 0 means [DefaultConcurrency]
}

// A Result is what has to be written.
type Result struct {
	Manifest *Manifest
	Schemas  []*schema.Document // all, by NSID
	Files    map[string][]byte  // what is new or changes, by name in the directory
	Remove   []string           // files of schemas that are no longer needed, sorted
}

// A DriftError reports a schema that is not what the manifest pins.
type DriftError struct {
	NSID      syntax.NSID
	Want, Got dagcbor.CID // undefined if it is not pinned, or no longer needed
	Where     string      // "file" or "source", or "manifest" if the pin itself had to change
}

func (e *DriftError) Error() string {
	switch {
	case !e.Want.Defined() && e.Where == "manifest":
		return fmt.Sprintf("install: schema %s is not in the manifest", e.NSID)
	case !e.Got.Defined():
		return fmt.Sprintf("install: schema %s in the manifest is not needed", e.NSID)
	}
	return fmt.Sprintf("install: schema %s has CID %s in the %s, pinned is %s", e.NSID, e.Got, e.Where, e.Want)
}

// A fetcher is a source that can go where a pin leads, as [*resolve.Resolver]
// can: to an account, whatever DNS says by now.
type fetcher interface {
	Fetch(ctx context.Context, did syntax.DID, id syntax.NSID) (*resolve.Resolution, error)
}

// Run finds the schemas that the manifest asks for, those to add, and all that
// they refer to. Nothing is written. The error joins those of all schemas that
// failed: of sources, each with the name of the schema, and [*DriftError].
func Run(ctx context.Context, c *Config, add ...syntax.NSID) (*Result, error) {
	in := &installer{Config: *c, got: make(map[syntax.NSID]installed)}
	in.MaxSchemas = cmp.Or(c.MaxSchemas, DefaultMaxSchemas)
	in.Concurrency = cmp.Or(c.Concurrency, DefaultConcurrency)
	if in.Manifest == nil {
		in.Manifest = &Manifest{}
	}
	if in.Locked {
		in.Update = false
	}
	roots := sortedIDs(slices.Concat(in.Manifest.Lexicons, add))
	if err := in.all(ctx, roots); err != nil {
		return nil, err
	}
	return in.result(roots)
}

// An installer holds what was found so far.
type installer struct {
	Config
	got map[syntax.NSID]installed
}

type installed struct {
	res  *resolve.Resolution
	file []byte // what the file is to hold
	same bool   // whether it does
}

// all gets schemas and what they refer to, wave by wave.
func (in *installer) all(ctx context.Context, due []syntax.NSID) error {
	for len(due) > 0 {
		if n := len(in.got) + len(due); n > in.MaxSchemas {
			return &dagcbor.LimitError{Name: "install: number of schemas", Limit: int64(in.MaxSchemas), Got: int64(n), Offset: -1}
		}
		wave, err := in.wave(ctx, due)
		if err != nil {
			return err
		}
		next := make(map[syntax.NSID]bool)
		for i, id := range due {
			in.got[id] = wave[i]
		}
		for _, one := range wave {
			for _, id := range one.res.Document.Dependencies() {
				if _, has := in.got[id]; !has {
					next[id] = true
				}
			}
		}
		due = slices.SortedFunc(maps.Keys(next), syntax.NSID.Compare)
	}
	return nil
}

// wave gets schemas, several at once.
func (in *installer) wave(ctx context.Context, ids []syntax.NSID) ([]installed, error) {
	list, errs := make([]installed, len(ids)), make([]error, len(ids))
	slots := make(chan struct{}, max(in.Concurrency, 1))
	var wg sync.WaitGroup
	for i, id := range ids {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			list[i], errs[i] = in.one(ctx, id)
		})
	}
	wg.Wait()
	return list, errors.Join(errs...)
}

// one gets a schema.
func (in *installer) one(ctx context.Context, id syntax.NSID) (installed, error) {
	pin, pinned := in.Manifest.Resolutions[id]
	frozen := in.frozen(id)
	where := "file"
	res, err := in.fromFile(id, pin)
	switch {
	case errors.Is(err, fs.ErrNotExist) && frozen:
		return installed{}, fmt.Errorf("install: schema %s is frozen and has no file", id)
	case err != nil && !errors.Is(err, fs.ErrNotExist) && (frozen || !in.Update):
		return installed{}, fmt.Errorf("install: schema %s: %w", id, err)
	case err != nil || in.Update && !frozen:
		where = "source"
		if res, err = in.fromSources(ctx, id, pin); err != nil {
			return installed{}, fmt.Errorf("install: schema %s: %w", id, err)
		}
	}
	if pinned && res.CID != pin.CID && !in.Update && !frozen { // of frozen ones in.drift tells if need be
		return installed{}, &DriftError{id, pin.CID, res.CID, where}
	}
	if where == "file" {
		if res.CID != pin.CID {
			res.URI = "file:" + FileName(id)
		}
		return installed{res: res, same: true}, nil
	}
	return in.render(id, res)
}

// frozen reports whether the file of a schema stays as it is.
func (in *installer) frozen(id syntax.NSID) bool {
	return slices.ContainsFunc(in.Frozen, func(p syntax.NSIDPattern) bool { return p.Match(id) })
}

// fromFile reads the schema that is installed.
func (in *installer) fromFile(id syntax.NSID, pin Pin) (*resolve.Resolution, error) {
	if in.Files == nil {
		return nil, fs.ErrNotExist
	}
	d, err := readFile(in.Files, id)
	if err != nil {
		return nil, err
	}
	cid, err := d.CID()
	if err != nil {
		return nil, err
	}
	return &resolve.Resolution{Document: d, CID: cid, URI: pin.URI}, nil
}

// fromSources asks the sources in order.
func (in *installer) fromSources(ctx context.Context, id syntax.NSID, pin Pin) (*resolve.Resolution, error) {
	var missing error = &resolve.Error{NSID: id, Step: resolve.ErrNotFound}
	for _, rule := range in.Sources {
		if !rule.Pattern.IsZero() && !rule.Pattern.Match(id) {
			continue
		}
		res, err := in.fromSource(ctx, rule.Source, id, pin)
		if err == nil || !resolve.IsNotFound(err) {
			return res, err
		}
		missing = err
	}
	return nil, missing
}

// fromSource asks a source. A pin to an account leads there again.
func (in *installer) fromSource(ctx context.Context, s resolve.Source, id syntax.NSID, pin Pin) (*resolve.Resolution, error) {
	if f, ok := s.(fetcher); ok && !in.Update {
		if uri, err := syntax.ParseATURI(pin.URI); err == nil {
			if did, ok := uri.Authority().DID(); ok {
				return f.Fetch(ctx, did, id)
			}
		}
	}
	return s.Resolve(ctx, id)
}

// render makes the content of a file, which depends on the CID alone.
func (in *installer) render(id syntax.NSID, res *resolve.Resolution) (installed, error) {
	record, err := res.Document.Record()
	if err != nil {
		return installed{}, fmt.Errorf("install: schema %s: %w", id, err)
	}
	d, err := schema.ParseRecord(record, &schema.Options{Lenient: true, Drafts: true})
	if err != nil {
		return installed{}, fmt.Errorf("install: schema %s: %w", id, err)
	}
	one := installed{res: res, file: d.Format()}
	if in.Files != nil {
		old, err := fs.ReadFile(in.Files, FileName(id))
		one.same = err == nil && bytes.Equal(old, one.file)
	}
	return one, nil
}

// result puts together what has to be written.
func (in *installer) result(roots []syntax.NSID) (*Result, error) {
	r := &Result{
		Manifest: &Manifest{Lexicons: roots, Resolutions: make(map[syntax.NSID]Pin, len(in.got)), extra: in.Manifest.extra},
		Files:    make(map[string][]byte),
	}
	folded := make(map[string]syntax.NSID, len(in.got))
	for _, id := range slices.SortedFunc(maps.Keys(in.got), syntax.NSID.Compare) {
		one := in.got[id]
		name := FileName(id)
		if other, has := folded[strings.ToLower(name)]; has {
			return nil, fmt.Errorf("install: schemas %s and %s have the same file where case does not matter", other, id)
		}
		folded[strings.ToLower(name)] = id
		r.Schemas = append(r.Schemas, one.res.Document)
		r.Manifest.Resolutions[id] = Pin{one.res.URI, one.res.CID}
		if !one.same {
			r.Files[name] = one.file
		}
	}
	for id := range in.Manifest.Resolutions {
		if _, has := in.got[id]; !has && !in.frozen(id) {
			r.Remove = append(r.Remove, FileName(id))
		}
	}
	slices.Sort(r.Remove)
	if in.Locked {
		return r, in.drift(r.Manifest)
	}
	return r, nil
}

// drift reports where a manifest is not the one that there was.
func (in *installer) drift(now *Manifest) error {
	var errs []error
	for id, pin := range now.Resolutions {
		if was := in.Manifest.Resolutions[id]; was.CID != pin.CID {
			errs = append(errs, &DriftError{id, was.CID, pin.CID, "manifest"})
		}
	}
	for id, was := range in.Manifest.Resolutions {
		if _, has := now.Resolutions[id]; !has {
			errs = append(errs, &DriftError{id, was.CID, dagcbor.CID{}, "manifest"})
		}
	}
	if len(errs) == 0 && !slices.Equal(now.Lexicons, sortedIDs(in.Manifest.Lexicons)) {
		errs = append(errs, errors.New("install: the manifest does not list what is added"))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func sortedIDs(ids []syntax.NSID) []syntax.NSID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, syntax.NSID.Compare)
	return slices.Compact(ids)
}
