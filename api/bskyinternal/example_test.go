package bskyinternal_test

import (
	"fmt"

	"github.com/linnet-at/linnet/api/bskyinternal"
)

func ExampleActorGetProfilesParams() {
	fmt.Println(bskyinternal.ActorGetProfilesNSID)
	// Output: internal.bsky.actor.getProfiles
}
