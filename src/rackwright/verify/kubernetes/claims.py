"""A claim on every GPU node: does the scheduler allocate, does the driver prepare, does the pod start?

All of it is in a namespace of its own, which goes at the end. What a killed run left is found by its label
and taken away by the next.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets as random
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from rackwright import paths
from rackwright.errors import UsageError, WorldRefused
from rackwright.kube import listing
from rackwright.kube.api import Api, Said, connect
from rackwright.models.kubernetes_design import GpuGroup
from rackwright.pipeline import Planned
from rackwright.verify.kubernetes import claim_objects
from rackwright.verify.kubernetes.allocated import judge, why_not
from rackwright.verify.kubernetes.drivers import drivers, gpu_nodes
from rackwright.verify.kubernetes.nodes import is_ready
from rackwright.verify.kubernetes.plugins import running
from rackwright.verify.kubernetes.reading import DRA, PARALLEL, PATIENCE_SECONDS, ways_in
from rackwright.verify.kubernetes.seen import Json, Seen, Tried

MANAGER = "rackwright-verify"
LOOK_SECONDS = 1.0
BEGIN_SECONDS = 20.0
"""For a namespace to get its service account, without which no pod is taken."""
CLEAN_SECONDS = 60.0
OLD_SECONDS = 600.0
"""A namespace of another controller that is older was left there by a killed run."""
NAMESPACES = "/api/v1/namespaces"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of it."""

    nodes: Mapping[str, Tried]
    left: str | None = None
    """What could not be taken away again; None: nothing is left."""


def controller(cluster: str) -> str:
    """Whose namespaces are ours: this machine's state of this cluster, as a label may say it."""
    return hashlib.sha256(f"{socket.gethostname()}:{paths.state_dir(cluster)}".encode()).hexdigest()[:16]


async def attempt(planned: Planned, seen: Seen, seconds: float) -> Attempt:
    """Make a claim on every GPU node where one can be served, wait ``seconds``, take all away."""
    design = planned.design.kubernetes
    if design is None or seen.wrong is not None:
        return Attempt({})
    nodes = gpu_nodes(design)
    tried = {name: reason for name, group in nodes if (reason := _beforehand(planned, seen, name, group))}
    todo = [(name, group) for name, group in nodes if name not in tried]
    if not todo:
        return Attempt(tried)
    run, own = random.token_hex(4), controller(design.domain + planned.design.name)
    place = f"{NAMESPACES}/{claim_objects.PREFIX}{run}"
    try:
        pause = claim_objects.image(planned.spec.lock)
        async with connect(ways_in(planned), PATIENCE_SECONDS) as api:
            await sweep(api, own)
            try:
                tried |= await _try(api, planned, seen, todo, place, pause, own, seconds)
            finally:
                left = await asyncio.shield(_clean(api, place))
    except UsageError as problem:
        return Attempt(tried | {name: Tried("not measured", str(problem), due=False) for name, _ in todo})
    except (WorldRefused, Said) as problem:
        why = problem.message if isinstance(problem, Said) else problem.found
        rest = {name: Tried("not measured", why[:200]) for name, _ in todo if name not in tried}
        return Attempt(tried | rest, f"{place.rpartition('/')[2]}: {why}"[:200])
    return Attempt(tried, left)


def _beforehand(planned: Planned, seen: Seen, name: str, group: GpuGroup) -> Tried | None:
    """Why no claim is made on a node; None where one is."""
    design = planned.design.kubernetes
    if design is None or claim_objects.template(design, group) is None:
        return Tried("not measured", "no claim is known for its GPUs", due=False)
    if not is_ready(seen, name):
        return Tried("not measured", "the node is not ready")
    for driver in drivers(design):
        good, said = running(seen, driver, name)
        offered = set(seen.devices(name, driver.name))
        if not good and (seen.pods or not offered):
            return Tried("not measured", f"the plugin of {driver.name} does not run: {said}")
        if driver.exact and offered and offered <= seen.used(name, driver.name):
            return Tried("not measured", f"all {len(offered)} devices of {driver.name} are in use", due=False)
    return None


