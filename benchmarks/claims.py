"""1,000 servers of eight GPUs on a real scheduler: 1,000 claims of a GPU with the NIC of its root, and peers.

etcd, API server, scheduler and claim controller run as this user's processes, as in ``tests/scheduler``; no
kubelet does, and no controller that would find a node without one: Nodes are objects whose status says Ready.
ResourceSlices are the design's, with made-up identities. Three ways to ask for a GPU, each on a control plane
of its own, the same number of pods at once, then some one after the other:

- ``pair``: claim template gpu-nic-pair, a GPU and a NIC under one constraint;
- ``gpu``: claim template gpu, without the NIC; the slices of both drivers are there;
- ``plain``: ``nvidia.com/gpu: 1`` against a number in the Node's status, as a device plugin has it. No DRA.

A latency is from the answer to the pod's POST until a watch shows its node. Claims are counted afterwards: no
device twice, and pairs of one root. Clients' limits (20 and 50 requests a second by default) are lifted.

    .venv/bin/python benchmarks/claims.py                        # the depot must have kubernetes-1.37.2
    .venv/bin/python benchmarks/claims.py --record               # and writes benchmarks/results/claims.md
    .venv/bin/python benchmarks/claims.py --nodes 50 --pods 100  # smaller
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from tests.scheduler.control_plane import ControlPlane, binaries, running  # noqa: E402
from tests.scheduler.scale import Client, Watch, fleet, node, peak_mib, pod  # noqa: E402

from rackwright.depot.place import here, this_arch  # noqa: E402
from rackwright.dra.claims import claims  # noqa: E402
from rackwright.dra.device import PCIE_ROOT  # noqa: E402
from rackwright.dra.expected import slices  # noqa: E402
from rackwright.gpu_sharing.classes import classes  # noqa: E402

TABLE = "kubernetes-1.37.2"
DRA = "/apis/resource.k8s.io/v1"
PODS = "/api/v1/namespaces/default/pods"
WAYS = {"pair": "gpu-nic-pair", "gpu": "gpu", "plain": None}
"""Way to ask, and claim template."""
THREADS, LIFTED = 16, ("--kube-api-qps=2000", "--kube-api-burst=4000")
PERCENT = (50, 99)


class Plane(ControlPlane):
    """With an etcd that writes to the disk, and clients that are not held back."""

    def run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        kept = [word for word in arguments if word != "--unsafe-no-fsync"]
        more = LIFTED if program in ("kube-controller-manager", "kube-scheduler") else ()
        return super().run(program, *kept, *more)


@dataclass
class Row:
    """What one way took. Seconds, except where it says otherwise."""

    way: str
    publish: float = 0.0
    slices: int = 0
    placed: int = 0
    burst: float = 0.0
    queued: tuple[float, ...] = ()
    """Percentiles of the latency when all pods come at once."""
    alone: tuple[float, ...] = ()
    """The same, one pod after the other."""
    memory: dict[str, int] | None = None
    """MiB at the peak, by program."""
    wrong: str = ""


def percentiles(values: list[float]) -> tuple[float, ...]:
    """
    >>> percentiles([float(n) for n in range(1, 101)])
    (50.0, 99.0)
    """
    ordered = sorted(values) or [0.0]
    return tuple(ordered[min(len(ordered), max(1, round(len(ordered) * p / 100))) - 1] for p in PERCENT)


@contextmanager
def plane(folder: Path, work: Path) -> Iterator[ControlPlane]:
    work.mkdir()
    with running(Plane(folder, work)) as made:
        yield made


def fill(client: Client, pool: ThreadPoolExecutor, way: str, names: list[str], row: Row) -> dict[Any, str]:
    """Nodes, classes, templates and slices; the root of each device by (pool, device)."""
    design, group = fleet()

    def add(name: str) -> None:
        client.ask("POST", "/api/v1/nodes", node(name, {} if WAYS[way] else {"nvidia.com/gpu": "8"}))

    list(pool.map(add, names))
    if WAYS[way] is None:
        return {}
    for each in classes(design):
        client.ask("POST", f"{DRA}/deviceclasses", each.manifest())
    template = claims(design, group)[WAYS[way] or ""]
    client.ask("POST", f"{DRA}/namespaces/default/resourceclaimtemplates", template)
    parts = [part for name in names for part in slices(design, name, group)]
    began = time.monotonic()
    list(pool.map(lambda part: client.ask("POST", f"{DRA}/resourceslices", part), parts))
    row.publish, row.slices = time.monotonic() - began, len(parts)
    return {
        (part["spec"]["pool"]["name"], device["name"]): device["attributes"]
        .get(PCIE_ROOT, {})
        .get("string", "")
        for part in parts
        for device in part["spec"].get("devices", [])
    }


def place(
    client: Client, pool: ThreadPoolExecutor, watch: Watch, way: str, pods: int, alone: int, row: Row
) -> None:
    """All at once, then one after the other."""

    def create(name: str) -> None:
        client.ask("POST", PODS, pod(name, WAYS[way]))
        watch.created[name] = time.monotonic()

    names = [f"burst-{number:05}" for number in range(pods)]
    began = time.monotonic()
    list(pool.map(create, names))
    last = watch.wait(names, f"{way}: ")
    row.burst, row.placed = last - began, sum(name in watch.seen for name in names)
    row.queued = percentiles([watch.latency(name) for name in names if name in watch.seen] or [0.0])
    found = []
    for number in range(alone):
        name = f"alone-{number:04}"
        create(name)
        watch.wait([name], "")
        found.append(watch.latency(name))
    row.alone = percentiles(found)


def judge(client: Client, way: str, roots: dict[Any, str], wanted: int) -> str:
    """What is wrong with what was given out; empty where nothing is."""
    if WAYS[way] is None:
        return ""
    items = client.ask("GET", f"{DRA}/namespaces/default/resourceclaims")["items"]
    given = [
        i["status"]["allocation"]["devices"]["results"]
        for i in items
        if (i.get("status") or {}).get("allocation")
    ]
    devices = [(one["pool"], one["device"], one["driver"]) for results in given for one in results]
    apart = [r for r in given if len({roots[one["pool"], one["device"]] for one in r}) > 1]
    found = [
        (len(given) != wanted, f"{len(given)} claims are allocated, not {wanted}"),
        (len(set(devices)) != len(devices), "a device was given out twice"),
        (bool(apart), f"{len(apart)} pairs have not one root"),
    ]
    return "; ".join(text for bad, text in found if bad)


def measure(folder: Path, work: Path, way: str, given: argparse.Namespace) -> Row:
    """One way, on a control plane of its own."""
    row = Row(way)
    names = [f"node-{number:05}" for number in range(given.nodes)]
    with plane(folder, work) as made, ThreadPoolExecutor(THREADS) as pool:
        client = Client(made)
        roots = fill(client, pool, way, names, row)
        with Watch(made, given.seconds) as watch:
            place(client, pool, watch, way, given.pods, given.alone, row)
        row.wrong = judge(client, way, roots, given.pods + given.alone)
        row.memory = {child.args[0].name: peak_mib(child.pid) for child in made.running}  # type: ignore
    if row.placed != given.pods:
        row.wrong = f"{row.placed} of {given.pods} pods were placed; {row.wrong}"
    return row


def report(rows: list[Row], given: argparse.Namespace) -> str:
    """The table as Markdown, with what it was measured on."""
    head = "slices, s | pods, s | pods/s | p50, p99 s at once | p50, p99 ms alone | memory, MiB"
    order = ("etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager")
    lines = [
        f"# Claims: {given.pods} pods on {given.nodes} servers of eight GPUs",
        "",
        f"| asked for | {head} | holds |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        published = f"{row.slices} in {row.publish:.1f}" if row.slices else "none"
        queued = ", ".join(f"{value:.2f}" for value in row.queued)
        alone = ", ".join(f"{value * 1000:.0f}" for value in row.alone)
        memory = ", ".join(str((row.memory or {}).get(name, 0)) for name in order)
        cells = (
            row.way,
            published,
            f"{row.burst:.1f}",
            f"{row.placed / row.burst:.0f}",
            queued,
            alone,
            memory,
        )
        lines.append(f"| {' | '.join(cells)} | {row.wrong or 'yes'} |")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    ).stdout.strip()
    words = " ".join(sys.argv[1:])
    return "\n".join(
        [
            *lines,
            "",
            "`pair`: a GPU and the NIC of its root; `gpu`: a GPU by a claim; `plain`: `nvidia.com/gpu: 1`, a",
            "number of the Node. Memory: peak of etcd, API server, scheduler, claim controller.",
            f"{TABLE}; Nodes and slices are simulated objects, no kubelet runs.",
            f"Command: `.venv/bin/python benchmarks/claims.py {words}`.",
            f"Measured {datetime.now(UTC):%Y-%m-%d} at {commit}, {os.cpu_count()} cores,",
            f"load {os.getloadavg()[0]:.1f} after the run, Python {platform.python_version()}.",
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("ways", nargs="*", choices=[[], *WAYS], default=[])
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=1000)
    parser.add_argument("--alone", type=int, default=50, help="pods one after the other")
    parser.add_argument("--seconds", type=float, default=240, help="for the pods of one way")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    filled = here().filled(TABLE, this_arch()) / "files"
    folder = binaries() or (filled if filled.is_dir() else None)
    if folder is None:
        print(f"not measured: no Kubernetes binaries; rackwright depot build {TABLE}")
        return 0
    with tempfile.TemporaryDirectory(prefix="rackwright-claims-") as scratch:
        rows = [measure(folder, Path(scratch) / way, way, given) for way in given.ways or WAYS]
    text = report(rows, given)
    print(text)
    if given.record:
        (HERE / "results" / "claims.md").write_text(text)
    return 1 if any(row.wrong for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
