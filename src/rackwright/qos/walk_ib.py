"""Walk: a packet's service level, lane and partition key, through the *rendered text* of hosts and manager.

What must agree: NCCL's service level and the manager's map of levels to lanes; NCCL's key index and the
port's key table; the keys of both ends; IPoIB's packet size on the host and in the partition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rackwright.models.design import Design, Nic, Server
from rackwright.models.finding import Finding
from rackwright.qos.infiniband import subnet_contract
from rackwright.qos.partitions_text import DEFAULT, FULL, Partition, read, table

_DROPPED = 15
"""Lane of management packets: data on a level mapped to it is dropped (IBTA 7.6.6)."""
_LANES = {1: 1, 2: 2, 3: 4, 4: 8, 5: 15}
"""Data lanes by the code of max_op_vls."""
_BYTES = {1: 256, 2: 512, 3: 1024, 4: 2048, 5: 4096}
_IPOIB_HEADER = 4
_MTU = re.compile(r"^MTUBytes=(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Texts:
    """What is walked: the subnet's folder, the manager's two files, the hosts' files by device and path."""

    where: str
    conf: str
    partitions: str
    devices: Mapping[str, Mapping[str, str]]
    names: Mapping[int, str]
    """Port name by GUID."""


def walk(texts: Texts, design: Design, ports: set[str]) -> list[Finding]:
    """Everything that disagrees, for the servers that have one of ``ports`` on the subnet."""
    options = dict(_options(texts.conf))
    rules = read(texts.partitions, texts.names)
    findings = [
        Finding(f"{texts.where}/partitions.conf", "partition", problem, "opensm's grammar", rule.name)
        for rule in rules
        for problem in rule.problems
    ]
    findings += _strangers(texts, rules)
    levels: set[tuple[str, str]] = set()
    ends: dict[tuple[str | None, int | None], list[tuple[str, int]]] = {}
    for server in design.servers:
        own = {f"{server.name} {nic.rdma or nic.name}": nic for nic in server.nics}
        own = {port: nic for port, nic in own.items() if port in ports}
        for port, nic in own.items():
            findings += _packet(port, nic, table(port, rules), texts.devices.get(server.name, {}))
        nics = {port: nic for port, nic in own.items() if nic.plane == "compute"}
        if not nics:
            continue
        nccl = dict(_pairs(texts.devices.get(server.name, {}).get("/etc/nccl.conf", "")))
        level, index = nccl.get("NCCL_IB_SL", "0"), nccl.get("NCCL_IB_PKEY", "0")
        if server.gpus and (level, server.sku) not in levels:  # hosts of a SKU that say the same: once
            levels.add((level, server.sku))
            findings += _level(f"{server.name}:/etc/nccl.conf", level, options, texts.where)
        for port, nic in nics.items():
            keys = table(port, rules)
            findings += _index(port, index, keys, design, server)
            if index.isdigit() and int(index) < len(keys):
                ends.setdefault((server.tenant, nic.rail), []).append((port, keys[int(index)][0]))
    return sorted([*findings, *_pairs_talk(ends), *_leaks(design, rules, ports)])


def _level(where: str, level: str, options: Mapping[str, str], subnet: str) -> Iterator[Finding]:
    """Level -> lane -> share of the lane."""
    conf = f"{subnet}/opensm.conf"
    engine = options.get("routing_engine", "").split(",")[0]
    wanted = subnet_contract(engine).sl
    sl = int(level) if level.isdigit() else -1
    if sl != wanted:
        yield Finding(where, "sl", f"NCCL_IB_SL {level}", f"{wanted}", f"bulk traffic's level in {conf}")
    if options.get("qos", "FALSE").upper() != "TRUE":
        if sl:
            yield Finding(conf, "sl", "qos FALSE", f"qos TRUE: NCCL uses service level {level}")
        return
    lanes = [int(lane) for lane in options.get("qos_sl2vl", "").split(",") if lane.strip().isdigit()]
    if not 0 <= sl < len(lanes):
        yield Finding(conf, "vl", f"{len(lanes)} lanes in qos_sl2vl", f"one for service level {level}")
        return
    lane = lanes[sl]
    there = _LANES.get(int(options.get("max_op_vls", "5")), 1)
    if lane == _DROPPED:
        yield Finding(conf, "vl", f"service level {sl} on lane 15", "a data lane", "its packets are dropped")
    elif lane >= there:
        hint = f"max_op_vls {options.get('max_op_vls')}: lanes 0 to {there - 1}"
        yield Finding(conf, "vl", f"service level {sl} on lane {lane}", "a lane that exists", hint)
    else:
        shares = dict(_shares(options.get("qos_vlarb_high", "")))
        for key, weight in _shares(options.get("qos_vlarb_low", "")):
            shares[key] = shares.get(key, 0) + weight
        if not shares.get(lane):
            expected = "a weight in qos_vlarb_high or qos_vlarb_low"
            yield Finding(conf, "vl", f"lane {lane} has no share", expected, "its packets wait for ever")


