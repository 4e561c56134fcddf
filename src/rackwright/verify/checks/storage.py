"""Shared storage: mounted, over the storage plane only, writable, and the same on every node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Outcome, Verdict

GLUSTER_MANAGEMENT = 24007
"""glusterd's port; bricks listen from 49152 (docs.gluster.org, Administrator Guide, ports)."""


def _verdict(check: str, want: Expected, outcome: Outcome, found: str, expected: str, source: str) -> Verdict:
    storage = next((p for p in want.ports.values() if p.plane == "storage"), None)
    needs = [f"{want.device}#storage"]
    if storage is not None:
        needs.append(f"{want.device}:{storage.name}")
        if storage.neighbour is not None:
            needs += [storage.neighbour.device, f"{storage.neighbour.device}:{storage.neighbour.port}"]
    return Verdict(
        check,
        "cluster",
        want.device,
        None,
        outcome,
        found,
        expected,
        source,
        needs=tuple(needs),
        blames=(f"{want.device}#storage",),
    )


def mount(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """The file system is mounted where the design says."""
    if want.storage is None:
        return
    answer = facts.answer("mount")
    found = "not mounted"
    if answer.rc == 0:
        match = re.search(r'"fstype"\s*:\s*"([^"]+)"', answer.out)
        source = re.search(r'"source"\s*:\s*"([^"]+)"', answer.out)
        found = f"{match[1] if match else '?'} {source[1] if source else '?'}"
    good = found.startswith("fuse.glusterfs ") and found.endswith(f"/{want.storage.volume}")
    good = good or found.endswith(f":{want.storage.volume}")
    yield _verdict(
        "mount",
        want,
        "pass" if good else "fail",
        found,
        f"fuse.glusterfs {want.storage.volume} on {want.storage.mount}",
        "findmnt",
    )


def connections(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """Every TCP connection of the storage client runs from the storage port's address to a storage
    server's."""
    if want.storage is None:
        return
    own = {p.address.split("/")[0] for p in want.ports.values() if p.plane == "storage" and p.address}
    expected = f"from {', '.join(sorted(own))} to {', '.join(want.storage.servers)}"
    pairs = parse_connections(facts.text("connections"))
    if not pairs:
        yield _verdict("storage path", want, "fail", "no connection", expected, "ss -tnp")
        return
    wrong = sorted(f"{a} to {b}" for a, b in pairs if a not in own or b not in want.storage.servers)
    found = ", ".join(wrong) or f"{len(pairs)} connections, all {expected}"
    yield _verdict("storage path", want, "fail" if wrong else "pass", found, expected, "ss -tnp")


def parse_connections(text: str) -> set[tuple[str, str]]:
    """(local, remote) addresses of the GlusterFS client's connections, from ``ss -Htnp``."""
    found = set()
    for line in text.splitlines():
        if '"glusterfs"' not in line:
            continue
        ends = re.findall(r"(\d+\.\d+\.\d+\.\d+):\d+", line)
        if len(ends) >= 2 and not IPv4Address(ends[0]).is_loopback:
            found.add((ends[0], ends[1]))
    return found


def writable(facts: Facts, want: Expected, run: str | None) -> Iterator[Verdict]:
    """A token can be written and read back; ``run`` is this run's name (None when asked live, one host)."""
    if want.storage is None:
        return
    answer = facts.answer("token")
    said = answer.out.strip() or (answer.err.strip().splitlines() or ["nothing"])[-1]
    good = answer.rc == 0 and (run is None or said == run)
    expected = run or "what was written"
    yield _verdict("storage write", want, "pass" if good else "fail", said, expected, "write and read a file")


def shared(facts: Facts, want: Expected, peer: str, run: str) -> Verdict:
    """What ``peer`` wrote in this run is read here."""
    try:
        answer = facts.answer("peer_token")
        said = answer.out.strip() or (answer.err.strip().splitlines() or ["nothing"])[-1]
        outcome: Outcome = "pass" if said == run else "fail"
    except NotMeasured as reason:
        said, outcome = str(reason), "not measured"
    base = _verdict("storage shared", want, outcome, said, run, f"read the file that {peer} wrote")
    return Verdict(
        base.check,
        base.layer,
        base.device,
        base.port,
        base.outcome,
        base.found,
        base.expected,
        base.source,
        needs=(*base.needs, peer, f"{peer}#storage"),
        blames=base.blames,
    )
