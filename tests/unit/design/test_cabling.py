"""Cables and the bill of materials against a recount that knows nothing of how they were made."""

from __future__ import annotations

import math
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from tests.unit.design.clusters import made, spec, tables
from tests.unit.design.strategies import clusters

from rackwright.design.bom import spares
from rackwright.design.build import design as build
from rackwright.design.cables import cabling
from rackwright.design.draft import Draft, Link, SwitchDraft
from rackwright.design.floor import Spot
from rackwright.design.nics import ports_of
from rackwright.design.places import places
from rackwright.models.design import Cable, Design, End
from rackwright.models.spec import ClusterSpec

PORT = re.compile(r"^(?:swp|Ethernet)?(\d+)(?:s\d+|/\d+)?$")


def cage_of(end: End, plan: Design) -> tuple[str, str]:
    """The cage a cable end is in, from its port's name (frr and opensm) or the server's NICs."""
    switch = next((switch for switch in plan.switches if switch.name == end.device), None)
    if switch is not None:
        match = PORT.match(end.port)
        return end.device, match[1] if match else end.port
    server = next(server for server in plan.servers if server.name == end.device)
    nic = next((nic for nic in server.nics if nic.name == end.port), None)
    if nic is None:
        return end.device, end.port
    slots = tables().servers[server.sku].nics
    slot = next(slot for slot in slots if (slot.rdma == nic.rdma and nic.rdma) or slot.name == nic.name)
    model = tables().nics[slot.nic]
    if model.cage_ports == 1 or slot.rail is None:
        return end.device, slot.name
    return end.device, f"rails {slot.rail // model.cage_ports}"


def recount(plan: Design) -> Counter[str]:
    """What is to be bought, by kind, counted cage by cage."""
    direct = {row.part.partition("{")[0]: row for row in tables().cables}
    cages: dict[str, set[tuple[str, str]]] = {"breakout": set(), "transceiver": set()}
    bought: Counter[str] = Counter()
    for cable in plan.cables:
        if cable.part is None:
            continue
        row = next((row for stem, row in direct.items() if cable.part.startswith(stem)), None)
        if row is None:
            cages["transceiver"] |= {cage_of(cable.a, plan), cage_of(cable.z, plan)}
            bought["fibre"] += 2 if cable.speed_gbps == 800 and not infiniband(cable, plan) else 1
        elif row.ways > 1:
            cages["breakout"].add(cage_of(cable.a, plan))
        else:
            bought["cable"] += 1
    for kind, found in cages.items():
        bought[kind] += len(found)
    return bought


def infiniband(cable: Cable, plan: Design) -> bool:
    return plan.spec.fabrics[cable.fabric].kind == "infiniband"


def billed(plan: Design) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in plan.bom:
        if line.kind not in ("server", "switch"):
            found[line.kind] += line.quantity
    return +found


SHAPES = [
    {},
    {"machines__gpu": {"sku": "dgx-h100", "count": 20, "unit_size": 20}},
    {"machines__gpu": {"sku": "hgx-h200", "count": 5, "unit_size": 5, "rails": 3}},
    {
        "machines__gpu": {"sku": "hgx-h200", "count": 31},
        "fabrics__backend": {
            "kind": "infiniband",
            "switch": "qm9700",
            "nos": "opensm",
            "topology": "rail-optimised",
        },
    },
    {
        "machines__gpu": {"sku": "dgx-b300", "count": 9, "unit_size": 9},
        "physical": {"rack_power_kw": 60},
        "fabrics__backend": {
            "kind": "infiniband",
            "switch": "q3400",
            "nos": "opensm",
            "topology": "rail-optimised",
        },
    },
]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bill_is_what_a_recount_by_cages_gives(shape):
    plan = made(**shape)
    assert billed(plan) == +recount(plan)


