"""The same input gives the same bytes, in another process with another hash seed too."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from rackwright.render.write import LIST, batches, flat, write

PROGRAM = """
import hashlib, sys
from rackwright.pipeline import files, plan
made = files(plan(sys.argv[1]))
parts = [(d, p, t) for d, texts in made.devices.items() for p, t in texts.items()]
rest = list(made.site.items()), list(made.binary.items())
print(hashlib.sha256(repr((parts, rest)).encode()).hexdigest())
"""


def digest(cluster, seed):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, cluster],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    return done.stdout.strip()


def test_hash_seeds_do_not_matter():
    assert len({digest("lab", seed) for seed in ("0", "1", "4242")}) == 1


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_processes_does_not_matter(site, workers, tmp_path):
    design, files = site
    write(batches(design), tmp_path, workers)
    wanted = {path: text.encode() if isinstance(text, str) else text for path, text in flat(files).items()}
    written = {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name != LIST
    }
    assert written == wanted


def test_the_probe_sees_a_difference():
    assert digest("lab", "0") != digest("mi300x-64", "0")
    assert digest("lab", "0") != hashlib.sha256(b"").hexdigest()
