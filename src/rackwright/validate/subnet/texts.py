"""The manager's files as they stand, before anything runs: options, engine, GUID lists, number of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rackwright.models.design import Design, FabricDesign
from rackwright.models.finding import Finding
from rackwright.validate.subnet.files import SubnetFiles
from rackwright.validate.subnet.options import (
    STOCK_ENGINES,
    STOCK_OPTIONS,
    VENDOR_ENGINES,
    VENDOR_OPTIONS,
)

MOST_LIDS = 0xBFFF
"""Unicast addresses of a subnet: LIDs 0x0001 to 0xbfff (IBTA 3.5.10)."""
_GUID = re.compile(r"^(0x[0-9a-fA-F]{1,16})\b|^# GUID not known: (.+)$", re.MULTILINE)
_MADE_UP = ("0x025e", "0x025f")
_CONFIGS = ("opensm.conf", "opensm-standby.conf")


def check_texts(design: Design, fabric: FabricDesign, subnet: SubnetFiles) -> list[Finding]:
    """Everything that reading alone can tell."""
    row = design.spec.fabrics[fabric.name].subnet_manager
    vendor = row is not None and row.flavour == "vendor"
    findings: list[Finding] = []
    for name in _CONFIGS:
        findings += _conf(f"subnet-manager/{subnet.name}/{name}", subnet.texts[name], vendor)
    findings += _lists(design, fabric, subnet)
    for number, line in enumerate(subnet.texts["partitions.conf"].splitlines(), start=1):
        if line.strip().startswith(_MADE_UP):
            where = f"subnet-manager/{subnet.name}/partitions.conf:{number}"
            known = line.split("=")[0].strip()
            findings.append(Finding(where, "guid", f"{known}, a simulated GUID", "a real one, or a gap"))
    nodes = subnet.size()[0]
    if nodes > MOST_LIDS:
        hint = "rail groups without a core are subnets of their own; else routers must join several"
        where = f"subnet-manager/{subnet.name}"
        findings.append(Finding(where, "size", f"{nodes} nodes", f"at most {MOST_LIDS} in a subnet", hint))
    return sorted(findings)


def _conf(where: str, text: str, vendor: bool) -> Iterator[Finding]:
    engine = None
    for number, line in enumerate(text.splitlines(), start=1):
        key, _, value = line.partition("#")[0].strip().partition(" ")
        if not key:
            continue
        allowed = key in STOCK_OPTIONS or (vendor and key.startswith(VENDOR_OPTIONS))
        if not allowed:
            theirs = key.startswith(VENDOR_OPTIONS)
            hint = (
                "only NVIDIA's manager has it: flavour vendor" if theirs else "the manager would not obey it"
            )
            yield Finding(f"{where}:{number}", "syntax", key, "an option of opensm", hint)
        if key == "routing_engine":
            engine = [part.strip() for part in value.split(",")]
            engines = STOCK_ENGINES | (VENDOR_ENGINES if vendor else frozenset())
            if engine[0] not in engines:
                yield Finding(
                    f"{where}:{number}", "routing", engine[0], f"one of {', '.join(sorted(engines))}"
                )
    if engine is None:
        yield Finding(where, "routing", "no routing_engine", "an engine by name")
    elif "no_fallback" not in engine:
        hint = "else a fabric that does not fit the engine is routed by another, silently"
        yield Finding(where, "routing", ",".join(engine), "no_fallback behind the engine", hint)


def _lists(design: Design, fabric: FabricDesign, subnet: SubnetFiles) -> Iterator[Finding]:
    """Each GUID list holds exactly the nodes that it should."""
    names = {guid: name for name, guid in subnet.guids().items()}
    mine = set(names.values())
    top = fabric.tiers[-1][0]
    roots = {one.name for one in design.switches if one.fabric == fabric.name and one.tier == top}
    gpu = {
        f"{server.name} {nic.rdma or nic.name}"
        for server in design.servers
        for nic in server.nics
        if nic.plane == "compute" or server.role == "gpu"
    }
    switches = {one.name for one in design.switches}
    for file, wanted in (
        ("root-guids.txt", roots & mine),
        ("compute-guids.txt", gpu & mine),
        ("io-guids.txt", mine - gpu - switches),
    ):
        if file not in subnet.texts:
            if wanted and file != "io-guids.txt":
                yield Finding(
                    f"subnet-manager/{subnet.name}/{file}", "guid", "no file", f"{len(wanted)} GUIDs"
                )
            continue
        found = set()
        for known, gap in _GUID.findall(subnet.texts[file]):
            found.add(gap or names.get(int(known, 16), known))
            if known.startswith(_MADE_UP):
                where = f"subnet-manager/{subnet.name}/{file}"
                yield Finding(where, "guid", f"{known}, a simulated GUID", "a real one, or a gap")
        where = f"subnet-manager/{subnet.name}/{file}"
        for extra in sorted(found - wanted):
            yield Finding(where, "guid", extra, "not in this list", f"the list is of {_what(file)}")
        for lost in sorted(wanted - found):
            yield Finding(where, "guid", f"no {lost}", "in this list", f"the list is of {_what(file)}")


def _what(file: str) -> str:
    return {
        "root-guids.txt": "switches of the top tier",
        "compute-guids.txt": "ports of GPU servers",
        "io-guids.txt": "appliances and storage",
    }[file]
