"""The repository's root on the path, so that tests import ``tests.fuzz``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

VALID = """\
cluster: lab
machines:
  gpu: {sku: dgx-h100, count: 4, rails: 4}
  control: {sku: generic-1u, count: 1, role: control-plane}
  storage: {sku: generic-nvme, count: 2, role: storage}
fabrics:
  backend: {kind: roce, switch: sn5600, nos: frr, topology: rail-optimised, oversubscription: "1:1"}
  frontend: {kind: ethernet, switch: sn4600c, nos: frr, topology: leaf-spine, oversubscription: "3:1"}
  oob: {kind: ethernet, switch: sn2201, nos: frr, topology: tree}
planes:
  compute: {fabric: backend, prefix: 10.64.0.0/12}
  storage: {fabric: frontend, prefix: 10.80.0.0/14}
  business: {fabric: frontend, prefix: 10.96.0.0/14}
  management: {fabric: oob, prefix: 10.112.0.0/16}
"""


@pytest.fixture
def valid() -> str:
    """A cluster file without a mistake."""
    return VALID
