"""Scheduler: the fabric's topology as Kubernetes' and Slurm's schedulers read it, below ``scheduler/``."""

from __future__ import annotations

from rackwright.models.design import Design
from rackwright.render.scheduler import slurm
from rackwright.render.scheduler.kubernetes import kai, kueue, node_labels, volcano
from rackwright.render.scheduler.seat import compute, seats
from rackwright.render.scheduler.topograph import topograph
from rackwright.render.wiring import Wiring


def files(design: Design, wiring: Wiring) -> dict[str, str]:
    """Labels of every server; the topologies where there are GPU servers on a compute plane."""
    found = seats(design, wiring)
    made = {"scheduler/node-labels.yaml": node_labels(found)}
    if compute(found):
        made |= {
            "scheduler/kueue.yaml": kueue(design.name, found),
            "scheduler/kai.yaml": kai(design.name, found),
            "scheduler/volcano-hypernodes.yaml": volcano(design.name, found),
            "scheduler/topograph-model.yaml": topograph(design.name, found),
            "scheduler/slurm/topology-tree.conf": slurm.tree(design.name, found),
            "scheduler/slurm/topology-block.conf": slurm.block(found),
        }
    return made
