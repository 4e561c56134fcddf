"""Node prefixes: each server's part of the pods' prefix, by position, so that a new server moves nobody's.

GPU servers count up from the beginning, control-plane servers down from the end. Positions have holes where
a scalable unit is smaller than a power of two.
"""

from __future__ import annotations

from ipaddress import IPv4Network

from rackwright.design.places import Place, places
from rackwright.models.spec import ClusterSpec, MachineRole
from rackwright.models.tables import Tables

NODE_ROLES: tuple[MachineRole, ...] = ("gpu", "control-plane")
"""Servers that are nodes; storage servers serve files and nothing else."""


def node_slots(spec: ClusterSpec, tables: Tables) -> int:
    """Parts that the servers need: up to the last position of either role."""
    last = dict.fromkeys(NODE_ROLES, 0)
    for place in places(spec, tables):
        if place.role in last:
            last[place.role] = max(last[place.role], place.position + 1)
    return sum(last.values())


def node_prefix(place: Place, pods: IPv4Network, length: int) -> IPv4Network:
    """One server's pods.

    >>> from rackwright.models.tables import ServerSku
    >>> sku = ServerSku("x", "x", 0, None, 1, None, 1, (), "assumption: none")
    >>> control = Place("c-01", "c", "control-plane", sku, None, 1, 0)
    >>> str(node_prefix(control, IPv4Network("10.128.0.0/14"), 24))
    '10.131.255.0/24'
    """
    size = 1 << (32 - length)
    slots = 1 << (length - pods.prefixlen)
    slot = place.position if place.role == "gpu" else slots - 1 - place.position
    return IPv4Network((int(pods.network_address) + slot * size, length))
