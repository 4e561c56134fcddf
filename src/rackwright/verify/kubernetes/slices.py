"""ResourceSlices: each driver offers on each node the devices of the design, of the host's own version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rackwright.dra import nvidia
from rackwright.dra.device import Device, Pool, Version
from rackwright.dra.expected import pools
from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.verify.components import READERS
from rackwright.verify.kubernetes.drivers import Driver, drivers, gpu_nodes
from rackwright.verify.kubernetes.marks import Marks
from rackwright.verify.kubernetes.nodes import READY, is_ready
from rackwright.verify.kubernetes.plugins import part as plugin
from rackwright.verify.kubernetes.seen import Json, Seen
from rackwright.verify.model import Outcome, Verdict

SOURCE = "GET /apis/resource.k8s.io/v1/resourceslices"
SHOWN = 4
VERSION = "driverVersion"


def part(driver: str) -> str:
    """The part of a node that a driver's slices are."""
    return f"slices-{driver}"


def slices(
    design: KubernetesDesign, seen: Seen, marks: Marks, versions: Mapping[str, str]
) -> Iterator[Verdict]:
    """Devices, attributes, version and taints of each pool. ``versions``: the driver's, as each host said."""
    known = {driver.name: driver for driver in drivers(design)}
    wanted: dict[str, list[Pool]] = {group.name: pools(design, group) for group in design.groups}
    for name, group in gpu_nodes(design):
        for pool in wanted[group.name]:
            if pool.driver in known:
                yield from _pool(known[pool.driver], pool, name, seen, marks, versions.get(name))


def _pool(
    driver: Driver, pool: Pool, node: str, seen: Seen, marks: Marks, version: str | None
) -> Iterator[Verdict]:
    found = seen.devices(node, driver.name)
    needs = (
        *marks.node(node), f"{node}#{READY}", f"{node}#{plugin(driver.name)}",
        *(f"{node}#{each}" for each in driver.parts),
    )  # fmt: skip

    def one(check: str, outcome: Outcome, said: str, expected: str, count: int = 1) -> Verdict:
        return marks.verdict(
            f"{check} {driver.name}", "devices", node, outcome, said, expected, SOURCE, part(driver.name),
            needs=needs, count=count,
        )  # fmt: skip

    expected = f"{len(pool.devices)} devices"
    if not found and not is_ready(seen, node):
        yield one("devices", "not measured", "none, and the node is not ready", expected)
        return
    pairs, missing = _paired(pool.devices, found, driver.name)
    extra = sorted(set(found) - {name for _, name in pairs}) if driver.exact else []
    told = [f"{len(found)} devices"] if missing or extra else []
    told += [f"no {', '.join(missing[:SHOWN])}"] if missing else []
    told += [f"also {', '.join(extra[:SHOWN])}"] if extra else []
    if absent := seen.missing_slices(node, driver.name):
        told.append(f"{absent} slices of its pool are missing")
    yield one("devices", "fail" if told else "pass", "; ".join(told) or expected, expected)
    if not pairs:
        return
    wrong = {name: bad for device, name in pairs if (bad := _attributes(device, found[name], driver.name))}
    some = [f"{name} {text[0]}" for name, text in list(wrong.items())[:SHOWN]]
    right = [f"{name} {text[1]}" for name, text in list(wrong.items())[:SHOWN]]
    outcome: Outcome = "fail" if wrong else "pass"
    yield one(
        "attributes", outcome, "; ".join(some) or "as designed", "; ".join(right) or "as designed", len(pairs)
    )
    if driver.name == nvidia.DRIVER:
        said = sorted({_value(found[name], VERSION, driver.name) or "none" for _, name in pairs})
        if version is None:
            yield one("driver version", "not measured", "the host did not say its own", ", ".join(said))
        else:
            outcome = "pass" if said == [version] else "fail"
            yield one("driver version", outcome, ", ".join(said), f"{version}, as the host says")
    tainted = [f"{name} {_taint(each)}" for name in sorted(found) for each in found[name].get("taints") or ()]
    yield one(
        "taints", "fail" if tainted else "pass", "; ".join(tainted[:SHOWN]) or "none", "none", len(found)
    )


def _paired(
    wanted: tuple[Device, ...], found: Mapping[str, Json], driver: str
) -> tuple[list[tuple[Device, str]], list[str]]:
    """Each expected device with the name of the one that was found; and those that were not, in words.

    One whose name nobody knows beforehand is the first that has its attributes.
    """
    pairs: list[tuple[Device, str]] = []
    missing: list[str] = []
    free = dict(found)
    for device in (each for each in wanted if each.name is not None):
        if device.name in free:
            del free[str(device.name)]
            pairs.append((device, str(device.name)))
        else:
            missing.append(str(device.name))
    for device in (each for each in wanted if each.name is None):
        name = next((name for name in sorted(free) if not _attributes(device, free[name], driver)), None)
        if name is None:
            missing.append(", ".join(f"{key}={_plain(device, key)}" for key in device.plain()["attributes"]))
        else:
            del free[name]
            pairs.append((device, name))
    return pairs, missing


def _attributes(wanted: Device, found: Json, driver: str) -> tuple[str, str] | None:
    """(found, expected) of attributes that differ; None where none does. The version is judged by itself."""
    wrong = {}
    for key in wanted.plain()["attributes"]:
        if key == VERSION:
            continue
        there, should = _value(found, key, driver), _plain(wanted, key)
        if there != should:
            wrong[key] = (there or "none", should)
    if not wrong:
        return None
    return (
        ", ".join(f"{key} {pair[0]}" for key, pair in wrong.items()),
        ", ".join(f"{key} {pair[1]}" for key, pair in wrong.items()),
    )


def _value(device: Json, key: str, driver: str) -> str | None:
    """An attribute as text: its one value, whatever its type. A name without a domain is the driver's own.

    >>> _value({"attributes": {"dra.net/rdma": {"bool": True}}}, "rdma", "dra.net")
    'True'
    """
    own = f"{driver}/"
    names = {name.removeprefix(own): value for name, value in (device.get("attributes") or {}).items()}
    found = names.get(key.removeprefix(own))
    return None if found is None else str(next(iter(found.values())))


def _plain(device: Device, key: str) -> str:
    return str(next(iter(device.plain()["attributes"][key].values())))


def _taint(taint: Json) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def versions(records: Mapping[str, Json]) -> dict[str, str]:
    """The loaded driver's version, as a slice writes it, by host: from the answers that hosts gave."""
    reader = next(each for each in READERS if each.question == "driver_module")
    found = {}
    for name, answers in records.items():
        answer = answers.get(reader.question) or {}
        said = reader.versions(answer.get("out") or "") if answer.get("rc") == 0 else []
        if len(said) == 1:
            found[name] = Version(said[0]).text
    return found
