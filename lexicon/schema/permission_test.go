package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/fixtures"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/lexicon/schema"
)

// TestPermissions: what can be parsed need not grant anything.
func TestPermissions(t *testing.T) {
	ledger.Covers(t, "LEX-028", "LEX-029", "LEX-030", "LEX-031", "LEX-032", "LEX-033", "LEX-034", "LEX-015")
	for members, want := range map[string]string{
		`"resource":"repo","collection":["com.example.a"]`:                                              "",
		`"resource":"repo","collection":["com.example.a","com.example.b"],"action":["create","delete"]`: "",
		`"resource":"repo","collection":["com.example.a"],"description":"why"`:                          "",
		`"resource":"repo","collection":["com.example.a"],"description":""`:                             "",
		`"resource":"rpc","lxm":["com.example.m"],"aud":"*"`:                                            "",
		`"resource":"rpc","lxm":["com.example.m"],"inheritAud":true`:                                    "",
		`"resource":"rpc","lxm":["com.example.m"],"aud":"*","inheritAud":false`:                         "",

		`"resource":"repo"`:                                                             "no collection",
		`"resource":"repo","collection":[]`:                                             "no collection",
		`"resource":"repo","collection":["*"]`:                                          `collection "*" is not an NSID`,
		`"resource":"repo","collection":["com.example.a","com.example.a"]`:              `collection "com.example.a" twice`,
		`"resource":"repo","collection":["com.example.a"],"action":["Create"]`:          `action "Create"`,
		`"resource":"repo","collection":["com.example.a"],"action":["create","create"]`: `action "create" twice`,
		`"resource":"repo","collection":["com.example.a"],"action":[]`:                  "no action",
		`"resource":"repo","collection":["com.example.a"],"onlyOn":"tuesday"`:           `unknown member "onlyOn"`,
		`"resource":"repo","collection":["com.example.a"],"lxm":["com.example.m"]`:      `with members of "rpc"`,
		`"resource":"repo","collection":"com.example.a"`:                                `unknown member "collection"`,
		`"resource":"rpc"`: "no lxm",
		`"resource":"rpc","lxm":["*"],"inheritAud":true`:                         `lxm "*" is not an NSID`,
		`"resource":"rpc","lxm":["com.example.m"]`:                               "neither aud nor inheritAud",
		`"resource":"rpc","lxm":["com.example.m"],"inheritAud":false`:            "neither aud nor inheritAud",
		`"resource":"rpc","lxm":["com.example.m"],"aud":"did:web:x.y#z"`:         `aud "did:web:x.y#z" is not "*"`,
		`"resource":"rpc","lxm":["com.example.m"],"aud":""`:                      `aud "" is not "*"`,
		`"resource":"rpc","lxm":["com.example.m"],"aud":"*","inheritAud":true`:   "aud and inheritAud",
		`"resource":"rpc","lxm":["com.example.m"],"inheritAud":"yes"`:            `unknown member "inheritAud"`,
		`"resource":"rpc","lxm":["com.example.m",5],"aud":"*"`:                   `unknown member "lxm"`,
		`"resource":"rpc","lxm":["com.example.m"],"aud":"*","action":["create"]`: `with members of "repo"`,
		`"resource":"blob","accept":["image/*"]`:                                 `unknown member "accept"`,
		`"resource":"account"`:                                                   `resource "account"`,
		`"resource":"identity"`:                                                  `resource "identity"`,
	} {
		text := doc(`"main":{"type":"permission-set","permissions":[{"type":"permission",` + members + `}]}`)
		d := parse(t, text)
		out, err := d.MarshalJSON()
		require.NoError(t, err)
		require.JSONEq(t, text, string(out))
		set := d.Main().(*schema.PermissionSet)
		err = set.Permissions[0].Check()
		if want == "" {
			require.NoError(t, err, members)
			require.Len(t, set.Grants(), 1)
			continue
		}
		require.ErrorContains(t, err, want, members)
		require.Empty(t, set.Grants())
	}
}

// TestPermissionSetVector: the official set loads, and one of its permissions
// grants nothing.
func TestPermissionSetVector(t *testing.T) {
	ledger.Covers(t, "LEX-030", "LEX-026")
	d, err := schema.Parse(fixtures.Interop(t, "lexicon/catalog/permission-set.json"), nil)
	require.NoError(t, err)
	set := d.Main().(*schema.PermissionSet)
	require.Len(t, set.Permissions, 6)
	require.Len(t, set.Grants(), 5)
	require.Equal(t, []string{"*"}, set.Permissions[4].LXM)
	require.Error(t, set.Permissions[4].Check())
	require.Equal(t, "Example for Modération", set.TitleLang["fr"])
}
