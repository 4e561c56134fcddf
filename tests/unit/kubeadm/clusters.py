"""Clusters with Kubernetes, small, as text with changes: planned once for each text."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from rackwright.pipeline import Planned, plan

TEXT = """\
cluster: lab
lock: {lock}
machines:
  gpu: {{sku: {sku}, count: {count}{more}}}
  control: {{sku: generic-1u, count: 3, role: control-plane}}
  storage: {{sku: generic-nvme, count: 2, role: storage}}
fabrics:
  backend: {{kind: {kind}}}
  frontend: {{kind: ethernet, oversubscription: "3:1"}}
  oob: {{kind: ethernet}}
planes:
  compute: {{fabric: backend, prefix: 10.64.0.0/12}}
  storage: {{fabric: frontend, prefix: 10.80.0.0/14}}
  business: {{fabric: frontend, prefix: 10.96.0.0/14}}
  management: {{fabric: oob, prefix: 10.112.0.0/16}}
{section}
"""
LOCKS = {
    "dgx-b200": "b200-ubuntu2404",
    "dgx-b300": "b200-ubuntu2404",
    "gb200-nvl72": "gb200-ubuntu2404",
    "mi300x-8gpu": "mi300x-ubuntu2404",
}


@lru_cache
def planned(
    section: str = "kubernetes: {}", sku: str = "dgx-h100", count: int = 2, more: str = ""
) -> Planned:
    """A cluster of ``count`` GPU servers of a model."""
    kind = "infiniband" if sku == "gb200-nvl72" else "roce"
    if sku == "gb200-nvl72":
        count, more = 18, ", unit_size: 18"
    lock = LOCKS.get(sku, "h100-ubuntu2404")
    text = TEXT.format(section=section, sku=sku, count=count, more=more, kind=kind, lock=lock)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cluster.yaml"
        path.write_text(text)
        return plan(str(path))