def _index(
    port: str, index: str, keys: list[tuple[int, Partition]], design: Design, server: Server
) -> Iterator[Finding]:
    """Index -> key: the tenant's own, with full membership."""
    tenants = design.spec.tenants
    key = keys[int(index)][0] if index.isdigit() and int(index) < len(keys) else None
    found = f"NCCL_IB_PKEY {index}: {'no key' if key is None else f'{key:#06x}'}"
    if server.tenant is not None:
        wanted = tenants[server.tenant].id | FULL
        if key != wanted:
            hint = f"tenant {server.tenant}; missing in the partition, or the partition lacks indx0"
            yield Finding(port, "pkey", found, f"{wanted:#06x}", hint)
    elif key is None or not key & FULL:
        hint = "two limited members cannot talk"
        yield Finding(port, "pkey", found, "a key with full membership", hint)


def _packet(
    port: str, nic: Nic, keys: list[tuple[int, Partition]], files: Mapping[str, str]
) -> Iterator[Finding]:
    """IPoIB's parent interface is in the partition at index 0."""
    text = next((text for path, text in files.items() if path.endswith(f"-{nic.name}.network")), "")
    mtu = _MTU.search(text)
    if not mtu or not keys:
        return
    partition = keys[0][1]
    most = _BYTES.get(partition.mtu, 0) - _IPOIB_HEADER
    if not partition.ipoib:
        yield Finding(
            port, "ipoib", f"partition {partition.name} without ipoib", "ipoib", "no broadcast group"
        )
    elif int(mtu[1]) > most:
        hint = f"mtu={partition.mtu} of partition {partition.name}"
        yield Finding(port, "mtu", f"MTUBytes={mtu[1]}", f"at most {most}", hint)


def _pairs_talk(ends: Mapping[tuple[str | None, int | None], list[tuple[str, int]]]) -> Iterator[Finding]:
    """Neighbours of a tenant on a rail: the same key, and not both limited."""
    for ports in ends.values():
        for (near, own), (far, other) in pairwise(ports):
            if own & ~FULL != other & ~FULL:
                yield Finding(
                    f"{near} - {far}", "pkey", f"{own:#06x} and {other:#06x}", "one key at both ends"
                )
            elif not (own | other) & FULL:
                hint = "limited members talk to full ones only"
                yield Finding(f"{near} - {far}", "pkey", f"{own:#06x} at both ends", "one full member", hint)


def _leaks(design: Design, rules: list[Partition], ports: set[str]) -> Iterator[Finding]:
    """A full member of a key that another tenant's host has, too, reaches that host."""
    if not design.spec.tenants:
        return
    owner = {
        f"{server.name} {nic.rdma or nic.name}": server.tenant or "no tenant"
        for server in design.servers
        for nic in server.on("compute")
    }
    for rule in rules:
        inside = {port: rule.members.get(port, rule.everybody) for port in sorted(ports)}
        inside = {port: membership for port, membership in inside.items() if membership is not None}
        full = [port for port, membership in inside.items() if membership and port in owner]
        others = {owner[port] for port in inside if port in owner}
        if full and len(others) > 1:
            who = "default partition" if rule.key == DEFAULT else f"partition {rule.name}"
            found = f"full member of the {who}"
            expected = "limited" if rule.key == DEFAULT else "one tenant's ports only"
            for port in full[:8]:
                hint = f"it reaches hosts of {', '.join(sorted(others - {owner[port]}))}"
                yield Finding(port, "isolation", found, expected, hint)


def _strangers(texts: Texts, rules: list[Partition]) -> Iterator[Finding]:
    """GUIDs that no port of the subnet has."""
    for rule in rules:
        for member in rule.members:
            if member.startswith("0x"):
                yield Finding(
                    f"{texts.where}/partitions.conf", "guid", member, "a port of the subnet", rule.name
                )


def _options(conf: str) -> Iterator[tuple[str, str]]:
    for line in conf.splitlines():
        key, _, value = line.partition("#")[0].strip().partition(" ")
        if key:
            yield key, value.strip()


def _pairs(conf: str) -> Iterator[tuple[str, str]]:
    for line in conf.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            yield key, value


def _shares(text: str) -> Iterator[tuple[int, int]]:
    for row in text.split(","):
        lane, _, weight = row.strip().partition(":")
        if lane.isdigit() and weight.isdigit():
            yield int(lane), int(weight)
