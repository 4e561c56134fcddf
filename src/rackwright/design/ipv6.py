"""IPv6: every IPv4 address of a plane with ``prefix6`` has the IPv6 address at the same offset."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from socket import AF_INET6, inet_ntop

from rackwright.models.design import Addr, PlaneDesign

FLAT = 64
"""Prefix length of a flat plane: what hosts expect of a link (RFC 4291), where the prefix is that short."""


@dataclass(frozen=True, slots=True)
class Six:
    """A plane's two prefixes as integers.

    >>> six = Six.between("10.64.0.0/12", "2001:db8:64::/64")
    >>> six.address(Addr(0x0A400001, 31)), six.network(Addr(0x0A400001, 31))
    ('2001:db8:64::1/127', '2001:db8:64::/127')
    >>> six.address(Addr(0x0A4F0001, 32))
    '2001:db8:64::f:1/128'
    """

    base: int
    length: int
    base6: int
    length6: int

    @classmethod
    def between(cls, prefix: str, prefix6: str) -> Six:
        """Of two prefixes.

        :raises ValueError: when one is malformed or has host bits.
        """
        four, six = IPv4Network(prefix), IPv6Network(prefix6)
        return cls(int(four.network_address), four.prefixlen, int(six.network_address), six.prefixlen)

    @classmethod
    def of(cls, plane: PlaneDesign) -> Six | None:
        """None: the plane has no IPv6."""
        return cls.between(plane.prefix, plane.prefix6) if plane.prefix6 else None

    def ip(self, value: int) -> str:
        """Of an IPv4 address as an integer."""
        return inet_ntop(AF_INET6, (self.base6 + value - self.base).to_bytes(16))

    def of_ip(self, text: str) -> str:
        """Of an IPv4 address as text (a gateway)."""
        return self.ip(int(IPv4Address(text)))

    def prefix_length(self, length: int) -> int:
        """/31 is /127, /32 is /128; the whole plane as one network is /64 where its prefix is that short."""
        if length == self.length and self.length6 <= FLAT and length < 31:
            return FLAT
        return 96 + length

    def address(self, addr: Addr) -> str:
        """With its prefix length."""
        return f"{self.ip(addr.value)}/{self.prefix_length(addr.length)}"

    def network(self, addr: Addr) -> str:
        """The network that an address is in."""
        length = self.prefix_length(addr.length)
        value = (self.base6 + addr.value - self.base) >> (128 - length) << (128 - length)
        return f"{inet_ntop(AF_INET6, value.to_bytes(16))}/{length}"
