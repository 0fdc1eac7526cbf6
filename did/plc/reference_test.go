package plc_test

import (
	"encoding/base32"
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/did/plc"
	"github.com/linnet-at/linnet/syntax"
)

func sortedKeys[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), dagcbor.CompareKeys)
}

var canonicalSig = regexp.MustCompile(`^[A-Za-z0-9_-]{85}[AQgw]$`)

// signedBy returns the lowest index in didKeys of one that verifies, or -1.
func signedBy(op *plc.Operation, didKeys []string) int {
	if !canonicalSig.MatchString(op.Signature()) {
		return -1
	}
	sig, err := base64.RawURLEncoding.DecodeString(op.Signature())
	if err != nil {
		return -1
	}
	for i, text := range didKeys {
		key, err := crypto.ParseDIDKey(text)
		if err == nil && key.Verify(op.AppendUnsigned(nil), sig) == nil {
			return i
		}
	}
	return -1
}

// referenceLog is VerifyLog, slow and by the letter: it reports whether the log
// is valid, and what counts in the end.
func referenceLog(did syntax.DID, log []plc.Entry) (valid bool, active []plc.Entry) {
	flags := map[dagcbor.CID]bool{}
	for n, e := range log {
		op := e.Operation
		if e.DID != did || dagcbor.Sum(dagcbor.DAGCBOR, op.AppendCBOR(nil)) != e.CID {
			return false, nil
		}
		if n == 0 {
			digest := e.CID.Digest()
			id := "did:plc:" + strings.ToLower(base32.StdEncoding.EncodeToString(digest[:]))[:24]
			if op.Prev().Defined() || id != did.String() || signedBy(op, op.RotationKeys()) < 0 {
				return false, nil
			}
			active, flags[e.CID] = []plc.Entry{e}, false
			continue
		}
		if _, there := flags[e.CID]; there {
			return false, nil
		}
		i := slices.IndexFunc(active, func(a plc.Entry) bool { return op.Prev().Defined() && a.CID == op.Prev() })
		if i < 0 || active[i].Operation.Type() == plc.TypeTombstone {
			return false, nil
		}
		keys := active[i].Operation.Data().RotationKeys
		nul := active[i+1:]
		if len(nul) == 0 {
			if signedBy(op, keys) < 0 || !e.CreatedAt.After(active[i].CreatedAt) {
				return false, nil
			}
		} else {
			s := signedBy(nul[0].Operation, keys)
			if signedBy(op, keys[:s]) < 0 || !e.CreatedAt.After(active[len(active)-1].CreatedAt) || e.CreatedAt.Sub(nul[0].CreatedAt) > 72*time.Hour {
				return false, nil
			}
			for _, x := range nul {
				flags[x.CID] = true
			}
		}
		active, flags[e.CID] = append(slices.Clone(active[:i+1]), e), false
	}
	for _, e := range log {
		if e.Nullified != flags[e.CID] {
			return false, nil
		}
	}
	return true, active
}
