"""VRFs: which routing instances keep planes and tenants apart on a fabric, with VLAN, VNI and table numbers.

Numbers come from the plane's place (compute 0, storage 1, business 2, management 3: ``p``) and from
``Tenant.id`` only, so that another tenant, plane or fabric moves nothing::

    VLAN of a plane (a tag on shared ports)  101, 201, 211, 221; planes.<p>.vlan overrides
    VNI of a plane's VRF                     10000 * (p + 1); planes.<p>.vni overrides; tenant: plus its id
    routing table of a VRF                   10000 * (p + 1); tenant: plus its id
    VLAN that carries a VRF's VNI            51 + p; tenant: 300 + 1000 * p + id
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rackwright.design.asn import PLANES
from rackwright.models.design import Isolation, Vrf
from rackwright.models.spec import ClusterSpec, Fabric, PlaneName

PLANE_VLAN: Mapping[PlaneName, int] = {"compute": 101, "storage": 201, "business": 211, "management": 221}
"""As the hosts' routing tables of the same planes begin."""
MOST_TENANT_ID = 1000
"""Where tenants have VRFs: a VLAN carries each VRF's VNI in a switch, and there are 4094 VLANs for three
planes' tenants. InfiniBand partitions are not bound to it."""
_STEP, _CARRIER, _TENANT_CARRIER = 10_000, 51, 300
_LONGEST = 10
"""Of a tenant's part of a name, so that ``Vrf`` before the name (SONiC) still makes 15 characters."""


def isolation_of(spec: ClusterSpec, fabric: str) -> Isolation:
    """How the fabric keeps planes (and tenants) apart: as the cluster file says, else rules on FRR and where
    there is nothing to keep apart, else VRFs. InfiniBand has partitions instead, a flat tree one plane only.
    """
    row = spec.fabrics[fabric]
    if row.kind == "infiniband" or row.topology == "tree":
        return "rules"
    if row.isolation is not None:
        return row.isolation
    carried = planes_on(spec, fabric)
    shared = len(carried) > 1 or (bool(spec.tenants) and carried != ("management",))
    return "vrf" if shared and row.nos != "frr" else "rules"


def planes_on(spec: ClusterSpec, fabric: str) -> tuple[PlaneName, ...]:
    """Planes that a fabric carries, in their order."""
    return tuple(name for name in PLANES if name in spec.planes and spec.planes[name].fabric == fabric)


def plane_vlan(spec: ClusterSpec, plane: PlaneName) -> int:
    """The plane's VLAN, wherever it needs one."""
    return spec.planes[plane].vlan or PLANE_VLAN[plane]


def plane_vni(spec: ClusterSpec, plane: PlaneName) -> int:
    """VNI of the plane's own VRF."""
    return spec.planes[plane].vni or _STEP * (PLANES.index(plane) + 1)


def tag_of(spec: ClusterSpec, plane: PlaneName) -> int | None:
    """VLAN tag of the plane on its fabric's host ports; None where ports have one plane each (compute always
    has ports of its own), and for the first plane of a shared port."""
    row: Fabric = spec.fabrics[spec.planes[plane].fabric]
    shared = [name for name in planes_on(spec, spec.planes[plane].fabric) if name != "compute"]
    return plane_vlan(spec, plane) if row.ports == "shared" and plane in shared[1:] else None


def tenants_by_group(spec: ClusterSpec) -> dict[str, str]:
    """Tenant by group of machines; groups of nobody are left out."""
    return {group: name for name in sorted(spec.tenants) for group in spec.tenants[name].machines}


def vrf_name(spec: ClusterSpec, plane: PlaneName, tenant: str | None) -> str:
    """12 characters at most. A tenant's name is cut to five with its id behind ``_``, which no name has.

    ``acme`` on storage: ``acme-s``; ``long-tenant-name`` with id 7 on compute: ``long-_7-c``.
    """
    if tenant is None:
        return plane
    short = tenant if len(tenant) <= _LONGEST else f"{tenant[:5]}_{spec.tenants[tenant].id}"
    return f"{short}-{plane[0]}"


@dataclass(frozen=True, slots=True)
class Vrfs:
    """All VRFs of a cluster, and which one a group's ports on a plane are in."""

    rows: tuple[Vrf, ...]
    _names: Mapping[tuple[PlaneName, str], str]
    """By plane and group of machines."""

    @classmethod
    def of(cls, spec: ClusterSpec) -> Vrfs:
        """By plane, then tenant id."""
        owner = tenants_by_group(spec)
        rows: list[Vrf] = []
        names: dict[tuple[PlaneName, str], str] = {}
        for plane in PLANES:
            if plane not in spec.planes or isolation_of(spec, spec.planes[plane].fabric) == "rules":
                continue
            tenants = sorted(spec.tenants, key=lambda name: spec.tenants[name].id)
            own = [_row(spec, plane, tenant) for tenant in (tenants if plane != "management" else [])]
            rows += [_row(spec, plane, None), *own]
            for group in spec.machines:
                tenant = owner.get(group) if plane != "management" else None
                names[plane, group] = vrf_name(spec, plane, tenant)
        return cls(tuple(rows), names)

    def name(self, plane: PlaneName, group: str) -> str | None:
        """VRF of the leaf port that serves a machine of ``group`` on ``plane``; None: the default table."""
        return self._names.get((plane, group))


def _row(spec: ClusterSpec, plane: PlaneName, tenant: str | None) -> Vrf:
    place = PLANES.index(plane)
    number = spec.tenants[tenant].id if tenant is not None else 0
    return Vrf(
        vrf_name(spec, plane, tenant),
        spec.planes[plane].fabric,
        plane,
        tenant,
        plane_vni(spec, plane) + number,
        _STEP * (place + 1) + number,
        _TENANT_CARRIER + 1000 * place + number if number else _CARRIER + place,
        _imports(spec, plane, tenant),
    )


def _imports(spec: ClusterSpec, plane: PlaneName, tenant: str | None) -> tuple[str, ...]:
    """Machines of no tenant (storage servers, the control plane) serve every tenant: on all planes but
    compute a tenant's VRF and the plane's own import each other. Tenants never import one another."""
    if plane in ("compute", "management") or not set(spec.machines) - set(tenants_by_group(spec)):
        return ()
    if tenant is not None:
        return (vrf_name(spec, plane, None),)
    others = sorted(spec.tenants, key=lambda name: spec.tenants[name].id)
    return tuple(vrf_name(spec, plane, name) for name in others)
