//! Which addresses a user may make the server connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 networks that aren't of the public internet: IANA's special-purpose registry, multicast, and what is reserved.
const CLOSED_V4: [Ipv4Net; 16] = [
    v4([0, 0, 0, 0], 8),       // this network, and unspecified
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // carrier-grade NAT
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link-local, with the metadata services of clouds
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 31, 196, 0], 24), // anycast name servers of private networks
    v4([192, 88, 99, 0], 24),  // relays of 6to4
    v4([192, 168, 0, 0], 16),  // private
    v4([198, 18, 0, 0], 15),   // benchmarks
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// The only part of IPv6 that is given out to hosts of the internet. Outside of it are loopback, unspecified, link-local,
/// unique local, multicast, the forms of IPv4 addresses (mapped, compatible) and both prefixes of NAT64.
const OPEN_V6: Ipv6Net = v6([0x2000, 0, 0], 3);

/// Exceptions within it.
const CLOSED_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0], 23),     // protocol assignments: Teredo, benchmarks, ORCHID
    v6([0x2001, 0xdb8, 0], 32), // documentation
    v6([0x2002, 0, 0], 16),     // 6to4, which has an IPv4 address inside
    v6([0x3fff, 0, 0], 20),     // documentation
];

const fn v4(octets: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]), length)
}

const fn v6(first: [u16; 3], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first[0], first[1], first[2], 0, 0, 0, 0, 0), length)
}

/// Whether an address may be connected to: it is of the public internet, or in one of the networks that the operator
/// allows after all. Those are taken literally: an IPv4 network doesn't allow the IPv6 forms of its addresses.
pub(super) fn is_open(address: IpAddr, allowed: &[IpNet]) -> bool {
    is_public(address) || allowed.iter().any(|network| network.contains(&address))
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !CLOSED_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            OPEN_V6.contains(&address)
                && !CLOSED_V6.iter().any(|network| network.contains(&address))
                && !is_isatap(address)
        }
    }
}

/// ISATAP has an IPv4 address in the last 32 bits, behind a mark that may stand under any prefix.
fn is_isatap(address: Ipv6Addr) -> bool {
    let [.., high, low, _, _] = address.segments();
    matches!(high, 0 | 0x200) && low == 0x5efe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_but_the_public_internet_is_open() {
        let closed = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
            "fe80::5efe:10.0.0.1",
            "2600:1::5efe:10.0.0.1",
            "2600:1::200:5efe:8.8.8.8",
        ];
        for text in closed {
            assert!(!is_open(text.parse().unwrap(), &[]), "{text}");
        }
        let open = [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.0.0.1",
            "128.0.0.1",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a02:ec80:300:ed1a::1",
        ];
        for text in open {
            assert!(is_open(text.parse().unwrap(), &[]), "{text}");
        }
    }

    #[test]
    fn the_operator_allows_networks_literally() {
        let allowed: Vec<IpNet> = vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for text in ["127.0.0.1", "127.9.9.9", "fd12::1", "8.8.8.8"] {
            assert!(is_open(text.parse().unwrap(), &allowed), "{text}");
        }
        for text in ["10.0.0.1", "::1", "::ffff:127.0.0.1", "fc00::1"] {
            assert!(!is_open(text.parse().unwrap(), &allowed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_form_of_an_ipv4_address_is_open_in_ipv6(bits: u32, prefix: u64) {
            let v4 = Ipv4Addr::from_bits(bits);
            let inner = u128::from(bits);
            let forms = [
                v4.to_ipv6_mapped().to_bits(),
                v4.to_ipv6_compatible().to_bits(),
                0x0064_ff9b_u128 << 96 | inner,
                0x0064_ff9b_0001_u128 << 80 | inner,
                0x2002_u128 << 112 | inner << 80 | u128::from(prefix),
                0x2001_0000_u128 << 96 | u128::from(prefix) << 32 | (inner ^ 0xffff_ffff),
                u128::from(prefix) << 64 | 0x5efe_u128 << 32 | inner,
                u128::from(prefix) << 64 | 0x0200_5efe_u128 << 32 | inner,
            ];
            for form in forms {
                let address = Ipv6Addr::from_bits(form);
                prop_assert!(!is_open(address.into(), &[]), "{address}");
            }
        }

        #[test]
        fn what_the_standard_library_calls_special_is_closed(bits: u32, wide: u128) {
            let v4 = Ipv4Addr::from_bits(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast()
                || v4.is_documentation() || v4.is_unspecified()
            {
                prop_assert!(!is_open(v4.into(), &[]), "{v4}");
            }
            let v6 = Ipv6Addr::from_bits(wide);
            if v6.is_loopback() || v6.is_multicast() || v6.is_unique_local() || v6.is_unicast_link_local() {
                prop_assert!(!is_open(v6.into(), &[]), "{v6}");
            }
        }
    }
}
