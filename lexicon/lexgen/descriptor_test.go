package lexgen_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/api/atproto"
	"github.com/linnet-at/linnet/api/bsky"
	"github.com/linnet-at/linnet/api/chat"
	"github.com/linnet-at/linnet/api/ozone"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon"
	"github.com/linnet-at/linnet/lexicon/internal/published"
	"github.com/linnet-at/linnet/lexicon/lex"
	"github.com/linnet-at/linnet/lexicon/lexgen/internal/gentest"
	"github.com/linnet-at/linnet/lexicon/schema"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// checkMethods compares descriptions with those of a catalog.
func checkMethods(t *testing.T, c *lexicon.Catalog, list ...schema.Method) {
	t.Helper()
	for _, m := range list {
		want, err := c.Method(syntax.MustParseNSID("com.example.none"))
		require.ErrorIs(t, err, lexicon.ErrNoSchema)
		require.Zero(t, want)
		id, err := syntax.ParseNSID(m.NSID)
		require.NoError(t, err)
		want, err = c.Method(id)
		require.NoError(t, err)
		require.Equal(t, want, m)
	}
}

// TestMethods: the description that is generated is that of the document.
func TestMethods(t *testing.T) {
	ledger.Covers(t, "LEX-169")
	checkMethods(t, loadCatalog(t), gentest.GetThingsMethod(), gentest.DoThingMethod(), gentest.NothingMethod(), gentest.DownloadMethod(),
		gentest.UploadMethod(), gentest.SubscribeMethod(), gentest.ParamsMethod())

	m := gentest.GetThingsMethod()
	require.Equal(t, schema.KindQuery, m.Kind)
	require.Equal(t, int64(50), *m.Params.Property("limit").(*schema.Integer).Default)
	require.Equal(t, []string{"who"}, m.Params.Required)
	require.Equal(t, schema.MethodBody{Encoding: "application/json", Typed: true}, m.Output)
	require.True(t, m.Input.IsZero())
	require.Equal(t, []string{"NoSuchThing", "TooMany"}, m.Errors)
	require.Equal(t, schema.MethodBody{Encoding: "*/*"}, gentest.UploadMethod().Input)
	require.Equal(t, schema.KindSubscription, gentest.SubscribeMethod().Kind)

	*m.Params.Property("limit").(*schema.Integer).Default = 1 // is the caller's own
	require.Equal(t, int64(50), *gentest.GetThingsMethod().Params.Property("limit").(*schema.Integer).Default)
}

// TestMethodsOfCalls: what a client sends is what the description says.
func TestMethodsOfCalls(t *testing.T) {
	ledger.Covers(t, "LEX-169")
	ctx := t.Context()
	for _, tc := range []struct {
		m    schema.Method
		call func(ctx context.Context, c xrpc.Caller) error
	}{
		{gentest.GetThingsMethod(), func(ctx context.Context, c xrpc.Caller) error {
			_, err := gentest.GetThings(ctx, c, nil)
			return err
		}},
		{gentest.DoThingMethod(), func(ctx context.Context, c xrpc.Caller) error {
			_, err := gentest.DoThing(ctx, c, nil, &gentest.DoThingInput2{AllOne: new(gentest.AllOne)})
			return err
		}},
		{gentest.NothingMethod(), gentest.Nothing},
		{gentest.DownloadMethod(), func(ctx context.Context, c xrpc.Caller) error {
			_, err := gentest.Download(ctx, c)
			return err
		}},
		{gentest.UploadMethod(), func(ctx context.Context, c xrpc.Caller) error {
			_, err := gentest.Upload(ctx, c, xrpc.NewBody("image/png", strings.NewReader("x"), 1))
			return err
		}},
		{atproto.SyncGetBlobMethod(), func(ctx context.Context, c xrpc.Caller) error {
			_, err := atproto.SyncGetBlob(ctx, c, nil)
			return err
		}},
	} {
		c := &caller{answer: `{"things":[],"v":1}`}
		require.NoError(t, tc.call(ctx, c), tc.m.NSID)
		require.Equal(t, tc.m.NSID, c.call.NSID)
		require.Equal(t, tc.m.Kind == schema.KindProcedure, c.call.Kind == xrpc.KindProcedure)
		require.Equal(t, tc.m.Params != nil, c.call.Params != nil)
		require.Equal(t, !tc.m.Input.IsZero(), c.call.Input != nil || c.call.Body != nil)
		require.Equal(t, tc.m.Input.Typed, c.call.Input != nil)
		require.Equal(t, tc.m.Output.IsZero(), c.call.Output == nil && !c.call.Stream)
		if c.call.Stream {
			require.Equal(t, tc.m.Output.Encoding, c.call.Accept)
		}
		if tc.m.Params != nil { // a nil pointer sends the defaults
			for _, p := range tc.m.Params.Properties {
				if i, ok := p.Type.(*schema.Integer); ok && i.Default != nil {
					require.Contains(t, c.query, p.Name+"=")
				}
			}
		}
	}
}

