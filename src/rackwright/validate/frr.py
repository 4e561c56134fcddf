"""FRR: ``vtysh -C`` reads every frr.conf as it would when it starts, and names each line that it refuses."""

from __future__ import annotations

import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rackwright.errors import WorldRefused
from rackwright.forks import cores
from rackwright.models.design import Design
from rackwright.models.finding import Finding
from rackwright.render.build import Files
from rackwright.validate.sample import chosen, told
from rackwright.validate.texts import texts_of

name = "frr"
needs = ("vtysh",)
PATH = "/etc/frr/frr.conf"
SECONDS = 30.0
"""For one file; a switch of 256 ports takes well under one."""
_LINE = re.compile(r"line (\d+): (.*)")


def fits(design: Design) -> bool:
    """Whether a switch runs FRR."""
    return any(switch.nos == "frr" for switch in design.switches)


def check(design: Design, files: Files) -> list[Finding]:
    """Every frr.conf, or of a large cluster one of each shape (``not_measured`` says so).

    :raises WorldRefused: vtysh does not run or does not end.
    """
    texts, missing = texts_of(design, files, "frr", PATH, "an frr.conf")
    return sorted([*missing, *_judge(chosen(texts))])


def everything(design: Design, files: Files) -> list[Finding]:
    """Every frr.conf, however many."""
    texts, missing = texts_of(design, files, "frr", PATH, "an frr.conf")
    return sorted([*missing, *_judge(texts)])


def not_measured(design: Design) -> list[str]:
    """That a large cluster's files are not all read."""
    return told(sum(switch.nos == "frr" for switch in design.switches), "frr.conf")


def _judge(texts: dict[str, str]) -> list[Finding]:
    """Side by side: one process for each processor."""
    # The folder goes after the pool: jobs may be under way when one of them fails.
    with tempfile.TemporaryDirectory(prefix="rackwright-frr-") as folder, ThreadPoolExecutor(cores()) as pool:
        jobs = [pool.submit(judged, device, text, Path(folder)) for device, text in texts.items()]
        return [finding for job in jobs for finding in job.result()]


def judged(device: str, text: str, folder: Path) -> list[Finding]:
    """What vtysh says of one file."""
    path = folder / f"{device}.conf"
    path.write_text(text)
    try:
        done = subprocess.run(  # noqa: S603 - words of ours and a path of ours
            ["vtysh", "-C", "-f", str(path)],  # noqa: S607 - wherever it is installed
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise WorldRefused(
            device, "vtysh -C", str(problem), "install FRR, or see why vtysh hangs"
        ) from problem
    if done.returncode == 0:
        return []
    lines = text.splitlines()
    said = [_LINE.search(line) for line in (done.stdout + done.stderr).splitlines()]
    places = [match for match in said if match]
    if not places:
        text_said = " ".join((done.stdout + done.stderr).split()) or f"exit {done.returncode}"
        return [Finding(f"{device}:{PATH}", "syntax", text_said, "a configuration that vtysh takes")]
    return [
        Finding(
            f"{device}:{PATH}:{match[1]}",
            "syntax",
            lines[int(match[1]) - 1].strip() if int(match[1]) <= len(lines) else match[2],
            "a line that FRR knows",
            match[2].strip(),
        )
        for match in places
    ]
