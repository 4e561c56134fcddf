"""How long design and full render take from a thousand to a hundred thousand GPUs, and how much memory.

Full render: every file of every switch, server and site, made as text in as many worker processes as there
are cores, and hashed; ``--write`` also writes them to a folder, as ``rackwright render`` does. Each row runs
in a process of its own. Peak memory is of all its processes together (proportional set size, sampled). The
growth exponent is against the row above (1.0: linear). Bounds: 98,304 GPUs in 60 s and 4 GiB, growth 1.1.

    env -u PYTHONDONTWRITEBYTECODE .venv/bin/python benchmarks/scale.py [GPUS | NAME ...] [--nos frr]
    env -u PYTHONDONTWRITEBYTECODE .venv/bin/python benchmarks/scale.py --record     # and results/scale.md
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

REFERENCE = "superpod-h100-127"
"""The inventory that comes first; its bound is 2 s."""
SIZES = (1_024, 8_192, 32_768, 98_304)
REFERENCE_S, BOUND_S, BOUND_GIB, BOUND_GROWTH = 2.0, 60.0, 4.0, 1.1
LARGEST = SIZES[-1]


def cluster(gpus: int, nos: str) -> dict[str, Any]:
    """H100 servers with RoCE on 128 x 400G switches, a converged frontend and an out-of-band fabric."""
    nodes = gpus // 8
    return {
        "cluster": "bench",
        "machines": {
            "gpu": {"sku": "dgx-h100", "count": nodes, "unit_size": 64},
            "control": {"sku": "generic-1u", "count": 5, "role": "control-plane"},
            "storage": {"sku": "generic-nvme", "count": max(2, nodes // 16), "role": "storage"},
        },
        "fabrics": {
            "backend": {"kind": "roce", "switch": "sn5600", "nos": nos, "topology": "rail-optimised"},
            "frontend": {
                "kind": "ethernet",
                "switch": "sn5600",
                "nos": nos,
                "topology": "leaf-spine",
                "oversubscription": "3:1",
            },
            "oob": {"kind": "ethernet", "switch": "sn2201", "nos": nos, "topology": "tree"},
        },
        "planes": {
            "compute": {"fabric": "backend", "prefix": "10.64.0.0/10"},
            "storage": {"fabric": "frontend", "prefix": "10.16.0.0/12"},
            "business": {"fabric": "frontend", "prefix": "10.32.0.0/12"},
            "management": {"fabric": "oob", "prefix": "10.128.0.0/10"},
        },
    }


class Memory(threading.Thread):
    """Samples the memory of this process and of all that it has started."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_kib, self.over = 0, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.4):
            self.peak_kib = max(self.peak_kib, sum(map(_pss, _tree(os.getpid()))))


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(other for child in children for other in _tree(int(child)))]


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # it has ended since
    return 0


def measure(what: str, nos: str, write: bool) -> dict[str, float]:
    """Seconds and MiB of one cluster: an inventory, or so many GPUs."""
    from rackwright.design.build import design
    from rackwright.forks import cores, fork_map
    from rackwright.load.catalog import tables
    from rackwright.load.cluster import load
    from rackwright.models.spec import ClusterSpec
    from rackwright.paths import home
    from rackwright.render.write import batches
    from rackwright.render.write import write as write_all

    if what.isdigit():
        spec, known = ClusterSpec.model_validate(cluster(int(what), nos)), tables(home())
    else:
        _, spec, known = load(what)
    memory = Memory()
    memory.start()
    start = time.perf_counter()
    made = design(spec, known)
    designed = time.perf_counter()
    cut = batches(made)

    def hashed(number: int) -> tuple[int, int, str]:
        files, size, digest = 0, 0, hashlib.sha256()
        for path, content in cut[number]():
            data = content.encode() if isinstance(content, str) else content
            digest.update(path.encode() + b"\0" + data)
            files, size = files + 1, size + len(data)
        return files, size, digest.hexdigest()

    results = list(fork_map(hashed, len(cut), cores()))
    rendered = time.perf_counter()
    seconds = 0.0
    if write:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            write_all(cut, Path(folder), cores())
            seconds = time.perf_counter() - begun
    memory.over.set()
    memory.join()
    return {
        "gpus": sum(server.gpus for server in made.servers),
        "devices": len(made.servers) + len(made.switches),
        "cables": len(made.cables),
        "files": sum(row[0] for row in results),
        "mb": sum(row[1] for row in results) / 1e6,
        "design": designed - start,
        "render": rendered - designed,
        "total": rendered - start,
        "write": seconds,
        "mib": memory.peak_kib / 1024,
    }


HEAD = (
    "GPUs",
    "devices",
    "cables",
    "files",
    "MB",
    "design s",
    "render s",
    "total s",
    "write s",
    "peak MiB",
    "ms/cable",
    "growth",
)


def row(found: dict[str, float], before: dict[str, float] | None) -> tuple[str, ...]:
    growth = ""
    if before is not None:
        growth = (
            f"{math.log(found['total'] / before['total']) / math.log(found['gpus'] / before['gpus']):.2f}"
        )
    counts = (f"{found[key]:.0f}" for key in ("gpus", "devices", "cables", "files", "mb"))
    times = (f"{found[key]:.2f}" for key in ("design", "render", "total"))
    written = f"{found['write']:.1f}" if found["write"] else ""
    each = f"{found['total'] / found['cables'] * 1000:.3f}"
    return (*counts, *times, written, f"{found['mib']:.0f}", each, growth)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("clusters", nargs="*", help="numbers of GPUs, or inventories")
    parser.add_argument("--nos", default="cumulus")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, given.nos, given.write)))
        return 0
    lines = [HEAD, ("---",) * len(HEAD)]
    kept, first, before = True, None, None
    for what in given.clusters or [REFERENCE, *map(str, SIZES)]:
        command = [sys.executable, __file__, "--one", what, "--nos", given.nos]
        command += ["--write"] if given.write else []
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
        found = json.loads(done.stdout)
        lines.append(row(found, before))
        print(" | ".join(lines[-1]), flush=True)
        if what == REFERENCE:
            kept = found["total"] <= REFERENCE_S
        if not what.isdigit():
            continue
        first, before = first or found, found
        if int(what) == LARGEST:
            kept = kept and found["total"] <= BOUND_S and found["mib"] <= BOUND_GIB * 1024
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
    if first is not None and before is not None and first is not before:
        slope = math.log(before["total"] / first["total"]) / math.log(before["gpus"] / first["gpus"])
        text += f"\nGrowth exponent from the first row to the last: {slope:.2f}.\n"
        kept = kept and slope <= BOUND_GROWTH
    print(text)
    if given.record:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        command_line = f"`benchmarks/scale.py --record --nos {given.nos}`"
        folder = Path(__file__).resolve().parent / "results"
        folder.mkdir(exist_ok=True)
        head = f"# Design and render, to a hundred thousand GPUs\n\n{command_line} on {machine}.\n\n"
        (folder / "scale.md").write_text(head + text)
    if not kept:
        print(f"out of bounds: {REFERENCE_S} s, {BOUND_S} s, {BOUND_GIB} GiB, growth {BOUND_GROWTH}")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
