"""Addresses beside the IPv4 prefixes: IPv6 prefixes, VLANs and VNIs, tenants' numbers, shared ports' MTU."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address, IPv6Network, NetmaskValueError

from rackwright.design.asn import PLANES
from rackwright.design.vrfs import MOST_TENANT_ID, PLANE_VLAN, isolation_of, plane_vni
from rackwright.load.draft import Draft
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

_LONGEST = 96
_RESERVED = (  # IANA IPv6 Special-Purpose Address Registry (RFC 6890)
    (IPv6Network("::/8"), "loopback and mapped addresses"),
    (IPv6Network("fe80::/10"), "link-local addresses"),
    (IPv6Network("ff00::/8"), "multicast"),
)


def check_addresses(doc: Document, draft: Draft, tables: Tables) -> None:
    """Each mistake at its key."""
    _prefixes(doc, draft)
    _vlans(doc, draft)
    _mtus(doc, draft, tables)
    _trees(doc, draft, tables)
    if draft.spec is not None:
        _vnis(doc, draft.spec)
        _tenants(doc, draft.spec)


def _prefixes(doc: Document, draft: Draft) -> None:
    above: list[tuple[str, IPv6Network]] = []
    for name, text in draft.texts("planes", "prefix6"):
        path = ("planes", name, "prefix6")
        try:
            network = IPv6Network(text, strict=False)
        except (AddressValueError, NetmaskValueError):
            doc.say(path, "an IPv6 prefix such as 2001:db8:64::/64")
            continue
        if network.network_address != IPv6Address(text.partition("/")[0]):
            doc.say(path, "a prefix without host bits", f"did you mean {network}?")
            continue
        if network.prefixlen > _LONGEST:
            doc.say(path, f"/{_LONGEST} or shorter", "every IPv4 address has the IPv6 address at its offset")
        for range_, use in _RESERVED:
            if network.overlaps(range_):
                doc.say(path, "unicast addresses, such as fd00::/48", f"{range_} is for {use}")
        for other, taken in above:
            if network.overlaps(taken):
                line = doc.place(("planes", other, "prefix6")).value.line
                doc.say(path, "a prefix of its own", f"it overlaps {taken} of {other} in line {line}")
        above.append((name, network))


def _vlans(doc: Document, draft: Draft) -> None:
    """A tag stands on shared ports only, and for one plane of a fabric."""
    seen: dict[tuple[str, int], str] = {}
    for name in PLANES:
        plane = draft.planes.get(name)
        if plane is None:
            continue
        tag = plane.fabric, plane.vlan or PLANE_VLAN[name]
        if tag in seen and (plane.vlan or draft.planes[seen[tag]].vlan):
            path = ("planes", name if plane.vlan else seen[tag], "vlan")
            doc.say(path, "a VLAN of its own", f"plane {seen[tag] if plane.vlan else name} has it, too")
        seen.setdefault(tag, name)


def _vnis(doc: Document, spec: ClusterSpec) -> None:
    """A plane's VNI and those of tenants behind it meet no other plane's."""
    most = max((tenant.id for tenant in spec.tenants.values()), default=0)
    planes = [name for name in PLANES if name in spec.planes]
    for place, name in enumerate(planes):
        for other in planes[:place]:
            if abs(plane_vni(spec, name) - plane_vni(spec, other)) <= most:
                written = name if spec.planes[name].vni is not None else other
                hint = f"{name} has {plane_vni(spec, name)}, {other} {plane_vni(spec, other)}"
                hint += f", and tenants count {most} up from both" if most else ""
                doc.say(("planes", written, "vni"), "a VNI of its own", hint)


def _tenants(doc: Document, spec: ClusterSpec) -> None:
    """A VLAN inside the switches carries each VRF's VNI."""
    if not any(isolation_of(spec, name) == "vrf" for name in spec.fabrics):
        return
    for name, tenant in spec.tenants.items():
        if tenant.id > MOST_TENANT_ID:
            hint = "switches have 4094 VLANs to carry the VNIs of tenants' VRFs on three planes"
            doc.say(("tenants", name, "id"), f"at most {MOST_TENANT_ID} where tenants have VRFs", hint)


def _mtus(doc: Document, draft: Draft, tables: Tables) -> None:
    """A VLAN's MTU is at most that of the port below it."""
    for fabric in draft.fabrics:
        on = [name for name in PLANES if name in draft.planes and draft.planes[name].fabric == fabric]
        on = [name for name in on if name != "compute"]
        if draft.fabrics[fabric].ports != "shared" or len(on) < 2:
            continue
        mtus = {name: draft.planes[name].mtu or tables.planes[name].mtu for name in on}
        for name in on[1:]:
            if mtus[name] > mtus[on[0]]:
                written = name if draft.planes[name].mtu is not None else on[0]
                hint = f"{on[0]} is untagged on the ports of {fabric} and has {mtus[on[0]]}"
                found = f"{mtus[name]} of {name}"
                doc.say(("planes", written, "mtu"), f"{name} at most as {on[0]}", hint, found=found)


def _trees(doc: Document, draft: Draft, tables: Tables) -> None:
    """``routed`` and ``aggregation`` are the out-of-band tree's, and go together."""
    for name, fabric in draft.fabrics.items():
        for key in ("routed", "aggregation"):
            if getattr(fabric, key) is not None and fabric.topology != "tree":
                hint = f"only a tree is routed or not; this one is {fabric.topology}"
                doc.say(("fabrics", name, key), f"no {key} here", hint, at_key=True)
        if fabric.aggregation is None or fabric.topology != "tree":
            continue
        path = ("fabrics", name, "aggregation")
        if fabric.aggregation not in tables.switches:
            hint = did_you_mean(fabric.aggregation, tables.switches)
            doc.say(path, "a row of catalog/switches.yaml", hint)
        elif fabric.routed is False:
            doc.say(path, "no aggregation here", "the network is bridged (routed: false)", at_key=True)