async def _try(
    api: Api,
    planned: Planned,
    seen: Seen,
    todo: Sequence[tuple[str, GpuGroup]],
    place: str,
    pause: str,
    own: str,
    seconds: float,
) -> dict[str, Tried]:
    design = planned.design.kubernetes
    if design is None:
        return {}
    space = place.rpartition("/")[2]
    await api.apply(place, claim_objects.namespace(space.removeprefix(claim_objects.PREFIX), own), MANAGER)
    names = {}
    for group in {group.name: group for _, group in todo}.values():
        made = claim_objects.template(design, group)
        if made is not None:
            names[group.name] = made["metadata"]["name"]
            path = f"{DRA}/namespaces/{space}/resourceclaimtemplates/{names[group.name]}"
            await api.apply(path, _in(made, space), MANAGER)
    gate = asyncio.Semaphore(PARALLEL)

    async def begin(name: str, group: GpuGroup) -> None:
        async with gate:
            body = _in(claim_objects.pod(name, names[group.name], pause), space)
            await _account(lambda: api.apply(f"{place}/pods/{name}", body, MANAGER))

    await asyncio.gather(*(begin(name, group) for name, group in todo))
    pods = await _settled(api, place, {name for name, _ in todo}, seconds)
    claims = await listing.objects(api, f"{DRA}/namespaces/{space}/resourceclaims")
    events = await listing.objects(api, f"{place}/events")
    found = {}
    for name, group in todo:
        made = claim_objects.template(design, group)
        pod = pods.get(name)
        if pod is not None and made is not None and _runs(pod):
            found[name] = judge(pod, claims, made, seen)
        else:
            found[name] = why_not(pod, events, seconds, _busy(seen, planned, name))
    return found


async def _account(ask: Callable[[], Awaitable[Json]]) -> None:
    """Ask until the namespace has its service account."""
    end = time.monotonic() + BEGIN_SECONDS
    while True:
        try:
            await ask()
        except Said as said:
            if said.code != 403 or "serviceaccount" not in said.message or time.monotonic() > end:
                raise
            await asyncio.sleep(LOOK_SECONDS / 4)
        else:
            return


async def _settled(api: Api, place: str, names: set[str], seconds: float) -> dict[str, Json]:
    """The pods, once each runs or has ended, or the time is over."""
    end = time.monotonic() + seconds
    while True:
        pods = {pod["metadata"]["name"]: pod for pod in await listing.objects(api, f"{place}/pods")}
        done = {name for name, pod in pods.items() if pod["status"].get("phase") not in (None, "Pending")}
        if names <= done or time.monotonic() > end:
            return pods
        await asyncio.sleep(LOOK_SECONDS)


def _runs(pod: Json) -> bool:
    started = (pod["status"].get("containerStatuses") or [{}])[0].get("state") or {}
    return pod["status"].get("phase") == "Running" and "running" in started


def _busy(seen: Seen, planned: Planned, node: str) -> int:
    """Devices of the GPU driver that others' claims hold on a node."""
    design = planned.design.kubernetes
    known = drivers(design) if design else []
    return sum(len(seen.used(node, driver.name)) for driver in known)


def _in(manifest: Json, space: str) -> Json:
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": space}}


async def sweep(api: Api, own: str) -> list[str]:
    """Begin to take away what earlier runs left: ours at once, another controller's when it is old."""
    gone = []
    for each in await listing.metadata(api, NAMESPACES):
        whose = (each.get("labels") or {}).get(claim_objects.LABEL)
        if (
            whose is None
            or not each["name"].startswith(claim_objects.PREFIX)
            or each.get("deletionTimestamp")
        ):
            continue
        began = time.mktime(time.strptime(each["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        if whose == own or time.time() - began > OLD_SECONDS:
            await api.delete(f"{NAMESPACES}/{each['name']}", each["uid"])
            gone.append(each["name"])
    return gone


async def _clean(api: Api, place: str) -> str | None:
    """Take the namespace away and see it gone; what is left, in words."""
    live = await api.find(place)
    if live is None:
        return None
    await api.delete(place, live["metadata"]["uid"])
    end = time.monotonic() + CLEAN_SECONDS
    while await api.find(place) is not None:
        if time.monotonic() > end:
            pods = [pod["metadata"]["name"] for pod in await listing.objects(api, f"{place}/pods")]
            what = f", with pods {', '.join(pods[:4])}" if pods else ""
            return f"namespace {place.rpartition('/')[2]} is still going away{what}"
        await asyncio.sleep(LOOK_SECONDS)
    return None
