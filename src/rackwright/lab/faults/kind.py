"""What a kind of fault is: it is planned (pure), begun and cleared. The record is written before the deed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rackwright.errors import UsageError
from rackwright.lab.faults.record import Fault
from rackwright.lab.world import World

Places = Sequence[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault. ``plan`` chooses a sensible place where none is given."""

    name: str
    help: str
    """What it is, and how a place is written."""
    plan: Callable[[World, Places], Fault]
    begin: Callable[[World, Fault], None]
    clear: Callable[[World, Fault], None]


def one(places: Places, default: str, what: str) -> str:
    """The one place that this kind takes.

    :raises UsageError: more than one was given.
    """
    if len(places) > 1:
        raise UsageError(f"one --place is enough for this fault: {what}")
    return places[0] if places else default


def server_named(world: World, name: str) -> str:
    """A server of the design.

    :raises UsageError: there is none of this name.
    """
    names = [server.name for server in world.design.servers]
    if name not in names:
        raise UsageError(f"no server is called {name}; there are {', '.join(names)}")
    return name


def first_gpu_server(world: World) -> str:
    """The default place of a server's fault."""
    gpu = [server.name for server in world.design.servers if server.gpus]
    return (gpu or [server.name for server in world.design.servers])[0]
