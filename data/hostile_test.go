package data_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/dagcbor"
	"github.com/linnet-at/linnet/data"
	"github.com/linnet-at/linnet/internal/ledger"
)

// readers are all ways to read DAG-CBOR in this package, of which the error is
// wanted.
var readers = map[string]func(b []byte, o *data.Options) error{
	"Validate":        data.Validate,
	"NewView":         func(b []byte, o *data.Options) error { _, err := data.NewView(b, o); return err },
	"Unmarshal":       func(b []byte, o *data.Options) error { _, err := data.Unmarshal(b, o); return err },
	"UnmarshalRecord": func(b []byte, o *data.Options) error { _, err := data.UnmarshalRecord(b, o); return err },
	"ToJSON":          func(b []byte, o *data.Options) error { _, err := data.ToJSON(b, o); return err },
	"Blobs": func(b []byte, o *data.Options) (last error) {
		for _, err := range data.Blobs(b, o) {
			last = err
		}
		return last
	},
	"Links": func(b []byte, o *data.Options) (last error) {
		for _, err := range data.Links(b, o) {
			last = err
		}
		return last
	},
}

// notCanonical is what is no DAG-CBOR, whatever the options: one for each
// reason, and for those that software has been known to let pass.
var notCanonical = []string{
	"", "18", "1817", "190017", "1b0000000000000017", "381700", "5801", "7801", "980100", "b80100", "d9002a582500",
	"9bffffffffffffffff", "bbffffffffffffffff", "5b7fffffffffffffff", "7bffffffffffffffff", "9a00010000", "1c", "3d", "5e", "7c", "9d", "be", "fc", "fd", "fe",
	"9fff", "bfff", "5fff", "7fff", "ff", "5f4100ff", "7f6161ff",
	"a2616200616100", "a262616100616200", "a2616100616100", "a26000" + "6000", "a10000", "a1200000", "a1416100", "a1f600", "a18000",
	"c0", "c11a514b67b0", "c24101", "c34101", "d9d9f700", "d8204161", "d82a00", "d82a40", "d82a4100", "d82a6100", "d82a4101",
	"d82a582500" + "02711220" + "00000000000000000000000000000000000000000000000000000000000000", "d82a5823001220" + "0000000000000000000000000000000000000000000000000000000000000000",
	"f93c00", "fa3f800000", "fb3ff8000000000000", "f97e00", "f97c00", "f98000", "f7", "e0", "f3", "f800", "f8ff",
	"61ff", "62c328", "63eda080", "62c080", "64f4908080", "a161ff00", "1b8000000000000000", "1bffffffffffffffff", "3b8000000000000000", "0000", "a0a0",
}

// TestNotCanonical: all ways to read refuse what the codec refuses, at the same
// place, at every depth, and at whatever options.
func TestNotCanonical(t *testing.T) {
	ledger.Covers(t, "CBR-002", "CBR-006", "CBR-007", "CBR-008", "CBR-009", "CBR-010", "CBR-011", "CBR-012", "CBR-013", "CBR-014", "CBR-015")
	for _, bad := range notCanonical {
		for _, around := range []string{"", "81", "a16161", "82a06161", "a2616100616281"} {
			b := unhex(t, around+bad)
			if around == "82a06161" {
				b = append(unhex(t, "82a0"), unhex(t, bad)...)
			}
			for _, o := range []*data.Options{nil, {Permissive: true}, {MaxDepth: -1, MaxContainer: -1, MaxKey: -1, MaxCBOR: -1, MaxTree: -1}} {
				want := dagcbor.Valid(b, &dagcbor.Options{ForeignLinks: o != nil && o.Permissive})
				require.Error(t, want, "%x", b)
				for name, read := range readers {
					require.Equal(t, want, read(b, o), "%s of %x", name, b)
				}
				_, err := data.ParseBlob(b)
				require.Error(t, err)
			}
		}
	}
}

// TestHostileEverywhere: what is made to take memory gets one verdict from all
// ways to read, but for limits on what is made of it.
func TestHostileEverywhere(t *testing.T) {
	for name, b := range hostile {
		want := data.Validate(b, nil)
		for way, read := range readers {
			err := read(b, nil)
			if want != nil {
				require.Equal(t, want, err, "%s of %s", way, name)
			} else if err != nil && way != "UnmarshalRecord" {
				require.True(t, strings.Contains(err.Error(), "memory of a tree") || strings.Contains(err.Error(), "JSON size"), "%s of %s: %v", way, name, err)
			}
		}
	}
}
