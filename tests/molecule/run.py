"""All roles, bench by bench: `molecule test` for each, two side by side, each on a machine of its own."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.molecule.bench import ROOT, Bench, work
from tests.molecule.box import Box
from tests.molecule.play import inventory
from tests.molecule.prepared import Prepared
from tests.molecule.steps import ALL, Steps
from tests.molecule.table import Row, rows

SIDE_BY_SIDE = 2
ROLE_S = int(os.environ.get("ROLE_S", "900"))


@dataclass(frozen=True)
class Tested:
    """The result of one role."""

    role: str
    code: int
    seconds: float
    processor: float
    taken: dict[str, float]


def run(roles: list[str]) -> int:
    """Test these roles (none named: all), print the table; 0 when all passed."""
    table, begun = rows(), time.monotonic()
    if unknown := set(roles) - set(table):
        raise SystemExit(f"no such role in roles.yaml: {', '.join(sorted(unknown))}")
    wanted = [table[role] for role in roles or table]
    results: list[Tested] = []
    for name in dict.fromkeys(row.bench for row in wanted):
        results += _bench(Bench(name), [row for row in wanted if row.bench == name])
    _show(results, time.monotonic() - begun)
    return int(any(each.code for each in results))


def _bench(bench: Bench, wanted: list[Row]) -> list[Tested]:
    keep = bool(os.environ.get("KEEP"))
    if not keep:
        bench.down()
    begun = time.monotonic()
    bench.up()
    boxes: dict[str, queue.Queue[Box]] = {}
    for server in bench.servers:
        box = Box(bench, server.name)
        Prepared(box).blank()
        Prepared(box).forget()
        boxes.setdefault(server.group, queue.Queue()).put(box)
    print(f"bench {bench.name}: up in {time.monotonic() - begun:.0f} s", flush=True)
    try:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return list(pool.map(lambda row: _role(row, boxes[row.server]), wanted))
    finally:
        print(f"bench {bench.name}: its machines used {bench.cpu():.0f} s of processor time", flush=True)
        if not keep:
            bench.down()


def _role(row: Row, boxes: queue.Queue[Box]) -> Tested:
    box, begun = boxes.get(), time.monotonic()
    log = work() / "logs" / f"{row.role}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        code, processor = _molecule(row, box, log)
    finally:
        boxes.put(box)
    taken = Steps(row, box).taken()
    if code == 0 and list(taken) != list(ALL):
        code = 1
        with log.open("a") as out:
            out.write(f"{row.role}: steps taken: {', '.join(taken)}; expected {', '.join(ALL)}\n")
    tested = Tested(row.role, code, time.monotonic() - begun, processor, taken)
    print(f"{row.role}: {'ok' if code == 0 else 'FAILED'} in {tested.seconds:.0f} s", flush=True)
    if code:
        said = Steps(row, box).failure
        print(said.read_text() if said.exists() else _tail(log), flush=True)
    return tested


def _molecule(row: Row, box: Box, log: Path) -> tuple[int, float]:
    """Exit code, and seconds of processor time on this side."""
    command = [str(ROOT / ".venv/bin/molecule"), "-c", str(ROOT / "tests/molecule/base.yml"), "test"]
    folder, environment = ROOT / "roles" / row.role, _environment(row, box)
    # What a run that was killed left makes molecule believe that the machine is there.
    shutil.rmtree(environment["MOLECULE_EPHEMERAL_DIRECTORY"], ignore_errors=True)
    end = time.monotonic() + ROLE_S
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return process.returncode, used.ru_utime + used.ru_stime
            if time.monotonic() > end:
                os.killpg(process.pid, signal.SIGTERM)
                end += 30
            time.sleep(0.2)


def _environment(row: Row, box: Box) -> dict[str, str]:
    """What base.yml and the playbooks beside it are told."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "BENCH_ROOT": str(ROOT),
        "BENCH_ROLE": row.role,
        "BENCH_SERVER": box.server,
        "BENCH_ADDRESS": box.address,
        "BENCH_INVENTORY": str(inventory(box, row.variables)),
        "BENCH_SSH_CONFIG": str(box.ssh_config()),
        "BENCH_CONNECTIONS": str(box.connections),
        "MOLECULE_EPHEMERAL_DIRECTORY": str(box.bench.folder / "ephemeral" / row.role),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    }


def _tail(log: Path, lines: int = 40) -> str:
    """What testinfra found, or else the end of molecule's log; without colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace")).splitlines()
    found = [line for line in text if re.search(r"│ (E  |_{3,}.*test_)", line)]
    return "\n".join(found or text[-lines:])


def _show(results: Iterable[Tested], seconds: float) -> None:
    shown = Table(title="molecule")
    for column in ("role", "result", *ALL[:-1], "seconds", "processor"):
        shown.add_column(column, justify="right" if column not in ("role", "result") else "left")
    for each in results:
        steps = [f"{each.taken[step]:.0f}" if step in each.taken else "-" for step in ALL[:-1]]
        shown.add_row(
            each.role,
            "ok" if each.code == 0 else "failed",
            *steps,
            f"{each.seconds:.0f}",
            f"{each.processor:.0f}",
        )
    total = sum(each.processor for each in results)
    shown.add_row("total", *[""] * len(ALL), f"{seconds:.0f}", f"{total:.0f}")
    Console(width=140).print(shown)
    print(f"seconds; processor: of the controller. Logs: {work() / 'logs'}")