// TestMethodsPublished: each method of the network has a description, and those
// of a sample are looked at.
func TestMethodsPublished(t *testing.T) {
	ledger.Covers(t, "LEX-169")
	c, err := lexicon.Load(published.FS(t), nil)
	require.NoError(t, err)
	count := 0
	for d := range c.Documents() {
		if m, ok := d.Method(); ok {
			count++
			require.Equal(t, d.ID.String(), m.NSID)
			require.Equal(t, d.Main().Kind(), m.Kind)
		}
	}
	checkMethods(t, c, bsky.FeedGetTimelineMethod(), bsky.FeedGetAuthorFeedMethod(), bsky.FeedSearchPostsMethod(), bsky.FeedSendInteractionsMethod(), bsky.ActorGetProfilesMethod(),
		bsky.NotificationListNotificationsMethod(), bsky.GraphGetRelationshipsMethod(), bsky.VideoUploadVideoMethod(), bsky.UnspeccedGetPostThreadV2Method(),
		atproto.RepoUploadBlobMethod(), atproto.RepoImportRepoMethod(), atproto.RepoApplyWritesMethod(), atproto.RepoListRecordsMethod(), atproto.SyncGetRepoMethod(),
		atproto.SyncGetBlobMethod(), atproto.SyncSubscribeReposMethod(), atproto.LabelSubscribeLabelsMethod(), atproto.ServerCreateSessionMethod(),
		atproto.ServerRefreshSessionMethod(), atproto.ServerDeleteSessionMethod(), atproto.IdentityResolveHandleMethod(), chat.ActorExportAccountDataMethod(),
		chat.ConvoGetLogMethod(), ozone.ModerationQueryEventsMethod(), ozone.ModerationEmitEventMethod())

	root, err := fixtures.ModuleRoot()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "api", "*", "*_lex.go"))
	require.NoError(t, err)
	found := 0
	for _, name := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv == nil && f.Type.Results != nil && len(f.Type.Params.List) == 0 {
				if s, ok := f.Type.Results.List[0].Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Method" {
					found++
				}
			}
		}
	}
	require.Equal(t, count, found)
}

// goodParams are the required parameters of com.example.params.
const goodParams = "text=ab&number=1&flag=true&texts=de&numbers=9&flags=false"

// compareParams reads a query by generated code and by a catalog, which have to
// agree.
func compareParams(t *testing.T, c *lexicon.Catalog, id string, query string, x interface {
	xrpc.Params
	ParseQuery(query string) error
}) error {
	t.Helper()
	err := x.ParseQuery(query)
	values, bad := url.ParseQuery(query)
	if bad != nil {
		if !strings.Contains(query, ";") { // a character like others, but not for package url
			require.Error(t, err, query)
		}
		return err
	}
	name, bad := syntax.ParseNSID(id)
	require.NoError(t, bad)
	v, want := c.ParseParams(name, values, nil)
	if want != nil || err != nil {
		require.Error(t, err, "%s: %v", query, want)
		require.Error(t, want, "%s: %v", query, err)
		// A parameter that is missing comes before limits.
		_, all := c.ParseParams(name, values, &lexicon.Options{MaxErrors: -1})
		list, ok := errors.AsType[lexicon.Errors](all)
		require.True(t, ok, "%v", all)
		e, ok := errors.AsType[*lexicon.Error](err)
		require.True(t, ok, "%v", err)
		require.True(t, slices.ContainsFunc(list, func(o *lexicon.Error) bool { return o.Path == e.Path && o.Code == e.Code && o.Def == e.Def }), "%v is not among %v", err, all)
		return err
	}
	tree, bad := v.Tree(nil)
	require.NoError(t, bad)
	text, bad := c.FormatParams(name, tree.(map[string]any), nil)
	require.NoError(t, bad)
	require.Equal(t, text, string(x.AppendQuery(nil)), query)
	return nil
}

