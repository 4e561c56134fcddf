"""Faults of GPUs and of the daemons beside them: what the hardware record says is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rackwright.errors import UsageError
from rackwright.lab import hardware, machine
from rackwright.lab.bmc import boot
from rackwright.lab.bmc.settings import Memory, folder
from rackwright.lab.faults import record
from rackwright.lab.faults.kind import Kind, Places, first_gpu_server, one, server_named
from rackwright.lab.faults.record import Fault
from rackwright.lab.inside import run_in
from rackwright.lab.world import World

MANAGER = "nvidia-fabricmanager.service"
OTHER_MANAGER = "550.127.05"
"""A released fabric manager that no lock here names (NVIDIA/gpu-operator#544)."""
GPU = 3
"""The GPU that breaks where none is named, of servers that have as many."""
LINKS = (4, 5)
ERRORS = 2
SETTLE_S = 30
Wrong = Callable[[int], dict[str, Any]]
WHERE = "--place SERVER or SERVER:GPU"
KEPT = ", which also takes the power and gives it back: the kernel log keeps the XID until then"


def _place(world: World, places: Places) -> tuple[str, int]:
    """Server and index of the GPU.

    :raises UsageError: there is no such server or GPU.
    """
    name, _, index = one(places, first_gpu_server(world), WHERE).partition(":")
    server = next(s for s in world.design.servers if s.name == server_named(world, name))
    if not server.gpus:
        raise UsageError(f"{name} has no GPU")
    number = int(index) if index.isdigit() else min(GPU, server.gpus - 1) if not index else -1
    if not 0 <= number < server.gpus:
        raise UsageError(f"{name}:{index}: its GPUs are 0 to {server.gpus - 1}")
    return name, number


def _write(world: World, fault: Fault, faults: list[Fault]) -> None:
    name = fault.data["server"]
    server = next(server for server in world.design.servers if server.name == name)
    hardware.place_record(world.place, world.wiring, server, record.hardware(faults, name))


def _restart(world: World, fault: Fault) -> None:
    """A daemon learns of another driver when it starts. One that was not running stays so."""
    unit, name = fault.data.get("unit"), fault.data["server"]
    if unit and machine.leader(world.place, name) is not None:
        run_in(world.place, name, ["systemctl", "reset-failed", unit], timeout=SETTLE_S)
        run_in(world.place, name, ["systemctl", "restart", unit], timeout=SETTLE_S)


def _begin(world: World, fault: Fault) -> None:
    others = [each for each in record.active(world.place) if each != fault]
    _write(world, fault, [*others, fault])
    _restart(world, fault)


def _clear(world: World, fault: Fault) -> None:
    _write(world, fault, [each for each in record.active(world.place) if each != fault])
    _restart(world, fault)


def _cycle(world: World, fault: Fault) -> None:
    """Clear, and boot the server if it is on: nothing else brings a lost GPU back, or empties the log."""
    _clear(world, fault)
    server, place = fault.data["server"], world.place
    if machine.leader(place, server) is not None:
        machine.power_off(place, server)
        bmc = next(bmc for bmc in world.bmcs() if bmc.server == server)
        boot.boot(place, bmc, Memory.load(folder(place) / server / "memory.json"), Path(world.cache))


def _kind(name: str, words: str, help_text: str, wrong: Wrong, logged: bool = False) -> Kind:
    """A fault of one GPU; ``words`` says what is wrong with it."""

    def plan(world: World, places: Places) -> Fault:
        server, index = _place(world, places)
        return Fault(
            name,
            f"{server}:{index}",
            f"GPU {index} of {server} {words}",
            f"rackwright lab fault CLUSTER {name} --clear{KEPT if logged else ''}",
            {"server": server, "hardware": wrong(index)},
        )

    return Kind(name, f"{help_text}: {WHERE}.", plan, _begin, _cycle if logged else _clear)


def _plan_nodes(world: World, places: Places) -> Fault:
    server, _ = _place(world, places)
    return Fault(
        "no-device-nodes",
        server,
        f"{server} has no /dev/nvidia*, and nothing makes them",
        "rackwright lab fault CLUSTER no-device-nodes --clear (on metal: nvidia-modprobe -c 0 -u)",
        {"server": server, "hardware": {"no_device_nodes": True}},
    )


def _plan_manager(world: World, places: Places) -> Fault:
    server, _ = _place(world, places)
    return Fault(
        "fm-mismatch",
        server,
        f"the fabric manager of {server} is {OTHER_MANAGER}, not the driver's version; it was restarted",
        "rackwright lab fault CLUSTER fm-mismatch --clear (on metal: install the driver's own)",
        {"server": server, "hardware": {"fm_version": OTHER_MANAGER}, "unit": MANAGER},
    )


KINDS = (
    Kind(
        "fm-mismatch",
        "The fabric manager is of another version than the driver: --place SERVER.",
        _plan_manager,
        _begin,
        _clear,
    ),
    _kind(
        "gpu-lost",
        "fell off the bus",
        "A GPU fell off the bus (XID 79)",
        lambda index: {"gpu_lost": [index]},
        logged=True,
    ),
    _kind(
        "gpu-missing",
        "is not there",
        "A GPU is not there at all",
        lambda index: {"gpu_missing": [index]},
    ),
    _kind(
        "ecc",
        f"has {ERRORS} uncorrected memory errors; a row waits to be remapped",
        "A GPU has uncorrected memory errors",
        lambda index: {"ecc": {str(index): {"uncorrected": ERRORS, "remap_pending": True}}},
    ),
    _kind(
        "remap-failed",
        "could not remap a row of its memory",
        "A GPU could not remap a row of memory (XID 64)",
        lambda index: {"ecc": {str(index): {"remap_failed": True}}},
        logged=True,
    ),
    _kind(
        "nvlink-down",
        f"has lost NVLinks {', '.join(map(str, LINKS))}",
        "NVLinks of a GPU are down (XID 74)",
        lambda index: {"nvlink_down": {str(index): list(LINKS)}},
        logged=True,
    ),
    _kind(
        "pcie-width",
        "has a PCIe link of half its width",
        "A GPU's PCIe link is too narrow",
        lambda index: {"pcie": {str(index): {"width": 8}}},
    ),
    _kind(
        "pcie-generation",
        "is in a slot of an older PCIe generation",
        "A GPU's PCIe link is of an older generation",
        lambda index: {"pcie": {str(index): {"gen": 4}}},
    ),
    _kind(
        "device-node-missing",
        "has no device node, and nothing makes it",
        "One GPU has no /dev/nvidiaN",
        lambda index: {"device_nodes_missing": [index]},
    ),
    Kind(
        "no-device-nodes",
        "A server has no /dev/nvidia*: --place SERVER.",
        _plan_nodes,
        _begin,
        _clear,
    ),
)
