"""Upward: what may be announced towards the core, as AS paths."""

from __future__ import annotations

from rackwright.render.nos.peers import Peer


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
