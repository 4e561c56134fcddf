"""IPv6: the same offset in the plane's prefix, as the standard library reads it."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rackwright.design.ipv6 import Six
from rackwright.models.design import Addr


@given(st.integers(8, 24), st.integers(0, 2**32 - 1), st.integers(32, 96), st.sampled_from([31, 32, 26]))
def test_offset_length_and_network(length, offset, length6, end):
    four = IPv4Network(f"10.0.0.0/{length}")
    six = IPv6Network(f"2001:db8::/{length6}")
    value = int(four.network_address) + offset % four.num_addresses
    made = Six.between(str(four), str(six))
    address = IPv6Interface(made.address(Addr(value, end)))
    assert int(address.ip) - int(six.network_address) == value - int(four.network_address)
    assert address.ip in six
    assert address.network.prefixlen == 96 + end
    assert IPv6Network(made.network(Addr(value, end))) == address.network
    low = IPv4Interface(str(Addr(value, end))).network
    assert IPv6Interface(made.address(Addr(int(low.network_address), end))).network == address.network


@pytest.mark.parametrize(("prefix6", "length"), [("2001:db8::/48", 64), ("2001:db8::/80", 112)])
def test_a_flat_plane_is_a_64_where_it_can_be(prefix6, length):
    made = Six.between("10.112.0.0/16", prefix6)
    assert made.address(Addr(0x0A700001, 16)) == f"2001:db8::1/{length}"


def test_host_bits_are_refused():
    with pytest.raises(ValueError, match="host bits"):
        Six.between("10.0.0.0/8", "2001:db8::1/64")
