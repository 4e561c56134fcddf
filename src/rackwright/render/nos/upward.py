"""Upward: what may be announced, and towards the core, in words that SONiC and EOS share."""

from __future__ import annotations

from rackwright.design.ipv6 import Six
from rackwright.design.pools import Pool
from rackwright.models.design import Addr, Design, Switch
from rackwright.render.nos.peers import Peer


def isolated(switch: Switch, design: Design) -> bool:
    """Whether the fabric keeps planes apart by VRFs: its underlay is then IPv4 only, with EVPN over it."""
    return any(row.fabric == switch.fabric for row in design.vrfs)


def trunk_six(switch: Switch, design: Design) -> Six | None:
    """IPv6 of loopbacks and numbered links: the first plane's; None where the underlay has none."""
    if isolated(switch, design):
        return None
    first = next((plane for plane in design.planes if plane.fabric == switch.fabric), None)
    return Six.of(first) if first is not None else None


def link_networks(switch: Switch, design: Design) -> tuple[str, str | None] | None:
    """(prefix, IPv6 prefix) whose /31 and /127 are links between switches: the upper half of the first
    plane's (design/pools.py). They are not announced, as there are as many as cables. None: links have no
    addresses.
    """
    if not any(port.address and port.use in ("uplink", "downlink") for port in switch.ports):
        return None
    first = next(plane for plane in design.planes if plane.fabric == switch.fabric)
    pool = Pool.of(first.prefix)
    half = Addr(pool.base + pool.size // 2, pool.length + 1)
    six = trunk_six(switch, design)
    return half.network, six.network(half) if six is not None else None


def upward_paths(found: list[Peer]) -> list[str]:
    """AS paths (regular expressions) that may be passed upwards: the switch's own routes, and, where it has
    switches below, those that its leaves originate; nothing that came from above. Empty: nothing is above.

    >>> up, down = (Peer("Ethernet0", "x", 1, above, None) for above in (True, False))
    >>> upward_paths([up]), upward_paths([up, down]), upward_paths([down])
    (['^$'], ['^$', '^[0-9]+$'], [])
    """
    if not any(each.up for each in found):
        return []
    return ["^$"] if all(each.up for each in found) else ["^$", "^[0-9]+$"]
