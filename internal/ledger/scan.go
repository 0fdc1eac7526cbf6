package ledger

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	self   = "internal/ledger" // the scanner's own directory
	module = "github.com/linnet-at/linnet"
)

// A Report says which tests cover which requirements.
type Report struct {
	Rows []Row // all requirements

	// Tests holds, for the ID of every covered row, the sorted names of its tests:
	// the directory of the package, relative to the module root, a dot, and the
	// name of the test, fuzz target, benchmark or example.
	Tests map[string][]string

	// Problems holds what is wrong in calls of Covers, each as "file:line: what",
	// in the order of file names and lines: arguments that are no string literals,
	// unknown IDs, calls outside of tests.
	Problems []string
}

// Scan reads all _test.go files of the module whose root directory is fsys,
// whatever their build constraints, except for nested modules, directories that
// the go command ignores, and this package.
func Scan(fsys fs.FS) (*Report, error) {
	rows, err := Rows(fsys)
	if err != nil {
		return nil, err
	}
	s := scanner{fset: token.NewFileSet(), known: make(map[string]bool), tests: make(map[string][]string)}
	for _, r := range rows {
		s.known[r.ID] = true
	}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if skipDir(fsys, name) {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		return s.file(name, src)
	})
	if err != nil {
		return nil, err
	}
	for id, tests := range s.tests {
		slices.Sort(tests)
		s.tests[id] = slices.Compact(tests)
	}
	return &Report{Rows: rows, Tests: s.tests, Problems: s.problems}, nil
}

func skipDir(fsys fs.FS, name string) bool {
	if name == "." {
		return false
	}
	base := path.Base(name)
	if name == self || base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(name, "go.mod"))
	return err == nil
}

type scanner struct {
	fset     *token.FileSet
	known    map[string]bool
	tests    map[string][]string
	problems []string
}

func (s *scanner) file(name string, src []byte) error {
	f, err := parser.ParseFile(s.fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("ledger: %v", err)
	}
	pkg, ok := s.importName(f)
	if !ok {
		return nil
	}
	for _, decl := range f.Decls {
		test := ""
		if fn, ok := decl.(*ast.FuncDecl); ok && isTest(fn) {
			test = path.Dir(name) + "." + fn.Name.Name
			if path.Dir(name) == "." {
				test = path.Base(module) + "." + fn.Name.Name
			}
		}
		s.decl(decl, pkg, test)
	}
	return nil
}

// importName returns the name under which f imports this package.
func (s *scanner) importName(f *ast.File) (string, bool) {
	for _, imp := range f.Imports {
		if p, err := strconv.Unquote(imp.Path.Value); err != nil || p != module+"/"+self {
			continue
		}
		switch {
		case imp.Name == nil:
			return path.Base(self), true
		case imp.Name.Name == ".":
			s.problem(imp, "dot import of the ledger")
		case imp.Name.Name != "_":
			return imp.Name.Name, true
		}
	}
	return "", false
}

// decl records the calls of Covers in one top-level declaration. test is its
// name if it is a test, else empty.
func (s *scanner) decl(decl ast.Decl, pkg, test string) {
	called := make(map[*ast.SelectorExpr]bool)
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && isCovers(sel, pkg) {
				called[sel] = true
				s.call(n, test)
			}
		case *ast.SelectorExpr:
			if isCovers(n, pkg) && !called[n] {
				s.problem(n, "Covers is not called here")
			}
		}
		return true
	})
}

func (s *scanner) call(call *ast.CallExpr, test string) {
	if test == "" {
		s.problem(call, "Covers is called outside of a test")
		return
	}
	if len(call.Args) < 2 {
		s.problem(call, "no requirement named")
		return
	}
	for _, arg := range call.Args[1:] {
		lit, ok := arg.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			s.problem(arg, "requirement is not a string literal")
			continue
		}
		id, err := strconv.Unquote(lit.Value)
		if err != nil || !s.known[id] {
			s.problem(arg, fmt.Sprintf("unknown requirement %q", id))
			continue
		}
		s.tests[id] = append(s.tests[id], test)
	}
}

func (s *scanner) problem(n ast.Node, what string) {
	p := s.fset.Position(n.Pos())
	s.problems = append(s.problems, fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, what))
}

func isCovers(sel *ast.SelectorExpr, pkg string) bool {
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg && sel.Sel.Name == "Covers"
}

// isTest reports whether the go command runs fn: whether it is a function, no
// method, whose name is a prefix such as Test, alone or before anything but a
// lower-case letter.
func isTest(fn *ast.FuncDecl) bool {
	if fn.Recv != nil {
		return false
	}
	for _, prefix := range []string{"Test", "Fuzz", "Benchmark", "Example"} {
		if rest, ok := strings.CutPrefix(fn.Name.Name, prefix); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return rest == "" || !unicode.IsLower(r)
		}
	}
	return false
}
