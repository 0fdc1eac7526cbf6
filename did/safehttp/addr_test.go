package safehttp_test

import (
	"math/big"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/did/safehttp"
	"github.com/linnet-at/linnet/internal/ledger"
)

// specialRanges are the first and last address of each range that is not of
// the public unicast network, for the reference.
var specialRanges = [][2]string{
	{"0.0.0.0", "0.255.255.255"},
	{"10.0.0.0", "10.255.255.255"},
	{"100.64.0.0", "100.127.255.255"},
	{"127.0.0.0", "127.255.255.255"},
	{"169.254.0.0", "169.254.255.255"},
	{"172.16.0.0", "172.31.255.255"},
	{"192.0.0.0", "192.0.0.255"},
	{"192.0.2.0", "192.0.2.255"},
	{"192.31.196.0", "192.31.196.255"},
	{"192.52.193.0", "192.52.193.255"},
	{"192.88.99.0", "192.88.99.255"},
	{"192.168.0.0", "192.168.255.255"},
	{"192.175.48.0", "192.175.48.255"},
	{"198.18.0.0", "198.19.255.255"},
	{"198.51.100.0", "198.51.100.255"},
	{"203.0.113.0", "203.0.113.255"},
	{"224.0.0.0", "255.255.255.255"},
	{"::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"},
	{"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"},
	{"4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
}

// refSpecial is the slow reference: it compares numbers.
func refSpecial(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" {
		return true
	}
	addr = addr.Unmap()
	for _, r := range specialRanges {
		first, last := netip.MustParseAddr(r[0]), netip.MustParseAddr(r[1])
		if addr.Is4() == first.Is4() && number(addr).Cmp(number(first)) >= 0 && number(addr).Cmp(number(last)) <= 0 {
			return true
		}
	}
	return false
}

func number(addr netip.Addr) *big.Int { return new(big.Int).SetBytes(addr.AsSlice()) }

// TestSpecialUse looks at both sides of all borders.
func TestSpecialUse(t *testing.T) {
	ledger.Covers(t, "OAUTH-129")
	for _, r := range specialRanges {
		first, last := netip.MustParseAddr(r[0]), netip.MustParseAddr(r[1])
		for _, addr := range []netip.Addr{first.Prev(), first, first.Next(), last.Prev(), last, last.Next()} {
			use := safehttp.SpecialUse(addr)
			require.Equal(t, refSpecial(addr), use != "", "%s: %q", addr, use)
			if addr.Is4() {
				require.Equal(t, use, safehttp.SpecialUse(netip.AddrFrom16(addr.As16())), "%s, mapped", addr)
			}
		}
	}
}

func TestSpecialUses(t *testing.T) {
	ledger.Covers(t, "OAUTH-129")
	for addr, want := range map[string]string{
		"127.0.0.1":           "loopback (RFC 1122)",
		"::1":                 "loopback (RFC 4291)",
		"::ffff:127.0.0.1":    "loopback (RFC 1122)",
		"::127.0.0.1":         "IPv4-compatible (RFC 4291)",
		"10.1.2.3":            "private use (RFC 1918)",
		"::ffff:10.1.2.3":     "private use (RFC 1918)",
		"100.100.100.200":     "shared by carriers (RFC 6598)",
		"169.254.169.254":     "link-local (RFC 3927)",
		"192.0.0.192":         "IETF protocol assignments (RFC 6890)",
		"198.18.0.1":          "benchmarking (RFC 2544)",
		"255.255.255.255":     "reserved, broadcast (RFC 1112)",
		"0.0.0.0":             "this network (RFC 791)",
		"::":                  "unspecified (RFC 4291)",
		"64:ff9b::a00:1":      "NAT64 (RFC 6052)",
		"64:ff9b::8.8.8.8":    "NAT64 (RFC 6052)",
		"64:ff9b:1::8.8.8.8":  "local NAT64 (RFC 8215)",
		"2001:0:4136::1":      "Teredo (RFC 4380)",
		"2002:7f00:1::":       "6to4 (RFC 3056)",
		"2001:db8::1":         "documentation (RFC 3849)",
		"3fff::1":             "documentation (RFC 9637)",
		"fd00:ec2::254":       "unique local (RFC 4193)",
		"fe80::1":             "link-local (RFC 4291)",
		"fec0::1":             "site-local (RFC 3879)",
		"ff02::1":             "multicast (RFC 4291)",
		"224.0.0.1":           "multicast (RFC 5771)",
		"100::1":              "discard only (RFC 6666)",
		"5f00::1":             "segment routing (RFC 9602)",
		"4000::1":             "not assigned (RFC 4291)",
		"2606:4700::1%eth0":   "scoped to a zone (RFC 4007)",
		"::ffff:1.1.1.1%eth0": "scoped to a zone (RFC 4007)",
		"1.1.1.1":             "",
		"::ffff:1.1.1.1":      "",
		"172.15.255.255":      "",
		"172.32.0.0":          "",
		"2606:4700:4700::1":   "",
		"2a00:1450:4001::200": "",
	} {
		require.Equal(t, want, safehttp.SpecialUse(netip.MustParseAddr(addr)), addr)
	}
	require.Equal(t, "no address", safehttp.SpecialUse(netip.Addr{}))
}

// FuzzSpecialUse compares with the reference, and with what net/netip knows.
func FuzzSpecialUse(f *testing.F) {
	for _, r := range specialRanges {
		f.Add(netip.MustParseAddr(r[0]).AsSlice(), "")
		f.Add(netip.MustParseAddr(r[1]).AsSlice(), "")
	}
	f.Add(make([]byte, 16), "eth0")
	f.Add(netip.MustParseAddr("::ffff:1.1.1.1").AsSlice(), "eth0")
	f.Fuzz(func(t *testing.T, b []byte, zone string) {
		addr, ok := netip.AddrFromSlice(b)
		if ok && addr.Is6() {
			addr = addr.WithZone(strings.TrimSpace(zone))
		}
		special := safehttp.SpecialUse(addr) != ""
		require.Equal(t, refSpecial(addr), special, "%s", addr)
		bare := addr.Unmap()
		if bare.IsLoopback() || bare.IsPrivate() || bare.IsUnspecified() || bare.IsMulticast() || bare.IsLinkLocalUnicast() || !bare.IsGlobalUnicast() {
			require.True(t, special, "%s", addr)
		}
	})
}

func BenchmarkSpecialUse(b *testing.B) {
	for _, text := range []string{"127.0.0.1", "93.184.216.34", "2606:4700:4700::1111", "fe80::1"} {
		addr := netip.MustParseAddr(text)
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				safehttp.SpecialUse(addr)
			}
		})
	}
}
