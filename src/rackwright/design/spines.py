"""Spines and the links below them: the same for rail-optimised and leaf-spine fabrics."""

from __future__ import annotations

from rackwright.design.asn import asn
from rackwright.design.draft import Draft, Link, SwitchDraft, switch_mtu
from rackwright.design.pools import Pool
from rackwright.design.ports import numbered
from rackwright.design.sizing import Wiring
from rackwright.models.design import End, SwitchPort
from rackwright.models.spec import Fabric
from rackwright.models.tables import SwitchModel


def add_spines(
    name: str,
    fabric: Fabric,
    model: SwitchModel,
    pool: Pool,
    lane: int,
    wiring: Wiring,
    first_uplink: int,
    leaves: list[tuple[int, SwitchDraft]],
    draft: Draft,
) -> None:
    """Add the spines and every leaf-spine cable. ``leaves`` come with their number from 0; ``first_uplink``
    is a cage."""
    spines = [
        SwitchDraft(
            f"{name}-spine-{number + 1:02d}",
            name,
            fabric.kind,
            "spine",
            model,
            fabric.nos,
            lane,
            number,
            number + 1,
            asn=asn(lane, "spine", number) if fabric.kind != "infiniband" else None,
            loopback=pool.loopback("spine", number) if fabric.kind != "infiniband" else None,
        )
        for number in range(wiring.spines)
    ]
    spine_first = model.ports + 1 if model.uplinks else 1
    for number, leaf in leaves:
        for spine in spines:
            for link in range(wiring.links):
                up, down = wiring.leaf_port(spine.position, link), wiring.spine_port(number, link)
                near = numbered(fabric.nos, first_uplink, up, wiring.split)
                far = numbered(fabric.nos, spine_first, down, wiring.split)
                speed = wiring.speed_gbps
                leaf.add(10_000 + up, SwitchPort(near, "uplink", None, None, switch_mtu(fabric.kind), speed))
                spine.add(down, SwitchPort(far, "downlink", None, None, switch_mtu(fabric.kind), speed))
                draft.links.append(
                    Link(End(spine.name, far), End(leaf.name, near), name, "leaf-spine", speed)
                )
    draft.switches += spines
