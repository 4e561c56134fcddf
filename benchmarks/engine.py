"""300 resources of one second each, 64 at a time: the engines side by side.

The bound is 300 / 64 seconds. Where ``pulumi`` is on PATH, its engine runs the same stack with the provider
plugin, and a stack of Python dynamic providers beside it.

    .venv/bin/python benchmarks/engine.py            # prints the table
    .venv/bin/python benchmarks/engine.py --record   # and writes benchmarks/results/engine.md
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rackwright.engine import stack
from rackwright.engine.find import local

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
COUNT, SECONDS, PARALLEL = 300, 1.0, 64
BOUND = COUNT / PARALLEL * SECONDS
TIMES_BOUND = 1.5
TIMES_FASTER = 5.0

PLUGIN_PROGRAM = """
import pulumi
from rackwright.provider.sdk import Noun

class Slow(Noun):
    kind = "test:world:Slow"
    outputs = ("done",)

for number in range({count}):
    Slow(f"slow-{{number}}", {{"name": f"slow-{{number}}", "seconds": {seconds}}})
"""
DYNAMIC_PROGRAM = """
import time
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Sleeper(ResourceProvider):
    def create(self, props):
        time.sleep({seconds})
        return CreateResult(props["name"], {{**props, "done": True}})

class Slow(Resource):
    pass

for number in range({count}):
    Slow(Sleeper(), f"slow-{{number}}", {{"name": f"slow-{{number}}"}})
"""
PROJECT = """name: {name}
runtime:
  name: python
  options: {{toolchain: pip, virtualenv: {venv}}}
plugins:
  providers:
    - name: test
      path: {plugin}
"""


def project(folder: Path, name: str, program: str) -> Path:
    """A stack folder with ``program`` in it."""
    here = folder / name
    here.mkdir()
    plugin = ROOT / "src" / "rackwright" / "provider" / "plugin"
    (here / "Pulumi.yaml").write_text(PROJECT.format(name=name, venv=ROOT / ".venv", plugin=plugin))
    (here / "__main__.py").write_text(program.format(count=COUNT, seconds=SECONDS))
    return here


def measure(folder: Path, name: str, program: str, engine: str) -> float:
    """Seconds from start to end of ``up`` on a fresh stack, process start included."""
    here = project(folder, name, program)
    began = time.monotonic()
    summary = stack.run(
        "up",
        here,
        "bench.core",
        {},
        state_dir=folder / f"state-{name}",
        engine=engine,
        parallel=PARALLEL,
        timeout=500,
    )
    seconds = time.monotonic() - began
    assert summary.exit_code == 0, summary
    assert summary.counts == {"create": COUNT}, summary
    return seconds


def rows(folder: Path) -> list[tuple[str, float, str, bool]]:
    """(what, seconds, against what, whether it holds)."""
    in_process = measure(folder, "in-process", PLUGIN_PROGRAM, "in-process")
    table = [
        (
            "in-process engine",
            in_process,
            f"{in_process / BOUND:.2f} times the bound of {BOUND:.2f} s (at most {TIMES_BOUND})",
            in_process <= TIMES_BOUND * BOUND,
        )
    ]
    if shutil.which("pulumi") is None:
        print("Pulumi's own engine is not on PATH: the plugin and the dynamic provider are not measured")
        return table
    plugin = measure(folder, "plugin", PLUGIN_PROGRAM, "pulumi")
    dynamic = measure(folder, "dynamic", DYNAMIC_PROGRAM, "pulumi")
    times = dynamic / plugin
    table.append(("Pulumi with the provider plugin", plugin, f"{plugin / BOUND:.2f} times the bound", True))
    what = f"the plugin is {times:.1f} times faster (at least {TIMES_FASTER:.0f})"
    return [*table, ("Pulumi with Python dynamic providers", dynamic, what, times >= TIMES_FASTER)]


def report(table: list[tuple[str, float, str, bool]]) -> str:
    """The table as Markdown, with what it was measured on."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    ).stdout.strip()
    found = local()
    lines = [
        "# Engines: 300 resources of one second each, 64 at a time",
        "",
        "| engine | seconds | against | holds |",
        "|---|---:|---|---|",
        *(
            f"| {what} | {seconds:.1f} | {against} | {'yes' if ok else 'NO'} |"
            for what, seconds, against, ok in table
        ),
        "",
        f"Command: `{'PATH=<pulumi>:$PATH ' if found else ''}.venv/bin/python benchmarks/engine.py --record`;"
        "each figure is one `up` on a fresh stack, process start included.",
        f"Measured {datetime.now(UTC):%Y-%m-%d} at {commit}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f} after the run, Python {platform.python_version()}"
        + (f", Pulumi {found.version}." if found else "."),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    record = parser.parse_args().record
    os.environ["RACKWRIGHT_HANDLERS"] = "nouns:HANDLERS"
    os.environ["PYTHONPATH"] = str(ROOT / "tests" / "stacks")
    with tempfile.TemporaryDirectory(prefix="rackwright-bench-") as scratch:
        os.environ["PULUMI_HOME"] = str(Path(scratch) / "home")
        table = rows(Path(scratch))
    text = report(table)
    print(text)
    if record:
        target = HERE / "results" / "engine.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    return 0 if all(ok for *_, ok in table) else 1


if __name__ == "__main__":
    sys.exit(main())
