package jwt_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Importing this package and those below it changes nothing for others in the
// process: there is no init, nothing is registered, and no variable of another
// package is set.
func TestNothingGlobal(t *testing.T) {
	for _, dir := range []string{".", "..", "../internal/jose"} {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		files := 0
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, 0)
			require.NoError(t, err)
			files++
			requireNothingGlobal(t, fset, f)
		}
		require.NotZero(t, files, dir)
	}
}

func requireNothingGlobal(t *testing.T, fset *token.FileSet, f *ast.File) {
	t.Helper()
	imported := make(map[string]bool) // names of packages
	for _, imp := range f.Imports {
		path := strings.Trim(imp.Path.Value, `"`)
		imported[path[strings.LastIndexByte(path, '/')+1:]] = true
		if imp.Name != nil {
			require.NotEqual(t, "_", imp.Name.Name, "%s: imported for its effects", fset.Position(imp.Pos()))
			imported[imp.Name.Name] = true
		}
	}
	foreign := func(x ast.Expr) bool {
		sel, ok := x.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		id, ok := sel.X.(*ast.Ident)
		return ok && id.Obj == nil && imported[id.Name]
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			require.False(t, n.Recv == nil && n.Name.Name == "init", "%s: func init", fset.Position(n.Pos()))
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && foreign(sel) {
				require.False(t, strings.HasPrefix(sel.Sel.Name, "Register"), "%s: %s", fset.Position(n.Pos()), sel.Sel.Name)
			}
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				require.False(t, foreign(x), "%s: sets a variable of another package", fset.Position(n.Pos()))
			}
		}
		return true
	})
}
