"""What load may do with a file: take it, or say a mistake with its place. Anything else is a finding."""

from __future__ import annotations

import random
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.mutate import mutate

from rackwright.errors import BadInput
from rackwright.load.cluster import load
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Tables

SLOWEST_S = 2.0
"""Processor time; no mutated file may take longer."""
_ASSETS = "gpu-su01-n01: {serial: A1, nics: {eno3: 02:00:00:00:00:01}}\n"


def designed_up_to(number: int) -> int:
    """How many servers a loaded file may have to be designed and rendered too: a sample, for time's sake."""
    return 600 if number % 10 == 0 else 40 if number % 2 == 0 else 0


@dataclass
class Figures:
    """What came of a run."""

    results: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.results.items()))
        text = f"{sum(self.results.values())} files in {self.seconds:.1f} s: {counts}"
        return f"{text}; slowest {self.slowest_s:.3f} s; {len(self.findings)} findings"


def seeds(home: Path) -> list[tuple[str, str]]:
    """(cluster file, asset list) of each inventory; the lab more often, for it is small enough to design."""
    found = []
    for path in sorted(home.glob("inventories/*/cluster.yaml")):
        beside = path.parent / "assets.yaml"
        assets = beside.read_text() if beside.is_file() else _ASSETS
        found += [(path.read_text(), assets)] * (4 if path.parent.name == "lab" else 1)
    return found


def one(number: int, seed: int, pairs: list[tuple[str, str]]) -> tuple[bytes, bytes | None]:
    """Case ``number``: the mutated cluster file, or (each sixth) a mutated asset list beside a valid one."""
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 (a test's choice)
    text, assets = rng.choice(pairs)
    if number % 6 == 5:
        return text.encode(), mutate(assets, rng)
    return mutate(text, rng), None


def judge(
    cluster: bytes, assets: bytes | None, folder: Path, figures: Figures, name: str, servers: int = 0
) -> None:
    """Load one case and add to the figures; design and render what has at most that many servers."""
    file, beside = folder / "cluster.yaml", folder / "assets.yaml"
    file.write_bytes(cluster)
    beside.unlink(missing_ok=True)
    if assets is not None:
        beside.write_bytes(assets)
    begun = time.process_time()
    try:
        _, spec, tables = load(str(file))
    except BadInput as error:
        result = "bad input"
        figures.findings += [f"{name}: {wrong}" for wrong in _wrong_places(error, cluster, assets)]
    except Exception:  # noqa: BLE001 (any traceback is what we look for)
        result = "traceback"
        figures.findings.append(f"{name}: {traceback.format_exc()}")
    else:
        result = _onward(spec, tables, figures, name, servers)
    took = time.process_time() - begun
    figures.slowest_s = max(figures.slowest_s, took)
    if took > SLOWEST_S:
        figures.findings.append(f"{name}: took {took:.1f} s of processor time")
    figures.results[result] += 1


def _wrong_places(error: BadInput, cluster: bytes, assets: bytes | None) -> list[str]:
    """Problems without a place in the file, or with text that breaks a terminal."""
    if not error.problems:
        return ["no problem is named"]
    wrong = []
    for problem in error.problems:
        raw = (assets or b"") if problem.file.endswith("assets.yaml") else cluster
        lines = raw.replace(b"\r\n", b"\n").count(b"\n") + 1
        if not (1 <= problem.line <= lines + 1 and problem.column >= 1):
            wrong.append(f"no such place: {problem}")
        if not str(problem).isprintable() or len(str(problem)) > 1000:
            wrong.append(f"not printable, or too long: {ascii(str(problem))[:300]}")
    return wrong


def _onward(spec: ClusterSpec, tables: Tables, figures: Figures, name: str, servers: int) -> str:
    """What loads can be designed and rendered."""
    if sum(group.count for group in spec.machines.values()) > servers:
        return "loaded"
    from rackwright.design.build import design
    from rackwright.render.build import render

    try:
        render(design(spec, tables))
    except Exception:  # noqa: BLE001 (any traceback is what we look for)
        figures.findings.append(f"{name} (design, render): {traceback.format_exc()}")
        return "loaded, not designed"
    return "loaded, designed and rendered"


def run(count: int, seed: int, home: Path, folder: Path, first: int = 0) -> Figures:
    """Cases ``first`` to ``first + count``."""
    figures, pairs = Figures(), seeds(home)
    begun = time.perf_counter()
    for number in range(first, first + count):
        name, servers = f"case {number} of seed {seed}", designed_up_to(number)
        judge(*one(number, seed, pairs), folder, figures, name, servers)
    figures.seconds = time.perf_counter() - begun
    return figures
