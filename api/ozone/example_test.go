package ozone_test

import (
	"fmt"

	"github.com/linnet-at/linnet/api/ozone"
)

func ExampleTeamDefsMember() {
	var member ozone.TeamDefsMember
	err := member.UnmarshalJSON([]byte(`{"did":"did:web:mod.example.com","role":"tools.ozone.team.defs#roleTriage"}`))
	fmt.Println(member.Role == ozone.TeamDefsRoleTriage, err)
	// Output: true <nil>
}
