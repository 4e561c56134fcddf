"""How long design and render take, and how much memory.

The first row is the 127-node H100 reference as it ships; its bound is 2 s. The others are clusters of so many
H100 nodes with RoCE on SN5600, so that every switch is rendered; the last column is the growth exponent
against the row above (1.0: linear). Each row runs in a process of its own: peak memory is its own.

    .venv/bin/python benchmarks/plan.py [NODES ...]     # prints the table; exit 1 when the bound is broken
    .venv/bin/python benchmarks/plan.py --record        # and writes benchmarks/results/plan.md
"""

from __future__ import annotations

import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BOUND_S = 2.0
REFERENCE = "superpod-h100-127"


def cluster(nodes: int) -> dict[str, Any]:
    """A RoCE cluster of H100 servers on large switches."""
    return {
        "cluster": "bench",
        "machines": {
            "gpu": {"sku": "dgx-h100", "count": nodes},
            "control": {"sku": "generic-1u", "count": 5, "role": "control-plane"},
            "storage": {"sku": "generic-nvme", "count": max(2, nodes // 16), "role": "storage"},
        },
        "fabrics": {
            "backend": {"kind": "roce", "switch": "sn5600", "nos": "frr", "topology": "rail-optimised"},
            "frontend": {
                "kind": "ethernet",
                "switch": "sn4600c",
                "nos": "frr",
                "topology": "leaf-spine",
                "oversubscription": "3:1",
            },
            "oob": {"kind": "ethernet", "switch": "sn2201", "nos": "frr", "topology": "tree"},
        },
        "planes": {
            "compute": {"fabric": "backend", "prefix": "10.64.0.0/10"},
            "storage": {"fabric": "frontend", "prefix": "10.16.0.0/12"},
            "business": {"fabric": "frontend", "prefix": "10.32.0.0/12"},
            "management": {"fabric": "oob", "prefix": "10.0.0.0/12"},
        },
    }


def measure(what: str) -> dict[str, float]:
    """Seconds and MiB of one cluster, in this process."""
    from rackwright.design.build import design
    from rackwright.load.catalog import tables
    from rackwright.load.cluster import load
    from rackwright.models.spec import ClusterSpec
    from rackwright.paths import home
    from rackwright.render.build import render

    if what.isdigit():
        spec, known = ClusterSpec.model_validate(cluster(int(what))), tables(home())
    else:
        _, spec, known = load(what)
    start = time.perf_counter()
    made = design(spec, known)
    designed = time.perf_counter()
    files = render(made)
    done = time.perf_counter()
    return {
        "nodes": len([server for server in made.servers if server.gpus]),
        "gpus": sum(server.gpus for server in made.servers),
        "cables": len(made.cables),
        "design": designed - start,
        "render": done - designed,
        "files": sum(map(len, files.devices.values())) + len(files.site),
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


HEAD = ("cluster", "GPUs", "cables", "files", "design, s", "render, s", "peak MiB", "growth")


def table(sizes: list[str]) -> tuple[list[tuple[str, ...]], bool]:
    """(rows as text, whether the reference kept its bound)."""
    rows: list[tuple[str, ...]] = []
    before: dict[str, float] | None = None
    kept = True
    for what in [REFERENCE, *sizes]:
        command = [sys.executable, __file__, "--one", what]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
        row = json.loads(done.stdout)
        row["total"] = row["design"] + row["render"]
        growth = ""
        if before is not None and what.isdigit():
            growth = (
                f"{math.log(row['total'] / before['total']) / math.log(row['gpus'] / before['gpus']):.2f}"
            )
        figures = (row["gpus"], row["cables"], row["files"], f"{row['design']:.2f}", f"{row['render']:.2f}")
        rows.append((what, *map(str, figures), f"{row['mib']:.0f}", growth))
        kept = kept and (what != REFERENCE or row["total"] <= BOUND_S)
        before = row if what.isdigit() else None
    return rows, kept


def main(words: list[str]) -> int:
    record = "--record" in words
    rows, kept = table([word for word in words if word.isdigit()] or ["128", "256", "512"])
    lines = [f"| {' | '.join(row)} |" for row in (HEAD, ("---",) * len(HEAD), *rows)]
    print("\n".join(lines))
    if record:
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        command = "`.venv/bin/python benchmarks/plan.py --record`"
        text = f"# Design and render\n\n{command} on {machine}.\n\n" + "\n".join(lines) + "\n"
        folder = Path(__file__).resolve().parent / "results"
        folder.mkdir(exist_ok=True)
        (folder / "plan.md").write_text(text)
    if not kept:
        print(f"{REFERENCE} took more than {BOUND_S} s")
    return int(not kept)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        sys.exit(main(sys.argv[1:]))
