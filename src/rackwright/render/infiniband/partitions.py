"""partitions.conf: who may talk to whom on a subnet.

Without tenants everybody is a full member of the default partition. With tenants GPU servers are limited
members there: that suffices for the subnet manager's services and for storage, whose servers are full
members, and two limited members cannot talk. A compute port is a full member of one partition more: the
tenant's, or the one of the hosts without a tenant. That one comes first in the port's table (``indx0``), so
that software which says nothing or index 0 is in it.

https://github.com/linux-rdma/opensm/blob/master/doc/partition-config.txt
"""

from __future__ import annotations

from collections.abc import Iterable

from rackwright.models.design import Design
from rackwright.models.spec import Tenant
from rackwright.render.infiniband.guids import NOT_KNOWN
from rackwright.render.infiniband.subnets import Adapter, Subnet

DEFAULT_PKEY, OUTSIDE_PKEY, FULL = 0x7FFF, 0x7FFE, 0x8000
"""The default partition (IBTA); hosts of no tenant (ids end at 4000); the bit of full membership."""
OUTSIDE = "no-tenant"
_MTU_CODE = ((256, 1), (512, 2), (1024, 3), (2048, 4), (4096, 5))
"""IBTA's codes of a path's MTU."""
IPOIB_HEADER = 4
"""Bytes of IP over InfiniBand's own header (RFC 4391)."""


def mtu_code(ip_mtu: int) -> int:
    """Code of the smallest InfiniBand MTU that carries IP packets of this size; the largest there is, else.

    >>> mtu_code(2044), mtu_code(4092), mtu_code(1500)
    (4, 5, 4)
    """
    return next((code for size, code in _MTU_CODE if ip_mtu + IPOIB_HEADER <= size), 5)


def pkey_of(tenant: Tenant) -> int:
    """The tenant's key without the membership bit.

    >>> hex(pkey_of(Tenant(id=7, machines=["gpu"])) | FULL)
    '0x8007'
    """
    return tenant.id


def partitions(subnet: Subnet, design: Design) -> str:
    """The whole file."""
    mtu = max((plane.mtu for plane in design.planes if plane.fabric == subnet.fabric.name), default=0)
    ipoib = f", ipoib, mtu={mtu_code(mtu)}"
    text = [f"# Partitions of InfiniBand subnet {subnet.name}. Written by rackwright.\n"]
    members: dict[str, list[Adapter]] = {}
    for adapter in subnet.adapters:
        if adapter.kind == "compute" and adapter.tenant is not None:
            members.setdefault(adapter.tenant, []).append(adapter)
    if not design.spec.tenants:
        text.append(f"Default={DEFAULT_PKEY:#06x}{ipoib} : ALL=full, SELF=full ;\n")
        return "".join(text)
    text += [
        "# Storage, appliances (UFM) and the subnet manager are full members: they talk to everybody.\n",
        f"Default={DEFAULT_PKEY:#06x}{ipoib} : ALL=limited, ALL_SWITCHES=full, SELF=full,\n",
        *_lines(adapter for adapter in subnet.adapters if adapter.kind == "io"),
        "  NONE ;\n",
    ]
    for name in sorted(members, key=lambda name: design.spec.tenants[name].id):
        key = pkey_of(design.spec.tenants[name])
        text.append(f"{name}={key:#06x}, indx0{ipoib} :\n")
        text += [*_lines(members[name]), "  NONE ;\n"]
    if outside := [
        adapter for adapter in subnet.adapters if adapter.kind == "compute" and adapter.tenant is None
    ]:
        text.append(f"{OUTSIDE}={OUTSIDE_PKEY:#06x}, indx0{ipoib} :\n")
        text += [*_lines(outside), "  NONE ;\n"]
    return "".join(text)


def _lines(adapters: Iterable[Adapter]) -> Iterable[str]:
    """Full members, one a line; the file ends a list with NONE, so that every line may end with a comma."""
    for adapter in adapters:
        if adapter.guid is None:
            yield f"  {NOT_KNOWN}{adapter.name}\n"
        else:
            yield f"  {adapter.guid}=full, # {adapter.name}\n"