func TestParseQuery(t *testing.T) {
	ledger.Covers(t, "LEX-169", "XRPC-011", "XRPC-012", "XRPC-014", "XRPC-017")
	c := loadCatalog(t)
	for query, path := range map[string]string{
		goodParams: "", "&&" + goodParams + "&": "", "": "/flag",
		goodParams + "&unknown=1&unknown=2&unknown&=&=x": "",
		goodParams + "&texts=en&texts=JA":                "/texts/2", goodParams + "&texts[]=x&texts%5B%5D=y": "",
		goodParams + "&texts=en&texts=fr": "", goodParams + "&texts=en&texts=fr&texts=it": "/texts",
		goodParams + "&text=ab": "/text", goodParams + "&flag=true": "/flag", goodParams + "&withDefault=": "", goodParams + "&withDefault=8": "",
		goodParams + "&withDefault=&withDefault=": "/withDefault", goodParams + "&withDefault=-1": "/withDefault", goodParams + "&withDefault=%38": "",
		goodParams + "&%77ith%44efault=8":        "",
		goodParams + "&parseQuery=a":             "",
		goodParams + "&parseQuery=":              "/parseQuery",
		goodParams + "&parseQuery":               "/parseQuery",
		goodParams + "&parseQuery=%61":           "",
		goodParams + "&on=":                      "",
		goodParams + "&on=false":                 "",
		goodParams + "&on=1":                     "/on",
		goodParams + "&on=True":                  "/on",
		goodParams + "&on=TRUE":                  "/on",
		goodParams + "&flags=":                   "/flags",
		goodParams + "&flags=true":               "",
		goodParams + "&numbers=10":               "/numbers/1",
		goodParams + "&numbers=":                 "/numbers",
		goodParams + "&numbers=1.0":              "/numbers",
		goodParams + "&numbers=1e0":              "/numbers",
		goodParams + "&numbers=-0":               "",
		goodParams + "&numbers=%2B1":             "/numbers",
		goodParams + "&numbers=+1":               "/numbers",
		goodParams + "&numbers=1+":               "/numbers",
		goodParams + "&numbers=0x1":              "/numbers",
		goodParams + "&numbers=1_0":              "/numbers",
		goodParams + "&numbers=" + maxInt:        "/numbers/1",
		goodParams + "&numbers=-" + maxInt:       "",
		goodParams + "&numbers=-" + maxInt1:      "",
		goodParams + "&numbers=" + maxInt1:       "/numbers",
		goodParams + "&a+b%26c%3D%c3%A9=x":       "",
		goodParams + "&a%20b%26c%3D%c3%A9=y":     "/a b&c=é",
		goodParams + "&x=%":                      "?",
		goodParams + "&x=%2":                     "?",
		goodParams + "&%zz=2":                    "?",
		goodParams + "&x=%2g":                    "?",
		goodParams + "&x=a;b":                    "",
		goodParams + "&x=%ff":                    "",
		goodParams + "&texts=%ff":                "/texts",
		goodParams + "&texts=%f":                 "?",
		"text=abc" + goodParams[len("text=ab"):]: "/text", "text=" + goodParams[len("text=ab"):]: "/text", "text=e%CC%81e%CC%81" + goodParams[len("text=ab"):]: "/text",
		"text=e%CC%81+" + goodParams[len("text=ab"):]: "", goodParams[len("text=ab"):]: "/text",
		strings.Replace(goodParams, "number=1", "number=2", 1): "/number", strings.Replace(goodParams, "number=1", "number=", 1): "/number",
		strings.Replace(goodParams, "flag=true", "flag=false", 1): "/flag", strings.Replace(goodParams, "flags=false", "", 1): "/flags",
		strings.Replace(goodParams, "texts=de", "texts", 1): "/texts/0", strings.Replace(goodParams, "numbers=9", "", 1): "/numbers",
	} {
		x := gentest.ParamsParams{Text: "before"}
		err := compareParams(t, c, gentest.ParamsNSID, query, &x)
		if path == "" {
			require.NoError(t, err, query)
			require.NotEqual(t, "before", x.Text)
			continue
		}
		require.Equal(t, gentest.ParamsParams{Text: "before"}, x, "a target is left alone")
		var e *lexicon.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, gentest.ParamsNSID, e.Def)
		if path == "?" {
			require.Empty(t, e.Path)
			require.ErrorContains(t, err, "which is no escape")
			continue
		}
		require.Equal(t, path, e.Path, query)
	}

	var x gentest.ParamsParams
	require.NoError(t, x.ParseQuery(goodParams))
	require.Equal(t, gentest.ParamsParams{
		Text: "ab", Number: 1, Flag: true, Texts: []string{"de"}, Numbers: []int64{9}, Flags: []bool{false}, WithDefault: 7, ParseQueryField: new("b"), On: new(true),
	}, x)

	require.NoError(t, x.ParseQuery(goodParams+"&"+strings.Repeat("x", lex.MaxQuery-len(goodParams)-1)))
	var limit *dagcbor.LimitError
	require.ErrorAs(t, x.ParseQuery(goodParams+"&"+strings.Repeat("x", lex.MaxQuery-len(goodParams))), &limit)
	require.EqualValues(t, lex.MaxQuery, limit.Limit)
}

const (
	maxInt  = "9223372036854775807"
	maxInt1 = "9223372036854775808"
)

// FuzzParseQuery compares with a catalog.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{goodParams, "", "who=a.bc&limit=5&tags=a&tags=b", "who=a.bc&ids=1&ids=", "who=%61&deep=true", "%", "who=a.bc&&sort=%ff", "cursor=5", "dry=false&dry=true", "+=%2B&text=+"} {
		f.Add(s)
	}
	c := loadCatalog(f)
	f.Fuzz(func(t *testing.T, query string) {
		if len(query) > 10_000 {
			return
		}
		_ = compareParams(t, c, gentest.ParamsNSID, query, new(gentest.ParamsParams))
		_ = compareParams(t, c, gentest.GetThingsNSID, query, new(gentest.GetThingsParams))
		_ = compareParams(t, c, gentest.DoThingNSID, query, new(gentest.DoThingParams))
		_ = compareParams(t, c, gentest.SubscribeNSID, query, new(gentest.SubscribeParams))
	})
}
