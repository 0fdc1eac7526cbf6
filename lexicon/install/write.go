package install

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
)

// Write writes the files of the result to a directory, removes those that are no
// longer needed, and writes the manifest last, to a file of the given name in
// another directory or the same; a nil manifestDir leaves the manifest as it is,
// as after [Config].Locked. In the same directory it should have the name
// [ManifestName], which package lexicon does not take for a schema. Each file is written beside the old one and
// then takes its place; after an error, running again goes on. Files that belong
// to no schema of the manifest are left alone.
func (r *Result) Write(dir *os.Root, manifestDir *os.Root, manifest string) error {
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		if err := dir.MkdirAll(path.Dir(name), 0o755); err != nil {
			return fmt.Errorf("install: %w", err)
		}
		if err := replace(dir, name, r.Files[name]); err != nil {
			return err
		}
	}
	for _, name := range r.Remove {
		if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("install: %w", err)
		}
	}
	if manifestDir == nil {
		return nil
	}
	return replace(manifestDir, manifest, r.Manifest.Format())
}

// replace puts a file in the place of another one, if that is different.
func replace(dir *os.Root, name string, content []byte) error {
	if old, err := dir.ReadFile(name); err == nil && string(old) == string(content) {
		return nil
	}
	temp := name + ".new"
	if err := dir.WriteFile(temp, content, 0o644); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	if err := dir.Rename(temp, name); err != nil {
		return fmt.Errorf("install: %w", err)
	}
	return nil
}
