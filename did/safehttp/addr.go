package safehttp

import "net/netip"

// An addrRange is a range of addresses that are not hosts of the public network.
type addrRange struct {
	prefix netip.Prefix
	use    string
}

// special4 are the ranges of IPv4 that nobody connects to in public: all of
// https://www.iana.org/assignments/iana-ipv4-special-registry/ and multicast
// (https://www.iana.org/assignments/multicast-addresses/). The registry has a
// few globally reachable services in it; none of them is a web server.
var special4 = [...]addrRange{
	{netip.MustParsePrefix("0.0.0.0/8"), "this network (RFC 791)"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private use (RFC 1918)"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared by carriers (RFC 6598)"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback (RFC 1122)"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local (RFC 3927)"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private use (RFC 1918)"},
	{netip.MustParsePrefix("192.0.0.0/24"), "IETF protocol assignments (RFC 6890)"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("192.31.196.0/24"), "AS112 (RFC 7535)"},
	{netip.MustParsePrefix("192.52.193.0/24"), "AMT (RFC 7450)"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relays (RFC 7526)"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private use (RFC 1918)"},
	{netip.MustParsePrefix("192.175.48.0/24"), "AS112 (RFC 7534)"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking (RFC 2544)"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation (RFC 5737)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast (RFC 5771)"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved, broadcast (RFC 1112)"},
}

// special6 are the ranges of IPv6 that nobody connects to in public: all of
// https://www.iana.org/assignments/iana-ipv6-special-registry/, and what
// https://www.iana.org/assignments/ipv6-address-space/ has given up or uses for
// multicast. IPv4-mapped addresses are not in it: they are looked up as IPv4.
var special6 = [...]addrRange{
	{netip.MustParsePrefix("::/128"), "unspecified (RFC 4291)"},
	{netip.MustParsePrefix("::1/128"), "loopback (RFC 4291)"},
	{netip.MustParsePrefix("::/96"), "IPv4-compatible (RFC 4291)"},
	{nat64, "NAT64 (RFC 6052)"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "local NAT64 (RFC 8215)"},
	{netip.MustParsePrefix("100::/64"), "discard only (RFC 6666)"},
	{netip.MustParsePrefix("100:0:0:1::/64"), "dummy prefix (RFC 9780)"},
	{netip.MustParsePrefix("2001::/32"), "Teredo (RFC 4380)"},
	{netip.MustParsePrefix("2001::/23"), "IETF protocol assignments (RFC 2928)"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation (RFC 3849)"},
	{netip.MustParsePrefix("2002::/16"), "6to4 (RFC 3056)"},
	{netip.MustParsePrefix("2620:4f:8000::/48"), "AS112 (RFC 7534)"},
	{netip.MustParsePrefix("3fff::/20"), "documentation (RFC 9637)"},
	{netip.MustParsePrefix("5f00::/16"), "segment routing (RFC 9602)"},
	{netip.MustParsePrefix("fc00::/7"), "unique local (RFC 4193)"},
	{netip.MustParsePrefix("fe80::/10"), "link-local (RFC 4291)"},
	{netip.MustParsePrefix("fec0::/10"), "site-local (RFC 3879)"},
	{netip.MustParsePrefix("ff00::/8"), "multicast (RFC 4291)"},
}

var (
	// nat64 is the well-known prefix in which IPv4 addresses are embedded.
	//
	// https://www.rfc-editor.org/rfc/rfc6052#section-2.1
	nat64 = netip.MustParsePrefix("64:ff9b::/96")

	// unicast6 is all that IANA has assigned for global unicast.
	//
	// https://www.iana.org/assignments/ipv6-address-space/
	unicast6 = netip.MustParsePrefix("2000::/3")
)

// SpecialUse returns what addr is reserved for, for people to read, or "" if it
// can be a host of the public unicast network. What can't is in the IANA
// registries of special-purpose addresses for IPv4 or IPv6
// (https://www.iana.org/assignments/iana-ipv4-special-registry/,
// https://www.iana.org/assignments/iana-ipv6-special-registry/), is multicast,
// or is IPv6 outside 2000::/3, where no hosts are. An IPv4-mapped address is
// judged as the IPv4 address in it. Addresses that embed others (NAT64, 6to4,
// Teredo) are special whatever is in them; so are addresses with a zone, and
// the zero Addr.
func SpecialUse(addr netip.Addr) string {
	if addr.Zone() != "" { // which Unmap drops
		return "scoped to a zone (RFC 4007)"
	}
	addr = addr.Unmap()
	switch {
	case !addr.IsValid():
		return "no address"
	case addr.Is4():
		return findRange(special4[:], addr)
	}
	use := findRange(special6[:], addr)
	if use == "" && !unicast6.Contains(addr) {
		return "not assigned (RFC 4291)"
	}
	return use
}

// findRange returns the use of the first range with addr in it, or "".
func findRange(ranges []addrRange, addr netip.Addr) string {
	for i := range ranges {
		if ranges[i].prefix.Contains(addr) {
			return ranges[i].use
		}
	}
	return ""
}

// embedded4 returns the IPv4 address in one of NAT64's well-known prefix.
func embedded4(addr netip.Addr) netip.Addr {
	b := addr.As16()
	return netip.AddrFrom4([4]byte(b[12:]))
}
