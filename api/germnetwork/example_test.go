package germnetwork_test

import (
	"fmt"

	"github.com/linnet-at/linnet/api/germnetwork"
)

func ExampleDeclaration() {
	var d germnetwork.Declaration
	fmt.Println(d.UnmarshalJSON([]byte(`{"$type":"com.germnetwork.declaration"}`)))
	// Output: lexicon: version: property is required and missing
}
