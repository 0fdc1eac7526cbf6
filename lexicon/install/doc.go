// Package install keeps Lexicon schemas in a directory, with a manifest that
// says which they are.
//
// The [Manifest], lexicons.json by convention, lists the schemas that a project
// asks for, and pins each of these and of all that they refer to: where it came
// from, and the CID of its record, so that everybody has the same. Its form is
// that of the tools of the ecosystem: version, lexicons, and resolutions with uri
// and cid.
//
// Begin with [Run]. It takes schemas from sources (the network, with package
// lexicon/resolve, or a [Directory]), follows references, and returns a [Result]:
// the new manifest and the files that change. [Result.Write] writes them.
// Nothing that is pinned changes unless [Config.Update] says so, and
// [Config.Frozen] names what does not even then. With [Config.Locked], as for
// CI, it is an error if anything had to change: a [*DriftError]. The command
// lexinstall does all of this from the command line.
//
// The content of a file depends on its CID alone, and the order of the manifest
// is fixed: the same schemas give the same bytes.
package install
