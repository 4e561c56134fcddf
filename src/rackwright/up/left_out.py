"""Kubernetes that ``up`` leaves out: asked to go on where the programs and images for it are not here.

``<state>/<cluster>/platform-left-out`` has the reason, in one line, as the last ``up`` found it. Until the
depot is filled every command that follows leaves the same out; checks of Kubernetes are "not measured" while
the file is there. What an earlier run brought up is not touched.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rackwright.atomic import write
from rackwright.depot.filled import lacking, wanted
from rackwright.errors import WorldRefused
from rackwright.inventory.about import About
from rackwright.inventory.artifacts import arch
from rackwright.inventory.order import roles_of
from rackwright.locks import load_lock
from rackwright.models.design import Design
from rackwright.paths import state_dir
from rackwright.pipeline import Planned
from rackwright.up import charts

FILE = "platform-left-out"
OPTION = "--platform-optional"


def settle(planned: Planned, allowed: bool) -> str:
    """Decide for an ``up``, and keep the decision: why Kubernetes is left out, empty where it is not.

    Where it is not, what it deploys is rendered with today's values.

    :raises WorldRefused: it would have to be, and nobody allowed it; or Helm refuses a chart.
    """
    why = _lacking(planned)
    if why and not allowed:
        hint = f"{OPTION} brings up everything but Kubernetes"
        raise WorldRefused(planned.design.name, "bring up Kubernetes", why, hint)
    if why:
        write(_file(planned), f"{why}\n")
    else:
        _file(planned).unlink(missing_ok=True)
        charts.render(planned)
    return why


def reason(planned: Planned) -> str:
    """Why Kubernetes is left out since the last ``up``; empty where it is not, or no longer has to be."""
    return _lacking(planned) if _file(planned).exists() else ""


def brought_up(planned: Planned) -> Design:
    """The design as its platform is brought up: without Kubernetes where that is left out."""
    return without(planned.design) if reason(planned) else planned.design


def roles(planned: Planned) -> frozenset[str]:
    """Roles that servers would have, and do not get."""
    if not reason(planned):
        return frozenset()
    lock = load_lock(planned.spec.lock)

    def given(design: Design) -> set[str]:
        servers = (About(server, design, planned.tables, lock) for server in design.servers)
        return {role for about in servers for role in roles_of(about)}

    return frozenset(given(planned.design) - given(without(planned.design)))


def without(design: Design) -> Design:
    """A design whose platform has no Kubernetes; planes, addresses and switches are those of the whole."""
    access = design.spec.access.model_copy(update={"kubeconfig": None})
    spec = design.spec.model_copy(update={"kubernetes": None, "access": access})
    return replace(design, spec=spec, kubernetes=None)


def _file(planned: Planned) -> Path:
    return state_dir(planned.design.name) / FILE


def _lacking(planned: Planned) -> str:
    """Of every architecture that the nodes have."""
    made, tables = planned.design.kubernetes, wanted(planned.spec)
    if made is None or not tables:
        return ""
    lock, nodes = load_lock(planned.spec.lock), {node.name for node in made.nodes}
    servers = (server for server in planned.design.servers if server.name in nodes)
    arches = {arch(About(server, planned.design, planned.tables, lock)) for server in servers}
    return lacking(planned.design.name, tables, arches)
