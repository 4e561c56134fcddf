"""Variables of role ``dra_driver``."""

from __future__ import annotations

from typing import Any

from rackwright.dra.expected import pools
from rackwright.dra.releases import Release, from_depot
from rackwright.gpu_sharing.opaque import HOSTED
from rackwright.inventory.about import About
from rackwright.inventory.artifacts import charts
from rackwright.locks.rules import Range, rules
from rackwright.models.kubernetes_design import KubernetesDesign


def wanted(about: About) -> list[Release]:
    """The releases that the cluster deploys from its depot."""
    made = about.design.kubernetes
    return [each for each, _ in from_depot(made, about.lock)] if made else []


def variables(about: About) -> dict[str, Any]:
    """Which charts there are, what a GPU server must have for them, and what it publishes."""
    made = about.design.kubernetes
    if made is None:
        return {}
    first, name = made.control[0].name, about.server.name
    found: dict[str, Any] = {"dra_driver_node": name, "dra_driver_first": first}
    if name == first:
        found["dra_driver_deploys"] = True
        found["dra_driver_releases"] = [
            {**_plain(each.release, {}), "url": each.url, "sha256": each.sha256, "lacks": each.lacks}
            for each in charts(about)
        ]
    else:
        counts = _counts(made, about.server.group)
        found["dra_driver_releases"] = [_plain(each, counts) for each in wanted(about)]
    if about.server.gpus and about.server.role == "gpu":
        rows = {each.row for each in wanted(about)}
        found["dra_driver_gpus"] = about.server.gpus
        found["dra_driver_vendor"] = about.vendor or ""
        found["dra_driver_minimum"] = _minimum(about) if "dra_driver" in rows else ""
        found["dra_driver_nri"] = "dranet" in rows
        found["dra_driver_imex"] = _imex(about, made) if "dra_driver" in rows else ""
    return found


def _plain(release: Release, counts: dict[str, int]) -> dict[str, Any]:
    drivers = {driver: counts.get(driver, 0) for driver in release.drivers}
    names = {"name": release.name, "namespace": release.namespace}
    return {**names, "labels": dict(release.nodes), "drivers": drivers}


def _counts(made: KubernetesDesign, group: str) -> dict[str, int]:
    """Devices that a server of a group publishes at least, by driver."""
    found = made.group(group)
    return {pool.driver: len(pool.devices) for pool in pools(made, found)} if found else {}


def _minimum(about: About) -> str:
    """The oldest driver, from the rule that the host lock was judged by: what is loaded may be another."""
    wide = about.server.nvlink_domain is not None
    rule = rules()["compute-domain-driver" if wide else "dra-driver-driver"]
    return (rule.least or "") if isinstance(rule, Range) else ""


def _imex(about: About, made: KubernetesDesign) -> str:
    """Whose the IMEX daemon is; nobody's on a server whose NVLink ends in it."""
    if about.server.nvlink_domain is None:
        return ""
    return "enabled" if HOSTED in made.driver_gates else "masked"
