"""The node tests on a whole fleet: records in, verdicts out, in a pytest of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rackwright import paths
from rackwright.errors import WorldRefused
from rackwright.verify.model import Verdict

BASE_SECONDS = 60
SECONDS_EACH = 2
"""Time limit of the judging, for each device: reading a record takes milliseconds."""


def read_verdict(data: Mapping[str, Any]) -> Verdict:
    """A verdict from JSON."""
    values = {key: data[key] for key in Verdict.__dataclass_fields__}
    return Verdict(**{**values, "needs": tuple(values["needs"]), "blames": tuple(values["blames"])})


def judge(cluster_file: Path, run: str, records: Mapping[str, dict[str, Any]]) -> list[Verdict]:
    """Run tests/nodes over the records.

    :raises WorldRefused: the node tests themselves broke (an error in a test is not a verdict on a node).
    """
    tests = paths.home() / "tests" / "nodes"
    with tempfile.TemporaryDirectory(prefix="rackwright-verify-") as name:
        folder = Path(name)
        (folder / "records").mkdir()
        for device, record in records.items():
            (folder / "records" / f"{device}.json").write_text(json.dumps(record), encoding="utf-8")
        out = folder / "verdicts.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            str(tests),
            "--rootdir",
            str(tests),
            "-c",
            f"{tests}/pytest.ini",
        ]
        command += ["--cluster", str(cluster_file), "--records", str(folder / "records"), "--run-name", run]
        command += ["--verdicts", str(out), "--tb=short", "--no-header"]
        limit = BASE_SECONDS + SECONDS_EACH * len(records)
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter and our own tests
                command, capture_output=True, text=True, timeout=limit, check=False, cwd=folder
            )
        except subprocess.TimeoutExpired as late:
            raise WorldRefused("this machine", "judging the records", f"no end within {limit} s") from late
        # 0: all pass, 1: some fail (their verdicts say so); anything else, or an error in a test, is ours.
        if done.returncode not in (0, 1) or not out.exists() or "\nERROR " in done.stdout:
            said = (done.stdout + done.stderr).strip()[-2000:]
            raise WorldRefused("this machine", "judging the records", said, f"run by hand: pytest {tests}")
        return [read_verdict(data) for data in json.loads(out.read_text(encoding="utf-8"))]
