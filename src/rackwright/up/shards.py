"""Steps, stacks and shards: what comes after what, and what can run side by side.

A shard is ``core`` (everything outside scalable units) or one unit (``su01``). A stack's name is
``<cluster>.<shard>``; its state stays under about 500 resources because a unit does.

The platform layer has two parts. The *foundation* (packages' source, planes, file system software) comes
before storage, which needs it; it has stacks of its own (``lab.foundation-su01``), so that one server that
does not come up holds back neither the others' mounts nor their software.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rackwright.errors import UsageError
from rackwright.models.design import Design, Server, Switch
from rackwright.paths import home

CORE = "core"
FOUNDATION = "foundation-"
KUBERNETES = "kubernetes"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of ``up``: the shards of one layer, side by side, after those in ``first``."""

    name: str
    layer: str
    shards: tuple[str, ...]
    first: tuple[str, ...] = ()
    late: bool = False
    """What it looks at answers only after the steps before it: it is looked at when its turn comes."""

    def stages(self) -> tuple[tuple[str, ...], ...]:
        """The shards in the order in which they may run."""
        rest = tuple(shard for shard in self.shards if shard not in self.first)
        return tuple(stage for stage in (self.first, rest) if stage)


def steps(design: Design) -> tuple[Step, ...]:
    """All steps of a cluster, in order. A mount needs its volume, so storage serves before it is mounted."""
    gpu = _shards({server.unit for server in design.servers if server.role == "gpu"})
    every = _shards({server.unit for server in design.servers})
    found = [
        Step("fabric", "fabric", _shards({switch.unit for switch in design.switches})),
        Step("servers", "servers", every),
        Step("foundation", "platform", tuple(FOUNDATION + shard for shard in every)),
    ]
    if design.spec.storage is not None:
        found.append(Step("storage", "storage", tuple(dict.fromkeys((CORE, *gpu))), first=(CORE,)))
    # Nodes join what the control-plane servers, which are outside scalable units, have begun.
    begin = (CORE,) if design.kubernetes is not None else ()
    found.append(Step("platform", "platform", every, first=begin))
    if design.spec.access.kubeconfig is not None:
        found.append(Step("kubernetes", "platform", (KUBERNETES,), late=True))
    return tuple(found)


def only(steps: tuple[Step, ...], layers: Sequence[str]) -> tuple[Step, ...]:
    """Those of the named layers, in their order; all when none is named.

    :raises UsageError: a name that is no layer of this cluster, all of them at once.
    """
    known = tuple(dict.fromkeys(step.layer for step in steps))
    if unknown := [name for name in layers if name not in known]:
        raise UsageError(f"--stack: found {', '.join(unknown)}, expected some of {', '.join(known)}")
    return tuple(step for step in steps if not layers or step.layer in layers)


def folder(layer: str) -> Path:
    """The Pulumi project of a layer."""
    return home() / "stacks" / layer


def shard_of(unit: int | None) -> str:
    """
    >>> shard_of(None), shard_of(1)
    ('core', 'su01')
    """
    return CORE if unit is None else f"su{unit:02}"


def _shards(units: set[int | None]) -> tuple[str, ...]:
    return tuple(shard_of(unit) for unit in sorted(units, key=lambda unit: unit or 0))


def stack_name(cluster: str, shard: str) -> str:
    """
    >>> stack_name("lab", "su01")
    'lab.su01'
    """
    return f"{cluster}.{shard}"


def switches(design: Design, shard: str) -> tuple[Switch, ...]:
    """The switches of a shard that are configured one by one: InfiniBand's are not."""
    mine = (switch for switch in design.switches if shard_of(switch.unit) == shard)
    return tuple(switch for switch in mine if switch.nos != "opensm")


def groups(design: Design, shard: str) -> dict[str, tuple[Server, ...]]:
    """Servers of a shard by machine group, in the design's order; a foundation has its shard's servers."""
    found: dict[str, list[Server]] = {}
    for server in design.servers:
        if shard_of(server.unit) == shard.removeprefix(FOUNDATION):
            found.setdefault(server.group, []).append(server)
    return {group: tuple(members) for group, members in found.items()}
