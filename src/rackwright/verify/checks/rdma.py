"""RDMA ports: state, rate, link layer, PCIe link, counters; firmware alike where the lock names none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rackwright.locks import LockRow
from rackwright.verify.expected import Expected, Port
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.limits import limit_of
from rackwright.verify.model import Outcome, Verdict

SOURCE = "/sys/class/infiniband"
LATER = "later/"
"""Before the names of what was read once more, a second later."""
STEADY = ("link_downed", "link_error_recovery", "local_link_integrity_errors", "symbol_error")
"""Counters that do not move on a healthy link while one looks."""


def rdma(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """Every RDMA port that the design has on this server."""
    ports = [port for port in want.ports.values() if port.rdma and want.gpus]
    if not ports:
        return
    said = parse(facts.text("rdma_ports"))
    for port in ports:
        yield from _port(want, port, said.get(port.rdma or "", {}))
    if not any(name.endswith("_firmware") and row.reports for name, row in lock.items()):
        yield _alike(want, said)


def parse(text: str) -> dict[str, dict[str, str]]:
    """Values by device and file, from ``grep -s . FILES`` (``mlx5_0/fw_ver:28.47.2682``)."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        later = line.startswith(LATER)
        place, _, value = line.removeprefix(LATER).partition(":")
        device, _, name = place.partition("/")
        found.setdefault(device, {})[f"{LATER}{name}" if later else name] = value.strip()
    return found


def _port(want: Expected, port: Port, said: Mapping[str, str]) -> Iterator[Verdict]:
    if not said:
        yield _verdict(want, port, "RDMA state", "fail", "no such device", f"{port.rdma} ACTIVE")
        return
    for check, name, expected in (
        ("RDMA state", "ports/1/state", "ACTIVE"),
        ("RDMA link", "ports/1/phys_state", "LinkUp"),
    ):
        found = said.get(name, "").partition(":")[2].strip()
        yield _same(want, port, check, found, expected)
    if port.speed_gbps:
        rate = said.get("ports/1/rate", "").partition(" ")[0]
        yield _same(want, port, "RDMA rate", rate and f"{rate} Gb/s", f"{port.speed_gbps} Gb/s")
    if port.link_layer:
        yield _same(want, port, "link layer", said.get("ports/1/link_layer", ""), port.link_layer)
    for check, what in (("PCIe width", "link_width"), ("PCIe speed", "link_speed")):
        now, best = said.get(f"device/current_{what}", ""), said.get(f"device/max_{what}", "")
        mark = "x" if what == "link_width" else ""
        yield _same(want, port, check, now and f"{mark}{now}", f"{mark}{best}" if best else "the card's best")
    yield from _counters(want, port, said)


def _counters(want: Expected, port: Port, said: Mapping[str, str]) -> Iterator[Verdict]:
    """Totals against their limits, and what moved while we looked."""
    outcome: Outcome
    for counter in STEADY:
        limit = limit_of(f"counter {counter}", want.gpu_product)
        if limit is None:
            continue
        found = said.get(f"ports/1/counters/{counter}", "")
        outcome = "not measured" if not found else "pass" if limit.holds(found) else "fail"
        yield _verdict(want, port, f"counter {counter}", outcome, found or "no such counter", str(limit))
    moved = []
    for counter in STEADY:
        first, then = (said.get(f"{when}ports/1/counters/{counter}", "") for when in ("", LATER))
        if not first or not then:
            moved = [f"{counter} cannot be read twice"]
            yield _verdict(want, port, "counters steady", "not measured", moved[0], "no change in a second")
            return
        if first != then:
            moved.append(f"{counter} {first} to {then}")
    outcome = "fail" if moved else "pass"
    text = ", ".join(moved) or "no change in a second"
    yield _verdict(want, port, "counters steady", outcome, text, "no change in a second")


def _alike(want: Expected, said: Mapping[str, Mapping[str, str]]) -> Verdict:
    """One firmware on all compute NICs, whichever it is."""
    versions = {device: said.get(device, {}).get("fw_ver", "") for device in want.rdma}
    if not versions or "" in versions.values():
        raise NotMeasured("firmware versions: not every device shows one")
    found = sorted(set(versions.values()))
    mark = f"{want.device}#rdma"
    text = ", ".join(f"{v}: {' '.join(d for d in versions if versions[d] == v)}" for v in found)
    outcome: Outcome = "pass" if len(found) == 1 else "fail"
    shown = found[0] if len(found) == 1 else text
    source = f"{SOURCE}/*/fw_ver"
    return Verdict(
        "NIC firmware alike",
        "node",
        want.device,
        None,
        outcome,
        shown,
        "one version",
        source,
        needs=(mark,),
        blames=(mark,),
    )


def _same(want: Expected, port: Port, check: str, found: str, expected: str) -> Verdict:
    outcome: Outcome = "not measured" if not found else "pass" if found == expected else "fail"
    return _verdict(want, port, check, outcome, found or "cannot be read", expected)


def _verdict(want: Expected, port: Port, check: str, outcome: Outcome, found: str, expected: str) -> Verdict:
    # A narrow PCIe slot carries packets: it explains nothing else that is wrong at the port.
    blames = (f"{want.device}:{port.name}#pcie",) if check.startswith("PCIe") else ()
    return Verdict(
        check,
        "port",
        want.device,
        port.name,
        outcome,
        found,
        expected,
        f"{SOURCE}/{port.rdma}",
        blames=blames,
    )
