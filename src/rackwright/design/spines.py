"""Spines, cores and the links below them: the same for rail-optimised and leaf-spine fabrics."""

from __future__ import annotations

from dataclasses import dataclass

from rackwright.design.clos.two import cages_up
from rackwright.design.draft import SwitchDraft
from rackwright.design.lanes import Lane
from rackwright.design.sizing import Clos


@dataclass(frozen=True, slots=True)
class Below:
    """A leaf and where it stands below its spines: pod, spine group and number in them, each from 0."""

    switch: SwitchDraft
    pod: int
    group: int
    number: int


def add_spines(lane: Lane, clos: Clos, leaves: list[Below]) -> None:
    """Add spines and cores of one lane and every cable between switches. Leaves are in the draft already."""
    wiring, model = clos.wiring, lane.model
    first_uplink = model.ports + 1 if model.uplinks else clos.leaf.cages + 1
    above = model.ports + 1 if model.uplinks else 1
    near = lane.row(first_uplink, wiring.split, wiring.uplinks_max)
    far = lane.row(above, wiring.split, cages_up(model) * wiring.split)
    lower, upper = lane.pool.trunk_ranges
    made: dict[tuple[int, int], list[SwitchDraft]] = {}
    ports = [
        (position, link, wiring.leaf_port(position, link))
        for position in range(wiring.spines)
        for link in range(wiring.links)
    ]
    for leaf in leaves:
        spines = made.get((leaf.pod, leaf.group))
        if spines is None:
            spines = made[leaf.pod, leaf.group] = _spines(lane, clos, leaf.pod, leaf.group)
        rows = [
            (spines[position], up, up, link * wiring.leaves_max + leaf.number) for position, link, up in ports
        ]
        lane.join("leaf-spine", leaf.switch, near, rows, far, wiring.speed_gbps, (lower, wiring.uplinks_max))
    ordered = sorted((key, spines) for key, spines in made.items())
    lane.draft.switches += [spine for _, spines in ordered for spine in spines]
    core = clos.core
    if core is None:
        return
    cores = {
        core.number(position, number): _core(lane, core.number(position, number))
        for position in range(0, core.positions, core.share)
        for number in range(core.cores)
    }
    for (pod, group), spines in ordered:
        for position, spine in enumerate(spines):
            rows = [
                (
                    cores[core.number(position, number)],
                    core.spine_port(number, link) - core.first,
                    core.spine_port(number, link),
                    core.core_port(pod, group, position, link),
                )
                for number in range(core.cores)
                for link in range(core.links)
            ]
            lane.join("spine-core", spine, far, rows, far, wiring.speed_gbps, (upper, core.up_max))
    lane.draft.switches += [cores[number] for number in sorted(cores)]


def _spines(lane: Lane, clos: Clos, pod: int, group: int) -> list[SwitchDraft]:
    """The spines of one spine group. Spine groups are interleaved, so that a group can gain spines."""
    rail = group if lane.fabric.spine_groups == "rail" else None  # named so with a single rail, too
    own = "" if rail is None else f"r{rail}-"
    found = []
    for number in range(clos.wiring.spines):
        seat = number * clos.groups + group
        if clos.core is None:
            found.append(
                lane.switch("spine", f"{own}spine-{number + 1:02d}", seat, number + 1, rail=rail, seat=seat)
            )
        else:
            label = f"pod{pod + 1:02d}-{own}spine-{number + 1:02d}"
            position = clos.spine_position(pod, group, number)
            found.append(lane.switch("spine", label, position, number + 1, rail=rail, pod=pod + 1, seat=seat))
    return found


def _core(lane: Lane, number: int) -> SwitchDraft:
    return lane.switch("core", f"core-{number + 1:02d}", number, number + 1, seat=number)
