"""Rendered text, file by file. ``RACKWRIGHT_GOLDEN=write`` writes it anew; read the difference then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "golden" / "render"
DEVICES = (
    "backend-su01-r0",
    "backend-spine-01",
    "frontend-leaf-02",
    "oob-01",
    "gpu-su01-n01",
    "storage-01",
)


def texts(files):
    """Relative golden path to text: whole devices of each kind, the cable plan, an expectation of each."""
    found = {f"lab/{name}{path}": text for name in DEVICES for path, text in files.devices[name].items()}
    for path in (
        "cable-plan.csv",
        "expectations/backend-spine-01.json",
        "expectations/gpu-su01-n01.json",
    ):
        found[f"lab/{path}"] = files.site[path]
    return found


def test_rendered_text_is_as_recorded(lab):
    wanted = texts(lab[1])
    if os.environ.get("RACKWRIGHT_GOLDEN") == "write":
        for path in sorted(GOLDEN.rglob("*")):
            if path.is_file():
                path.unlink()
        for name, text in wanted.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(text)
        pytest.skip("golden files written")
    recorded = {
        str(path.relative_to(GOLDEN)): path.read_text() for path in GOLDEN.rglob("*") if path.is_file()
    }
    assert sorted(recorded) == sorted(wanted)
    for name in sorted(wanted):
        assert recorded[name] == wanted[name], name
