"""The report as a file: one place, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from rackwright import paths
from rackwright.atomic import write as write_atomic
from rackwright.pipeline import Planned
from rackwright.report.build import page
from rackwright.verify.model import Result


def write(planned: Planned, result: Result | None, out: Path | None = None) -> Path:
    """Write the page about a cluster and say where; ``result`` None shows the design only.

    :param out: where; default ``<state>/report.html``.
    """
    path = out or paths.state_dir(planned.design.name) / "report.html"
    write_atomic(path, page(planned.design, result, planned.path.name), 0o644)
    return path
