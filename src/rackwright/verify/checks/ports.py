"""Ports: MTU, addresses and MAC as designed, nothing extra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rackwright.verify.expected import Expected, Port
from rackwright.verify.facts import Facts
from rackwright.verify.model import Outcome, Verdict

SOURCE = "ip -j addr"


def ports(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """Verdicts for each designed port, and one for addresses that nobody designed."""
    links = {link["ifname"]: link for link in facts.json("addr")}
    for port in want.ports.values():
        link = links.get(port.name)
        if link is None:
            yield _verdict("mtu", want, port.name, "fail", "no such port", str(port.mtu))
            continue
        yield _same("mtu", want, port, str(link["mtu"]), str(port.mtu))
        if port.mac is not None:
            yield _same("mac", want, port, str(link.get("address", "none")).lower(), port.mac.lower())
        if port.vrf is not None:
            yield _same("vrf", want, port, str(link.get("master", "none")), port.vrf)
        yield _same("address", want, port, _addresses(link) or "none", port.address or "none")
    yield _extra(links, want)


def _addresses(link: dict[str, Any]) -> str:
    """Global IPv4 addresses of a link, in order."""
    found = [
        f"{a['local']}/{a['prefixlen']}"
        for a in link.get("addr_info", ())
        if a["family"] == "inet" and a.get("scope") == "global"
    ]
    return ", ".join(sorted(found))


def _extra(links: dict[str, Any], want: Expected) -> Verdict:
    """Addresses on ports that the design does not know (loopback: the switch's own address only)."""
    designed = {port.address for port in want.ports.values() if port.address}
    if want.pods:
        designed.add(want.pods)
    if want.virtual:
        designed.add(f"{want.virtual}/32")
    if want.loopback:
        designed.add(want.loopback if "/" in want.loopback else f"{want.loopback}/32")
    bridged = {f"{want.management}/{p.address.split('/')[1]}" for p in want.ports.values() if p.address}
    found = {
        f"{address} on {name}"
        for name, link in links.items()
        if name not in want.ports
        for address in _addresses(link).split(", ")
        if address and address not in designed and address.split("/")[0] != want.management
        if address not in bridged
    }
    loopback = want.loopback.split("/")[0] if want.loopback else None
    if loopback and loopback not in _addresses(links.get("lo", {})):
        return _verdict(
            "loopback", want, "lo", "fail", _addresses(links.get("lo", {})) or "none", f"{loopback}/32"
        )
    text = ", ".join(sorted(found))
    return _verdict(
        "extra addresses", want, None, "fail" if found else "pass", text or "none", "none besides the design"
    )


def _same(check: str, want: Expected, port: Port, found: str, expected: str) -> Verdict:
    return _verdict(check, want, port.name, "pass" if found == expected else "fail", found, expected)


def _verdict(
    check: str, want: Expected, port: str | None, outcome: Outcome, found: str, expected: str
) -> Verdict:
    return Verdict(check, "port", want.device, port, outcome, found, expected, SOURCE)
