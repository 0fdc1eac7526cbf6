package did_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did"
	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/syntax"
)

// That a text is no DID, that its method is not one of ours, and that nobody
// could say what it stands for are different errors.
func TestThreeOutcomes(t *testing.T) {
	ledger.Covers(t, "SYN-015")
	r, err := did.NewResolver(&did.Options{Client: failing(errors.New("down"))})
	require.NoError(t, err)
	for text, want := range map[string][3]bool{
		"did:plc:":            {true, false, false},
		"plc:abc":             {true, false, false},
		"did:key:zQ3shabc":    {false, true, false},
		alice:                 {false, false, true},
		"did:web:example.com": {false, false, true},
	} {
		id, err := syntax.ParseDID(text)
		if err == nil {
			_, err = r.ResolveDID(t.Context(), id)
		}
		_, malformed := errors.AsType[*syntax.Error](err)
		_, failed := errors.AsType[*did.ResolveError](err)
		require.Equal(t, want, [3]bool{malformed, errors.Is(err, syntax.ErrUnsupportedMethod), failed}, "%s: %v", text, err)
	}
}
