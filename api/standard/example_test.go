package standard_test

import (
	"fmt"

	"github.com/linnet-at/linnet/api/standard"
)

func ExamplePublication() {
	p := standard.Publication{Name: "Linnets", URL: "https://linnets.example.com"}
	fmt.Println(p.Validate(), p.Collection())
	// Output: <nil> site.standard.publication
}
