"""The same input gives the same bytes, in another process with another hash seed too."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

PROGRAM = """
import hashlib, sys
from rackwright.pipeline import files, plan
made = files(plan(sys.argv[1]))
parts = [(d, p, t) for d, texts in made.devices.items() for p, t in texts.items()]
print(hashlib.sha256(repr((parts, list(made.site.items()))).encode()).hexdigest())
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


def test_the_probe_sees_a_difference():
    assert digest("lab", "0") != digest("mi300x-64", "0")
    assert digest("lab", "0") != hashlib.sha256(b"").hexdigest()
