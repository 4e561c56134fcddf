"""Read the API once: nodes, slices, classes, claims, the drivers' pods, and what kubelets run with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from rackwright import paths
from rackwright.errors import UsageError, WorldRefused
from rackwright.kube import listing
from rackwright.kube.api import Api, Said, connect
from rackwright.models.kubernetes_design import KubernetesDesign
from rackwright.pipeline import Planned
from rackwright.resources import site
from rackwright.resources.handler import Props
from rackwright.verify.kubernetes.drivers import drivers
from rackwright.verify.kubernetes.seen import Json, Seen

PATIENCE_SECONDS = 20.0
"""For one question: verify reports, it does not wait."""
PARALLEL = 32
KUBECONFIG = "state:kubeconfig"
"""Where the role leaves the administrator's, unless the cluster file names another."""
DRA = "/apis/resource.k8s.io/v1"


def ways_in(planned: Planned) -> Props:
    """The inputs by which the API is reached."""
    inputs = site.of(planned.spec, planned.path)
    inputs["access"].setdefault("kubeconfig", KUBECONFIG)
    return inputs


async def read(planned: Planned) -> Seen | None:
    """What the API says; None where the design has no Kubernetes. Changes nothing."""
    design = planned.design.kubernetes
    if design is None:
        return None
    try:
        async with connect(ways_in(planned), PATIENCE_SECONDS) as api:
            return await _read(api, design)
    except UsageError as problem:
        began = (paths.state_dir(planned.design.name) / "engine").is_dir()
        hint = "" if began else "; nothing was brought up here yet"
        return Seen(wrong=f"{problem}{hint}", fault=False)
    except WorldRefused as refused:
        return Seen(wrong=refused.found)
    except Said as said:
        return Seen(wrong=f"the API server refuses: HTTP {said.code} {said.message}"[:200])


async def _read(api: Api, design: KubernetesDesign) -> Seen:
    known = drivers(design)
    nodes, slices, classes, claims = await asyncio.gather(
        listing.objects(api, "/api/v1/nodes"),
        *(
            listing.objects(api, f"{DRA}/{name}")
            for name in ("resourceslices", "deviceclasses", "resourceclaims")
        ),
    )
    sets: list[Json] = []
    pods: list[Json] = []
    for driver in known:
        sets += await listing.objects(api, f"/apis/apps/v1/namespaces/{driver.namespace}/daemonsets")
        pods += await listing.objects(api, f"/api/v1/namespaces/{driver.namespace}/pods")
    names = [node["metadata"]["name"] for node in nodes]
    return Seen(
        nodes={node["metadata"]["name"]: node for node in nodes},
        slices=tuple(slices),
        classes={each["metadata"]["name"]: each for each in classes},
        claims=tuple(claims),
        sets=tuple(sets),
        pods=tuple(pods),
        kubelets=await _kubelets(api, names),
    )


async def _kubelets(api: Api, names: Iterable[str]) -> dict[str, Json]:
    """The configuration in force of each; why not, as text, where the kubelet does not tell."""
    gate = asyncio.Semaphore(PARALLEL)

    async def one(name: str) -> tuple[str, Json]:
        async with gate:
            try:
                answer = await api.get(f"/api/v1/nodes/{name}/proxy/configz")
            except (Said, WorldRefused) as problem:
                return name, problem.message if isinstance(problem, Said) else problem.found
            except ValueError as problem:
                return name, f"not JSON: {problem}"
        found = answer.get("kubeletconfig") if isinstance(answer, dict) else None
        return name, found if isinstance(found, dict) else "its answer has no kubeletconfig"

    return dict(await asyncio.gather(*(one(name) for name in names)))