def test_breakouts_are_bought_by_cage():
    """Eight servers in the racks beside their leaves: 64 links of 400G, two in each leaf cage."""
    plan = made(machines__gpu={"sku": "hgx-h200", "count": 8, "unit_size": 8, "rails": 8})
    links = [c for c in plan.cables if c.kind == "host-leaf" and c.fabric == "backend"]
    modules = {line.part: line.quantity for line in plan.bom if line.kind == "transceiver"}
    assert len(links) == 64
    assert modules["MMA4Z00-NS400"] == 64
    assert modules["MMA4Z00-NS"] == 32 + 2 * sum(
        c.fabric == "backend" and c.kind == "leaf-spine" for c in plan.cables
    )


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(clusters())
def test_every_part_is_of_its_links_speed_and_long_enough(data):
    known = tables()
    plan = build(ClusterSpec.model_validate(data), known)
    reach: dict[tuple[str, int], int] = {}
    for row in known.cables:
        for metres in row.lengths_m or (row.max_length_m,):
            reach[row.part.format(m=metres), row.speed_gbps] = metres
    for module in known.modules:
        key = module.part, module.speed_gbps
        reach[key] = max(reach.get(key, 0), module.max_length_m)
    for cable in plan.cables:
        if cable.part is not None:
            assert cable.length_m is not None
            assert reach[cable.part, cable.speed_gbps] >= cable.length_m


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(clusters())
def test_links_of_a_cage_have_one_kind_of_part(data):
    """A cage holds one plug: two links of it cannot be copper and glass."""
    plan = build(ClusterSpec.model_validate(data), tables())
    held: dict[tuple[str, str], set[str]] = {}
    for cable in plan.cables:
        switch = next((s for s in plan.switches if s.name == cable.a.device), None)
        if cable.part is None or switch is None or switch.nos not in ("frr", "opensm"):
            continue
        match = PORT.match(cable.a.port)
        held.setdefault((cable.a.device, match[1] if match else cable.a.port), set()).add(cable.part)
    assert all(len(parts) == 1 for parts in held.values())


def test_the_longest_link_of_a_cage_decides_for_all_that_share_one():
    """Leaf cage 1 has a leg of 2 m and one of 9 m: no copper for either. The NIC cages are whole, so the link
    of cage 2 keeps its copper."""
    wanted = spec(machines__gpu={"sku": "hgx-h200", "count": 3, "unit_size": 4, "rails": 1})
    stand = places(wanted, tables())
    ports = {group: ports_of(group, wanted, tables()) for group in sorted(wanted.machines)}
    leaf = SwitchDraft("leaf", "backend", "roce", "leaf", tables().switches["sn5600"], "frr", 0, 0, 1)
    links = [
        Link(End("leaf", f"p{number}"), End(place.name, "rail0"), "backend", "host-leaf", 400, cage, 2)
        for number, (place, cage) in enumerate(zip(stand[:3], (1, 1, 2), strict=True))
    ]
    spots = {"leaf": Spot("r1", 20, 0, 0)} | {
        place.name: Spot(rack, 10, x, 0)
        for place, rack, x in zip(stand[:3], ("r1", "r2", "r1"), (0, 4, 0), strict=True)
    }
    found = cabling(wanted, tables(), Draft(switches=[leaf], links=links), stand, ports, spots)
    assert [(cable.length_m, cable.part) for cable in found.cables] == [
        (2, "MMA4Z00-NS"),
        (9, "MMA4Z00-NS"),
        (2, "MCP7Y00-N002"),
    ]
    bought = {part: count for (part, _), count in found.bought.items()}
    assert bought == {
        "MMA4Z00-NS": 1,
        "MMA4Z00-NS400": 2,
        "MFP7E10-N003": 1,
        "MFP7E10-N010": 1,
        "MCP7Y00-N002": 1,
    }


def test_spares_are_a_column_beside_the_quantity():
    plan, none = made(physical={"spares_percent": 10}), made(physical={"spares_percent": 0})
    assert [line.quantity for line in plan.bom] == [line.quantity for line in none.bom]
    for line in plan.bom:
        assert line.spares == (0 if line.kind == "server" else math.ceil(line.quantity / 10))
    assert all(line.spares == 0 for line in none.bom)


@pytest.mark.parametrize(("quantity", "percent", "more"), [(0, 5, 0), (1, 1, 1), (100, 2, 2), (101, 2, 3)])
def test_spares_round_up(quantity, percent, more):
    assert spares(quantity, percent) == more


def test_what_the_catalog_does_not_know_is_said():
    import dataclasses

    bare = dataclasses.replace(tables(), cables=(), modules=())
    plan = build(made().spec, bare)
    assert any(sentence.startswith("16 cables of 400G: no part in the catalog") for sentence in plan.unknown)
    assert "1 cables of 1G: the far end's place is not known" in made().unknown
    assert "power of sn5600: no public figure in the catalog" in plan.unknown
    assert "weight of sn4600c: no public figure in the catalog" in plan.unknown
